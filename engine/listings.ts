/** What the server needs of whoever writes listings of folders. */
import type { OpenFile } from "../fs/open-file.js";
import type { FileIdentity } from "../fs/reader-pool.js";
import type { FaultCode } from "../protocol/faults.js";
import type { ListingFormat, ListingView } from "../protocol/listing-query.js";

export interface ListingOrder {
  /** The root the folder belongs to, absolute. */
  readonly root: string;
  /** The folder as asked for: decoded, with a leading and a trailing slash. */
  readonly path: string;
  readonly view: ListingView;
  readonly format: ListingFormat;
}

/** A listing in a file that has no name. */
export interface WrittenListing {
  /** Held for the caller, who releases it; its last user closes it. */
  readonly file: OpenFile;
  /** The folder as it was when it was read. */
  readonly folder: FileIdentity;
}

export interface Listings {
  /** Writes a listing, or says why not. Never rejects. */
  write(order: ListingOrder): Promise<WrittenListing | FaultCode>;
}
