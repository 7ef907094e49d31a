/**
 * The gate of the admin port: who may ask.
 *
 * 1. elsewhere   a page of another site made the browser ask: refused, token or not
 * 2. here        this machine, by a name of its own and through no proxy: may ask after its health,
 *                and anything where no token is set
 * 3. token       who shows it may ask; where none is set, nobody else may
 *
 * A set token is wanted of this machine too: a proxy on it that says nothing of itself, as nginx by
 * default, passes everybody on as this machine. Pure: strings in, a verdict out.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { parseHost } from "../../protocol/host-match.js";
import { isLoopback } from "../transport/proxies.js";

/** What tells who asks. Fields are "" when absent. */
export interface Caller {
  /** Address of the peer; "" when it has gone. */
  readonly peer: string;
  readonly host: string;
  readonly authorization: string;
  readonly origin: string;
  /** `Sec-Fetch-Site`, `-Mode` and `-Dest` (W3C Fetch Metadata): no page can forge these. */
  readonly fetchSite: string;
  readonly fetchMode: string;
  readonly fetchDest: string;
  /** A proxy says it passed this on: the peer is not who asks. */
  readonly isForwarded: boolean;
  /** Asks whether the server lives, or is ready: those who probe from this machine have no token. */
  readonly isProbe: boolean;
}

type GateVerdict =
  | { readonly kind: "open" }
  /** `says` is one line for whoever asked. 401 invites the token, 403 does not. */
  | { readonly kind: "refuse"; readonly status: 401 | 403; readonly says: string };

export type Gate = (caller: Caller) => GateVerdict;

const OPEN: GateVerdict = { kind: "open" };

const ELSEWHERE: GateVerdict = {
  kind: "refuse",
  status: 403,
  says: "a page of another site may not ask",
};

const CLOSED: GateVerdict = {
  kind: "refuse",
  status: 403,
  says: "only this machine may ask, by the name localhost; SLUICE_ADMIN_TOKEN lets others in",
};

const TOKEN_WANTED: GateVerdict = {
  kind: "refuse",
  status: 401,
  says: "the token is wanted: Authorization: Bearer TOKEN, or TOKEN as the password of any user",
};

/** @param token what must be shown; "" when there is none, and only this machine may ask */
export function createGate(token: string): Gate {
  const wanted = digest(token);
  return (caller) => {
    if (isElsewhere(caller)) return ELSEWHERE;
    if (isHere(caller) && (token === "" || caller.isProbe)) return OPEN;
    if (token === "") return CLOSED;
    return timingSafeEqual(digest(shownToken(caller.authorization)), wanted) ? OPEN : TOKEN_WANTED;
  };
}

/** Digests are of one length, so comparing them tells neither the token's length nor its start. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * RFC 6750 section 2.1 and RFC 7617 section 2. Browsers know only Basic, and send it along with
 * event streams and WebSockets, which cannot carry a field of the page's own.
 */
function shownToken(authorization: string): string {
  const [, scheme = "", credentials = ""] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== "basic") return credentials;
  const pair = Buffer.from(credentials, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? "" : pair.slice(colon + 1);
}

/**
 * The name counts as well as the address: a page can point its own name at 127.0.0.1 and would
 * then ask from this machine (DNS rebinding).
 */
const isHere = ({ peer, host, isForwarded }: Caller): boolean =>
  isLoopback(peer) && !isForwarded && namesLoopback(host);

function namesLoopback(host: string): boolean {
  const verdict = parseHost(host);
  return verdict.kind === "name" && isLoopback(verdict.name.replace(/^\[|\]$/g, ""));
}

/**
 * A browser that says how pages relate is believed; an older one, or one that takes us for
 * insecure, names the origin at most. What is served on another port of this machine is another
 * site too: its pages are not the operator's.
 */
function isElsewhere(caller: Caller): boolean {
  const { origin, host, fetchSite } = caller;
  if (origin !== "" && !isOriginOf(host, origin)) return true;
  if (fetchSite === "" || fetchSite === "same-origin" || fetchSite === "none") return false;
  return !followsLink(caller);
}

/** RFC 6454 section 7. The scheme is not compared: behind a proxy that ends TLS it is not ours. */
function isOriginOf(host: string, origin: string): boolean {
  const [, authority] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
  return authority?.toLowerCase() === host.toLowerCase();
}

/** The page that holds the link sees nothing of where it leads, and frames are refused by policy. */
const followsLink = ({ fetchMode, fetchDest }: Caller): boolean =>
  fetchMode === "navigate" && fetchDest === "document";
