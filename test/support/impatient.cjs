/**
 * For `NODE_OPTIONS=--require`: the process gets the signal IMPATIENT_SIGNAL in the very moment it has
 * said that it listens, as from a supervisor that reads its log and is fast.
 */
"use strict";
const { isMainThread } = require("node:worker_threads");

if (isMainThread) {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text, ...rest) => {
    const isTaken = write(text, ...rest);
    if (/^listening on /.test(String(text)))
      process.kill(process.pid, process.env["IMPATIENT_SIGNAL"]);
    return isTaken;
  };
}
