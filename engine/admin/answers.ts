/**
 * Answers of the admin port: a head that tells browsers to keep nothing and trust nothing, and a
 * body at hand that ends in a line feed.
 */
import { buildHead, type Field, type Head } from "../../protocol/head.js";

export interface AdminAnswer {
  readonly head: Head;
  /** Never empty. Not written to any more. */
  readonly body: Buffer;
}

/** Nothing inline, nothing from elsewhere. */
export const ADMIN_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The page loads its own scripts and styles and asks this port alone. No script in it is inline,
 * so text of clients that slipped into its markup would still not run. Numbers of a minute ago are
 * worse than none: nothing is stored. Other sites may neither frame nor embed any of it.
 */
const EVERYWHERE: readonly Field[] = [
  ["Cache-Control", "no-store"],
  ["X-Content-Type-Options", "nosniff"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Content-Security-Policy", ADMIN_POLICY],
];

/** The head of any answer of this port. */
export const adminHead = (status: number, mediaType: string, more: readonly Field[] = []): Head =>
  buildHead(status, [["Content-Type", mediaType], ...more, ...EVERYWHERE]);

/** Some lines for a person or a script, without the last line feed. */
export const answerText = (
  status: number,
  text: string,
  more: readonly Field[] = [],
  mediaType = "text/plain; charset=utf-8",
): AdminAnswer => ({
  head: adminHead(status, mediaType, more),
  body: Buffer.from(`${text}\n`),
});

/** @param json without a line feed at its end */
export const answerJson = (json: string): AdminAnswer =>
  answerText(200, json, [], "application/json");
