/**
 * A part of an answer, as the scheduler takes it.
 */
import type { OpenFile } from "../fs/open-file.js";
import type { BodyPart } from "../protocol/answer.js";
import type { Part } from "./chunks/cursor.js";

/** Of a small file it lies in memory already. */
export function partOf(part: BodyPart, file: OpenFile): Part<OpenFile> {
  if (part.kind === "literal") return part;
  const { first, last } = part;
  if (file.body === undefined) return { kind: "extent", file, first, last };
  return { kind: "literal", bytes: file.body.subarray(first, last + 1) };
}
