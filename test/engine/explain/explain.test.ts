/** Fear: an explanation that is not what the server does, or that changes what it does. */
import fs from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { createExplain, type Explanation } from "../../../engine/explain/explain.js";
import { ExplainedAsk } from "../../../engine/explain/explain-ask.js";
import { followTable } from "../../../engine/explain/explain-reply.js";
import { createEntry } from "../../../fs/entries.js";
import { Counters } from "../../../metrics/counters.js";
import type { Field } from "../../../protocol/head.js";
import { Folder, KIB, LONG_AGO, LONG_AGO_HTTP } from "../../support/folder.js";
import {
  answerTo,
  type Collected,
  type InProcess,
  shareInProcess,
} from "../../support/in-process.js";

/** Two chunks. */
const BIG_BYTES = 300 * KIB;

const folder = new Folder({
  "index.html": "<h1>home</h1>",
  "404.html": "<h1>nothing, says the shop</h1>",
  "a.txt": "0123456789",
  "empty.txt": "",
  "big.bin": Buffer.alloc(BIG_BYTES, "0123456789"),
  "app.js": "let answer = 42;",
  "app.js.br": "brotli",
  "app.js.gz": "gzip, longer",
  "old.css": "a{}",
  "old.css.gz": "stale",
  "app-BHq3fJ7x.js": "named by its content",
  "docs/index.html": "docs",
  "about.html": "about",
  "photo.png": "compressed already",
  "bare/one.txt": "1",
  "bare/two.txt": "2",
  ".env": "SECRET=1",
  "hosts/a.test/index.html": "host a",
  "hosts/_default/index.html": "default host",
});
const before = new Date(LONG_AGO.getTime() - 60_000);
fs.utimesSync(folder.at("old.css.gz"), before, before);
fs.symlinkSync("/etc", folder.at("out"));
fs.symlinkSync("loop", folder.at("loop"));
fs.mkdirSync(folder.at("app.js.zst"));
afterAll(() => folder.remove());

const RULES = [
  { path: "/old/:page", redirect: { to: "/docs/:page", status: 301 } },
  { path: "/a.txt", cacheControl: "max-age=60", headers: { "X-One": "1" } },
  { path: "/alias/:name", rewrite: "/:name" },
  { path: "/*.txt", cacheControl: "max-age=9", headers: { "X-Two": "2" } },
  { path: "/shop/**", errorPages: { 404: "/404.html", 403: "/none.html" } },
  { path: "/self", redirect: { to: "/self" } },
  { path: "/hidden-alias", rewrite: "/.env" },
];

/** Nothing gets stale between an explanation and the answer it is held against. */
const CALM = { SLUICE_REVALIDATE_MS: "1h" };

const SITES = {
  "rules and listings": {
    root: folder.path,
    rules: RULES,
    env: { ...CALM, SLUICE_LISTING: "true", SLUICE_CORS_ORIGINS: "https://a.test" },
  },
  "an app": {
    root: folder.path,
    env: { ...CALM, SLUICE_SPA: "/index.html", SLUICE_CLEAN_URLS: "true" },
  },
  hosts: { hostsDir: folder.at("hosts"), env: { ...CALM, SLUICE_SMALL_CACHE_BYTES: "0" } },
} as const;

const explained = ({ parts, server }: InProcess, target: string, fields: readonly Field[] = []) =>
  createExplain(parts, server)(target, fields);

const wordsOf = ({ steps }: Explanation): string =>
  steps.map(({ step, says }) => `${step}: ${says}`).join("\n");

type Row = readonly [
  why: string,
  target: string,
  fields: readonly Field[],
  status: number,
  says: readonly (string | RegExp)[],
];

function testRows(shared: () => InProcess, rows: readonly Row[]): void {
  for (const [why, target, fields, status, says] of rows) {
    test(`${why} (${target})`, async () => {
      const explanation = await explained(shared(), target, fields);
      for (const one of says) expect(wordsOf(explanation)).toMatch(one);
      expect(explanation.status).toBe(status);
    });
  }
}

