/**
 * One clock for the loop and its reader threads.
 *
 * `performance.now()` counts from the start of the thread that asks, so two threads disagree;
 * CLOCK_MONOTONIC, which both are made from, is the same for all.
 */

/** Milliseconds on the clock that threads share. */
export function sharedMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/**
 * What to take off `sharedMs` to get `performance.now()` of the thread that calls.
 *
 * A thread that loses its processor between the two questions gets too little: the most is right.
 */
export function sharedClockLead(): number {
  const tries = Array.from({ length: 5 }, () => sharedMs() - performance.now());
  return Math.max(...tries);
}
