/** Fear: a listing lies, leads nowhere, does harm, or holds up those who want none. */
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect } from "vitest";
import { Client, get, request } from "../support/client.js";
import { Folder, LONG_AGO, MIB } from "../support/folder.js";
import { type Server, sharedServer, TRANSPORTS, test } from "../support/server.js";

const LISTING = { SLUICE_LISTING: "on" } as const;
/** Nothing is believed without another look. */
const ALWAYS_LOOK = { ...LISTING, SLUICE_REVALIDATE_MS: "0" } as const;

/** Listings are made in front of no socket: through node:http a tenth shows that they get there. */
const MANY = { uws: 100_000, node: 10_000 } as const;
const VIEWERS = 60;
/** What all viewers may cost together: the page alone has 20 MB for each of them. */
const MORE_MEMORY = 32 * MIB;

const FILES = {
  "a10.txt": "12345",
  "a9.txt": "1234567890",
  "b one space.txt": "",
  "<img src=x onerror=alert(1)>.html": "<p>",
  "quote \" and ' and &amp;.txt": "",
  "100%.txt": "",
  "%2e%2e.txt": "",
  "question?hash#.txt": "",
  "javascript:alert(1)": "",
  "Übung ☃.txt": "",
  "-dash": "",
  ".env": "secret",
  ".git/config": "secret",
  ".well-known/security.txt": "public",
  "sub folder/deep.txt": "deep",
  "with-index/index.html": "the index",
  "with-index/other.txt": "",
  "pages/1": "1",
  "pages/2": "22",
  "pages/3": "333",
} as const;

interface Entry {
  readonly name: string;
  readonly href: string;
  readonly type: string;
  readonly size?: number;
}

const JSON_WANTED = "Accept: application/json";

async function entriesOf({ port }: Server, path: string): Promise<Entry[]> {
  const { status, body } = await get(port, path, JSON_WANTED);
  expect(status).toBe(200);
  return JSON.parse(String(body)).entries;
}

const hrefsIn = (page: string): string[] =>
  [...page.matchAll(/<tr[^>]*><th scope="row"><a href="([^"]*)"/g)].map((row) => row[1]!);

