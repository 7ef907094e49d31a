/** Fear: the end of the load generator is heard of before its result, and the run is thrown away. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { divideCores } from "../../bench/cores.js";
import { startGenerator } from "../../bench/load/generator-process.js";
import { builtFile } from "../../bench/places.js";

const block = (ms: number): void => {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
};

test.runIf(existsSync(builtFile("load/generator.js")))(
  "its result counts though it has ended, and another child at the same moment",
  async () => {
    const load = { host: "127.0.0.1", port: 1, target: "/", readers: 0, bytesPerSec: 1 };
    const generator = await startGenerator({ kind: "slow-readers", load }, divideCores(1));
    const other = spawn("echo", ["word"]);
    const result = new Promise((resolve) => {
      other.stdout.once("data", () => {
        resolve(generator.go());
        block(1000); // both have ended when this returns, and both are heard of at once
      });
    });
    block(500); // its word and its end come together
    expect(await result).toEqual({ readersCut: 0, readersBytes: 0 });
    await generator.stop();
  },
);