describe("where the table knew a path from", () => {
  const entry = createEntry("/srv", "/srv/a", { kind: "directory" });
  const times = { askedMs: 1, startedMs: 1, endedMs: 2 };
  type LookUp = InProcess["machine"]["table"]["lookUp"];
  const rows: readonly (readonly [why: string, source: string, lookUp: LookUp])[] = [
    [
      "at once: no reader was asked",
      "the kernel's memory",
      (_root, _path, done) => done(entry, times),
    ],
    ["later", "a reader", (_root, _path, done) => setImmediate(done, entry, times)],
    [
      "at once, for a reader that is overdue",
      "a reader",
      (_root, _path, done) => done(entry, undefined),
    ],
  ];
  test.each(rows)("%s", async (_why, source, lookUp) => {
    const told: string[] = [];
    const table = { lookUp } as InProcess["machine"]["table"];
    const followed = followTable(table, (_entry, from) => told.push(from));
    await new Promise((resolve) => followed.lookUp("/srv", "/srv/a", resolve));
    expect(told).toEqual([source]);
  });

  const shared = shareInProcess({
    root: folder.path,
    env: { ...CALM, SLUICE_CACHED_READS: "off" },
  });
  test("a reader, and then memory, where the kernel is not asked", async () => {
    expect(wordsOf(await explained(shared(), "/a.txt"))).toContain("; known from a reader, ");
    expect(wordsOf(await explained(shared(), "/a.txt"))).toContain("; known from memory, ");
  });
});

