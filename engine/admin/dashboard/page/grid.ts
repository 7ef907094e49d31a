/** How many cells go in a row, and how large they are. Pure: no DOM. */

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** From one cell to the next, pixels. */
  readonly pitch: number;
}

/** Smaller than 4 the gaps vanish; larger than 22 a small pool looks like a toy. */
const LEAST_PX = 4;
const MOST_PX = 22;

/** A taller map would push the tables out of sight; only cells of the least size may need more. */
const HEIGHT_PX = 120;

/**
 * Rows of one length that fill the width: each row more makes them shorter and so cells larger,
 * until those are too large or the map too high.
 *
 * @param count cells, at least 1
 * @param width room in pixels, above 0
 */
export function layOut(count: number, width: number): Grid {
  let best: Grid | undefined;
  for (let wanted = 1; wanted <= count; wanted++) {
    const columns = Math.ceil(count / wanted);
    const rows = Math.ceil(count / columns);
    const pitch = Math.floor(width / columns);
    if (pitch > MOST_PX || rows * pitch > HEIGHT_PX) break;
    if (pitch >= LEAST_PX) best = { columns, rows, pitch };
  }
  return best ?? fill(count, width);
}

/** Too few cells to fill the width, or too many for the height. */
function fill(count: number, width: number): Grid {
  const pitch = width / count > MOST_PX ? MOST_PX : LEAST_PX;
  const columns = Math.min(count, Math.max(1, Math.floor(width / pitch)));
  return { columns, rows: Math.ceil(count / columns), pitch };
}
