/**
 * From a request to what the gate judges. Copies: a request is gone when its call-back returns.
 */
import { type Ask, fieldName } from "../transport/exchange.js";
import type { Caller } from "./gate.js";

/**
 * Whatever a proxy may say of itself (RFC 7239, RFC 9110 section 7.6.3, and custom). One on this
 * machine that says nothing at all looks like this machine: where there is one, a token has to be set.
 */
const OF_PROXIES = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
  "via",
].map(fieldName);

/** They tell a status and its reason, nothing that is served. */
const PROBED: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

const HOST = fieldName("host");
const AUTHORIZATION = fieldName("authorization");
const ORIGIN = fieldName("origin");
const FETCH_SITE = fieldName("sec-fetch-site");
const FETCH_MODE = fieldName("sec-fetch-mode");
const FETCH_DEST = fieldName("sec-fetch-dest");

export const readCaller = (ask: Ask): Caller => ({
  peer: ask.client,
  host: ask.field(HOST),
  authorization: ask.field(AUTHORIZATION),
  origin: ask.field(ORIGIN),
  fetchSite: ask.field(FETCH_SITE),
  fetchMode: ask.field(FETCH_MODE),
  fetchDest: ask.field(FETCH_DEST),
  isForwarded: OF_PROXIES.some((name) => ask.field(name) !== ""),
  isProbe: PROBED.has(ask.path),
});