describe("a site with rules and listings", () => {
  const shared = shareInProcess(SITES["rules and listings"]);
  testAgreement(shared);

  testRows(shared, [
    ["a file is found", "/a.txt", [], 200, [/^host: every host has the root/m, "/a.txt answers"]],
    [
      "what the table knows",
      "/a.txt",
      [],
      200,
      ["10 bytes, modified 2024-01-01T00:00:00Z, held whole in memory"],
    ],
    [
      "a large file by its descriptor",
      "/big.bin",
      [],
      200,
      [/of 307,200 bytes, .* held by its descriptor; .*believed for \d+ ms/],
    ],
    [
      "each rule that matches",
      "/a.txt",
      [],
      200,
      [
        "rule 2 matches: says X-One: 1, Cache-Control: max-age=60",
        "rule 4 matches: says X-Two: 2; says too late, after an earlier rule, Cache-Control: max-age=9",
        "Cache-Control by a rule",
      ],
    ],
    [
      "no rule matches",
      "/big.bin",
      [],
      200,
      ["none of 7 rules matches /big.bin", "by SLUICE_CACHE_CONTROL"],
    ],
    [
      "a redirect",
      "/old/x?q=1",
      [],
      301,
      ["rule 1 matches: says redirect 301 to /docs/x", /301 Moved Permanently, with/],
    ],
    [
      "a redirect to itself",
      "/self",
      [],
      404,
      ["rule 6 matches: its redirect leads to the path itself or to none"],
    ],
    [
      "a rewrite",
      "/alias/big.bin",
      [],
      200,
      [`by a rule "/big.bin" in its place is /big.bin below the root`],
    ],
    [
      "a rewrite to what is hidden",
      "/hidden-alias",
      [],
      404,
      [/by a rule .* refused as hidden/, "FILE_HIDDEN"],
    ],
    ["an index", "/docs/", [], 200, ["docs/index.html, the folder's index, answers"]],
    [
      "a slash is missing",
      "/docs?x",
      [],
      301,
      ["docs is a folder", "without the slash at its end"],
    ],
    ["a listing", "/bare/", [], 200, ["bare has no index: its listing answers"]],
    [
      "a folder that is not there",
      "/nope/",
      [],
      404,
      ["nothing answers: no index.html there, and no folder"],
    ],
    [
      "missing",
      "/nope.txt",
      [],
      404,
      [
        "nope.txt does not exist (ENOENT)",
        `FILE_MISSING: a client sees 404`,
        "the log is not told",
      ],
    ],
    [
      "hidden",
      "/.env",
      [],
      404,
      ["refused as hidden: a name in it starts with a dot", "FILE_HIDDEN"],
    ],
    [
      "malformed",
      "/a%2fb",
      [],
      400,
      [`"/a%2fb" is refused as malformed: it holds an encoded slash`],
    ],
    [
      "outside the root",
      "/out/passwd",
      [],
      403,
      ["leads out of the root through a link", "OUTSIDE_ROOT", "as warn"],
    ],
    [
      "unreadable",
      "/loop",
      [],
      403,
      ["loop is a link that leads in a circle (ELOOP)", "FILE_FORBIDDEN"],
    ],
    [
      "the operator's page",
      "/shop/x",
      [],
      404,
      ["/404.html is the page for 404\n", "FILE_MISSING"],
    ],
    ["the operator's page is not there", "/shop/../out/passwd", [], 400, ["dot segment"]],

    [
      "siblings, none wanted",
      "/app.js",
      [],
      200,
      [
        ".br is there, .zst is there, .gz is there",
        "identity is sent: the request has no Accept-Encoding",
        /^(?!.*app\.js\.br)/s,
      ],
    ],
    [
      "siblings, chosen",
      "/app.js",
      [["Accept-Encoding", "gzip;q=0.5, br"]],
      200,
      [
        ".br is sent, .zst is there, .gz is there",
        "br is sent: Accept-Encoding weighs br 1, zstd 0, gzip 0.5, identity 0",
        /^table: .*app\.js\.br is a file/m,
      ],
    ],
    [
      "siblings, the wanted one of no use",
      "/app.js",
      [["Accept-Encoding", "zstd, gzip;q=0.5"]],
      200,
      [
        ".br is there, .zst is stale or no file, so not sent, .gz is sent",
        "gzip is sent: Accept-Encoding weighs br 0, gzip 0.5, identity 0",
      ],
    ],
    [
      "siblings, stale",
      "/old.css",
      [["accept-encoding", "gzip"]],
      200,
      [".br is absent, .zst is absent, .gz is stale", "identity is sent: there is no other coding"],
    ],
    [
      "siblings, never",
      "/photo.png",
      [["Accept-Encoding", "br"]],
      200,
      ["a file of this type has no precompressed siblings"],
    ],
    ["named by content", "/app-BHq3fJ7x.js", [], 200, ["named by its content: kept for a year"]],
    ["a page", "/", [], 200, ["of a page: it names all others"]],

    [
      "a 304 by tag",
      "/a.txt",
      [
        ["If-None-Match", "*"],
        ["If-Modified-Since", LONG_AGO_HTTP],
      ],
      304,
      [/If-None-Match names our tag \(".*"\): 304\n/],
    ],
    [
      "a date is silent",
      "/a.txt",
      [
        ["If-None-Match", '"x"'],
        ["If-Modified-Since", LONG_AGO_HTTP],
      ],
      200,
      [
        "If-None-Match names no tag like ours",
        "If-Modified-Since is not looked at beside If-None-Match",
      ],
    ],
    [
      "a 304 by date",
      "/a.txt",
      [["If-Modified-Since", LONG_AGO_HTTP]],
      304,
      [`If-Modified-Since is not before our Last-Modified (${LONG_AGO_HTTP}): 304`],
    ],
    [
      "a date that is none",
      "/a.txt",
      [["If-Modified-Since", "yesterday"]],
      200,
      ["If-Modified-Since is no date"],
    ],
    [
      "a 412",
      "/a.txt",
      [
        ["If-Match", '"x"'],
        ["Range", "bytes=0-1"],
      ],
      412,
      ["names no tag that is strongly equal to ours", ": 412"],
    ],
    [
      "a 412 by date",
      "/a.txt",
      [["If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"]],
      412,
      ["is before our Last-Modified", ": 412"],
    ],
    [
      "a range",
      "/big.bin",
      [["Range", "bytes=5-9"]],
      206,
      [`Range selects bytes 5 to 9 of ${BIG_BYTES}`],
    ],
    [
      "ranges",
      "/big.bin",
      [["Range", "bytes=0-1,5-6"]],
      206,
      ["Range selects bytes 0 to 1, 5 to 6 of"],
    ],
    [
      "a range of nothing",
      "/a.txt",
      [["Range", "bytes=10-"]],
      416,
      ["Range selects none of the 10 bytes: 416"],
    ],
    [
      "a range in another unit",
      "/a.txt",
      [["Range", "lines=1-2"]],
      200,
      ["Range is ignored: its unit is not bytes"],
    ],
    [
      "a range, inverted",
      "/a.txt",
      [["Range", "bytes=5-2"]],
      200,
      ["Range is ignored: a member is malformed, or ends before"],
    ],
    [
      "a range, of too many",
      "/a.txt",
      [["Range", `bytes=${"0-0,".repeat(99)}1-1`]],
      200,
      ["it has 100 members, and"],
    ],
    [
      "a range, and a coding that no part has",
      "/app.js",
      [
        ["Range", "bytes=0-0,3-3"],
        ["Accept-Encoding", "br"],
      ],
      206,
      ["identity is sent: the request", "or wants a part", "Range selects bytes 0 to 0, 3 to 3"],
    ],
    [
      "a range of an empty file",
      "/empty.txt",
      [["Range", "bytes=0-"]],
      200,
      ["there are no bytes to select from"],
    ],
    [
      "a range, for HEAD",
      "/a.txt",
      [
        [":method", "HEAD"],
        ["Range", "bytes=0-1"],
      ],
      200,
      ["Range is ignored: it is for GET alone", `"HEAD" is answered with what GET`],
    ],
    [
      "of two fields with one name, the first",
      "/a.txt",
      [
        ["range", "bytes=1-1"],
        ["Range", "bytes=2-2"],
      ],
      206,
      ["Range selects bytes 1 to 1 of 10"],
    ],
    [
      "If-Range of another version",
      "/a.txt",
      [
        ["Range", "bytes=0-1"],
        ["If-Range", '"x"'],
      ],
      200,
      ["If-Range is not strongly equal to ours"],
    ],

    [
      "OPTIONS",
      "/a.txt",
      [[":method", "OPTIONS"]],
      204,
      ["what may be done here", "204 No Content, with no body"],
    ],
    [
      "a method not for files",
      "/a.txt",
      [[":method", "POST"]],
      405,
      [`"POST" is not for files`, "METHOD_NOT_ALLOWED"],
    ],
    ["a method nobody knows", "/a.txt", [[":method", "get"]], 501, ["UNKNOWN_METHOD"]],
    [
      "unclear framing",
      "/a.txt",
      [
        ["Content-Length", "1"],
        ["Transfer-Encoding", "chunked"],
      ],
      400,
      ["BAD_FRAMING", "as warn"],
    ],
    [
      "a body nobody asked for",
      "/a.txt",
      [["Content-Length", "100000"]],
      413,
      ["CONTENT_TOO_LARGE"],
    ],
  ]);

  test("names file, variant, rules, head and body as data", async () => {
    const explanation = await explained(shared(), "/app.js?v=1", [["accept-encoding", "br"]]);
    expect(explanation).toMatchObject({
      method: "GET",
      target: "/app.js?v=1",
      status: 200,
      reason: "OK",
      fault: "",
      file: folder.at("app.js.br"),
      coding: "br",
      rules: [],
      body: [{ kind: "file", path: folder.at("app.js.br"), first: 0, last: 5 }],
    });
    expect(explanation.head).toContainEqual(["Content-Encoding", "br"]);
    expect(explanation.head.at(-1)).toEqual(["Content-Length", "6"]);
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
    expect((await explained(shared(), "/a.txt")).rules).toEqual([2, 4]);
  });

  test("steps are told in their order", async () => {
    const fields: Field[] = [
      ["if-none-match", "*"],
      ["accept-encoding", "br"],
    ];
    const { steps } = await explained(shared(), "/app.js", fields);
    const names = steps.map(({ step }) => step).filter((name, at, all) => name !== all[at - 1]);
    expect(names).toEqual(
      ["lane", "host", "path", "rules", "table", "file", "table", "coding", "head"].concat(
        "conditions",
        "answer",
      ),
    );
  });
});

