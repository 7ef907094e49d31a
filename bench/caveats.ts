/** What a reader must know before believing a run: said on top of every report. */
import type { Cores } from "./cores.js";
import type { Machine } from "./machine.js";

/** Runnable processes in the minute before the run, from which on the machine was not ours alone. */
const BUSY_LOAD = 0.5;

/** @param absent what could have taken part and is not installed */
export function listCaveats(machine: Machine, cores: Cores, absent: readonly string[]): string[] {
  const { loadBefore } = machine;
  const busy = `the machine was busy before the run (load ${loadBefore}): expect wide runs`;
  return [
    ...(loadBefore > BUSY_LOAD ? [busy] : []),
    ...(cores.caveat === undefined ? [] : [cores.caveat]),
    ...absent.map((one) => `not installed, so not compared: ${one}`),
  ];
}
