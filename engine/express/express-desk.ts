/**
 * The express desk: a request is asked about here first, and answered where that needs no disk.
 *
 * 1. host     what is no Host is left to the main road, which says so
 * 2. ticket   what is known of the target: express-lane.ts; small parts of it: parts-at-hand.ts
 * 3. look     at a file that no ticket tells of: first-look.ts
 * 4. sent     noted, and that was all: express-meter.ts
 * 5. finish   a socket has taken a part of it: from here on a request like any other, with an
 *             operation and a transfer
 *
 * Owns: those it asks, and their order. The main road finds and leaves its tickets in the lane.
 */
import { viewOf } from "../../fs/bytes.js";
import type { Delivery } from "../delivery.js";
import type { HostCheck } from "../host-check.js";
import { beginOperation } from "../operations/arrival.js";
import type { Preparer } from "../preparer.js";
import type { ServerParts } from "../server-parts.js";
import {
  type Ask,
  fieldName,
  type Handler,
  type Ready,
  type Reply,
} from "../transport/exchange.js";
import { ExpressLane, type LaneState } from "./express-lane.js";
import { ExpressMeter } from "./express-meter.js";
import { FirstLook } from "./first-look.js";
import { PartsAtHand } from "./parts-at-hand.js";

const HOST = fieldName("host");

/** In place of a path: the request is over when what was sent is noted. */
const ONE_OF_MANY = "a request at hand";

/** What the desk has in common with the main road. */
interface Shared {
  readonly hosts: HostCheck;
  readonly preparer: Preparer;
  readonly delivery: Pick<Delivery, "finish">;
}

export class ExpressDesk implements Omit<Handler, "handle"> {
  readonly lane: ExpressLane;
  readonly #parts: ServerParts;
  readonly #hosts: HostCheck;
  readonly #delivery: Pick<Delivery, "finish">;
  readonly #partsAtHand: PartsAtHand;
  readonly #firstLook: FirstLook;
  readonly #meter: ExpressMeter;
  /** Each has its own root. */
  readonly #hasHosts: boolean;

  constructor(parts: ServerParts, { hosts, preparer, delivery }: Shared) {
    const { table, site, policy, scheduler, nowMs } = parts;
    const { origins } = site.fields;
    const variesByOrigin = origins !== "*" && origins.length > 0;
    this.#parts = parts;
    this.#hosts = hosts;
    this.#delivery = delivery;
    this.#hasHosts = site.hostsDir !== "";
    this.#partsAtHand = new PartsAtHand(scheduler, policy);
    const settings = { variesByHost: this.#hasHosts, variesByOrigin };
    this.lane = new ExpressLane(table, this.#partsAtHand, settings, nowMs);
    this.#firstLook = new FirstLook({ table, lane: this.lane, preparer, site });
    this.#meter = new ExpressMeter(parts);
  }

  /** A bug of ours leaves its request to the main road: thrown at a transport, it would end the process. */
  express(ask: Ask): Ready | undefined {
    try {
      if (!this.#isForHost(ask)) return undefined;
      const startMs = this.#parts.nowMs();
      const ready = this.lane.answer(ask, startMs) ?? this.#firstLook.answer(ask);
      if (ready !== undefined) this.#meter.begin(ask, startMs);
      return ready;
    } catch (error) {
      this.#parts.onBug(error, ask.path);
      return undefined;
    }
  }

  /** A bug costs what is noted of the request. */
  sent(ready: Ready): void {
    try {
      this.#meter.sent(ready);
    } catch (error) {
      this.#parts.onBug(error, ONE_OF_MANY);
    }
  }

  /** A bug costs the rest of the answer. */
  finish(ask: Ask, ready: Ready, takenBytes: number, reply: Reply): void {
    try {
      this.#goOn(ask, ready, takenBytes, reply);
    } catch (error) {
      this.#parts.onBug(error, ask.path);
      if (!reply.isOver) reply.cut();
    }
  }

  #goOn(ask: Ask, ready: Ready, takenBytes: number, reply: Reply): void {
    const { head, download } = ready;
    const body = viewOf(ready.body!);
    const operation = beginOperation(ask, this.#meter.startMs, this.#parts);
    const { counters, nowMs } = this.#parts;
    counters.bytesAtHand += takenBytes;
    operation.answered(head.status, body.length);
    operation.sent(takenBytes, nowMs());
    if (download !== undefined) operation.downloads(download, head.status === 206);
    const lent =
      this.#firstLook.restOf(ready, takenBytes) ??
      this.#partsAtHand.restOf(ready, takenBytes, reply.repeatedBytes);
    const rest = lent ?? [{ kind: "literal", bytes: body.subarray(takenBytes) }];
    this.#delivery.finish(rest, { operation, path: ask.path }, reply);
  }

  /** What there is for a request, for whoever wonders. */
  peek(ask: Ask): LaneState {
    if (!this.#isForHost(ask)) return "has none";
    const state = this.lane.peek(ask);
    const isFile = ask.method === "GET" || ask.method === "HEAD";
    return state === "has none" && isFile && this.#firstLook.isFor(ask) ? "may look" : state;
  }

  /** Cost: one field; none where hosts have their own roots, as what is no host finds nothing there. */
  #isForHost(ask: Ask): boolean {
    return this.#hasHosts || this.#hosts.isGood(ask.field(HOST));
  }
}
