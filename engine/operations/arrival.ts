/**
 * How a request comes to stand in the table of operations: who asks, for what, and since when.
 */
import { clientOf } from "../transport/client-address.js";
import type { Ask } from "../transport/exchange.js";
import type { AddressSet } from "../transport/proxies.js";
import type { RequestLog } from "./access-log.js";
import type { Operation } from "./operation.js";
import type { Operations } from "./operations.js";

interface ArrivalParts {
  readonly operations: Pick<Operations, "begin">;
  readonly accessLog: RequestLog | undefined;
  /** Proxies that are believed who the client is. */
  readonly trusts: AddressSet;
}

/** Cost: the system call of `client`, two objects; with an access log, what `callerOf` costs. */
export function beginOperation(
  ask: Ask,
  startMs: number,
  { operations, accessLog, trusts }: ArrivalParts,
): Operation {
  const caller = accessLog?.callerOf(ask);
  const { method, path, query } = ask;
  const target = query === "" ? path : `${path}?${query}`;
  const client = caller?.client ?? clientOf(ask, trusts);
  return operations.begin({ method, target, client, startMs, caller });
}
