/** Fear: a start, or the first second after it, is spent on libraries that nobody has asked for. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** All that a process loads by itself: what serves, and the admin port once that listens. */
const PARTS = ["single", "fleet", "admin-port"];
const PROCESS = fileURLToPath(new URL("../../dist/engine/process/", import.meta.url));

const LIST = `
  import { createRequire } from "node:module";
  for (const part of ${JSON.stringify(PARTS)}) await import("file://${PROCESS}" + part + ".js");
  const loaded = Object.keys(createRequire("${PROCESS}").cache);
  console.log(JSON.stringify(loaded));
  process.exit();`;

test("no histograms but one kind, no exposition format, no compressor", () => {
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", LIST]);
  const loaded = JSON.parse(String(said)) as string[];
  expect(loaded.filter((name) => name.includes("/Float64Histogram.js"))).toHaveLength(1);
  const heavy = /hdr-histogram-js\/dist\/(index|wasm)|prom-client|pako|@opentelemetry/;
  expect(loaded.filter((name) => heavy.test(name))).toEqual([]);
});
