/**
 * Keeps download statistics: twice a second, what changed goes to the store, and at start comes back.
 *
 *   Downloads ── takeChanges ──▶ one step of rows ── save ──▶ StateStore
 *                                   │ ▲
 *                           failed: └─┘ the same again, and nothing else before it
 *
 * Owns: the timer, and what was taken but is not saved yet. Steps are saved one after the other, so
 * the store adds up after each of them, whenever the process is killed.
 */
import { join } from "node:path";
import { type StateChanges, type StateRow, StateStore } from "../../fs/state-store.js";
import type { Changes, Downloads, DownloadTotals } from "../../metrics/downloads.js";
import { oncePer } from "../log.js";

/** A SIGKILL may take a second's downloads: this, and as long again for a save to end. */
const SAVE_MS = 500;

/** A disk that failed is left alone for a while: each try opens the store anew. */
const RETRY_MS = 5000;

/** One line of trouble in this time. */
const QUIET_MS = 60_000;

/**
 * Rows in a step. The loop is held for it, 1.5 µs a row: 0.8 ms. Smaller: more trips to another thread
 * for 20,000 changed paths, 40 now. Larger: requests wait.
 */
const STEP_ROWS = 500;

/** A disk that is stuck must not keep the server from ending... */
const STOP_MS = 2000;

/** ...and after this long somebody should know. */
const STUCK_MS = 10_000;

const NOT_SAVED = "download statistics are not saved";
const STUCK = "the disk does not answer";

export interface KeeperOptions {
  readonly downloads: Downloads;
  /** What an operator should know, in one line. A flood comes as one line a minute. */
  readonly onTrouble: (line: string) => void;
}

/**
 * Adds what was kept to the downloads, and keeps them from now on.
 *
 * @param stateFolder made when missing, but not the one above it
 * @throws Error with one line for the operator, when the folder cannot be used
 */
export async function keepDownloads(
  stateFolder: string,
  options: KeeperOptions,
): Promise<DownloadKeeper> {
  const { store, rows, trouble } = await StateStore.open(join(stateFolder, "downloads"), COLUMNS);
  if (trouble !== undefined) options.onTrouble(`download statistics start anew: ${trouble}`);
  options.downloads.restore(rows.map(totalsOf));
  return new DownloadKeeper(store, options);
}

export class DownloadKeeper {
  readonly #store: Pick<StateStore, "save" | "close">;
  readonly #downloads: Downloads;
  readonly #onTrouble: (line: string) => void;
  readonly #complain: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  /** Taken and not saved yet. */
  #step: StateChanges | undefined;
  /** Settles when no save is running; never rejects. */
  #idle: Promise<void> = Promise.resolve();
  #isSaving = false;
  #ticksSaving = 0;
  #ticksToPause = 0;

  /** The timer keeps no process alive. */
  constructor(store: Pick<StateStore, "save" | "close">, { downloads, onTrouble }: KeeperOptions) {
    this.#store = store;
    this.#downloads = downloads;
    this.#onTrouble = onTrouble;
    this.#complain = oncePer(QUIET_MS, onTrouble);
    this.#timer = setInterval(() => this.#tick(), SAVE_MS).unref();
  }

  /** Saves the last changes and closes the store. Never rejects, and takes two seconds at most. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, STOP_MS, STUCK);
    });
    const failure = await Promise.race([this.#saveLast(), stuck]);
    clearTimeout(timer);
    if (failure !== undefined) this.#onTrouble(`the last download statistics are lost: ${failure}`);
  }

  #tick(): void {
    if (this.#isSaving) {
      this.#ticksSaving++;
      if (this.#ticksSaving === STUCK_MS / SAVE_MS) this.#complain(`${NOT_SAVED}: ${STUCK}`);
    } else if (this.#ticksToPause > 0) {
      this.#ticksToPause--;
    } else {
      this.#ticksSaving = 0;
      this.#isSaving = true;
      this.#idle = this.#save().then((failure) => this.#settle(failure));
    }
  }

  #settle(failure: string | undefined): void {
    this.#isSaving = false;
    if (failure === undefined) return;
    this.#ticksToPause = RETRY_MS / SAVE_MS;
    this.#complain(`${NOT_SAVED}: ${failure}`);
  }

  /** @returns why not all is saved; undefined when it is */
  async #save(): Promise<string | undefined> {
    try {
      // What changes meanwhile is for the next time: on a busy server it would never end.
      let due = this.#downloads.pending;
      if (this.#step !== undefined) await this.#saveStep(this.#step);
      for (; due > 0; due -= STEP_ROWS) {
        await this.#saveStep(toStore(this.#downloads.takeChanges(STEP_ROWS)));
      }
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async #saveStep(step: StateChanges): Promise<void> {
    this.#step = step;
    await this.#store.save(step);
    this.#step = undefined;
  }

  async #saveLast(): Promise<string | undefined> {
    await this.#idle;
    const failure = await this.#save();
    await this.#store.close().catch(() => {}); // what it had to write has been answered for
    return failure;
  }
}

// --- a row: path, and these counts in this order ---

/** The store returns no row of another length. */
const COLUMNS = 5;

const toStore = ({ removed, changed }: Changes): StateChanges => ({
  removed,
  changed: changed.map(rowOf),
});

const rowOf = ({ path, completed, aborted, ranged, bytes, lastMs }: DownloadTotals): StateRow => ({
  name: path,
  counts: [completed, aborted, ranged, bytes, lastMs],
});

function totalsOf({ name, counts }: StateRow): DownloadTotals {
  const [completed, aborted, ranged, bytes, lastMs] = counts as FiveCounts;
  return { path: name, completed, aborted, ranged, bytes, inProgress: 0, lastMs };
}

type FiveCounts = readonly [number, number, number, number, number];
