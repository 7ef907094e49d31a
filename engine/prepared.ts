/**
 * What is said of a file, worked out once for each version of it and kept with its table entry.
 */
import { contentTypeOf } from "../fs/mime.js";
import type { OpenFile } from "../fs/open-file.js";
import type { Answer } from "../protocol/answer.js";
import { formatHttpDate } from "../protocol/dates.js";
import { makeEntityTag } from "../protocol/entity-tag.js";
import type { Field, Head } from "../protocol/head.js";
import {
  notModifiedHead,
  type Representation,
  validatorsOf,
  wholeHead,
} from "../protocol/respond.js";
import type { Ready } from "./transport/exchange.js";

/** A file's heads, and its whole answer when the body is at hand. */
export interface PreparedFile {
  readonly kind: "file";
  readonly representation: Representation;
  /** The head of an unconditional 200. */
  readonly whole: Head;
  /** The 200 with its body, for a small file at rest; else undefined. */
  readonly ready: Ready | undefined;
  readonly unchanged: Ready;
  /** As sent, "" for none. */
  readonly lastModified: string;
}

/** A path known to lead nowhere. */
export interface PreparedMiss {
  readonly kind: "miss";
  readonly ready: Ready;
}

export type Prepared = PreparedFile | PreparedMiss;

/** Works out all there is to say of a file. Cost: some microseconds; see `isAtRest` for keeping it. */
export function prepareFile(
  file: OpenFile,
  path: string,
  fields: readonly Field[],
  nowMs: number,
): PreparedFile {
  const { mtimeNs, ino, sizeBytes } = file.identity;
  const tagged = { modifiedNs: mtimeNs, sizeBytes, inode: ino };
  const representation: Representation = {
    sizeBytes,
    modifiedMs: file.modifiedMs,
    etag: makeEntityTag(tagged, "", nowMs),
    mediaType: contentTypeOf(path),
    fields,
  };
  const whole = wholeHead(representation, nowMs);
  const { modifiedSec } = validatorsOf(representation, nowMs);
  const isAtHand = file.body !== undefined && file.body.length > 0;
  return {
    kind: "file",
    representation,
    whole,
    ready: isAtHand ? { head: whole, body: file.body } : undefined,
    unchanged: { head: notModifiedHead(representation, nowMs), body: undefined },
    lastModified: modifiedSec === undefined ? "" : formatHttpDate(modifiedSec),
  };
}

/** A tag that is still weak becomes strong with the next second: not worth keeping until then. */
export const isAtRest = ({ representation }: PreparedFile): boolean =>
  !representation.etag.startsWith("W/");

/** @param page the answer to a GET of this path, with a literal body */
export function prepareMiss({ head, body }: Answer): PreparedMiss {
  const [page] = body;
  if (page?.kind !== "literal") throw new Error("the page of a miss has one literal part");
  return { kind: "miss", ready: { head, body: page.bytes } };
}
