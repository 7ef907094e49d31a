/** TLS through Node: which certificate a client gets, and how all of them are renewed at once. */
import { createServer, type Server } from "node:https";
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from "node:tls";
import { matchesName } from "../../protocol/certificate-names.js";
import { CIPHERS } from "./ciphers.js";
import type { KeyPair, TlsMaterial } from "./exchange.js";

const NO_NAME = new Error("no certificate for this name");

/** The certificates of one server. */
export class NodeContexts {
  #fallback: SecureContext | undefined;
  #named: readonly (readonly [name: string, context: SecureContext])[] = [];

  /** @throws Error whose message is for the operator */
  constructor(material: TlsMaterial) {
    this.#set(material);
  }

  /** A server that has them; the other options are its own. */
  createServer(options: Parameters<typeof createServer>[0], material: TlsMaterial): Server {
    const server = createServer({
      ...options,
      ...optionsOf(material.fallback),
      SNICallback: (name, done) => {
        // RFC 6066 section 3 has no dot at the end; some send what is in the URL.
        const context = this.#find(name.toLowerCase().replace(/\.$/, ""));
        if (context === undefined) done(NO_NAME);
        else done(null, context);
      },
    });
    return server.on("secureConnection", readAsStream);
  }

  /** @throws Error whose message is for the operator: nothing has changed then */
  renew(server: Server, material: TlsMaterial): void {
    this.#set(material);
    server.setSecureContext(optionsOf(material.fallback)); // for clients that ask for no name
  }

  /** The very name comes before a star. */
  #find(name: string): SecureContext | undefined {
    const [, context] =
      this.#named.find(([pattern]) => pattern === name) ??
      this.#named.find(([pattern]) => matchesName(pattern, name)) ??
      [];
    return context ?? this.#fallback;
  }

  #set({ fallback, named }: TlsMaterial): void {
    const contexts = named.map((pair) => [pair, createContext(pair)] as const);
    this.#fallback = fallback === undefined ? undefined : createContext(fallback);
    this.#named = contexts.flatMap(([{ names }, context]) =>
      names.map((name) => [name, context] as const),
    );
  }
}

/**
 * Node's parser of requests is given records straight from TLS, those too that were decrypted with one
 * after which it was told to wait: an error to it, which cuts the answer under way. With a listener,
 * records come by the stream, which keeps them until it is to go on.
 */
const readAsStream = (socket: TLSSocket): void => void socket.on("data", () => {});

function createContext(pair: KeyPair): SecureContext {
  try {
    return createSecureContext(optionsOf(pair));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${pair.certPath}: OpenSSL does not take it: ${reason}`);
  }
}

/** The same as the fast transport. */
const optionsOf = (pair: KeyPair | undefined): SecureContextOptions => ({
  ...(pair === undefined ? {} : { cert: pair.certPem, key: pair.keyPem }),
  minVersion: "TLSv1.2",
  ciphers: `TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:${CIPHERS}`,
  honorCipherOrder: true,
});
