/** Fear: a server taken out of service by a restart, or left in it with a worker that hangs. */
import { describe, expect, test } from "vitest";
import {
  type FleetFacts,
  fleetUnready,
  type WorkerFacts,
} from "../../../engine/admin/fleet-readiness.js";

const one: WorkerFacts = { id: 1, pid: 71, isListening: true, silentMs: 900, unready: [] };
const two: WorkerFacts = { ...one, id: 2, pid: 72 };
const three: WorkerFacts = { ...one, id: 3, pid: 73 };
const LATE = "the event loop was 300ms late";
const DARK = "the root /srv cannot be read";

const rows: readonly (readonly [why: string, facts: Partial<FleetFacts>, reasons: string[]])[] = [
  ["all are well", {}, []],
  ["nobody runs", { workers: [] }, ["no worker listens: the server is starting or stopping"]],
  [
    "nobody listens any more, whatever else is wrong",
    { workers: [{ ...one, isListening: false, unready: [DARK] }] },
    ["no worker listens: the server is starting or stopping"],
  ],
  ["one of them is being replaced", { workers: [one, { ...two, isListening: false }] }, []],
  ["one is not back yet", { workers: [one], shortMs: 10_000 }, []],
  ["one stays away", { workers: [one], shortMs: 12_400 }, ["1 of 2 workers run, for 12s now"]],
  ["one is quiet for a while", { workers: [one, { ...two, silentMs: 10_000 }] }, []],
  [
    "one hangs",
    { workers: [one, { ...two, silentMs: 10_600 }] },
    ["worker 2 (pid 72) has said nothing for 11s"],
  ],
  [
    "one is over its budget: whoever comes may be handed to it",
    { workers: [one, { ...two, unready: [LATE] }] },
    [`worker 2 (pid 72): ${LATE}`],
  ],
  [
    "some have the same reason",
    { workers: [one, { ...two, unready: [DARK, LATE] }, { ...three, unready: [DARK] }] },
    [`worker 2 (pid 72), worker 3 (pid 73): ${DARK}`, `worker 2 (pid 72): ${LATE}`],
  ],
  [
    "what all have is said once",
    {
      workers: [
        { ...one, unready: [DARK] },
        { ...two, unready: [DARK] },
      ],
    },
    [DARK],
  ],
  [
    "one that stops serves nobody: its reasons are none",
    { workers: [one, { ...two, isListening: false, unready: [LATE] }] },
    [],
  ],
];

describe("fleetUnready", () => {
  for (const [why, facts, reasons] of rows) {
    test(why, () =>
      expect(fleetUnready({ workers: [one, two], expected: 2, shortMs: 0, ...facts })).toEqual(
        reasons,
      ),
    );
  }
});
