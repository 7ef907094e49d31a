/** `npm run soak -- --minutes N`: the mixed load, told while it goes on, and what grew meanwhile. */
import { MIB } from "../fixtures.js";
import type { Tally } from "./crowd.js";
import { type SoakResult, soak, WATCHED } from "./soak.js";
import type { Look, SubjectOptions } from "./subject.js";

/** Enough to keep two cores busy. */
const HONEST_CLIENTS = 32;
/** A trend wants many looks, a terminal few lines. */
const LOOKS = 240;
const LINES = 30;

/** @returns what was seen; what it says of the server is told as well */
export async function runMixed(
  minutes: number,
  options: SubjectOptions,
  say: (line: string) => void,
): Promise<SoakResult> {
  const durationSec = minutes * 60;
  let count = 0;
  const onLook = (look: Look, tally: Tally): void => {
    if (++count % (LOOKS / LINES) === 0) say(lookLine((count * minutes) / LOOKS, look, tally));
  };
  const lookEverySec = durationSec / LOOKS;
  const plan = { ...options, durationSec, lookEverySec, honestClients: HONEST_CLIENTS, onLook };
  const result = await soak(plan);
  for (const line of trendLines(result)) say(line);
  return result;
}

function lookLine(minutes: number, look: Look, { answers, left, replaced }: Tally): string {
  const memory = `rss ${mib(look.rss)}, heap ${mib(look.heap)}, external ${mib(look.external)} MiB`;
  const counts = `${look.files} files, ${look.sockets} sockets`;
  const done = `${answers} answers, ${left} left early, ${replaced} replaced`;
  return `${minutes.toFixed(1).padStart(6)} min: ${memory}; ${counts}; ${done}`;
}

function trendLines({ trends, atRest }: SoakResult): string[] {
  const rows = WATCHED.map((key) => {
    const { from, to, perHour } = trends[key];
    const show = key === "files" ? (value: number) => value.toFixed(1) : mib;
    return `  ${key.padEnd(12)}${show(from)} to ${show(to)}, ${show(perHour)} an hour`;
  });
  const { rss, sockets, connections } = atRest;
  return [
    "after warm-up, along the lowest looks (MiB, or a count):",
    ...rows,
    `at rest: rss ${mib(rss)} MiB, ${sockets} sockets, ${connections} connections`,
  ];
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
