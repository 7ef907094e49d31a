/**
 * Fear: the express lane and the first look answer something else than the main road would.
 *
 * Random requests, some of them conditional on what was answered before, while files come, go and
 * change. One server answers as a transport has it do: what is at hand, else the main road. Another,
 * with a table of its own and readers alone, is new for each request, and has nothing but that road.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import fc from "fast-check";
import { afterAll, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../../engine/explain/explain-ask.js";
import { FileServer } from "../../../engine/server.js";
import type { Ready } from "../../../engine/transport/exchange.js";
import { type Bytes, viewOf } from "../../../fs/bytes.js";
import type { Field } from "../../../protocol/head.js";
import { type Content, Folder, KIB, LONG_AGO_HTTP, Random } from "../../support/folder.js";
import { answerTo, type Collected, shareInProcess } from "../../support/in-process.js";

const random = new Random(1);
/** Larger than what is kept whole, and larger than what is lent. */
const FILES: Readonly<Record<string, Content>> = {
  "index.html": "home",
  "ten.txt": "0123456789",
  "empty.txt": "",
  "app.js": "script",
  "app.js.gz": "packed",
  "app.js.br": "small",
  "lone.css.gz": "of nothing",
  "about.html": "about",
  "a b&c.png": random.bytes(40 * KIB),
  "main.3f9a1c2b.js": "hashed",
  "big.bin": random.bytes(600 * KIB),
  "big.bin.gz": random.bytes(300 * KIB),
  "sub/index.html": "sub",
  "sub/deep.json": "{}",
  "sub/pic.png": "pic",
  "bare/one.txt": "one",
  ".hidden": "hidden",
  "404.html": "own page",
};
const NAMES = Object.keys(FILES);

const TARGETS = [
  ...NAMES.map((name) => `/${name.split("/").map(encodeURIComponent).join("/")}`),
  ...["/", "/sub", "/sub/", "/bare/", "/about", "/none", "/none.png", "/ten.txt/", "//ten.txt"],
  ...["/a%20b&c.png", "/ten%2etxt", "/lone.css", "/%zz", "/sub/../ten.txt", "/app", "/old/ten.txt"],
  ...["/r/ten.txt", "/r/sub", "/own/none", "/dl/none", "/t/app.js", "/x y"],
];

/** On a busy machine fewer requests are compared, and the test is none for its speed. */
const MOST_MS = 20_000;

/** Stands for a validator of the last answer that had one. */
const LAST_TAG = "(last tag)";
const LAST_DATE = "(last date)";

const valuesOf = {
  "If-None-Match": [LAST_TAG, LAST_TAG, `W/${LAST_TAG}`, `"a", ${LAST_TAG}`, "*", '"a"', "junk"],
  "If-Modified-Since": [LAST_DATE, LONG_AGO_HTTP, "Sun, 06 Nov 1994 08:49:37 GMT", "junk"],
  "If-Match": [LAST_TAG, "*", '"a"'],
  "If-Unmodified-Since": [LONG_AGO_HTTP, "Sun, 06 Nov 1994 08:49:37 GMT", "junk"],
  "If-Range": [LAST_TAG, LAST_DATE, '"a"', "junk"],
  Range: [
    ...[
      "bytes=0-3",
      "bytes=2-",
      "bytes=-3",
      "bytes=-0",
      "bytes=0-0,2-3",
      "BYTES=0-1,",
      "items=0-1",
    ],
    ...["bytes=5-2", "bytes=900000-", "bytes=300000-300009", "bytes=0-9,500000-500009", "junk"],
    ...["bytes=0-199999", "bytes=3-4,0-1", "bytes=0-1,1-2", "bytes=1-2,0-599999"],
  ],
  Accept: ["*/*", "application/json", "text/html,*/*;q=0.8", "image/*"],
  "Accept-Encoding": ["gzip", "br, gzip", "br;q=0, gzip;q=0.5", "zstd", "identity", "*"],
  Origin: ["https://a.test", "https://b.test", "null"],
  "Content-Length": ["0", "5", "x"],
} as const;

const anyField = fc
  .constantFrom(...(Object.keys(valuesOf) as (keyof typeof valuesOf)[]))
  .chain((name) => fc.constantFrom(...valuesOf[name]).map((value): Field => [name, value]));

const anyAsk = fc.record({
  do: fc.constant("ask" as const),
  method: fc.constantFrom("GET", "GET", "GET", "HEAD"),
  host: fc.constantFrom("one.test", "one.test", "ONE.test:80", "two.test", "a.any.test", "", "b d"),
  target: fc.constantFrom(...TARGETS),
  /** A target is known from the third time on. */
  times: fc.integer({ min: 1, max: 4 }),
  fields: fc.uniqueArray(anyField, { maxLength: 3, selector: ([name]) => name }),
});
const anyChange = fc.record({
  do: fc.constant("change" as const),
  name: fc.constantFrom(...NAMES),
  how: fc.constantFrom("write", "replace", "remove", "restore"),
});
const anyStep = fc.oneof({ arbitrary: anyAsk, weight: 6 }, { arbitrary: anyChange, weight: 1 });

const textOf = (bytes: Bytes): string => Buffer.from(viewOf(bytes)).toString("latin1");

/** As a transport sends it. */
function collect({ head, status, lines, body, lengthBytes }: Ready): Collected {
  const { statusLine, fields } = head;
  const written = (all: readonly Field[]): string =>
    [statusLine, ...all.map(([name, value]) => `${name}: ${value}`)].join("\r\n");
  expect([head.lines.toString("latin1"), head.status]).toEqual([written(fields), status]);
  const length = body?.byteLength ?? lengthBytes;
  const added: Field[] = length === undefined ? [] : [["Content-Length", `${length}`]];
  const isAlone = lengthBytes !== undefined;
  expect(textOf(lines)).toBe(written(isAlone ? [...fields, ...added] : fields));
  return {
    statusLine,
    fields: [...fields, ...added],
    body: Buffer.from(viewOf(body ?? new Uint8Array())),
  };
}

