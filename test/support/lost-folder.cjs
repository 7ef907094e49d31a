/** For `NODE_OPTIONS=--require`: the program finds itself in a folder that has been removed. */
"use strict";
const fs = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const folder = fs.mkdtempSync(join(tmpdir(), "sluice-test-"));
process.chdir(folder);
fs.rmdirSync(folder);
