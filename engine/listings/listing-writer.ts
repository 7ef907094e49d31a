/** The loop's side of one listing thread: an order in, a reply out, and word when the thread dies. */
import { Worker } from "node:worker_threads";
import { followWorkingFolder } from "../../fs/working-folder.js";
import type { ListingReply, WriterTask } from "./listing-thread.js";
import type { ListingOrder } from "./listings.js";

/** What becomes of an order: exactly one of the two. */
export interface WriterEvents {
  replied(reply: ListingReply): void;
  /** The thread has ended by itself. It takes no more orders. */
  died(error: Error): void;
}

/** Writes listings, one at a time: give it the next order after its reply. */
export interface ListingWriter {
  /** @param isReadAlready the order before was for this folder, and its reading serves this one too */
  write(order: ListingOrder, isReadAlready: boolean): void;
  /** Ends it. On a stuck disk it ends when its system call returns, which may be never. */
  end(): void;
}

/**
 * Megabytes of heap. It has to hold a folder of the largest size that is listed: see MAX_ENTRIES of
 * listing-thread.ts. A thread that needs more ends alone, and the server goes on.
 */
const WRITER_HEAP = { maxOldGenerationSizeMb: 768 } as const;

const WRITER_MODULE = new URL("./listing-thread.js", import.meta.url);

/** Starts a thread. Takes orders at once; they wait until it is up. Never throws. */
export function startListingWriter(events: WriterEvents): ListingWriter {
  try {
    const thread = startThread(events);
    return {
      write: (order, isReadAlready) =>
        thread.postMessage({ order, isReadAlready } satisfies WriterTask),
      end: () => void thread.terminate(),
    };
  } catch (error) {
    setImmediate(events.died, error as Error); // the system grants no more threads
    return { write: () => {}, end: () => {} };
  }
}

function startThread(events: WriterEvents): Worker {
  followWorkingFolder();
  const thread = new Worker(WRITER_MODULE, {
    resourceLimits: WRITER_HEAP,
    // What the thread has opened is sent from the loop: its end must close nothing.
    trackUnmanagedFds: false,
    name: "listing",
  });
  thread.on("message", events.replied);
  thread.on("error", events.died);
  thread.unref();
  return thread;
}
