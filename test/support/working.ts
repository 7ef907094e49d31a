/** What one worker counts and measures, without a server: tests decide what happens to it. */
import { deserialize, serialize } from "node:v8";
import { Counters } from "../../metrics/counters.js";
import { DiskRecorder } from "../../metrics/disk-recorder.js";
import { Downloads } from "../../metrics/downloads.js";
import { createHistogram } from "../../metrics/histogram.js";
import type { SlowOperation } from "../../metrics/operations.js";
import { type Measured, RequestRecorder } from "../../metrics/request-recorder.js";
import { type Shipment, Shipper } from "../../metrics/shipment.js";

export interface Served extends Measured {
  readonly path: string;
}

/** Few paths, so that some are merged with others all the time. */
const MAX_PATHS = 2;

export class Working {
  readonly recorder = new RequestRecorder();
  readonly disk = new DiskRecorder();
  readonly counters = new Counters();
  readonly lag = createHistogram();
  readonly slow: SlowOperation[] = [];
  readonly downloads = new Downloads(MAX_PATHS);
  #sentBytes = 0;
  readonly #shipper = new Shipper({
    recorder: this.recorder,
    disk: this.disk,
    lag: this.lag,
    counters: this.counters,
    downloads: this.downloads,
    slowest: () => this.slow,
    otherSums: () => ({
      sentBytes: this.#sentBytes,
      evictions: 2 * this.#sentBytes,
      cpuUserUs: 3 * this.#sentBytes,
      cpuSystemUs: 4 * this.#sentBytes,
    }),
  });

  /** A request that has ended, with all that is counted of one. */
  serve(served: Served): void {
    const { status, path, promisedBytes, totalMs, queueMs, diskMs } = served;
    this.counters.answered(status);
    this.counters.bodiesSent++;
    this.#sentBytes += promisedBytes;
    if (status === 200) this.recorder.express(status, promisedBytes, totalMs);
    else this.recorder.ended(served);
    this.disk.ended("read", queueMs, diskMs);
    this.lag.recordValue(totalMs);
    this.downloads.counterOf(path).whole(promisedBytes, 1);
  }

  /** As it arrives in another process. */
  ship(): Shipment {
    return deserialize(serialize(this.#shipper.take())) as Shipment;
  }
}
