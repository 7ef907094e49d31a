/** Fear: Sluice runs with settings that no report tells, and wins by them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { listCaveats } from "../../bench/caveats.js";
import { createCells, QUICK_SCALE } from "../../bench/cells.js";
import { reportCells } from "../../bench/compare.js";
import { divideCores } from "../../bench/cores.js";
import { describeMachine, filesKeptOpen } from "../../bench/machine.js";
import { drawPage } from "../../bench/report/page.js";
import { printReport } from "../../bench/report/terminal.js";
import { cellInfo } from "../../bench/results.js";
import type { Contender } from "../../bench/servers/contender.js";
import { describeServer } from "../../bench/servers/describe.js";
import { launch } from "../../bench/servers/launch.js";
import { createSluice } from "../../bench/servers/sluice.js";
import { record } from "./support.js";

afterEach(() => vi.unstubAllEnvs());

test("those of a cell are told in both reports, and where there are none nothing is", () => {
  const cells = createCells(QUICK_SCALE).filter(({ name }) => /^random-10k(-popular)?$/.test(name));
  const results = { ...record(["sluice", "nginx"]), cells: cells.map(cellInfo) };
  const told = `sluice with SLUICE_SMALL_CACHE_BYTES=750KiB SLUICE_MAX_OPEN_FILES=${filesKeptOpen()}`;
  for (const text of [
    printReport(results, reportCells(results)),
    drawPage(results, reportCells(results)),
  ]) {
    expect(text).toContain(told);
    expect(text.match(/sluice with/g)).toHaveLength(1);
  }
});

test("those of the shell hold, are told, and are not taken for defaults by a sweep", () => {
  vi.stubEnv("SLUICE_CHUNK_BYTES", "1MiB");
  expect(describeServer(createSluice(), 1).configuration).toContain("SLUICE_CHUNK_BYTES=1MiB");
  const quiet = { ...describeMachine(), loadBefore: 0 };
  const cores = { ...divideCores(1), caveat: undefined };
  expect(listCaveats(quiet, cores, [], [])).toEqual([
    "sluice has settings of this shell: SLUICE_CHUNK_BYTES=1MiB",
  ]);
  expect(describeServer(createSluice({}), 1).configuration).not.toContain("SLUICE_CHUNK_BYTES");
});

test("what no plan names reaches no server", async () => {
  vi.stubEnv("SLUICE_CHUNK_BYTES", "1MiB");
  const speaker: Contender = {
    name: "speaker",
    family: "speaker",
    missing: () => undefined,
    version: () => "1",
    plan: ({ host, port }) => ({
      command: process.execPath,
      args: [
        "-e",
        `console.log(Object.keys(process.env).join());
         require("node:http").createServer((q, r) => r.end()).listen(${port}, "${host}")`,
      ],
      env: { SLUICE_NAMED: "1" },
    }),
    abstains: {},
  };
  const tempDir = mkdtempSync(join(tmpdir(), "bench-test-"));
  const around = { root: tempDir, tempDir, workers: 1, serverCores: divideCores(1).server };
  const ways = { hasAccessLog: false, hasDefaultTrust: false, settings: {}, floor: undefined };
  const server = await launch(speaker, around, ways);
  const said = server.said();
  await server.stop();
  rmSync(tempDir, { recursive: true });
  expect(said).toContain("SLUICE_NAMED");
  expect(said).not.toContain("SLUICE_CHUNK_BYTES");
});