describe.each(TRANSPORTS)("through %s", (transport) => {
  const server = sharedServer({ transport, files: FILES, env: LISTING });

  test("every entry of a page leads to what it names", async () => {
    const { port } = server();
    const page = await get(port, "/");
    expect([page.status, page.fields.get("content-type")]).toEqual([
      200,
      "text/html; charset=utf-8",
    ]);
    const hrefs = hrefsIn(String(page.body));
    expect(hrefs).toHaveLength(15);
    for (const href of hrefs) {
      const { pathname, search } = new URL(href.replaceAll("&amp;", "&"), `http://test/`);
      expect(search).toBe("");
      expect([href, (await get(port, pathname)).status]).toEqual([href, 200]);
    }
  });

  test("a folder is left and entered by its links, with and without its slash", async () => {
    const { port } = server();
    const redirect = await get(port, "/sub%20folder?sort=size");
    expect([redirect.status, redirect.fields.get("location")]).toEqual([
      301,
      "/sub%20folder/?sort=size",
    ]);
    const page = String((await get(port, "/sub%20folder/")).body);
    expect(page).toContain('<tr class="up"><td colspan="3"><a href="../">');
    expect(hrefsIn(page)).toEqual(["./deep.txt"]);
    expect(String((await get(port, "/sub%20folder/deep.txt")).body)).toBe("deep");
  });

  test("names do no harm", async () => {
    const { body, fields } = await get(server().port, "/");
    const page = String(body);
    expect(page).not.toMatch(/<img|<script|href="javascript/i);
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;.html");
    expect(fields.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(fields.get("x-content-type-options")).toBe("nosniff");
  });

  test("what is hidden stays hidden", async () => {
    const names = (await entriesOf(server(), "/")).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("."))).toEqual([".well-known"]);
    expect((await get(server().port, "/.git/")).status).toBe(404);
  });

  test("folders come first, and numbers count as numbers", async () => {
    const names = (await entriesOf(server(), "/")).map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual([".well-known", "pages", "sub folder", "with-index"]);
    expect(names.indexOf("a9.txt")).toBeLessThan(names.indexOf("a10.txt"));
  });

  test("an index answers for its folder", async () => {
    expect(String((await get(server().port, "/with-index/")).body)).toBe("the index");
    const asked = await get(server().port, "/with-index/?format=json", JSON_WANTED);
    expect(String(asked.body)).toBe("the index");
  });

  test("JSON is had by Accept and by query; the query wins", async () => {
    const { port } = server();
    const html = "Accept: text/html";
    for (const [path, field, type] of [
      ["/pages/", JSON_WANTED, "application/json"],
      ["/pages/?format=json", html, "application/json"],
      ["/pages/?format=html", JSON_WANTED, "text/html; charset=utf-8"],
      ["/pages/", html, "text/html; charset=utf-8"],
    ] as const) {
      const { fields } = await get(port, path, field);
      expect([path, fields.get("content-type"), fields.get("vary")]).toEqual([
        path,
        type,
        "Accept",
      ]);
    }
    const { path, total, entries } = JSON.parse(
      String((await get(port, "/pages/?format=json")).body),
    );
    expect([path, total, entries[2].name, entries[2].size]).toEqual(["/pages/", 3, "3", 3]);
    expect(entries[2].modified).toBe(LONG_AGO.toISOString().replace(".000", ""));
  });

  const views: readonly (readonly [query: string, names: string])[] = [
    ["?format=json", "1 2 3"],
    ["?format=json&order=desc", "3 2 1"],
    ["?format=json&sort=size&order=desc", "3 2 1"],
    ["?format=json&limit=2", "1 2"],
    ["?format=json&limit=2&offset=2", "3"],
    ["?format=json&offset=7", ""],
    ["?format=json&sort=nonsense&limit=-1&offset=x", "1 2 3"],
  ];
  test.each(views)("%s shows %s", async (query, names) => {
    const entries = await entriesOf(server(), `/pages/${query}`);
    expect(entries.map(({ name }) => name).join(" ")).toBe(names);
  });

  test("its tag leads to a 304 until something changes", async ({ serve }) => {
    const { port, folder } = await serve({ transport, files: FILES, env: ALWAYS_LOOK });
    fs.utimesSync(folder.at("pages"), LONG_AGO, LONG_AGO);
    const first = await get(port, "/pages/");
    const etag = first.fields.get("etag")!;
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(first.fields.get("cache-control")).toBe("no-cache");
    const again = await get(port, "/pages/", `If-None-Match: ${etag}`);
    expect([again.status, again.fields.get("etag")]).toEqual([304, etag]);
    expect([again.fields.get("vary"), again.fields.get("cache-control")]).toEqual([
      "Accept",
      "no-cache",
    ]);
    const json = await get(port, "/pages/?format=json", `If-None-Match: ${etag}`);
    expect(json.status).toBe(200);

    fs.writeFileSync(folder.at("pages/1"), "more"); // in place: the folder keeps its time
    fs.utimesSync(folder.at("pages"), LONG_AGO, LONG_AGO);
    const changed = await get(port, "/pages/", `If-None-Match: ${etag}`);
    expect(changed.status).toBe(200);
  });

  test("no date stops a mirror that looks for what changed in the folders below", async () => {
    const { port } = server();
    const { fields } = await get(port, "/");
    expect(fields.has("last-modified")).toBe(false);
    const since = await get(port, "/", `If-Modified-Since: ${fields.get("date")}`);
    expect(since.status).toBe(200);
  });

  test("HEAD, a range, and one that is not there", async () => {
    const { port } = server();
    const whole = await get(port, "/pages/");
    const client = await Client.connect(port);
    client.send(request("HEAD /pages/"));
    const head = await client.answer("HEAD");
    expect(head.fields.get("content-length")).toBe(String(whole.body.length));
    client.send(
      request("GET /pages/", "Range: bytes=0-14", `If-Range: ${whole.fields.get("etag")}`),
    );
    const part = await client.answer();
    expect([part.status, String(part.body)]).toEqual([206, "<!doctype html>"]);
    client.send(request("GET /pages/", "Range: bytes=99999999-"));
    expect((await client.answer()).status).toBe(416);
    client.send(request("GET /pages/", 'If-Match: "other"'));
    expect((await client.answer()).status).toBe(412);
    client.leave();
  });

  test("nothing stays behind: no descriptor, no transfer, no listing", async ({ serve }) => {
    const own = await serve({ transport, files: FILES, env: LISTING });
    await get(own.port, "/pages/1");
    await Promise.all([get(own.port, "/"), get(own.port, "/"), get(own.port, "/pages/")]);
    for (const field of ["Range: bytes=0-9", "Range: bytes=9999999-", "If-None-Match: *"]) {
      await get(own.port, "/", field);
    }
    const impatient = await Client.connect(own.port);
    impatient.send(request("GET /?sort=size"));
    impatient.leave();
    await own.untilIdle();
    await expect
      .poll(async () => (await own.stats()).listings, { timeout: 10_000 })
      .toMatchObject({ inLine: 0, stuck: 0, kept: 0, open: 0 });
    expect((await own.stats()).table.openFiles).toBe(0);
  });

  test("a root that is switched is listed as it is now", async ({ serve }) => {
    const own = await serve({
      transport,
      files: { "v1.txt": "" },
      env: { ...LISTING, SLUICE_REVALIDATE_MS: "1h" },
    });
    expect((await entriesOf(own, "/")).map(({ name }) => name)).toEqual(["v1.txt"]);
    const next = new Folder({ "v2.txt": "" });
    try {
      fs.renameSync(own.folder.path, `${own.folder.path}-before`);
      fs.symlinkSync(next.path, own.folder.path);
      const names = async () => (await entriesOf(own, "/")).map(({ name }) => name);
      await expect.poll(names, { timeout: 10_000 }).toEqual(["v2.txt"]);
    } finally {
      next.remove();
      fs.rmSync(`${own.folder.path}-before`, { recursive: true });
    }
  });

  const count = MANY[transport];
  describe(`${count} entries`, () => {
    const many = sharedServer({ transport, files: { "hot.txt": "hot" }, env: LISTING });
    beforeAll(() => {
      const folder = many().folder.at("many");
      fs.mkdirSync(folder);
      for (let n = 0; n < count; n++) fs.closeSync(fs.openSync(`${folder}/file ${n}`, "w"));
    });

    test("are all there, while others are served as ever", async () => {
      const { port } = many();
      const fromMs = performance.now();
      let listingMs = 0;
      const listing = get(port, "/many/?format=json").finally(() => {
        listingMs = performance.now() - fromMs;
      });
      const tookMs = await askAgainAndAgain(port, () => listingMs > 0);
      const { total, entries } = JSON.parse(String((await listing).body));
      expect([total, entries.length]).toEqual([count, count]);
      expect(new Set(entries.map(({ href }: Entry) => href)).size).toBe(count);
      expect(tookMs.length).toBeGreaterThan(count / 5000);
      const p99Ms = tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length * 0.99)];
      expect(p99Ms).toBeLessThan(Math.max(250, listingMs / 2)); // a machine that is busy may hold up one
    });

    test("come in pages, or as one page", async () => {
      const { port } = many();
      const page = async (query: string) =>
        hrefsIn(String((await get(port, `/many/${query}`)).body));
      expect((await page("?limit=999999")).length).toBe(count);
      const last = await page(`?offset=${count - 1000}`);
      expect([last.length, last.at(-1)]).toEqual([1000, `./file%20${count - 1}`]);
    });

    // The kernel takes what a tenth has for each of them. What node:http keeps for those who do not
    // read is the same for any body: clients-stop-reading.test.ts asks for it.
    const title = `cost no memory for each of ${VIEWERS} who read none of it`;
    test.runIf(transport === "uws")(title, async () => {
      const server = many();
      await get(server.port, "/many/?limit=999999");
      const rssBefore = server.rssBytes();
      const viewers = await Promise.all(
        Array.from({ length: VIEWERS }, async () => {
          const client = await Client.connect(server.port);
          client.send(request("GET /many/?limit=999999"));
          await client.head();
          return client;
        }),
      );
      const blocked = async () => (await server.stats()).scheduler.blocked;
      await expect.poll(blocked, { timeout: 20_000 }).toBe(VIEWERS);
      expect(server.rssBytes() - rssBefore).toBeLessThan(MORE_MEMORY);
      for (const viewer of viewers) viewer.leave();
      await server.untilIdle();
    });
  });
});

test("switched off, which it is unless asked for, a folder is nothing", async ({ serve }) => {
  const { port } = await serve({ transport: "auto", files: FILES });
  expect((await get(port, "/pages/")).status).toBe(404);
  expect((await get(port, "/with-index/")).status).toBe(200);
});

/** Milliseconds that each of the answers took. */
async function askAgainAndAgain(port: number, isOver: () => boolean): Promise<number[]> {
  const client = await Client.connect(port);
  const tookMs: number[] = [];
  while (!isOver()) {
    const fromMs = performance.now();
    client.send(request("GET /hot.txt"));
    expect(String((await client.answer()).body)).toBe("hot");
    tookMs.push(performance.now() - fromMs);
    await sleep(1);
  }
  client.leave();
  return tookMs;
}
