/**
 * What a serving process has to say of its own accord, as lines in the log: each kind on its own, a
 * flood of one kind as a count.
 */
import type { SlowOperation, UnderWay } from "../../metrics/operations.js";
import { type Blame, blameFor } from "../../metrics/phases.js";
import { FAULTS, type FaultCode } from "../../protocol/faults.js";
import { type Log, oncePer } from "../log.js";

export interface Announcer {
  /** Something no status code can tell. */
  readonly trouble: (line: string) => void;
  readonly fault: (code: FaultCode, path: string) => void;
  /** Something that cannot happen did. */
  readonly bug: (error: unknown, path: string) => void;
  /** An operation takes long, or took it. */
  readonly slow: (operation: SlowOperation | UnderWay) => void;
}

/** One line of each kind in this time, with a count of the others. */
const QUIET_MS = 10_000;

export function createAnnouncer(log: Log): Announcer {
  const faults = new Map<FaultCode, (line: string) => void>();
  const slow = new Map<string, (line: string) => void>();
  const bug = oncePer(QUIET_MS, log.error);
  return {
    trouble: oncePer(QUIET_MS, log.error),
    fault(code, path) {
      const level = FAULTS[code].log;
      if (level === "silent") return;
      const say = faults.get(code) ?? oncePer(QUIET_MS, log[level]);
      faults.set(code, say);
      say(`${code} ${FAULTS[code].status} for ${path}`);
    },
    bug(error, path) {
      bug(`bug while answering ${path}: ${error instanceof Error ? error.stack : String(error)}`);
    },
    slow(operation) {
      const blame = blameFor(operation);
      const kind = `${operation.kind} ${blame}`;
      const say = slow.get(kind) ?? oncePer(QUIET_MS, log.warn);
      slow.set(kind, say);
      say(describeSlow(operation, blame));
    },
  };
}

/** `slow, blame disk: GET /a for ::1 took 1203 ms (queue 0, disk 1200, loop 3, client 0)`. */
function describeSlow(operation: SlowOperation | UnderWay, blame: Blame): string {
  const { what, client, queueMs, diskMs, loopMs, drainMs } = operation;
  const kind = operation.kind === "request" ? "" : `${operation.kind} of `;
  const whom = client === "" ? "" : ` for ${client}`;
  const took =
    "tookMs" in operation
      ? `took ${whole(operation.tookMs)} ms`
      : `has taken ${whole(operation.ageMs)} ms so far`;
  const split = `queue ${whole(queueMs)}, disk ${whole(diskMs)}, loop ${whole(loopMs)}, client ${whole(drainMs)}`;
  return `slow, blame ${blame}: ${kind}${what}${whom} ${took} (${split})`;
}

const whole = (ms: number): string => Math.round(ms).toString();
