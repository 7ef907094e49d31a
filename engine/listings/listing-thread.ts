/**
 * The listing thread: one folder after the other, read, ordered and written.
 *
 * 1. read     the folder and what is in it: fs/directory; or use the last reading again
 * 2. order    all of it, for the page asked for may begin anywhere; once for each way to sort
 * 3. write    piece by piece into a scratch file, and into a digest
 * 4. reply    the descriptor, which is the loop's from then on, or why there is none
 *
 * Descriptors belong to the process: what is written here is sent from there like any file, so a
 * listing of any length costs the loop nothing. Keeps the last folder it read, for as long as no other
 * is asked for: whether that may still be believed is for the desk to say.
 */
import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { type FolderEntry, type FolderVerdict, readFolder } from "../../fs/directory.js";
import type { FileIdentity } from "../../fs/reader-pool.js";
import { Scratch } from "../../fs/scratch.js";
import { writeListingJson } from "../../protocol/listing-json.js";
import { type ListingEntry, orderEntries } from "../../protocol/listing-order.js";
import { type Listing, writeListingPage } from "../../protocol/listing-page.js";
import type { ListingView } from "../../protocol/listing-query.js";
import type { ListingOrder } from "./listings.js";

export type ListingReply =
  | {
      readonly kind: "written";
      /** Open, and the receiver's to close. */
      readonly fd: number;
      readonly identity: FileIdentity;
      /** Of every byte, in base64url: other bytes, other digest. */
      readonly digest: string;
    }
  | { readonly kind: "outside" }
  | { readonly kind: "crowded" }
  /** The folder could not be read. */
  | { readonly kind: "failed"; readonly errno: string }
  /** There was nowhere to write to. */
  | { readonly kind: "no scratch"; readonly errno: string };

/**
 * A folder with more entries is not listed. With a name of 60 characters one costs 500 bytes while it
 * is being ordered, so this is what keeps a thread within its heap; a page of it would be of no use
 * to anybody.
 */
const MAX_ENTRIES = 1_000_000;

export interface WriterTask {
  readonly order: ListingOrder;
  /** The last reading was of this folder, and may be used again. */
  readonly isReadAlready: boolean;
}

/** A folder as it was read, and its entries in the orders asked for so far: six at most. */
interface Reading {
  readonly verdict: FolderVerdict;
  readonly ordered: Map<string, readonly ListingEntry[]>;
}

let last: Reading | undefined;

parentPort!.on("message", (task: WriterTask) => parentPort!.postMessage(answer(task)));

function answer({ order, isReadAlready }: WriterTask): ListingReply {
  if (!isReadAlready) last = undefined; // before the next is read: two large folders are too much
  last ??= { verdict: readFolder(order.root, order.folder, MAX_ENTRIES), ordered: new Map() };
  return writeView(last, order);
}

function writeView(reading: Reading, { folder, view, format }: ListingOrder): ListingReply {
  const { verdict } = reading;
  if (verdict.kind !== "read") return verdict;
  const path = folder === "" ? "/" : `/${folder}/`;
  const entries = inOrder(verdict.entries, reading.ordered, view);
  const listing: Listing = { path, entries, view };
  const pieces = format === "json" ? writeListingJson(listing) : writeListingPage(listing);
  try {
    return write(pieces);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error; // a bug of ours, and no trouble with the file
    return { kind: "no scratch", errno: code };
  }
}

function inOrder(
  entries: readonly FolderEntry[],
  ordered: Reading["ordered"],
  view: ListingView,
): readonly ListingEntry[] {
  const key = `${view.sort} ${view.order}`;
  const inOrder = ordered.get(key) ?? orderEntries(entries, view);
  ordered.set(key, inOrder);
  return inOrder;
}

function write(pieces: Iterable<string>) {
  const scratch = new Scratch();
  try {
    const hash = createHash("sha256");
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      hash.update(bytes);
      scratch.write(bytes);
    }
    const digest = hash.digest("base64url");
    return { kind: "written", fd: scratch.fd, identity: scratch.identity(), digest } as const;
  } catch (error) {
    scratch.discard();
    throw error;
  }
}
