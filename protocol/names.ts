/**
 * File names on a page: as text, and as links. A name is whatever someone once typed or uploaded.
 *
 * Both functions are total. What they return has no `<`, `>`, `&` or quote of the name's own, so
 * it may stand in an element or in a quoted attribute.
 */
import { replaceUnseen } from "./unseen.js";

/** Most names: they mean the same in text, in a link and in a file system. Saves half of the time. */
const PLAIN = /^[\w.-]*$/;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * HTML text. Unseen characters are spelled out, `[U+202E]`, or a name could pass for another.
 * Letters of right-to-left scripts stay; put the text in a `<bdi>`.
 */
export const toHtml = (name: string): string =>
  PLAIN.test(name)
    ? name
    : replaceUnseen(name.toWellFormed(), spellOut).replace(/[&<>"']/g, (char) => ENTITIES[char]!);

const spellOut = (codePoint: number): string =>
  `[U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}]`;

/**
 * A relative link to a name in this folder. `./` keeps `javascript:x` from being a scheme
 * (RFC 3986 section 4.2); everything else that could mean something is percent-encoded.
 */
export const toHref = (name: string, isDirectory: boolean): string =>
  `./${PLAIN.test(name) ? name : encodeName(name)}${isDirectory ? "/" : ""}`;

const encodeName = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replaceAll("'", "%27");