describe("a site with an app and clean URLs", () => {
  const shared = shareInProcess(SITES["an app"]);
  testAgreement(shared);
  const html: Field = ["Accept", "text/html"];

  testRows(shared, [
    [
      "clean URLs",
      "/about",
      [],
      200,
      ["about does not exist", "about.html answers: with clean URLs"],
    ],
    [
      "a route",
      "/users/7",
      [html],
      200,
      ["the app's page /index.html stands in", "no-store: it stands in"],
    ],
    ["no route", "/nope.js", [html], 404, ["stands in for pages only, and this is none"]],
    ["no page wanted", "/users/7", [["Accept", "image/png"]], 404, ["stands in for pages only"]],
    [
      "no listings",
      "/bare/",
      [["Accept", "image/png"]],
      404,
      ["no index.html there, and listings are off"],
    ],
  ]);
});

describe("an app whose page is gone", () => {
  const shared = shareInProcess({ root: folder.path, env: { SLUICE_SPA: "/gone.html" } });
  testRows(shared, [
    ["a route", "/users/7", [], 404, ["the app's page /gone.html is not there either"]],
  ]);
});

describe("a site with hosts", () => {
  const shared = shareInProcess(SITES.hosts);
  testAgreement(shared);
  const host = (name: string): Field[] => [["Host", name]];
  testRows(shared, [
    [
      "its own root",
      "/",
      host("a.test:8080"),
      200,
      [/^host: "a\.test:8080" has the root .*hosts\/a\.test$/m],
    ],
    [
      "the default one",
      "/",
      host("b.test"),
      200,
      ["hosts/b.test does not exist", "hosts/_default$"].map((s) => new RegExp(s, "m")),
    ],
    ["no host", "/", [], 400, [`"" is no name of a host`, "BAD_HOST"]],
  ]);
});

