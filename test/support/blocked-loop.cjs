/**
 * For `NODE_OPTIONS=--require`: SIGWINCH blocks the event loop for BLOCK_LOOP_MS, as a piece of code
 * that counts to a billion would. Reader threads go on.
 */
"use strict";
const { isMainThread } = require("node:worker_threads");

const never = new Int32Array(new SharedArrayBuffer(4));
if (isMainThread) {
  process.on("SIGWINCH", () => {
    Atomics.wait(never, 0, 0, Number(process.env["BLOCK_LOOP_MS"]));
  });
}
