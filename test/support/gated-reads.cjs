/**
 * Preloaded into reader threads by tests: every read of a file waits at a gate (see gate.ts).
 *
 * A read that waits here is a read that blocks in the system call, as on a disk that is slow or
 * stuck: the thread can do nothing else.
 */
const fs = require("node:fs");
const threads = require("node:worker_threads");

const ARRIVED = 0;
const ALLOWED = 1;
const MOOD = 2;
/** Of the arguments of `readSync`: where in the file. */
const POSITION = 4;
const readAtOnce = fs.readSync;

fs.readSync = (...args) => {
  if (args[POSITION] === undefined) return readAtOnce(...args); // a module is being loaded
  const gate = new Int32Array(threads.workerData.gate);
  const ticket = Atomics.add(gate, ARRIVED, 1);
  for (;;) {
    const allowed = Atomics.load(gate, ALLOWED);
    if (ticket < allowed) {
      const mood = Atomics.load(gate, MOOD);
      if (mood === 1) throw Object.assign(new Error("EIO"), { errno: -5 });
      if (mood === 2) return 0;
      return readAtOnce(...args);
    }
    Atomics.wait(gate, ALLOWED, allowed);
  }
};
