/**
 * Requests of uWebSockets.js -> Ask.
 *
 * Owns: how a field, a path and the client's address are asked for, and how seldom.
 */
import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import type { Bytes } from "../../fs/bytes.js";
import type { Field } from "../../protocol/head.js";
import { spellAddress } from "./address.js";
import { Doubt } from "./doubt.js";
import type { Ask, FieldName } from "./exchange.js";
import type { Peers } from "./peers.js";
import type { HeadsAlone } from "./uws-farewell.js";

/** It speaks no other version, and refuses those who do before we hear of them. */
const VERSION = "HTTP/1.1";

/** Offers a body's next bytes, as `HttpResponse.tryEnd` does: were all taken, and is it over? */
export type Push = (
  res: HttpResponse,
  bytes: Bytes,
  totalBytes: number,
) => readonly [isTaken: boolean, isDone: boolean];

/** What the requests of one listener share. */
export interface ListenState {
  isDraining: boolean;
  readonly push: Push;
  /** Of bytes that `push` refused: see `Sink`. */
  readonly repeatedBytes: number;
  readonly peers: Peers;
  readonly headsAlone: HeadsAlone;
  /** As in `ListenOptions`. */
  readonly isBehindProxies: boolean;
  /** Replies that are not over. */
  pending: number;
}

let addressedTo: HttpResponse | undefined;
let address = "";

/** The ask and the reply of one request want it one right after the other. */
export function addressOf(res: HttpResponse, { peers }: ListenState): string {
  const { only } = peers;
  if (only !== "") return only;
  if (addressedTo === res) return address;
  addressedTo = res;
  address = spellAddress(res.getRemoteAddress());
  return address;
}

/** One for all requests of the lane: it is only read before the call-back returns. */
export class ExpressAsk implements Ask {
  method: "GET" | "HEAD" = "GET";
  readonly version = VERSION;
  isDoubtful = false;
  request: HttpRequest | undefined;
  response: HttpResponse | undefined;
  #state: ListenState | undefined;
  #path: string | undefined;

  /** Takes the place of the one before. */
  begin(
    request: HttpRequest,
    response: HttpResponse,
    state: ListenState,
    method: "GET" | "HEAD",
  ): void {
    this.method = method;
    this.request = request;
    this.response = response;
    this.#state = state;
    this.#path = undefined;
    this.isDoubtful = state.isBehindProxies && isDoubtful(request);
  }

  get client(): string {
    return addressOf(this.response!, this.#state!);
  }

  get path(): string {
    this.#path ??= this.request!.getUrl();
    return this.#path;
  }

  get query(): string {
    return this.request!.getQuery() ?? "";
  }

  field(name: FieldName): string {
    return this.request!.getHeader(name.bytes);
  }

  fields(): Field[] {
    return fieldsOf(this.request!);
  }
}

/** For every other request. */
export class UwsAsk implements Ask {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly version = VERSION;
  readonly isDoubtful: boolean;
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #state: ListenState;

  constructor(request: HttpRequest, response: HttpResponse, state: ListenState) {
    this.#request = request;
    this.#response = response;
    this.#state = state;
    this.method = request.getCaseSensitiveMethod();
    this.path = request.getUrl();
    this.query = request.getQuery() ?? "";
    this.isDoubtful = state.isBehindProxies && isDoubtful(request);
  }

  get client(): string {
    return addressOf(this.#response, this.#state);
  }

  field(name: FieldName): string {
    return this.#request.getHeader(name.bytes);
  }

  fields(): Field[] {
    return fieldsOf(this.#request);
  }
}

const doubt = new Doubt();
const takeField = (name: string, value: string): void => doubt.take(name, value);

function isDoubtful(request: HttpRequest): boolean {
  doubt.forget();
  request.forEach(takeField);
  return doubt.isFound;
}

function fieldsOf(request: HttpRequest): Field[] {
  const fields: Field[] = [];
  request.forEach((name, value) => {
    fields.push([name, value]);
  });
  return fields;
}
