/**
 * One fast client, alone and then beside thousands of slow ones.
 *
 * 1. alone    the fast client's speed, and the server's memory
 * 2. readers  connect, ask, and begin to take their ration
 * 3. settle   until socket buffers are full and the server is held back
 * 4. beside   the fast client again: its speed is the figure
 * 5. alone    once more, the readers gone: what it kept is measured against both, as the speed of a
 *             single connection drifts by a third
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadOf } from "../cell.js";
import { treeResidentBytes } from "../cpu.js";
import { KIB, MIB } from "../fixtures.js";
import type { Outcome } from "../sample.js";
import { HOST } from "../servers/launch.js";
import { disqualified, type LoadContext, noteErrors, perGib, startCpuWatch } from "./context.js";
import { startGenerator } from "./generator-process.js";
import { type ClosedLoopResult, runWrk } from "./wrk.js";

/** Socket buffers are full when the kernel's memory for TCP grows by less than this between looks. */
const FULL_GROWTH = 1.02;
const LOOK_EVERY_MS = 500;
/** One look may fall into a moment when the server had no core. */
const QUIET_LOOKS = 2;
/** A machine that has not filled them by then is measured as it is. */
const SETTLE_LIMIT_MS = 15_000;

/** By what the judgment is made. */
interface Instruments {
  /** Lets the fast client run once. */
  readonly run: typeof runWrk;
  /** Resolves when the readers are held back, or long enough after. */
  readonly settle: () => Promise<void>;
}

export async function timeSlowReaders(
  load: LoadOf<"slow-readers">,
  context: LoadContext,
  { run, settle }: Instruments = { run: runWrk, settle: untilBuffersAreFull },
): Promise<Outcome> {
  const { server, asks, cores, tempDir } = context;
  const fast = { server, asks, connections: 1, cores, workDir: tempDir };
  await run({ ...fast, durationSec: context.warmUpSec });
  const before = await run({ ...fast, durationSec: context.durationSec });
  if (before.bytes === 0) return disqualified("the fast client got nothing, though it was alone");
  const residentBefore = treeResidentBytes(server.pid);

  const { readers, bytesPerSec, target } = load;
  const plan = { host: HOST, port: server.port, target, readers, bytesPerSec };
  const generator = await startGenerator(
    { kind: "slow-readers", load: plan },
    cores,
    context.narrowSockets,
  );
  try {
    await settle();
    const grown = treeResidentBytes(server.pid) - residentBefore;
    const used = startCpuWatch(context);
    const beside = await run({ ...fast, durationSec: context.durationSec });
    const { cpuSec, othersPercent } = used();
    const notes = [...noteErrors(beside.socketErrors), ...noteKernelMemory()];
    const result = await generator.go();
    if (!result.readersBytes) return disqualified("the slow readers got nothing");
    await sleep(LOOK_EVERY_MS); // the server hears of five thousand that have left
    const after = await run({ ...fast, durationSec: context.durationSec });
    if (after.bytes === 0) return disqualified("the fast client got nothing, once alone again");
    const mibPerSec = mibPerSecOf(beside);
    const aloneMibPerSec = (mibPerSecOf(before) + mibPerSecOf(after)) / 2;
    const figures = {
      mibPerSec,
      keptPercent: (100 * mibPerSec) / aloneMibPerSec,
      kibPerReader: Math.max(0, grown) / KIB / readers,
      readersCut: result.readersCut ?? 0,
      ...perGib(cpuSec, beside.bytes), // it may have starved
      busyPercent: (cpuSec / beside.durationSec) * 100,
      othersPercent,
    };
    return { kind: "timed", figures, notes };
  } finally {
    await generator.stop();
  }
}

const mibPerSecOf = ({ bytes, durationSec }: ClosedLoopResult): number => bytes / MIB / durationSec;

/** Resolves when slow readers have filled the kernel's buffers, or long enough after. */
export async function untilBuffersAreFull(): Promise<void> {
  let quietLooks = 0;
  for (let waitedMs = 0; waitedMs < SETTLE_LIMIT_MS; waitedMs += LOOK_EVERY_MS) {
    const before = tcpPages();
    await sleep(LOOK_EVERY_MS);
    quietLooks = tcpPages() < before * FULL_GROWTH ? quietLooks + 1 : 0;
    if (quietLooks === QUIET_LOOKS) return;
  }
}

/** Beyond its own pressure mark the kernel shrinks everybody's buffers, and measures itself. */
function noteKernelMemory(): string[] {
  const marks = readFileSync("/proc/sys/net/ipv4/tcp_mem", "utf8").trim().split(/\s+/);
  const isShort = tcpPages() > Number(marks[1]);
  return isShort ? ["the kernel was short of memory for TCP (net.ipv4.tcp_mem)"] : [];
}

/** Pages the kernel holds for all TCP sockets. */
export const tcpPages = (): number =>
  Number(/^TCP:.* mem (\d+)/m.exec(readFileSync("/proc/net/sockstat", "utf8"))?.[1] ?? 0);
