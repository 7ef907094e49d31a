/**
 * What the operator hears of lines that could not be written: the first trouble at once, then one
 * line a period with the sum of what was lost meanwhile, until a period passes without.
 */

/** Shorter: a full disk fills the other log. Longer: nobody sees when it ended. */
const PERIOD_MS = 10_000;

export class Losses {
  readonly #say: (line: string) => void;
  #total = 0;
  #untold = 0;
  #why = "";
  #hasNews = false;
  #period: NodeJS.Timeout | undefined;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Lines lost so far. */
  get total(): number {
    return this.#total;
  }

  /** @param lost lines; 0 when there is trouble, but no line is lost yet */
  report(lost: number, why: string): void {
    this.#total += lost;
    this.#untold += lost;
    this.#why = why;
    this.#hasNews = true;
    if (this.#period === undefined) this.#endPeriod();
  }

  /** The last word: tells what a running period still holds. */
  close(): void {
    clearTimeout(this.#period);
    this.#period = undefined;
    if (this.#hasNews) this.#tell();
  }

  #endPeriod(): void {
    this.#period = undefined;
    if (!this.#hasNews) return;
    this.#tell();
    this.#period = setTimeout(() => this.#endPeriod(), PERIOD_MS).unref();
  }

  #tell(): void {
    const lost = this.#untold;
    const what = lost === 0 ? "lines wait" : lost === 1 ? "1 line lost" : `${lost} lines lost`;
    this.#say(`${what}: ${this.#why}`);
    this.#untold = 0;
    this.#hasNews = false;
  }
}
