/**
 * Which content codings a request asks for: those of `Accept-Encoding`, but of a part none.
 *
 * By RFC 9110 section 14.2 a range counts the bytes of the coding that was chosen. Clients count those
 * of the file, and cannot decode the middle of a coding. Browsers ask for `identity` then (Fetch,
 * "HTTP-network-or-cache fetch"); scripts and download managers name every coding they know. With
 * `If-Range` a client names the coding it holds by its tag, and gets that one resumed.
 */
import { type Ask, fieldName } from "./transport/exchange.js";

const ACCEPT_ENCODING = fieldName("accept-encoding");
const RANGE = fieldName("range");
const IF_RANGE = fieldName("if-range");

/** The value of `Accept-Encoding` that counts; "" for the file as it is. Asks for three fields at most. */
export function codingsAsked(ask: Pick<Ask, "method" | "field">): string {
  const accepted = ask.field(ACCEPT_ENCODING);
  const wantsPart = accepted !== "" && ask.method === "GET" && ask.field(RANGE) !== "";
  return wantsPart && ask.field(IF_RANGE) === "" ? "" : accepted;
}
