/**
 * `Content-Disposition`: save or show, and under which name. RFC 6266, with RFC 8187 names.
 *
 * 1. clean    the name: one path segment, nothing invisible
 * 2. plain    a name of harmless ASCII is sent once, quoted
 * 3. both     any other is sent twice: an ASCII likeness for old clients, then the name itself
 *
 * What comes out is visible ASCII and spaces, whatever the name: it is safe in a header block.
 */
import { replaceUnseen } from "./unseen.js";

/** Show it in place, or save it. */
export type DispositionType = "inline" | "attachment";

/** `"`, `\` and `%` are quoted, escaped and decoded differently from client to client (RFC 6266, D). */
const NOT_PLAIN = /[^\x20-\x7e]|["\\%]/gu;
/** What encodeURIComponent leaves bare though RFC 8187 section 3.2.1 does not: `attr-char` decides. */
const NOT_ATTR_CHAR = /['()*]/g;

/**
 * A finished field value. Only the last segment of `fileName` is offered (RFC 6266 section 4.3); a
 * name that is no file's name, such as `..`, leaves the type alone.
 */
export function contentDisposition(type: DispositionType, fileName: string): string {
  const name = cleanName(fileName);
  if (name === "") return type;

  const likeness = name.replace(NOT_PLAIN, "_");
  const plain = `${type}; filename="${likeness}"`;
  return likeness === name ? plain : `${plain}; filename*=UTF-8''${encodeName(name)}`;
}

/** A dialog that shows a name must not be led astray by it: see unseen.ts. */
function cleanName(fileName: string): string {
  const last = fileName.toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const name = replaceUnseen(last, () => "_").trim();
  return name === "." || name === ".." ? "" : name;
}

/** RFC 8187 section 3.2.1: `value-chars`. */
const encodeName = (name: string): string =>
  encodeURIComponent(name).replace(
    NOT_ATTR_CHAR,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
