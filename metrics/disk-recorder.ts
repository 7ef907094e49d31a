/** What the reader threads' jobs took: waiting for a reader, and the system calls. */
import { createHistogram, toUs } from "./histogram.js";

export class DiskRecorder {
  readonly openQueue = createHistogram();
  readonly open = createHistogram();
  readonly readQueue = createHistogram();
  readonly read = createHistogram();

  /** Cost: two counts in histograms. */
  ended(kind: "open" | "read", queueMs: number, diskMs: number): void {
    const [queue, disk] =
      kind === "open" ? [this.openQueue, this.open] : [this.readQueue, this.read];
    queue.recordValue(toUs(queueMs));
    disk.recordValue(toUs(diskMs));
  }
}
