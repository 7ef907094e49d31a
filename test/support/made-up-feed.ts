/**
 * A made-up server, as the dashboard would see it: plausible numbers for a few situations, the same
 * on every run.
 */
import type { DownloadTotals } from "../../metrics/downloads.js";
import type { HistoryMessage, NowMessage } from "../../metrics/live.js";
import type { SlowOperation, UnderWay } from "../../metrics/operations.js";
import { blameFor } from "../../metrics/phases.js";
import { type Sample, Samples } from "../../metrics/samples.js";
import type { WorkerRow } from "../../metrics/worker-row.js";

export type Situation = "idle" | "busy" | "slow disk" | "pool full";

const MIB = 1 << 20;
const SLOTS = 256;
const CHUNK_BYTES = 256 * 1024;

/** Milliseconds of request time in each phase, out of a thousand. */
const SPLITS: Readonly<Record<Situation, readonly [number, number, number, number]>> = {
  idle: [0, 0, 0, 0],
  busy: [18, 120, 92, 770],
  "slow disk": [160, 720, 20, 100],
  "pool full": [640, 60, 20, 280],
};

/** Numbers from 0 to 1 that only look random (mulberry32). */
function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class MadeUpServer {
  readonly #dice = createDice(7);
  readonly #samples = new Samples();
  readonly #pid: number;
  readonly #startedAtMs: number;
  readonly #transfers: UnderWay[] = [];
  #situation: Situation;
  #nowMs: number;
  #second = 0;
  /** Grows while there is load, as a cache does. */
  #cached = 0;
  #slow: UnderWay | undefined;
  #workers: readonly WorkerRow[] = [];

  /** @param pid of the process that it plays  @param pastSec how long it has been running */
  constructor(pid: number, situation: Situation, pastSec: number) {
    this.#nowMs = Date.now();
    this.#pid = pid;
    this.#situation = situation;
    this.#startedAtMs = this.#nowMs - pastSec * 1000;
    this.#nowMs -= Math.min(pastSec, 600) * 1000;
    for (let past = Math.min(pastSec, 600); past > 0; past--) this.#live();
  }

  enter(situation: Situation): void {
    this.#situation = situation;
  }

  /** From now on it is a supervisor with these workers. */
  employ(workers: readonly WorkerRow[]): void {
    this.#workers = workers;
  }

  /** A transfer to a client that hardly reads. Its name is for tests to look for. */
  addSlowTransfer(what: string): void {
    this.#slow = transfer(what, "198.51.100.23", 800, 3 * MIB, 700 * MIB, "client");
  }

  history(): HistoryMessage {
    const columns = this.#samples.columns();
    return {
      type: "history",
      version: "0.1.0",
      pid: this.#pid,
      startedAtMs: this.#startedAtMs,
      columns,
    };
  }

  /** Lives one second on, and tells: its clock has nothing to do with how long that took. */
  now(): NowMessage {
    const sample = this.#live();
    const { atMs } = sample;
    const isFull = this.#situation === "pool full";
    return {
      type: "now",
      isMeasuring: true,
      sample,
      pool: { slots: SLOTS, chunkBytes: CHUNK_BYTES, slotsPerCell: 1, cells: this.#cells(sample) },
      underWay: this.#underWay(),
      slowest: this.#situation === "idle" ? [] : slowest(atMs, this.#situation),
      downloads: this.#situation === "idle" && this.#cached === 0 ? [] : downloads(atMs),
      unready: isFull ? ["no slot of the pool was free in the last 5 s, 37 transfers in line"] : [],
      workers: this.#workers,
    };
  }

  #live(): Sample {
    this.#second++;
    this.#nowMs += 1000;
    const sample = this.#measure(this.#nowMs);
    this.#samples.add(sample);
    return sample;
  }

  #measure(atMs: number): Sample {
    const situation = this.#situation;
    const load = situation === "idle" ? 0 : this.#wave();
    const requests = Math.round((situation === "busy" ? 9400 : 420) * load);
    const slowness = { idle: 0, busy: 1, "slow disk": 34, "pool full": 160 }[situation];
    const p50Us = 240 * slowness * this.#near(1, 0.12);
    const p99Us = p50Us * this.#near(11, 0.35) * (this.#second % 97 < 3 ? 5 : 1);
    const [queueMs, diskMs, loopMs, drainMs] = SPLITS[situation].map(
      (ms) => ms * load * this.#near(1, 0.25) * slowness,
    ) as [number, number, number, number];
    const slots = this.#count(load);
    const lagUs = (situation === "idle" ? 90 : 380) * this.#near(1, 0.3);
    return {
      atMs,
      requests,
      serverErrors: this.#second % 211 === 0 ? 3 : 0,
      aborted: Math.round(requests * 0.002 * this.#dice()),
      sentBytes: requests * 54_000 * this.#near(1, 0.1),
      p50Us,
      p90Us: p50Us * 3.1 * (slowness > 0 ? this.#near(1, 0.15) : 0),
      p99Us,
      p999Us: p99Us * this.#near(2.6, 0.4),
      maxUs: p99Us * 6,
      queueMs,
      diskMs,
      loopMs,
      drainMs,
      loopLagP50Us: lagUs,
      loopLagP99Us: lagUs * this.#near(6, 0.3),
      loopLagMaxUs: lagUs * this.#near(14, 0.5),
      loopUtilization: situation === "busy" ? Math.min(0.97, 0.46 * load) : 0.06,
      inProgress: Math.round(situation === "pool full" ? 310 : 74 * load) + (this.#slow ? 1 : 0),
      connections: situation === "idle" ? 4 : Math.round(1180 * this.#near(load, 0.01)),
      rssBytes: (148 + 14 * load) * MIB,
      heapUsedBytes: (19 + (this.#second % 23) * 0.6) * MIB,
      externalBytes: 9.4 * MIB,
      slabBytes: SLOTS * CHUNK_BYTES,
      ...slots,
      readers: situation === "idle" ? 2 : 8,
      readersBusy: situation === "slow disk" ? 8 : Math.round(3 * load * this.#dice()),
      jobsWaiting: situation === "slow disk" ? 14 + Math.round(6 * this.#dice()) : 0,
      transfersInLine: situation === "pool full" ? 37 : 0,
      openFds: situation === "idle" ? 31 : Math.round(212 * this.#near(load, 0.02)),
    };
  }

  #count(load: number) {
    if (this.#situation === "pool full") {
      return { slotsFree: 0, slotsLoading: 96, slotsCached: 0, slotsPinned: SLOTS - 96 };
    }
    if (load > 0) this.#cached = Math.min(196, this.#cached + 4);
    const slotsPinned = Math.round(19 * load * this.#near(1, 0.3));
    const slotsLoading = Math.round((this.#situation === "busy" ? 5 : 24) * load * this.#dice());
    const slotsCached = this.#cached;
    const slotsFree = SLOTS - slotsPinned - slotsLoading - slotsCached;
    return { slotsFree, slotsLoading, slotsCached, slotsPinned };
  }

  /** States lie mixed in the slab; a slot keeps its place, so that the picture is calm. */
  #cells({ slotsPinned, slotsLoading, slotsCached }: Sample): string {
    const states = "c".repeat(slotsCached) + "p".repeat(slotsPinned) + "l".repeat(slotsLoading);
    const mixed: string[] = new Array(SLOTS).fill("f");
    // 37 and 256 have no divisor in common, so each state finds a slot of its own.
    [...states].forEach((state, at) => {
      mixed[(at * (at < slotsCached ? 1 : 37)) % SLOTS] = state;
    });
    return mixed.join("");
  }

  #underWay(): readonly UnderWay[] {
    if (this.#situation === "busy" && this.#transfers.length === 0) this.#transfers.push(...BUSY);
    if (this.#situation === "slow disk" || this.#situation === "pool full") {
      return [...WAITING, ...(this.#slow ? [this.#slow] : [])];
    }
    const all = [...(this.#situation === "idle" ? [] : this.#transfers)];
    if (this.#slow) all.unshift(this.#slow);
    const moved = all.map(moveOn);
    this.#transfers.splice(
      0,
      this.#transfers.length,
      ...moved.filter((one) => one !== moved[0] || !this.#slow),
    );
    if (this.#slow) this.#slow = moved[0];
    return moved;
  }

  /** Load goes up and down over minutes. */
  #wave(): number {
    return 1 + 0.28 * Math.sin(this.#second / 53) + this.#near(0, 0.05);
  }

  #near(value: number, spread: number): number {
    return value + (this.#dice() * 2 - 1) * spread * (value || 1);
  }
}

function transfer(
  what: string,
  client: string,
  ageMs: number,
  sentBytes: number,
  totalBytes: number,
  phase: UnderWay["phase"],
): UnderWay {
  const drainMs = phase === "client" ? ageMs * 0.94 : ageMs * 0.08;
  const diskMs = phase === "disk" ? ageMs * 0.9 : ageMs * 0.03;
  const queueMs = phase === "queue" ? ageMs * 0.88 : ageMs * 0.01;
  const loopMs = Math.max(0, ageMs - drainMs - diskMs - queueMs);
  const times = { queueMs, diskMs, loopMs, drainMs };
  return {
    kind: "request",
    what,
    client,
    ageMs,
    phase,
    sentBytes,
    totalBytes,
    waiters: 0,
    ...times,
  };
}

/** A second later: older, and further at the speed it had so far. */
function moveOn(one: UnderWay): UnderWay {
  const sentBytes = Math.min(one.totalBytes * 0.97, one.sentBytes * (1 + 1000 / one.ageMs));
  return {
    ...transfer(one.what, one.client, one.ageMs + 1000, sentBytes, one.totalBytes, one.phase),
    kind: one.kind,
  };
}

const BUSY: readonly UnderWay[] = [
  transfer(
    "GET /releases/2026.11/sluice-2026.11-linux-x64.iso",
    "203.0.113.40",
    214_000,
    1_640 * MIB,
    4_312 * MIB,
    "client",
  ),
  transfer(
    "GET /video/keynote/2160p/segment-000187-with-a-long-name-that-goes-on.mp4",
    "2001:db8:4::9f",
    48_000,
    122 * MIB,
    380 * MIB,
    "client",
  ),
  transfer(
    "GET /datasets/weather/era5/1979-2025/t2m.nc",
    "198.51.100.7",
    31_400,
    2_020 * MIB,
    2_744 * MIB,
    "turn",
  ),
  transfer(
    "GET /backups/db-2026-11-23.tar.zst",
    "203.0.113.9",
    9_600,
    401 * MIB,
    6_120 * MIB,
    "client",
  ),
  transfer(
    "GET /mirror/debian/pool/main/l/linux/linux-image-6.18.0-amd64_6.18.3-1_amd64.deb",
    "192.0.2.118",
    2_100,
    62 * MIB,
    108 * MIB,
    "disk",
  ),
];

const WAITING: readonly UnderWay[] = [
  transfer("GET /archive/2019/photos.tar", "203.0.113.77", 8_300, 12 * MIB, 9_800 * MIB, "disk"),
  transfer("GET /archive/2018/photos.tar", "203.0.113.78", 6_100, 8 * MIB, 8_100 * MIB, "queue"),
  {
    ...transfer("/archive/2017/photos.tar", "", 2_400, 0, 262_144, "disk"),
    kind: "read",
    waiters: 6,
  },
  { ...transfer("/archive/2016/index.html", "", 1_900, 0, 0, "queue"), kind: "open", waiters: 2 },
];

function slow(
  what: string,
  endedAtMs: number,
  [queueMs, diskMs, loopMs, drainMs]: readonly [number, number, number, number],
  rest: Partial<SlowOperation> = {},
): SlowOperation {
  const times = { queueMs, diskMs, loopMs, drainMs };
  return {
    kind: "request",
    what,
    client: "203.0.113.40",
    endedAtMs,
    tookMs: queueMs + diskMs + loopMs + drainMs,
    blame: blameFor(times),
    sentBytes: 40 * MIB,
    status: 200,
    outcome: "sent",
    ...times,
    ...rest,
  };
}

const slowest = (nowMs: number, situation: Situation): readonly SlowOperation[] => [
  slow("GET /datasets/weather/era5/1979-2025/u10.nc", nowMs - 372_000, [90, 4_100, 800, 168_000]),
  slow("GET /video/keynote/2160p/segment-000141.mp4", nowMs - 128_000, [20, 800, 190, 61_200], {
    outcome: "client stalled",
    status: 206,
    client: "2001:db8:4::9f",
  }),
  slow(
    "GET /mirror/debian/dists/trixie/main/Contents-amd64.gz",
    nowMs - 41_000,
    [310, 9_700, 40, 900],
    { client: "192.0.2.118" },
  ),
  slow(
    "/mirror/debian/pool/main/c/chromium/chromium_143.0-1_amd64.deb",
    nowMs - 40_000,
    [220, 4_890, 0, 0],
    { kind: "read", client: "", status: 0 },
  ),
  slow("GET /backups/db-2026-11-22.tar.zst", nowMs - 900_000, [2_900, 700, 60, 410], {
    outcome: "gone",
  }),
  ...(situation === "busy"
    ? [slow("", nowMs - 240_000, [0, 0, 212, 0], { kind: "stall" as const, client: "", status: 0 })]
    : []),
];

const downloads = (nowMs: number): readonly DownloadTotals[] => {
  const rows: readonly (readonly [string, number, number, number, number, number])[] = [
    ["/releases/2026.11/sluice-2026.11-linux-x64.iso", 18_204, 911, 6_120, 71.2e12, 14],
    ["/releases/2026.11/SHA256SUMS", 17_950, 2, 0, 21.5e6, 0],
    [
      "/video/keynote/2160p/segment-000187-with-a-long-name-that-goes-on.mp4",
      6_233,
      402,
      6_233,
      2.4e12,
      3,
    ],
    ["/mirror/debian/dists/trixie/InRelease", 5_004, 0, 0, 690e6, 0],
    ["/datasets/weather/era5/1979-2025/t2m.nc", 812, 77, 790, 2.2e12, 1],
    ["/backups/db-2026-11-23.tar.zst", 3, 1, 0, 19.2e9, 1],
  ];
  return rows.map(([path, completed, aborted, ranged, bytes, inProgress], at) => ({
    path,
    completed,
    aborted,
    ranged,
    bytes,
    inProgress,
    lastMs: nowMs - at * 47_000 - 800,
  }));
};
