/**
 * The port that speaks http, and only sends clients to https: one answer, whatever is asked for.
 *
 * The connection closes after it: nobody has more to ask here, and a body that comes with a request
 * is never read. A certificate authority follows the redirect to its challenge (RFC 8555, section 8.3),
 * and Let's Encrypt looks at no certificate on the way: /.well-known/acme-challenge/ needs no exception.
 */
import { toHttps } from "../../protocol/https-location.js";
import { redirectTo } from "../../protocol/redirect.js";
import { securityFields } from "../../protocol/security-headers.js";
import { type Ask, fieldName, type Handler, type Refusal, type Reply } from "./exchange.js";
import { createRefusal } from "./handshake.js";

const HOST = fieldName("host");

const BAD_HOST = createRefusal(400, "The request names no host to go to.", []);
const STRANGER = createRefusal(421, "This server has no certificate for that host.", []);

/** Kept by browsers, and with the method. Without Strict-Transport-Security, which is not for http. */
const FIELDS = [...securityFields("basic", ""), ["Cache-Control", "no-cache"]] as const;

export class HttpsRedirect implements Handler {
  readonly #port: number;
  readonly #names: () => readonly string[];

  /**
   * @param port where https is listened for
   * @param names of all certificates there are now
   */
  constructor(port: number, names: () => readonly string[]) {
    this.#port = port;
    this.#names = names;
  }

  express(): undefined {}

  sent(): void {}

  finish(): void {}

  handle(ask: Ask, reply: Reply): void {
    const { head, body } = this.#answer(ask);
    reply.sendAndClose(head, body, ask.method !== "HEAD");
  }

  #answer(ask: Ask): Refusal {
    const { path, query } = ask;
    const target = query === "" ? path : `${path}?${query}`;
    const verdict = toHttps(ask.field(HOST), target, this.#port, this.#names());
    if (verdict.kind === "bad host") return BAD_HOST;
    return verdict.kind === "stranger" ? STRANGER : redirectPage(verdict.location);
  }
}

function redirectPage(location: string): Refusal {
  const { head, body } = redirectTo(308, location, FIELDS);
  return {
    head,
    body: Buffer.concat(body.map((part) => (part.kind === "literal" ? part.bytes : NONE))),
  };
}

const NONE = Buffer.alloc(0);
