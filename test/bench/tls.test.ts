/** Cells over TLS: the same check and the same load, with a certificate that is made for the run. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ask } from "../../bench/cell.js";
import { createCells, QUICK_SCALE } from "../../bench/cells.js";
import { type Certificate, makeCertificate } from "../../bench/certificate.js";
import { checkAsks } from "../../bench/check.js";
import { divideCores } from "../../bench/cores.js";
import { runWrk } from "../../bench/load/wrk.js";
import { isInstalled } from "../../bench/programs.js";
import { abstainFromTls } from "../../bench/servers/contender.js";

const canRun = isInstalled("openssl") && isInstalled("wrk");
const BODY = "over TLS";
const ASK: Ask = {
  method: "GET",
  target: "/",
  headers: {},
  status: 200,
  body: { kind: "file", path: "body" },
};

let folder: string;
let certificate: Certificate;
let server: ReturnType<typeof createServer>;
const ciphers = new Set<string>();

beforeAll(async () => {
  if (!canRun) return;
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
  writeFileSync(join(folder, "body"), BODY);
  certificate = makeCertificate(folder);
  const files = {
    cert: readFileSync(certificate.certPath),
    key: readFileSync(certificate.keyPath),
  };
  server = createServer(files, (_, answer) => answer.end(BODY));
  server.on("secureConnection", (socket) => ciphers.add(socket.getCipher().name));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterAll(async () => {
  if (!canRun) return;
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

const port = () => (server.address() as AddressInfo).port;

test.runIf(canRun)("answers are compared over TLS, with the run's certificate", async () => {
  const verdict = await checkAsks({ port: port(), certificate }, folder, [ASK]);
  expect(verdict).toMatchObject({ kind: "fit" });
});

test.runIf(canRun)("who shows another certificate, or none, is not fit", async () => {
  const elsewhere = mkdtempSync(join(folder, "other-"));
  const other = makeCertificate(elsewhere);
  for (const door of [{ port: port(), certificate: other }, { port: port() }]) {
    expect((await checkAsks(door, folder, [ASK])).kind).toBe("disqualified");
  }
});

test.runIf(canRun)("wrk asks over TLS, by one cipher whatever the server likes", async () => {
  ciphers.clear();
  const cores = divideCores(1);
  const [asks, workDir] = [[{ ...ASK, bodyBytes: BODY.length }], folder];
  const plan = { server: { port: port(), certificate }, asks, connections: 2, cores, workDir };
  const { requests, socketErrors } = await runWrk({ ...plan, durationSec: 0.3 });
  expect(requests).toBeGreaterThan(0);
  expect(socketErrors).toBe(0);
  expect([...ciphers]).toEqual(["TLS_AES_128_GCM_SHA256"]);
});

test("a server without TLS leaves out the cells over TLS, and no other", () => {
  const cells = createCells(QUICK_SCALE).filter((cell) => cell.isTls);
  expect(Object.keys(abstainFromTls("why"))).toEqual(cells.map((cell) => cell.name));
});
