/** What a reader must know before believing a run: said on top of every report. */
import type { Cores } from "./cores.js";
import type { Machine } from "./machine.js";
import type { Sample } from "./sample.js";
import { shellSettings } from "./servers/sluice.js";

/** Runnable processes in the minute before the run, from which on the machine was not ours alone. */
const BUSY_LOAD = 0.5;
/** Of all cores, in any measurement: what others take is missing in somebody's figures. */
const OTHERS_LIMIT_PERCENT = 10;

/** @param absent what could have taken part and is not installed */
export function listCaveats(
  machine: Machine,
  cores: Cores,
  absent: readonly string[],
  samples: readonly Sample[],
): string[] {
  const { loadBefore } = machine;
  const busy = `the machine was busy before the run (load ${loadBefore}): expect wide runs`;
  return [
    ...(loadBefore > BUSY_LOAD ? [busy] : []),
    ...tellOthers(samples),
    ...tellShell(),
    ...(cores.caveat === undefined ? [] : [cores.caveat]),
    ...(absent.length === 0 ? [] : [`not installed, so not compared: ${absent.join(", ")}`]),
  ];
}

function tellShell(): string[] {
  const given = Object.entries(shellSettings()).map(([name, value]) => `${name}=${value}`);
  return given.length === 0 ? [] : [`sluice has settings of this shell: ${given.join(" ")}`];
}

function tellOthers(samples: readonly Sample[]): string[] {
  const measured = samples.flatMap(({ cell, outcome }) =>
    outcome.kind === "timed" ? [{ cell, percent: outcome.figures.othersPercent ?? 0 }] : [],
  );
  const disturbed = measured.filter(({ percent }) => percent > OTHERS_LIMIT_PERCENT);
  if (disturbed.length === 0) return [];
  const most = Math.round(Math.max(...disturbed.map(({ percent }) => percent)));
  const names = [...new Set(disturbed.map(({ cell }) => cell))].join(", ");
  const where = disturbed.length === measured.length ? "" : `: ${names}`;
  const count = `${disturbed.length} of ${measured.length} measurements`;
  return [
    `do not believe this run: in ${count} other processes used more than ${OTHERS_LIMIT_PERCENT}% of all cores (up to ${most}%)${where}`,
  ];
}
