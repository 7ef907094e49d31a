/** Fear: a command that works in tests and fails in a terminal, or one that fails with exit code 0. */
import fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import { reportText } from "../../metrics/report-text.js";
import { BUSY } from "../support/report.js";
import { test } from "../support/server.js";
import { put, tempFolder } from "../support/temp-folder.js";

/** An admin port that has one answer. */
async function serve(body: string): Promise<{ readonly SLUICE_ADMIN_PORT: string }> {
  const server = createServer((_, response) => void response.end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { SLUICE_ADMIN_PORT: String((server.address() as AddressInfo).port) };
}

test("the report goes to standard output, and all of it", async ({ run }) => {
  const env = await serve(JSON.stringify(BUSY));
  const want = { code: 0, out: reportText(BUSY, 100), err: "" };
  expect(await run({ words: ["report"], env }).exit()).toEqual(want);
});

test("JSON goes to standard output", async ({ run }) => {
  const env = await serve(JSON.stringify(BUSY));
  const { code, out, err } = await run({ words: ["report", "--json"], env }).exit();
  expect([code, err, JSON.parse(out)]).toEqual([0, "", JSON.parse(JSON.stringify(BUSY))]);
});

test("why there is none goes to standard error, on one line", async ({ run }) => {
  const env = await serve("{}");
  const { code, out, err } = await run({ words: ["report"], env }).exit();
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^error: what answers on 127\.0\.0\.1:\d+ is not the admin port.*\n$/);
});

test("a server that lives is exit code 0", async ({ run }) => {
  const env = await serve("ok\n");
  const want = { code: 0, out: "ready\n", err: "" };
  expect(await run({ words: ["health", "--ready"], env }).exit()).toEqual(want);
});

test("one that does not is 1, and the reason goes to standard error", async ({ run }) => {
  const env = { SLUICE_ADMIN_PORT: "1", SLUICE_ADMIN_HOST: "127.0.0.1" };
  const { code, out, err } = await run({ words: ["health"], env }).exit();
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^error: no server answers on 127\.0\.0\.1:1: [^\n]*\n$/);
});

/** A Node whose standard output leads elsewhere. A file that may grow no further is a full disk. */
function nodeThat(redirects: string): string {
  const lines = ["#!/bin/sh", redirects, `exec "${process.execPath}" "$@"`, ""];
  const path = put(tempFolder(), "node", lines.join("\n"));
  fs.chmodSync(path, 0o755);
  return path;
}

test.for([
  ["nothing", "exec >/dev/full", "ENOSPC"],
  ["a part", "trap '' XFSZ; ulimit -f 1; exec >\"$0.out\"", "EFBIG"],
])("a disk that has room for %s of it is 1, and told of", async ([, redirects, why], { run }) => {
  const { code, err } = await run({ words: ["--help"], node: nodeThat(redirects!) }).exit();
  expect([code, err]).toEqual([1, expect.stringMatching(`^error: standard output: ${why}: `)]);
});
