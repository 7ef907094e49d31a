/**
 * What a connection costs: resident memory of the server, and the kernel's for TCP.
 *
 * 1. warm     a first, smaller crowd comes and goes: what it leaves behind is nobody's cost
 * 2. before   a look at both memories
 * 3. crowd    all connections, each answered or reading
 * 4. after    the difference, divided
 *
 * The kernel keeps its own books (proc_net(5), sockstat): its memory is in no process, and on loopback
 * it is that of both ends.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { divideCores } from "../cores.js";
import { KIB } from "../fixtures.js";
import { startGenerator } from "../load/generator-process.js";
import { startIdle } from "../load/idle.js";
import { tcpPages, untilBuffersAreFull } from "../load/slow-readers-timing.js";
import { buildNarrowSockets } from "../preload.js";
import { HOST } from "../servers/launch.js";
import { LARGE, SMALL, writeSite } from "./site.js";
import { leftOver, untilAtRest } from "./soak.js";
import { type Subject, type SubjectOptions, startSubject } from "./subject.js";

export interface ConnectionCost {
  readonly kind: "idle" | "slow";
  readonly connections: number;
  /** Of these, what the server sees. */
  readonly seen: number;
  readonly serverBytesEach: number;
  readonly kernelBytesEach: number;
  readonly reasons: readonly string[];
}

/** A crowd that is there. */
interface Crowd {
  readonly countCut: () => Promise<number>;
}

const WARM_SHARE = 0.1;
/** Sooner than the server takes a connection for idle. */
const ASK_EVERY_MS = 5000;
/** So that the server has looked at itself since. */
const LOOK_MS = 1500;
const SLOW_BYTES_PER_SEC = 10 * KIB;
const PAGE_BYTES = 4 * KIB;

export async function measureIdle(
  connections: number,
  options: SubjectOptions,
): Promise<ConnectionCost> {
  return measureCrowd("idle", connections, options, async ({ port }, count) => {
    const plan = { host: HOST, port, target: SMALL, connections: count, askEveryMs: ASK_EVERY_MS };
    const idle = await startIdle(plan);
    while (idle.countAnswered() + idle.countCut() < count) await sleep(20);
    return {
      async countCut() {
        const cut = idle.countCut();
        idle.stop();
        return cut;
      },
    };
  });
}

/** @throws Error where there is no compiler: see preload.ts */
export async function measureSlow(
  connections: number,
  options: SubjectOptions,
): Promise<ConnectionCost> {
  const narrow = buildNarrowSockets(options.tempDir);
  if ("missing" in narrow) throw new Error(narrow.missing);
  return measureCrowd("slow", connections, options, async ({ port }, readers) => {
    const load = { host: HOST, port, target: LARGE, readers, bytesPerSec: SLOW_BYTES_PER_SEC };
    const cores = divideCores(options.workers);
    const generator = await startGenerator({ kind: "slow-readers", load }, cores, narrow);
    await untilBuffersAreFull();
    return {
      async countCut() {
        const { readersCut = 0 } = await generator.go();
        await generator.stop();
        return readersCut;
      },
    };
  });
}

async function measureCrowd(
  kind: "idle" | "slow",
  connections: number,
  options: SubjectOptions,
  gather: (subject: Subject, count: number) => Promise<Crowd>,
): Promise<ConnectionCost> {
  const subject = await startSubject(options);
  try {
    writeSite(subject.root);
    const alone = await subject.look();
    await (await gather(subject, Math.ceil(connections * WARM_SHARE))).countCut();
    const before = await untilAtRest(subject, alone);
    const kernelBefore = tcpPages();

    const crowd = await gather(subject, connections);
    await sleep(LOOK_MS);
    const amid = await subject.look();
    const kernelBytes = (tcpPages() - kernelBefore) * PAGE_BYTES;
    const cut = await crowd.countCut();
    const after = await untilAtRest(subject, alone);
    return {
      kind,
      connections,
      seen: amid.connections,
      serverBytesEach: (amid.rss - before.rss) / connections,
      kernelBytesEach: kernelBytes / connections,
      reasons: [...(cut > 0 ? [`${cut} connections were cut`] : []), ...leftOver(alone, after)],
    };
  } finally {
    await subject.stop();
  }
}
