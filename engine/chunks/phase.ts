/**
 * Where a transfer stands: one constant each, and the only moves there are.
 *
 *                      ┌───────────── bytes are there ─────────────┐
 *                      ▼                                           │
 *      start ──▶ READY ──── not in the pool ──▶ IN_LINE ──▶ READING
 *                 │ ▲ ▲
 *            turn │ │ └── drained, or due for a re-offer ── BLOCKED
 *                 ▼ │ took all                                 ▲
 *              PUSHING ────────────── took less ───────────────┘
 *
 *      every phase may go to SETTLED, and nothing leaves it
 */

export const READY = 0; // waits for its turn
export const IN_LINE = 1; // waits for a slot, or for its file to have a read to spare
export const READING = 2; // waits for a reader and the disk
export const PUSHING = 3; // inside `offer`
export const BLOCKED = 4; // waits for the client
export const SETTLED = 5; // over
export type Phase =
  | typeof READY
  | typeof IN_LINE
  | typeof READING
  | typeof PUSHING
  | typeof BLOCKED
  | typeof SETTLED;

const NEXT: readonly (readonly Phase[])[] = [
  /* READY */ [PUSHING, IN_LINE, SETTLED], // its turn: the chunk is there, or is not
  /* IN_LINE */ [READING, SETTLED], // a read goes out, or joins one that is out
  /* READING */ [READY, SETTLED], // the disk answered, or failed
  /* PUSHING */ [READY, BLOCKED, SETTLED], // took all, took less, or that was the last byte
  /* BLOCKED */ [READY, SETTLED], // drained, re-offered, or stalled for too long
  /* SETTLED */ [], // nothing may follow
];

/** @throws Error when a caller breaks the table: a bug here, never the client's doing */
export function mustFollow(from: Phase, to: Phase): void {
  if (NEXT[from]?.includes(to) !== true) throw new Error(`phase ${from} cannot become ${to}`);
}
