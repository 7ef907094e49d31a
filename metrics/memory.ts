/**
 * Memory of this process, also when there is no descriptor left to ask with.
 *
 * `process.memoryUsage` opens /proc/self/stat for the resident size, and throws where that fails: on
 * a timer, that ends the process in the very moment it has the most clients.
 */
import { getHeapStatistics } from "node:v8";

/** Bytes. */
export interface Memory {
  /** Of the whole process; when it cannot be asked for, as it was when it last could; at first 0. */
  readonly rss: number;
  readonly heapTotal: number;
  readonly heapUsed: number;
  /** Outside the heap and held by objects in it, such as buffers. */
  readonly external: number;
}

let lastRss = 0;

/** Never throws. Cost: one small file of /proc. */
export function readMemory(usage: () => Memory = process.memoryUsage): Memory {
  try {
    const memory = usage();
    lastRss = memory.rss;
    return memory;
  } catch {
    const heap = getHeapStatistics();
    return {
      rss: lastRss,
      heapTotal: heap.total_heap_size,
      heapUsed: heap.used_heap_size,
      external: heap.external_memory,
    };
  }
}
