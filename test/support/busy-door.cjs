/**
 * For `NODE_OPTIONS=--require`: whoever asks who is about to connect is told that somebody is, the first
 * BUSY_LOOKS times. A worker says how often it has asked when it exits.
 */
"use strict";
const cluster = require("node:cluster");
const fs = require("node:fs/promises");
const { writeSync } = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");
const { isMainThread } = require("node:worker_threads");

const BUSY_LOOKS = Number(process.env["BUSY_LOOKS"]);
let looks = 0;

if (isMainThread && cluster.isWorker) {
  const { readFile } = fs;
  fs.readFile = async (path, ...rest) => {
    const text = await readFile(path, ...rest);
    if (path !== "/proc/net/tcp") return text;
    // A listener (0A) is shown as a connection that is being made (03).
    return ++looks > BUSY_LOOKS ? text : text.replaceAll(" 0A ", " 03 ");
  };
  syncBuiltinESMExports();
  process.on("exit", () => writeSync(1, `process ${process.pid} looked ${looks} times\n`));
}
