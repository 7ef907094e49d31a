/**
 * Requests of node:http -> Ask.
 *
 * Owns: how a target is taken apart, which may name its host, and where fields are looked up.
 */
import type { IncomingMessage } from "node:http";
import type { Field } from "../../protocol/head.js";
import { plainAddress } from "./address.js";
import { Doubt } from "./doubt.js";
import type { Ask, FieldName } from "./exchange.js";

export class NodeAsk implements Ask {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly version: string;
  readonly client: string;
  readonly isDoubtful: boolean;
  readonly #request: IncomingMessage;
  /** Undefined: as the field says. */
  readonly #host: string | undefined;

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.method = request.method ?? "";
    this.version = `HTTP/${request.httpVersion}`;
    this.client = plainAddress(request.socket.remoteAddress ?? "");
    this.isDoubtful = isDoubtful(request);
    const { host, target } = splitTarget(request.url ?? "");
    this.#host = host;
    const mark = target.indexOf("?");
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? "" : target.slice(mark + 1);
  }

  field(name: FieldName): string {
    if (name.text === "host" && this.#host !== undefined) return this.#host;
    const value = this.#request.headers[name.text];
    return typeof value === "string" ? value : (value?.[0] ?? "");
  }

  fields(): Field[] {
    const raw = this.#request.rawHeaders;
    const fields: Field[] = [];
    for (let at = 0; at < raw.length; at += 2) fields.push([raw[at]!, raw[at + 1]!]);
    return fields;
  }
}

function isDoubtful({ rawHeaders }: IncomingMessage): boolean {
  const doubt = new Doubt();
  for (let at = 0; at < rawHeaders.length; at += 2)
    doubt.take(rawHeaders[at]!, rawHeaders[at + 1]!);
  return doubt.isFound;
}

/** RFC 9112 section 3.2.2: a server must take `http://host/path`, and then no other word for the host. */
function splitTarget(url: string): { readonly host?: string; readonly target: string } {
  const [absolute, host] = /^https?:\/\/([^/?]*)/i.exec(url) ?? [];
  if (absolute === undefined || host === undefined) return { target: url };
  const rest = url.slice(absolute.length);
  return { host, target: rest.startsWith("/") ? rest : `/${rest}` };
}
