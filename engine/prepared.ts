/**
 * What is said of a file, worked out once for each version of it, and the page of a miss.
 */
import type { OpenFile } from "../fs/open-file.js";
import type { Answer } from "../protocol/answer.js";
import { formatHttpDate } from "../protocol/dates.js";
import { makeEntityTag } from "../protocol/entity-tag.js";
import type { Field, Head } from "../protocol/head.js";
import type { ListingFormat } from "../protocol/listing-query.js";
import type { Coding } from "../protocol/negotiation.js";
import {
  notModifiedHead,
  type Representation,
  validatorsOf,
  wholeHead,
} from "../protocol/respond.js";
import type { WrittenListing } from "./listings.js";
import type { Ready } from "./transport/exchange.js";

/** A file's heads. */
export interface PreparedFile {
  readonly kind: "file";
  readonly representation: Representation;
  /** The head of an unconditional 200. */
  readonly whole: Head;
  /** The 304. */
  readonly unchanged: Ready;
  /** The value of Last-Modified as sent, "" for none. */
  readonly lastModified: string;
}

/** A path that leads nowhere. */
export interface PreparedMiss {
  readonly kind: "miss";
  readonly ready: Ready;
}

export type Prepared = PreparedFile | PreparedMiss;

/** What a file is sent as. */
export interface Guise {
  /** Of what it decodes to. */
  readonly mediaType: string;
  readonly coding: Coding;
  readonly fields: readonly Field[];
}

/** Works out all there is to say of a file. Cost: some microseconds; see `isAtRest` for keeping it. */
export function prepareFile(file: OpenFile, guise: Guise, nowMs: number): PreparedFile {
  const { mtimeNs, ino, sizeBytes } = file.identity;
  const variant = guise.coding === "identity" ? "" : guise.coding;
  const tagged = { modifiedNs: mtimeNs, sizeBytes, inode: ino };
  const representation: Representation = {
    sizeBytes,
    modifiedMs: file.modifiedMs,
    etag: makeEntityTag(tagged, variant, nowMs),
    mediaType: guise.mediaType,
    fields: variant === "" ? guise.fields : [["Content-Encoding", variant], ...guise.fields],
  };
  const { modifiedSec } = validatorsOf(representation, nowMs);
  return {
    kind: "file",
    representation,
    whole: wholeHead(representation, nowMs),
    unchanged: { head: notModifiedHead(representation, nowMs), body: undefined },
    lastModified: modifiedSec === undefined ? "" : formatHttpDate(modifiedSec),
  };
}

/**
 * What is said of a folder's listing. Its tag is made from its bytes, and so is strong at once: from
 * the folder it could not be, whose time stays when one of its files is written to.
 */
export const representListing = (
  { file, modifiedMs, digest }: WrittenListing,
  format: ListingFormat,
  fields: readonly Field[],
): Representation => ({
  sizeBytes: file.sizeBytes,
  modifiedMs,
  etag: `"${digest}"`,
  mediaType: format === "json" ? "application/json" : "text/html; charset=utf-8",
  fields,
});

/** A tag that is still weak becomes strong with the next second: not worth keeping until then. */
export const isAtRest = ({ representation }: PreparedFile): boolean =>
  !representation.etag.startsWith("W/");

/** @param page the answer to a GET of this path, with a literal body */
export function prepareMiss({ head, body }: Answer): PreparedMiss {
  const [page] = body;
  if (page?.kind !== "literal") throw new Error("the page of a miss has one literal part");
  return { kind: "miss", ready: { head, body: page.bytes } };
}
