/**
 * The opens of each root: so many at the readers, the others in a line.
 *
 *   asked ──▶ [ line of its root ] ──▶ at the readers ──▶ back
 *     └──▶ refused: too many wait    └──▶ given up: nobody began it in time
 *
 * A mount that does not answer keeps for ever whoever opens something on it. So of several roots none
 * has opens at all readers at once: what is more waits here, and holds up no other root. How many may
 * be under way is bounded, for all roots and for each. Owns: who waits. Does not know what an open is.
 */
import { JOBS } from "./job-records.js";

/**
 * Opens under way, at most: one costs some 700 bytes, all of them 6 MB. Fewer: a burst on a disk that
 * is slow but alive is refused. More: who comes last waits for an answer that is too late.
 */
export const MOST_UNDER_WAY = 8192;
/** Of several roots one may have so many in its line. More: fewer of them may be stuck. */
export const MOST_IN_A_LINE = 1024;

export interface Open {
  readonly root: string;
  /** On the caller's clock. */
  readonly askedMs: number;
  /** Hands it to the readers. `leave` when it is back. */
  readonly begin: () => void;
  /** It has left the line, and no reader will have it. */
  readonly giveUp: () => void;
}

/** Of one root, while anything of it is under way. */
interface Line {
  atReaders: number;
  /** The oldest first. */
  readonly waiting: Open[];
}

export class OpenLines {
  readonly #mostAtReaders: number;
  readonly #mostWaiting: number;
  readonly #lines = new Map<string, Line>();
  #underWay = 0;
  #waiting = 0;

  /**
   * @param readers the ceiling. One root may keep all but two of them: one for what is opened
   *   elsewhere, and one for what is read there
   * @param hasManyRoots false: nobody is to be protected from the only one, and readers take more of
   *   it at once
   */
  constructor(readers: number, hasManyRoots: boolean) {
    this.#mostAtReaders = hasManyRoots ? Math.max(1, readers - 2) : JOBS;
    this.#mostWaiting = hasManyRoots ? MOST_IN_A_LINE : MOST_UNDER_WAY;
  }

  /** Opens that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Begins it, now or later. False: it is refused, and will neither be begun nor given up. */
  enter(open: Open): boolean {
    if (this.#underWay >= MOST_UNDER_WAY) return false;
    const line = this.#lineOf(open.root);
    const isFree = line.atReaders < this.#mostAtReaders;
    if (!isFree && line.waiting.length >= this.#mostWaiting) return false;
    this.#underWay++;
    if (isFree) begin(open, line);
    else this.#wait(open, line);
    return true;
  }

  /** One that was begun is back. */
  leave(root: string): void {
    const line = this.#lines.get(root)!;
    line.atReaders--;
    this.#underWay--;
    const next = this.#takeFirst(line);
    if (next !== undefined) begin(next, line);
    else this.#forgetIdle(root, line);
  }

  /** Gives up what was asked for then or before, and waits. Cost: a walk over the lines. */
  giveUp(untilMs: number): void {
    for (const [root, line] of this.#lines) {
      while (line.waiting.length > 0 && line.waiting[0]!.askedMs <= untilMs) {
        this.#underWay--;
        this.#takeFirst(line)!.giveUp();
      }
      this.#forgetIdle(root, line);
    }
  }

  #lineOf(root: string): Line {
    const known = this.#lines.get(root);
    if (known !== undefined) return known;
    const line: Line = { atReaders: 0, waiting: [] };
    this.#lines.set(root, line);
    return line;
  }

  #wait(open: Open, line: Line): void {
    this.#waiting++;
    line.waiting.push(open);
  }

  #takeFirst(line: Line): Open | undefined {
    const first = line.waiting.shift();
    if (first !== undefined) this.#waiting--;
    return first;
  }

  #forgetIdle(root: string, { atReaders, waiting }: Line): void {
    if (atReaders === 0 && waiting.length === 0) this.#lines.delete(root);
  }
}

function begin(open: Open, line: Line): void {
  line.atReaders++;
  open.begin();
}
