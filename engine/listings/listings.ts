/** What the server needs of whoever writes listings of folders. */
import type { OpenFile } from "../../fs/open-file.js";
import type { RootedPath } from "../../fs/paths.js";
import type { FaultCode } from "../../protocol/faults.js";
import type { ListingFormat, ListingView } from "../../protocol/listing-query.js";

export interface ListingOrder {
  /** The root the folder belongs to, absolute. */
  readonly root: string;
  readonly folder: RootedPath;
  readonly view: ListingView;
  readonly format: ListingFormat;
}

/** A listing in a file that has no name. */
export interface WrittenListing {
  /** Held for the caller, who releases it; its last user closes it. */
  readonly file: OpenFile;
  /** Of every byte; may stand in an entity tag. Other bytes, other digest. */
  readonly digest: string;
}

export interface Listings {
  /** Writes a listing, or says why not. Never rejects. */
  write(order: ListingOrder): Promise<WrittenListing | FaultCode>;
}
