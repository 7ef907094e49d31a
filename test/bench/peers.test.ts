/** Fear: a configuration of another server that does not start, or answers wrongly, and is so beaten. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ask, Cell } from "../../bench/cell.js";
import { createCells, QUICK_SCALE } from "../../bench/cells.js";
import { type Certificate, makeCertificate } from "../../bench/certificate.js";
import { checkAsks } from "../../bench/check.js";
import { divideCores } from "../../bench/cores.js";
import { writeFixtures } from "../../bench/fixtures.js";
import { isInstalled } from "../../bench/programs.js";
import type { Contender } from "../../bench/servers/contender.js";
import { pickField } from "../../bench/servers/contenders.js";
import { launch } from "../../bench/servers/launch.js";
import { LIGHTTPD } from "../../bench/servers/lighttpd.js";
import { NGINX } from "../../bench/servers/nginx.js";

/** Those of few files: what is on trial are configurations, not how many files a server can keep. */
const CELLS = createCells(QUICK_SCALE).filter(
  ({ fixtures, hasSlowDisk }) => fixtures.length === 1 && hasSlowDisk !== true,
);
let folder: string;
let root: string;
let certificate: Certificate | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
  root = join(folder, "root");
  writeFixtures(
    root,
    CELLS.flatMap(({ fixtures }) => fixtures),
  );
  if (isInstalled("openssl")) certificate = makeCertificate(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Cells that are the same to a server once it is started. */
type Way = Pick<Cell, "isTls" | "hasAccessLog" | "hasDefaultTrust">;
const WAYS: readonly (readonly [what: string, way: Way])[] = [
  ["with a minute's trust", {}],
  ["with its own trust", { hasDefaultTrust: true }],
  ["with its access log", { hasAccessLog: true }],
  ["over TLS", { isTls: true }],
];

const present = [...NGINX, ...LIGHTTPD].filter((one) => one.missing() === undefined);
const rows = present.flatMap((one) =>
  WAYS.map(([what, way]) => ({ name: one.name, what, one, way })),
);

test.each(rows)("$name $what starts, and answers rightly", async ({ one, way }) => {
  const asks = asksFor(one, way);
  if (asks.length === 0 || (way.isTls && certificate === undefined)) return;
  const around = { root, tempDir: folder, workers: 1, serverCores: divideCores(1).server };
  const { hasAccessLog = false, hasDefaultTrust = false } = way;
  const ways = { hasAccessLog, hasDefaultTrust, settings: {}, floor: undefined };
  const server = await launch(one, around, {
    ...ways,
    ...(way.isTls ? { certificate } : {}),
  });
  try {
    expect(await checkAsks(server, root, asks)).toMatchObject({ kind: "fit" });
  } finally {
    await server.stop();
  }
});

/** Over TLS it answers what the cells over TLS ask, else what all others do. */
function asksFor({ abstains }: Contender, { isTls = false }: Way): Ask[] {
  return CELLS.filter(
    (cell) => (cell.isTls ?? false) === isTls && abstains[cell.name] === undefined,
  )
    .flatMap(({ asks }) => asks())
    .filter((_, at) => at % 16 === 0 || at < 10);
}

test("each family takes part with every way it may be the best", () => {
  const names = [...NGINX, ...LIGHTTPD].map(({ name }) => name);
  expect(names).toEqual([
    "nginx sendfile",
    "nginx sendfile at once",
    "nginx buffers 256k",
    "nginx buffers 1m",
    "nginx threads",
    "lighttpd",
    "lighttpd writev",
  ]);
  const { contenders } = pickField(["nginx", "lighttpd"], false);
  expect(contenders.map(({ name }) => name)).toEqual(
    expect.arrayContaining(present.map(({ name }) => name)),
  );
});

test("lighttpd is no more trusting than by default where a cell asks for that", () => {
  const site = { root: "", host: "", port: 1, adminPort: 2, workDir: "", workers: 1, settings: {} };
  const text = (hasDefaultTrust: boolean) =>
    LIGHTTPD.map(({ plan }) => {
      const { files } = plan({ ...site, hasAccessLog: false, hasDefaultTrust, floor: undefined });
      return files!["lighttpd.conf"]!;
    }).join();
  expect(text(false)).toContain('stat-cache-engine = "inotify"');
  expect(text(true)).not.toContain("stat-cache-engine");
});
