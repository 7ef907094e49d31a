/**
 * The query of `/explain`: a path, and fields of the request to be explained.
 *
 *   /explain?path=/docs/a%2520b.txt&header=Accept-Encoding:%20br&header=Range:%20bytes=0-9
 *
 * The path is what a client would send, so an escape in it is escaped once more. Unknown names are
 * refused: an answer to another question than the one meant is worse than none.
 */
import type { Field } from "../../protocol/head.js";

export type ExplainQuery =
  | { readonly kind: "ask"; readonly path: string; readonly fields: readonly Field[] }
  /** One line for whoever asked; nothing of theirs is in it. */
  | { readonly kind: "refuse"; readonly says: string };

/** More than any browser sends. */
const MAX_FIELDS = 64;

/** RFC 9110 sections 5.1 and 5.6.2: a name, a colon, a value without controls; `:method` is no field. */
const FIELD = /^(:method|[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\p{Cc}]*)$/u;

const WANTED = "want /explain?path=/a/path&header=Name:%20value";

/** Total: any query gets a verdict. */
export function parseExplainQuery(query: string): ExplainQuery {
  const asked = new URLSearchParams(query);
  const isUnknown = [...asked.keys()].some((name) => name !== "path" && name !== "header");
  if (isUnknown) return refuse("only path and header can be given");

  const [path = "", ...others] = asked.getAll("path");
  if (!path.startsWith("/")) return refuse("the path is missing, or has no slash in front");
  if (others.length > 0) return refuse("one path at a time");

  const given = asked.getAll("header");
  if (given.length > MAX_FIELDS) return refuse(`at most ${MAX_FIELDS} headers`);
  const fields = given.flatMap(readField);
  if (fields.length < given.length) return refuse("a header is not of the form Name: value");
  return { kind: "ask", path, fields };
}

const refuse = (why: string): ExplainQuery => ({ kind: "refuse", says: `${why}: ${WANTED}` });

function readField(text: string): Field[] {
  const [, name, value = ""] = FIELD.exec(text) ?? [];
  return name === undefined ? [] : [[name, value.trimEnd()]];
}
