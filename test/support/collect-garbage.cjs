/**
 * For `NODE_OPTIONS=--require`: garbage is collected twice a second, so that memory which is still
 * held shows within seconds.
 */
"use strict";
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");
const { isMainThread } = require("node:worker_threads");

if (isMainThread) {
  setFlagsFromString("--expose-gc");
  setInterval(runInNewContext("gc"), 500).unref();
}
