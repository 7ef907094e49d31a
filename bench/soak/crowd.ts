/**
 * The clients of a soak: some of each kind, each at it again and again until told to stop.
 *
 * Honest ones count: an answer with another status, none at all, or a connection that ends before its
 * answer does is a fault. From those who leave, dawdle or pipeline nothing is expected, but that they
 * leave nothing behind.
 */
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReadyAsk } from "../check.js";
import { createNoise, KIB } from "../fixtures.js";
import { openClient, requestBytes } from "../load/client.js";
import { startSlowReaders } from "../load/slow-readers.js";
import { HOST } from "../servers/launch.js";
import { drawHead, drawHot, drawMixed, LARGE, replaceOne } from "./site.js";

export interface Tally {
  /** Whole answers with the wanted status. */
  answers: number;
  /** What no server should do to an honest client, by what it was, with an example. */
  readonly faults: Map<string, string>;
  /** Requests that were left before their answer was whole. */
  left: number;
  replaced: number;
}

export interface Crowd {
  readonly tally: Tally;
  /** Resolves when the last client has left. */
  readonly stop: () => Promise<void>;
}

/** An answer that takes longer is none: a large file on a machine that is busy with others takes one. */
const ANSWER_LIMIT_MS = 120_000;
/** Clients that come and go leave ports behind that the kernel holds for a minute. */
const REST_MS = 20;

const LEAVERS = 8;
const PIPELINERS = 4;
const LOITERERS = 8;
const SLOW_READERS = 20;
const SLOW_BYTES_PER_SEC = 64 * KIB;
const REPLACE_EVERY_MS = 100;

/**
 * Starts them all.
 *
 * @param root the folder that is served: files in it are replaced
 * @param honest clients that ask for the whole mix, 1 or more; of the others there are some of each
 */
export function startCrowd(port: number, root: string, honest: number): Crowd {
  const tally: Tally = { answers: 0, faults: new Map(), left: 0, replaced: 0 };
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  const state: State = { port, tally, isOver: false, over, visits: new Set() };
  const many = (count: number, run: (random: () => number) => Promise<void>, seed: number) =>
    Array.from({ length: count }, (_, at) => again(state, run, seed + at));
  const all = [
    ...many(honest, (random) => askAround(state, drawMixed, random), 1000),
    ...many(2, (random) => askAround(state, drawHead, random), 2000),
    ...many(2, () => download(state), 3000),
    ...many(PIPELINERS, (random) => pipeline(state, random), 4000),
    ...many(LEAVERS, (random) => leaveEarly(state, random), 5000),
    ...many(LOITERERS, (random) => loiter(state, random), 6000),
    ...many(1, (random) => readSlowly(state, random), 7000),
    ...many(1, (random) => replace(state, root, random), 8000),
  ];
  return {
    tally,
    async stop() {
      state.isOver = true;
      over.abort();
      for (const visit of state.visits) visit.leave();
      await Promise.all(all);
    },
  };
}

interface State {
  readonly port: number;
  readonly tally: Tally;
  isOver: boolean;
  /** Ends every pause. */
  readonly over: AbortController;
  readonly visits: Set<Visit>;
}

async function again(
  state: State,
  run: (random: () => number) => Promise<void>,
  seed: number,
): Promise<void> {
  const random = createNoise(seed);
  while (!state.isOver) {
    await run(random);
    await pause(state, random() % REST_MS);
  }
}

const pause = (state: State, ms: number): Promise<void> =>
  sleep(ms, undefined, { signal: state.over.signal }).catch(() => {});

function note({ tally, isOver }: State, fault: string, ask: ReadyAsk): void {
  if (!isOver) tally.faults.set(fault, `${ask.method} ${ask.target}`);
}

// --- the honest ---

/** A visit: some requests on one connection, with moments to think and now and then a long one. */
async function askAround(
  state: State,
  draw: (random: () => number) => ReadyAsk,
  random: () => number,
): Promise<void> {
  const visit = await openVisit(state, draw(random).method === "HEAD");
  if (visit === undefined) return;
  for (let left = 1 + (random() % 100); left > 0 && !state.isOver && visit.isOpen(); left--) {
    await askOne(state, visit, draw(random));
    await pause(state, random() % 100 === 0 ? 2000 : random() % 4);
  }
  visit.leave();
}

