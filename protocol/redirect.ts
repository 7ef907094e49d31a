/** Redirects (RFC 9110 section 15.4): where to, and a line for whoever does not follow by itself. */
import { type Answer, createAnswer } from "./answer.js";
import { buildHead, type Field } from "./head.js";

/** Kept by browsers: 301, 308. For this time: 302, 307. With 307 and 308 the method is kept. */
export type RedirectStatus = 301 | 302 | 307 | 308;

/** Everything a URI may hold bare, RFC 3986 appendix A, and "%", which introduces an escape. */
const NOT_IN_A_URI = /[^!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]/gu;

const IN_HTML: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["'", "&#39;"],
]);

/**
 * The answer that sends a client elsewhere.
 *
 * @param location path and query; what may not stand in a URI is percent-encoded, so a query can be
 *   passed on as it was sent
 * @param extra fields of this answer, those that every answer carries included
 */
export function redirectTo(
  status: RedirectStatus,
  location: string,
  extra: readonly Field[],
): Answer {
  const uri = location.toWellFormed().replace(NOT_IN_A_URI, encodeURIComponent);
  const href = uri.replace(/[&']/g, (one) => IN_HTML.get(one)!);
  const page = `<!doctype html>\n<title>Moved</title>\n<p>Moved to <a href="${href}">${href}</a>.\n`;
  const head = buildHead(status, [
    ["Location", uri],
    ["Content-Type", "text/html; charset=utf-8"],
    ...extra,
  ]);
  return createAnswer(head, [{ kind: "literal", bytes: Buffer.from(page) }]);
}
