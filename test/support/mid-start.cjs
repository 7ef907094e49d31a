/**
 * For `NODE_OPTIONS=--require`: signals that come while something starts.
 *
 * MID_START_SIGNAL comes to a supervisor in the moment it starts a worker. When a worker has opened the
 * file MID_START_LOG, it is renamed, and the supervisor is told by SIGUSR1, as a log rotation does.
 */
"use strict";
const cluster = require("node:cluster");
const fs = require("node:fs");
const { isMainThread } = require("node:worker_threads");

const { MID_START_SIGNAL: signal, MID_START_LOG: log } = process.env;

if (isMainThread && cluster.isPrimary && signal !== undefined) {
  const { fork } = cluster;
  cluster.fork = (...words) => {
    process.kill(process.pid, signal);
    return fork.apply(cluster, words);
  };
}

if (isMainThread && cluster.isWorker && log !== undefined) {
  const { openSync } = fs;
  fs.openSync = (path, ...rest) => {
    const fd = openSync(path, ...rest);
    if (path === log) {
      fs.renameSync(log, `${log}.${process.pid}`);
      process.kill(process.ppid, "SIGUSR1");
    }
    return fd;
  };
}