async function download(state: State): Promise<void> {
  const visit = await openVisit(state, false);
  if (visit === undefined) return;
  const ask = { method: "GET", target: LARGE, headers: {}, status: 200, bodyBytes: 0 } as const;
  await askOne(state, visit, ask);
  visit.leave();
}

/** What became of a request: a status, or why there is none. */
type Fate = number | "late" | "cut" | "left";

interface Visit {
  readonly isOpen: () => boolean;
  /** Sends bytes, and resolves at the next answer or when there will be none. */
  readonly ask: (bytes: Buffer, limitMs: number) => Promise<Fate>;
  readonly leave: () => void;
}

async function openVisit(state: State, isHead: boolean): Promise<Visit | undefined> {
  let isOpen = true;
  let tell: (fate: Fate) => void = () => {};
  const onAnswer = (status: number): void => tell(status);
  const onGone = (): void => {
    isOpen = false;
    tell("cut");
  };
  try {
    const client = await openClient(HOST, state.port, isHead, { onAnswer, onGone });
    const visit: Visit = {
      isOpen: () => isOpen,
      ask: (bytes, limitMs) => {
        const fate = new Promise<Fate>((resolve) => {
          const timer = setTimeout(() => resolve("late"), limitMs);
          tell = (known) => {
            clearTimeout(timer);
            resolve(known);
          };
        });
        if (isOpen) client.ask(bytes);
        else tell("cut");
        return fate;
      },
      leave() {
        isOpen = false;
        state.visits.delete(visit);
        client.close();
        tell("left");
      },
    };
    state.visits.add(visit);
    return visit;
  } catch (error) {
    note(
      state,
      `not let in: ${(error as NodeJS.ErrnoException).code}`,
      drawHot(() => 0),
    );
    await pause(state, 100);
    return undefined;
  }
}

async function askOne(state: State, visit: Visit, ask: ReadyAsk): Promise<void> {
  const fate = await visit.ask(requestBytes(HOST, state.port, ask), ANSWER_LIMIT_MS);
  if (fate === ask.status) state.tally.answers++;
  else note(state, `${fate} in place of ${ask.status}`, ask);
}

// --- the others ---

/** Several requests in one packet. A server may end it when one of them is not at hand. */
async function pipeline(state: State, random: () => number): Promise<void> {
  const visit = await openVisit(state, false);
  if (visit === undefined) return;
  const asks = Array.from({ length: 2 + (random() % 14) }, () => drawHot(random));
  const packet = Buffer.concat(asks.map((ask) => requestBytes(HOST, state.port, ask)));
  await visit.ask(packet, 1000);
  visit.leave();
}

/** Leaves in the middle of whatever it asked for. */
async function leaveEarly(state: State, random: () => number): Promise<void> {
  const visit = await openVisit(state, false);
  if (visit === undefined) return;
  const large = { method: "GET", target: LARGE, headers: {}, status: 200 } as const;
  const ask = random() % 2 === 0 ? large : drawMixed(random);
  await visit.ask(requestBytes(HOST, state.port, ask), random() % 30);
  state.tally.left++;
  visit.leave();
}

/** Sends half a request, or nothing, and stays a while. */
async function loiter(state: State, random: () => number): Promise<void> {
  const visit = await openVisit(state, false);
  if (visit === undefined) return;
  const whole = requestBytes(HOST, state.port, drawMixed(random));
  await visit.ask(whole.subarray(0, random() % whole.length), random() % 2000);
  visit.leave();
}

async function readSlowly(state: State, random: () => number): Promise<void> {
  const { port } = state;
  const readers = SLOW_READERS;
  const plan = { host: HOST, port, target: LARGE, readers, bytesPerSec: SLOW_BYTES_PER_SEC };
  const slow = await startSlowReaders(plan);
  await pause(state, 1000 + (random() % 4000));
  slow.stop();
  state.tally.left += readers;
}

async function replace(state: State, root: string, random: () => number): Promise<void> {
  replaceOne(root, random());
  state.tally.replaced++;
  await pause(state, REPLACE_EVERY_MS);
}
