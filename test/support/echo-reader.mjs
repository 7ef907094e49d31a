/**
 * A reader thread for tests of the ring alone: takes jobs, does nothing for a moment, publishes.
 */
import { parentPort, workerData } from "node:worker_threads";
import { ReaderEnd } from "../../dist/fs/ring.js";

const { ring, longestPauseUs } = workerData;
const reader = new ReaderEnd(ring);
parentPort.postMessage("ready");

let lastJobUs = 0;
for (;;) {
  const claim = reader.take(lastJobUs);
  if (claim < 0) break;
  lastJobUs = Math.random() < 0.5 ? 0 : Math.random() * longestPauseUs;
  const untilMs = performance.now() + lastJobUs / 1000;
  while (performance.now() < untilMs);
  reader.publish(claim >> 1, claim & 1);
}
