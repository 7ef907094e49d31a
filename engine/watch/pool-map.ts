/** The slots of the pool as a picture of characters, for whoever looks at it. */
import type { PoolMap } from "../../metrics/live.js";
import type { ChunkPool, SlotState } from "../chunks/chunk-pool.js";
import type { ChunkFile } from "../chunks/chunk-reader.js";

/** More than a page can show; a pool of 1 TiB is shown as well as one of 64 MiB. */
export const MOST_CELLS = 4096;

/** The most telling last: of the slots that share a cell, the latest in this row is shown. */
const MARKS: readonly (readonly [SlotState, string])[] = [
  ["free", "f"],
  ["cached", "c"],
  ["loading", "l"],
  ["pinned", "p"],
];

/** Cost: a look at every slot. @param mostCells integer, at least 1 */
export function mapPool<File extends ChunkFile>(
  pool: ChunkPool<File>,
  mostCells = MOST_CELLS,
): PoolMap {
  const { slotCount: slots, chunkBytes } = pool;
  const slotsPerCell = Math.ceil(slots / mostCells);
  let cells = "";
  for (let first = 0; first < slots; first += slotsPerCell) {
    let rank = 0;
    for (let slot = first; slot < Math.min(first + slotsPerCell, slots); slot++) {
      rank = Math.max(
        rank,
        MARKS.findIndex(([state]) => state === pool.stateOf(slot)),
      );
    }
    cells += MARKS[rank]![1];
  }
  return { slots, chunkBytes, slotsPerCell, cells };
}
