/**
 * What was seen each second, for the last ten minutes.
 *
 *   column    | 12:00:01 | 12:00:02 | ... | 12:10:00 |     one Float64Array for each field
 *                  ▲ next to be overwritten
 *
 * Owns: the ring. What is in a sample is measured elsewhere.
 */

/** Every figure of a sample. `…Us` microseconds, `…Ms` milliseconds, `…Bytes` bytes, else a count. */
export const SAMPLE_FIELDS = [
  /** Wall clock at the end of the second, milliseconds since the epoch. */
  "atMs",
  // In this second: requests that ended, and what became of them.
  "requests",
  "serverErrors",
  "aborted",
  "sentBytes",
  "p50Us",
  "p90Us",
  "p99Us",
  "p999Us",
  "maxUs",
  // Time that the requests which ended in this second spent in each phase, together.
  "queueMs",
  "diskMs",
  "loopMs",
  "drainMs",
  // The event loop in this second. Utilization is the share of time it was busy, 0 to 1.
  "loopLagP50Us",
  "loopLagP99Us",
  "loopLagMaxUs",
  "loopUtilization",
  // At the end of the second.
  "inProgress",
  "connections",
  "rssBytes",
  "heapUsedBytes",
  "externalBytes",
  "slabBytes",
  "slotsFree",
  "slotsLoading",
  "slotsCached",
  "slotsPinned",
  "readers",
  "readersBusy",
  "jobsWaiting",
  "transfersInLine",
  /** -1 where they cannot be counted: there is no /proc, or on an old kernel no descriptor to look with. */
  "openFds",
] as const;

export type SampleField = (typeof SAMPLE_FIELDS)[number];
export type Sample = Readonly<Record<SampleField, number>>;

/** Every field's values, the oldest first; all of the same length. */
export type SampleColumns = Readonly<Record<SampleField, readonly number[]>>;

/** Ten minutes of seconds: 160 KiB. */
export const SAMPLES_KEPT = 600;

export class Samples {
  readonly #columns = SAMPLE_FIELDS.map(() => new Float64Array(SAMPLES_KEPT));
  #next = 0;
  #count = 0;
  #latest: Sample | undefined;

  /** Undefined before the first second is over. */
  get latest(): Sample | undefined {
    return this.#latest;
  }

  /** Takes a sample in, in place of the oldest when all places are taken. */
  add(sample: Sample): void {
    SAMPLE_FIELDS.forEach((field, at) => {
      this.#columns[at]![this.#next] = sample[field];
    });
    this.#next = (this.#next + 1) % SAMPLES_KEPT;
    this.#count = Math.min(this.#count + 1, SAMPLES_KEPT);
    this.#latest = sample;
  }

  /** @param most so many of the latest, integer, at least 1 */
  columns(most: number = SAMPLES_KEPT): SampleColumns {
    const count = Math.min(this.#count, most);
    const first = this.#next - count + SAMPLES_KEPT;
    const places = Array.from({ length: count }, (_, at) => (first + at) % SAMPLES_KEPT);
    const entries = SAMPLE_FIELDS.map((field, at) => [
      field,
      places.map((place) => this.#columns[at]![place]!),
    ]);
    return Object.fromEntries(entries);
  }
}