// --- the same as the real server ---

const FIELDS: readonly (readonly Field[])[] = [
  [],
  [["Accept-Encoding", "br, gzip"]],
  [["Accept-Encoding", "gzip"]],
  [["If-None-Match", "*"]],
  [["If-None-Match", '"x"']],
  [["If-Match", '"x"']],
  [["If-Modified-Since", LONG_AGO_HTTP]],
  [["If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"]],
  [["Range", "bytes=0-1"]],
  [["Range", "bytes=2-3,0-0"]],
  [["Range", "bytes=99999999-"]],
  [
    ["Range", "bytes=1-"],
    ["If-Range", '"x"'],
  ],
  [
    ["Range", "bytes=1-"],
    ["If-Range", LONG_AGO_HTTP],
  ],
  [
    ["Range", "bytes=1-2"],
    ["Accept-Encoding", "br"],
  ],
  [["Accept", "application/json"]],
  [["Accept", "text/html"]],
  [["Origin", "https://a.test"]],
  [["Host", "a.test"]],
  [["Host", "*"]],
  [[":method", "HEAD"]],
  [
    [":method", "HEAD"],
    ["Range", "bytes=0-0"],
  ],
  [
    [":method", "OPTIONS"],
    ["Origin", "https://a.test"],
  ],
  [[":method", "POST"]],
  [
    [":method", "POST"],
    ["Content-Length", "5"],
  ],
  [["Content-Length", "100000"]],
  [
    [":method", "HEAD"],
    ["Content-Length", "x"],
  ],
];

const TARGETS = [
  "/",
  "/?x",
  "/a.txt",
  "/empty.txt",
  "/big.bin",
  "/app.js",
  "/old.css",
  "/docs",
  "/docs?x",
  "/docs/",
  "/about",
  "/bare/",
  "/bare/?format=json",
  "/nope",
  "/nope/",
  "/nope.js",
  "/.env",
  "/a%2fb",
  "",
  "/out/passwd",
  "/loop",
  "/old/x?y",
  "/alias/a.txt",
  "/self",
  "/hidden-alias",
  "/shop/x",
  "/app.js/",
];

/** What a client would get, in the words of an explanation. */
const summaryOf = ({ statusLine, fields, body }: Collected) => ({
  line: statusLine,
  head: fields,
  bodyBytes: body.length,
});

const promiseOf = ({ status, reason, head, body }: Explanation) => ({
  line: `${status} ${reason}`,
  head,
  bodyBytes: body.reduce((sum, part) => sum + lengthOf(part), 0),
});

const lengthOf = (part: Explanation["body"][number]): number =>
  part.kind === "literal" ? part.bytes : part.last - part.first + 1;

/** Every stretch of a file that was named has those bytes in the answer, at that place. */
function expectStretches({ body, file }: Explanation, sent: Buffer): void {
  let at = 0;
  for (const part of body) {
    if (part.kind === "file" && part.path !== "") {
      expect(part.path).toBe(file);
      const bytes = fs.readFileSync(part.path).subarray(part.first, part.last + 1);
      expect(sent.subarray(at, at + lengthOf(part)).equals(bytes)).toBe(true);
    }
    at += lengthOf(part);
  }
}