/** Bodies of hundreds of KiB take long to be compared in pieces, or shown. */
const shown = ({ body, ...head }: Collected): object => ({
  ...head,
  body:
    body.length < KIB ? body.toString("latin1") : createHash("sha256").update(body).digest("hex"),
});

const RULES = [
  { path: "/old/:rest*", redirect: { to: "/:rest*", status: 301 }, cacheControl: "max-age=60" },
  { path: "/r/:rest*", rewrite: "/:rest*" },
  { path: "/sub/pic.png", rewrite: "/about.html" },
  { path: "/index.html", redirect: { to: "/" } },
  { path: "/own/**", errorPages: { 404: "/404.html" } },
  { path: "/dl/**", disposition: "attachment" },
  { path: "/*.js", headers: { "X-Js": "yes", Vary: "X-Js" } },
  { path: "/ten.txt", cacheControl: "max-age=5", disposition: "attachment" },
];

interface Case {
  readonly name: string;
  readonly rules?: readonly object[];
  readonly env?: Readonly<Record<string, string>>;
  readonly hasHosts?: true;
  /** Memory has no room for most of the small files. */
  readonly isCramped?: true;
}

const CASES: readonly Case[] = [
  { name: "as it comes" },
  { name: "with rules", rules: RULES, env: { SLUICE_CORS_ORIGINS: "*" } },
  {
    name: "with all there is",
    rules: RULES,
    env: {
      SLUICE_LISTING: "on",
      SLUICE_CLEAN_URLS: "on",
      SLUICE_SPA: "/index.html",
      SLUICE_CORS_ORIGINS: "https://a.test",
      SLUICE_SECURITY_HEADERS: "strict",
    },
  },
  { name: "with clean URLs", env: { SLUICE_CLEAN_URLS: "on", SLUICE_CACHE_CONTROL: "max-age=9" } },
  {
    name: "in little memory",
    isCramped: true,
    env: { SLUICE_SMALL_FILE_BYTES: "16", SLUICE_SMALL_CACHE_BYTES: "16" },
  },
  { name: "with hosts", hasHosts: true, env: { SLUICE_CORS_ORIGINS: "https://a.test" } },
];

describe.each(CASES)("a site $name", ({ rules = [], env = {}, hasHosts, isCramped }) => {
  const below = (name: string): string => (hasHosts ? `one.test/${name}` : name);
  const folder = new Folder({ "_default/x": "x", "two.test/ten.txt": "of two" });
  for (const name of NAMES) folder.write(below(name), FILES[name]!);
  if (hasHosts) for (const name of NAMES) folder.write(`*.any.test/${name}`, `any ${name}`);
  afterAll(() => folder.remove());

  const place = hasHosts ? { hostsDir: folder.path } : { root: folder.path };
  const common = { ...env, SLUICE_REVALIDATE_MS: "3600000" };
  const fast = shareInProcess({ ...place, rules, env: common });
  const slow = shareInProcess({ ...place, rules, env: { ...common, SLUICE_CACHED_READS: "off" } });

  const change = ({ name, how }: { name: string; how: string }): void => {
    const content = String(Math.random());
    if (how === "write") folder.write(below(name), content);
    else if (how === "replace") folder.replace(below(name), content);
    else if (how === "restore") folder.write(below(name), FILES[name]!);
    else fs.rmSync(folder.at(below(name)), { force: true });
    for (const { machine } of [fast(), slow()]) {
      machine.table.distrust();
      machine.listings.distrust();
    }
  };

  /** For more than 16 bytes of small files. */
  const askAgain = (): boolean => {
    for (const target of ["/ten.txt", "/index.html", "/about.html", "/sub/pic.png"]) {
      fast().server.express(new ExplainedAsk(target, [["Host", "one.test"]]));
    }
    return true;
  };

  test("answers alike on all roads", async () => {
    let onExpress = 0;
    const wholeAtHand = vi.spyOn(fast().machine.scheduler, "wholeAtHand");
    const hasKeptOpen = (): boolean =>
      wholeAtHand.mock.results.some(({ value }) => value !== undefined);
    if (isCramped) await vi.waitUntil(() => askAgain() && hasKeptOpen(), { timeout: 10_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 40 }), async (steps) => {
        let tag = '"none"';
        let date = LONG_AGO_HTTP;
        for (const step of steps) {
          if (step.do === "change") {
            change(step);
            continue;
          }
          const fields = step.fields.map(
            ([name, value]): Field => [name, value.replace(LAST_TAG, tag).replace(LAST_DATE, date)],
          );
          const about: Field[] = [["Host", step.host], [":method", step.method], ...fields];
          const ask = new ExplainedAsk(step.target, about);
          const want = await answerTo(new FileServer(slow().parts), ask);
          for (let n = 0; n < step.times; n++) {
            const ready = fast().server.express(ask);
            if (ready !== undefined) onExpress++;
            const got = ready === undefined ? await answerTo(fast().server, ask) : collect(ready);
            expect(shown(got), `${step.target} ${JSON.stringify(about)}`).toEqual(shown(want));
          }
          for (const [name, value] of want.fields) {
            if (name === "ETag") tag = value;
            if (name === "Last-Modified") date = value;
          }
        }
      }),
      { numRuns: 30, interruptAfterTimeLimit: MOST_MS },
    );
    expect(onExpress).toBeGreaterThan(0);
    expect(hasKeptOpen()).toBe(isCramped === true);
  });
});
