/**
 * TLS through uWebSockets.js: apps with certificates, and how one takes the place of another.
 *
 * An app's certificates are read from their files when it is made, and cannot be changed: taking a name
 * away frees the routes that open connections of that name still use. So a renewal is a new app on
 * the same port. For a moment both listen (SO_REUSEPORT); then the old one stops to, and its
 * connections go on.
 *
 *   new app listens ──▶ nobody stands at the old one's door ──▶ the old one's listener closes
 *
 * Who still waits to be accepted by a listener that closes is reset by Linux, unless
 * `net.ipv4.tcp_migrate_req` is 1. Who may set it (root) has it set for that time; for others it is
 * left to chance what happens between the look and the close, some 50 µs on a machine with time to spare.
 */
import type { AppOptions, TemplatedApp } from "uWebSockets.js";
import { viewOf } from "../../fs/bytes.js";
import type { Door } from "../../fs/door.js";
import { CIPHERS } from "./ciphers.js";
import type { KeyPair, TlsMaterial } from "./exchange.js";
import type { Push } from "./uws-ask.js";

type Uws = typeof import("uWebSockets.js");

/**
 * The library takes TLS 1.2 and 1.3, answers no ALPN, resumes sessions by ticket, and prints two lines
 * of its own for each name on Node 20.
 *
 * @param route attaches the routes, once for each name
 * @throws Error whose message is for the operator
 */
export async function createTlsApp(
  uws: Uws,
  material: TlsMaterial,
  route: (app: TemplatedApp) => void,
): Promise<TemplatedApp> {
  const { fallback, named } = material;
  const app = construct(uws, fallback);
  route(app);
  for (const pair of named) {
    for (const name of pair.names.filter(isServerName)) {
      app.addServerName(name, optionsOf(pair));
      route(app.domain(name));
    }
  }
  // Files were judged as text and read again just now: between the two they may have been renewed.
  if (!(await material.isStill())) {
    app.close();
    throw new Error("the files of the certificates change just now");
  }
  return app;
}

function construct(uws: Uws, fallback: KeyPair | undefined): TemplatedApp {
  try {
    return uws.SSLApp(fallback === undefined ? { ssl_ciphers: CIPHERS } : optionsOf(fallback));
  } catch {
    throw new Error(`${fallback?.certPath}: uWebSockets.js does not take it`);
  }
}

const optionsOf = ({ certPath, keyPath }: KeyPair): AppOptions => ({
  cert_file_name: certPath,
  key_file_name: keyPath,
  ssl_ciphers: CIPHERS,
});

/** RFC 6066 section 3: addresses are never asked for by name. */
const isServerName = (name: string): boolean => /[a-z*]/.test(name) && !name.startsWith("[");

/** The most that one record of TLS holds (RFC 8446, section 5.1), and what the library corks. */
export const RECORD_BYTES = 16 * 1024;

/**
 * `tryEnd`, a record at a time. What a full socket did not take of one write must be offered once more
 * to the last byte: the TLS library has encrypted some of it, and says nothing of what it has sent.
 * Of several records in one write some are gone by then, and the answer would never go on. So each
 * write is one record, which goes or stays as a whole; what stays is in memory once more, 16 KiB.
 */
export const pushRecords: Push = (res, bytes, totalBytes) => {
  const view = viewOf(bytes);
  for (let at = 0; ; at += RECORD_BYTES) {
    const outcome = res.tryEnd(view.subarray(at, at + RECORD_BYTES), totalBytes);
    const [isTaken, isDone] = outcome;
    if (!isTaken || isDone || at + RECORD_BYTES >= view.length) return outcome;
  }
};

/** A handshake lasts as long as a packet needs there and back; the slowest are not waited for. */
export const HANDSHAKE_MS = 3000;
const LOOK_MS = 20;

/**
 * Resolves in a moment in which the listeners of this door can be closed with the least harm. A disk that
 * has died may have all threads that the door is looked at by: then there is no answer.
 */
export async function quietMoment(door: Door): Promise<void> {
  const untilMs = performance.now() + HANDSHAKE_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, HANDSHAKE_MS, false);
  });
  while (performance.now() < untilMs && (await Promise.race([door.hasHandshakes(), late]))) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  clearTimeout(timer);
  // Each turn of the loop accepts all who wait; who has come since then is seen.
  do await new Promise((resolve) => setImmediate(resolve));
  while (performance.now() < untilMs && !door.isClear());
}