function testAgreement(shared: () => InProcess): void {
  test.each(TARGETS)("agrees with the server for every field, %s", async (target) => {
    const inProcess = shared();
    for (const fields of FIELDS) {
      const why = `${target} ${JSON.stringify(fields)}`;
      const first = await explained(inProcess, target, fields);
      const sent = await answerTo(inProcess.server, new ExplainedAsk(target, fields));
      const again = await explained(inProcess, target, fields);
      expect(promiseOf(first), why).toEqual(summaryOf(sent));
      expect(promiseOf(again), why).toEqual(summaryOf(sent));
      expectStretches(again, sent.body);
    }
  });

  test("says what the express lane does, and what it answers", async () => {
    const { server } = shared();
    for (const target of TARGETS) {
      await answerTo(server, new ExplainedAsk(target, []));
      for (const fields of FIELDS) {
        const ask = new ExplainedAsk(target, fields);
        const explanation = await explained(shared(), target, fields);
        const isAsked = ask.method === "GET" || ask.method === "HEAD";
        const ready = isAsked ? server.express(ask) : undefined;
        const why = `${target} ${JSON.stringify(fields)}`;
        // What the lane may answer, it does: all of the site lies in memory. What it may look at
        // is not always there to be seen.
        if (explanation.lane !== "may look") {
          expect(/answer/.test(explanation.lane), why).toBe(ready !== undefined);
        }
        if (ready === undefined) continue;
        const { head, body } = ready;
        const lengthBytes = ready.lengthBytes ?? body?.byteLength;
        const length: Field[] =
          lengthBytes === undefined ? [] : [["Content-Length", `${lengthBytes}`]];
        if (ask.method === "HEAD") expect(body, why).toBeUndefined();
        expect(explanation.head, why).toEqual([...head.fields, ...length]);
        expect(explanation.status, why).toBe(head.status);
      }
    }
  });
}

describe("nothing moves", () => {
  const shared = shareInProcess(SITES["rules and listings"]);

  test("no count, no download, no log, no read, no ticket", async () => {
    const { machine, told, server } = shared();
    const kept = machine.pool.occupancy();
    for (const target of TARGETS) {
      for (const fields of FIELDS) {
        const { lane } = await explained(shared(), target, fields);
        expect(["has none", "may look"], target).toContain(lane);
        expect(server.peek(new ExplainedAsk(target, fields)), target).toBe(lane);
      }
    }
    expect(machine.counters).toEqual(new Counters());
    expect(machine.operations.inProgress).toBe(0);
    expect(machine.operations.underWay(9)).toEqual([]);
    expect(machine.operations.slowest()).toEqual([]);
    expect(machine.recorder.cells()).toEqual([]);
    expect(machine.downloads.totals(99)).toEqual([]);
    expect(machine.downloads.pending).toBe(0);
    expect(machine.disk.read.totalCount).toBe(0);
    expect(machine.pool.occupancy()).toEqual(kept);
    expect(machine.scheduler.stats()).toMatchObject({
      ready: 0,
      inLine: 0,
      reading: 0,
      clients: 0,
    });
    expect(told).toEqual([]);
  });

  test("a request under way does not notice", async () => {
    const { machine, server } = shared();
    const real = answerTo(server, new ExplainedAsk("/big.bin", []));
    const explanation = await explained(shared(), "/big.bin");
    expect(explanation.head.at(-1)).toEqual(["Content-Length", String(BIG_BYTES)]);
    expect((await real).body.length).toBe(BIG_BYTES);
    expect(machine.counters.answersByClass[2]).toBe(1);
  });

  test("the next user of a file finds it open, and nobody holds it", async () => {
    const { parts } = shared();
    await explained(shared(), "/big.bin");
    await new Promise((resolve) => setImmediate(resolve));
    const { known } = parts.table.find(parts.site.root, folder.at("big.bin"))!;
    expect(known).toMatchObject({ kind: "file", file: { users: 0, isRetired: false } });
  });
});
