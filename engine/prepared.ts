/**
 * What is said of a file, worked out once for each version of it, and the page of a miss.
 */
import type { OpenFile } from "../fs/open-file.js";
import type { Answer } from "../protocol/answer.js";
import { formatHttpDate } from "../protocol/dates.js";
import { makeEntityTag } from "../protocol/entity-tag.js";
import { type Field, type Head, linesWithLength, ownHead } from "../protocol/head.js";
import type { ListingFormat } from "../protocol/listing-query.js";
import type { Coding } from "../protocol/negotiation.js";
import {
  notModifiedHead,
  type Representation,
  validatorsOf,
  wholeHead,
} from "../protocol/respond.js";
import type { WrittenListing } from "./listings/listings.js";
import { type Ready, readyOf } from "./transport/exchange.js";

/** A file's heads, each built when it is first asked for: a scan over many files wants one of them. */
export class PreparedFile {
  readonly representation: Representation;
  #isKept = false;
  #whole: Head | undefined;
  #headOnly: Ready | undefined;
  #unchanged: Ready | undefined;
  #lastModified: string | undefined;

  constructor(representation: Representation) {
    this.representation = representation;
  }

  /** It is to stay, and so are its heads. */
  keep(): void {
    if (!this.#isKept && this.#whole !== undefined) this.#whole = ownHead(this.#whole);
    this.#isKept = true;
  }

  /** The head of an unconditional 200. */
  get whole(): Head {
    this.#whole ??= this.#own(wholeHead(this.representation));
    return this.#whole;
  }

  /** The 200 to a HEAD. */
  get headOnly(): Ready {
    const { sizeBytes } = this.representation;
    this.#headOnly ??= createHeadOnly(this.whole, sizeBytes);
    return this.#headOnly;
  }

  /** The 304. */
  get unchanged(): Ready {
    this.#unchanged ??= readyOf(
      this.#own(notModifiedHead(this.representation)),
      undefined,
      undefined,
    );
    return this.#unchanged;
  }

  #own(head: Head): Head {
    return this.#isKept ? ownHead(head) : head;
  }

  /** The value of Last-Modified as sent, "" for none. */
  get lastModified(): string {
    const { modifiedSec } = validatorsOf(this.representation);
    this.#lastModified ??= modifiedSec === undefined ? "" : formatHttpDate(modifiedSec);
    return this.#lastModified;
  }
}

/** A path that leads nowhere. */
export interface PreparedMiss {
  readonly ready: Ready;
  /** The same to a HEAD. */
  readonly headOnly: Ready;
}

/** What a file is sent as. */
export interface Guise {
  /** Of what it decodes to. */
  readonly mediaType: string;
  readonly coding: Coding;
  readonly fields: readonly Field[];
}

/** Works out all there is to say of a file. Cost: some microseconds. */
export function prepareFile(file: OpenFile, guise: Guise): PreparedFile {
  const { mtimeNs, ctimeNs, ino, sizeBytes } = file.identity;
  const variant = guise.coding === "identity" ? "" : guise.coding;
  const tagged = { modifiedNs: mtimeNs, sizeBytes, inode: ino, changedNs: ctimeNs };
  const representation: Representation = {
    sizeBytes,
    modifiedMs: Math.min(file.modifiedMs, file.observedMs),
    etag: makeEntityTag(tagged, variant, file.observedMs),
    mediaType: guise.mediaType,
    fields: variant === "" ? guise.fields : [["Content-Encoding", variant], ...guise.fields],
  };
  return new PreparedFile(representation);
}

/**
 * What is said of a folder's listing. Its tag is made from its bytes, and so is strong at once: from
 * the folder it could not be, whose time stays when one of its files is written to. It has no date:
 * wget --mirror looks no further below a page that is answered with a 304, whatever has changed there.
 */
export const representListing = (
  { file, digest }: WrittenListing,
  format: ListingFormat,
  fields: readonly Field[],
): Representation => ({
  sizeBytes: file.sizeBytes,
  modifiedMs: 0,
  etag: `"${digest}"`,
  mediaType: format === "json" ? "application/json" : "text/html; charset=utf-8",
  fields,
});

/** @param page the answer to a GET of this path, with a literal body */
export function prepareMiss(answer: Answer): PreparedMiss {
  const head = ownHead(answer.head);
  const [page] = answer.body;
  if (page?.kind !== "literal") throw new Error("the page of a miss has one literal part");
  return {
    ready: readyOf(head, page.bytes, undefined),
    headOnly: createHeadOnly(head, page.bytes.length),
  };
}

const createHeadOnly = (head: Head, lengthBytes: number): Ready => ({
  ...readyOf(head, undefined, undefined),
  lines: linesWithLength(head, lengthBytes),
  lengthBytes,
});
