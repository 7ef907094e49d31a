/** Fear: each rule of a site works alone, and together they answer something nobody asked for. */
import fs from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect } from "vitest";
import { type Answer, ask, Client, get, request } from "../support/client.js";
import { Folder, holds } from "../support/folder.js";
import { sharedServer, TRANSPORTS, test } from "../support/server.js";

const SCRIPT = "let answer = 42;\n".repeat(200);
const PACKED = gzipSync(SCRIPT);
const BROTLI = "these bytes pass for brotli";
const IMMUTABLE = "public, max-age=31536000, immutable";

const FILES = {
  "index.html": "the page of the app",
  "about.html": "about us",
  "404.html": "our own miss",
  "app.js": SCRIPT,
  "app.js.gz": PACKED,
  "app.js.br": BROTLI,
  "old.css": "p{}",
  "assets/index-BwXyZ12a.js": "hashed",
  "photo.jpg": "picture",
  "docs/index.html": "docs",
  "docs/app.html": "the rewritten page",
  "dl/été.pdf": "report",
} as const;

const RULES = {
  rules: [
    { path: "/old/:page", redirect: { to: "/docs/:page", status: 301 } },
    { path: "/go/:rest*", redirect: { to: "/:rest*", status: 307 } },
    { path: "/app/**", rewrite: "/docs/app.html" },
    { path: "/dl/**", disposition: "attachment" },
    {
      path: "/photo.jpg",
      cacheControl: "public, max-age=60",
      headers: { "X-Robots-Tag": "noindex" },
    },
    { path: "/docs/**", headers: { "Referrer-Policy": "no-referrer" } },
    { path: "/shop/**", errorPages: { "404": "/404.html" } },
  ],
};

/** Files of the tests are old; `stale` is older than its original. */
const LONG_BEFORE = new Date("2020-01-01T00:00:00Z");

const field = (answer: Answer, name: string): string | undefined => answer.fields.get(name);

describe.each(TRANSPORTS)("a site through %s", (transport) => {
  const rules = new Folder({ "rules.json": JSON.stringify(RULES) });
  afterAll(() => rules.remove());
  const server = sharedServer({
    transport,
    files: FILES,
    env: {
      SLUICE_RULES: rules.at("rules.json"),
      SLUICE_CLEAN_URLS: "on",
      SLUICE_SPA: "/index.html",
      SLUICE_CORS_ORIGINS: "https://one.example,https://two.example",
    },
  });

  describe("precompressed siblings (RFC 9110 12.5.3)", () => {
    // Twice: the second answer comes from what the first one found out.
    for (const turn of ["found", "known"]) {
      test(`the one that weighs most is sent, with all that is its own (${turn})`, async () => {
        const answer = await get(server().port, "/app.js", "Accept-Encoding: gzip, br;q=0.5");
        expect(answer.body.equals(PACKED)).toBe(true);
        expect(field(answer, "content-encoding")).toBe("gzip");
        expect(field(answer, "content-type")).toBe("text/javascript; charset=utf-8");
        expect(field(answer, "etag")).toMatch(/-gzip"$/);
        expect(field(answer, "vary")).toMatch(/Accept-Encoding/);
      });
      test(`whoever names none gets the file, and is told that others would not (${turn})`, async () => {
        const answer = await get(server().port, "/app.js");
        expect(String(answer.body)).toBe(SCRIPT);
        expect(field(answer, "content-encoding")).toBeUndefined();
        expect(field(answer, "vary")).toMatch(/Accept-Encoding/);
      });
    }

    // Python's requests and axios name codings with every range, curl --compressed -C - and wget2 -c too.
    for (const turn of ["found", "known"]) {
      test(`a part is one of the file, which any client can put together (${turn})`, async () => {
        const fields = ["Accept-Encoding: gzip", "Range: bytes=3-9"];
        const answer = await get(server().port, "/app.js", ...fields);
        expect([answer.status, field(answer, "content-range")]).toEqual([
          206,
          `bytes 3-9/${SCRIPT.length}`,
        ]);
        expect(String(answer.body)).toBe(SCRIPT.slice(3, 10));
        expect(field(answer, "content-encoding")).toBeUndefined();
        expect(field(answer, "vary")).toMatch(/Accept-Encoding/);
      });
    }

    test("a coding that was begun is resumed by its tag", async () => {
      const { port } = server();
      const begun = await get(port, "/app.js", "Accept-Encoding: gzip");
      const fields = ["Accept-Encoding: gzip", "Range: bytes=0-9"];
      const answer = await get(port, "/app.js", ...fields, `If-Range: ${field(begun, "etag")}`);
      expect([answer.status, field(answer, "content-range")]).toEqual([
        206,
        `bytes 0-9/${PACKED.length}`,
      ]);
      expect(answer.body.equals(PACKED.subarray(0, 10))).toBe(true);
    });

    test("a 304 varies too, and each coding has its own tag", async () => {
      const { port } = server();
      const packed = await get(port, "/app.js", "Accept-Encoding: gzip");
      const tag = `If-None-Match: ${field(packed, "etag")}`;
      const again = await get(port, "/app.js", "Accept-Encoding: gzip", tag);
      expect([again.status, field(again, "vary")]).toEqual([
        304,
        expect.stringMatching(/Accept-Encoding/),
      ]);
      expect((await get(port, "/app.js", "Accept-Encoding: br", tag)).status).toBe(200);
    });

    describe("looked at each time", () => {
      const own = sharedServer({
        transport,
        files: { "old.css": "new", "old.css.gz": PACKED, "a.css": "plain", "a.css.gz": PACKED },
        env: { SLUICE_REVALIDATE_MS: "0" },
      });

      test("one that is older than its original is not sent, and counted", async () => {
        const { port, folder } = own();
        fs.utimesSync(folder.at("old.css.gz"), LONG_BEFORE, LONG_BEFORE);
        const answer = await get(port, "/old.css", "Accept-Encoding: gzip");
        expect(String(answer.body)).toBe("new");
        expect((await own().stats()).counters.staleSiblings).toBeGreaterThan(0);
      });

      test("one that is replaced is seen, and so is one that goes away", async () => {
        const { port, folder } = own();
        const ask = () => get(port, "/a.css", "Accept-Encoding: gzip");
        expect((await ask()).body.equals(PACKED)).toBe(true);
        const next = gzipSync("another");
        folder.replace("a.css.gz", next);
        expect((await ask()).body.equals(next)).toBe(true);
        fs.rmSync(folder.at("a.css.gz"));
        expect(String((await ask()).body)).toBe("plain");
      });
    });
  });

  describe("how long it may be kept", () => {
    const rows: readonly (readonly [why: string, path: string, want: string])[] = [
      ["a page is asked for again", "/about.html", "no-cache"],
      ["a hashed name is kept for good", "/assets/index-BwXyZ12a.js", IMMUTABLE],
      ["a rule comes first", "/photo.jpg", "public, max-age=60"],
      ["a miss is not kept, however hashed", "/assets/gone-BwXyZ12a.js", "no-store"],
      ["the app's page in place of a route is not kept", "/some/route", "no-store"],
    ];
    for (const [why, path, want] of rows) {
      test(`${why} (${path})`, async () => {
        expect(field(await get(server().port, path), "cache-control")).toBe(want);
      });
    }
  });

  describe("where a path leads", () => {
    const rows: readonly (readonly [why: string, path: string, status: number, leads: string])[] = [
      ["a redirect keeps its captures and the query", "/old/x?a=1&b", 301, "/docs/x?a=1&b"],
      ["a capture cannot lead to another host", "/go//evil.example/", 307, "/evil.example"],
      ["a folder gets its slash", "/docs?x=%20y", 301, "/docs/?x=%20y"],
    ];
    for (const [why, path, status, leads] of rows) {
      test(`${why} (${path})`, async () => {
        const answer = await get(server().port, path);
        expect([answer.status, field(answer, "location")]).toEqual([status, leads]);
      });
    }

    const bodies: readonly (readonly [why: string, path: string, status: number, body: string])[] =
      [
        [
          "a rewrite answers under the name that was asked for",
          "/app/anything",
          200,
          "the rewritten page",
        ],
        ["a clean URL finds its page", "/about", 200, "about us"],
        ["a route gets the app's page", "/some/route", 200, "the page of the app"],
        ["a rule has its own page for a miss", "/shop/gone.js", 404, "our own miss"],
      ];
    for (const [why, path, status, body] of bodies) {
      test(`${why} (${path})`, async () => {
        const answer = await get(server().port, path);
        expect([answer.status, String(answer.body)]).toEqual([status, body]);
      });
    }

    test("a missing script is a miss, whatever the app", async () => {
      expect((await get(server().port, "/gone.js")).status).toBe(404);
    });
    test("a route that wants JSON is a miss, and says so in JSON", async () => {
      const answer = await get(server().port, "/api/users", "Accept: application/json");
      expect([answer.status, JSON.parse(String(answer.body))]).toEqual([
        404,
        { status: 404, error: "Not Found" },
      ]);
    });
    test("our own page for a miss has no tag and no ranges", async () => {
      const answer = await get(server().port, "/shop/gone.js", "Range: bytes=0-2");
      expect([answer.status, field(answer, "etag"), field(answer, "accept-ranges")]).toEqual([
        404,
        undefined,
        undefined,
      ]);
      const head = await ask(server().port, request("HEAD /shop/gone.js"));
      expect([head.status, head.body.length, field(head, "content-length")]).toEqual([
        404,
        0,
        "12",
      ]);
    });
  });

  describe("what else is said", () => {
    test("a rule's field replaces the one of the preset", async () => {
      const answer = await get(server().port, "/docs/");
      expect(answer.text.match(/referrer-policy: .*/gi)).toEqual(["Referrer-Policy: no-referrer"]);
    });
    test("a download is named in any script (RFC 8187)", async () => {
      const answer = await get(server().port, "/dl/%C3%A9t%C3%A9.pdf");
      expect(field(answer, "content-disposition")).toBe(
        `attachment; filename="_t_.pdf"; filename*=UTF-8''%C3%A9t%C3%A9.pdf`,
      );
    });
  });

  describe("cross-origin reading", () => {
    for (const turn of ["found", "known"]) {
      test(`a listed origin may read, any other may not, and caches know (${turn})`, async () => {
        const { port } = server();
        const listed = await get(port, "/photo.jpg", "Origin: https://two.example");
        expect(field(listed, "access-control-allow-origin")).toBe("https://two.example");
        const stranger = await get(port, "/photo.jpg", "Origin: https://evil.example");
        expect(field(stranger, "access-control-allow-origin")).toBeUndefined();
        const nobody = await get(port, "/photo.jpg");
        for (const answer of [listed, stranger, nobody]) {
          expect(field(answer, "vary")).toMatch(/Origin/);
        }
      });
    }
    test("a preflight is answered", async () => {
      const fields = ["Origin: https://one.example", "Access-Control-Request-Method: GET"];
      const answer = await ask(server().port, request("OPTIONS /photo.jpg", ...fields));
      expect([answer.status, field(answer, "access-control-allow-methods")]).toEqual([
        204,
        "GET, HEAD",
      ]);
    });
    test("a script of a listed origin may see that there is nothing", async () => {
      const answer = await get(server().port, "/gone.png", "Origin: https://one.example");
      expect([answer.status, field(answer, "access-control-allow-origin")]).toEqual([
        404,
        "https://one.example",
      ]);
    });
  });

  test("Server-Timing says how long it took to find, when asked to", async ({ serve }) => {
    const own = await serve({ transport, files: FILES, env: { SLUICE_SERVER_TIMING: "on" } });
    const answer = await get(own.port, "/photo.jpg");
    expect(field(answer, "server-timing")).toMatch(/^find;dur=\d+\.\d{3}$/);
  });

  describe("hosts", () => {
    const HOSTS = {
      "example.com/index.html": "the site itself",
      "*.example.com/index.html": "any of its children",
      "deep.a.example.com/index.html": "a child with a folder of its own",
    };
    const hosts = new Folder(HOSTS);
    afterAll(() => hosts.remove());
    const many = sharedServer({ transport, env: { SLUICE_HOSTS_DIR: hosts.path } });
    const at = async (host: string): Promise<[number, string]> => {
      const { status, body } = await ask(many().port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      return [status, status === 200 ? String(body) : ""];
    };

    const rows: readonly (readonly [why: string, host: string, want: readonly [number, string]])[] =
      [
        ["its own folder", "example.com", [200, "the site itself"]],
        ["in any case, with a port and a dot", "EXAMPLE.com.:80", [200, "the site itself"]],
        ["a wildcard", "www.example.com", [200, "any of its children"]],
        [
          "the longer name before the wildcard",
          "deep.a.example.com",
          [200, HOSTS["deep.a.example.com/index.html"]],
        ],
        ["nobody's folder", "other.org", [421, ""]],
        ["the parent of all folders", "..", [400, ""]],
        ["the wildcard's own name", "*.example.com", [400, ""]],
      ];
    for (const [why, host, want] of rows) {
      test(`${why} (${host}), found and known`, async () => {
        expect(await at(host)).toEqual(want);
        expect(await at(host)).toEqual(want);
      });
    }

    // uWebSockets.js speaks neither.
    const lines = [
      [
        "the target's, whatever the field says",
        "http://example.com/ HTTP/1.1\r\nHost: other.org",
        200,
      ],
      ["that of HTTP/1.0 without the field", "HTTP://EXAMPLE.COM:80/ HTTP/1.0", 200],
      [
        "the target's, though the field's is there",
        "http://other.org/ HTTP/1.1\r\nHost: example.com",
        421,
      ],
      ["one with a name in front", "http://me@example.com/ HTTP/1.1\r\nHost: example.com", 400],
      ["none", "http:/// HTTP/1.1\r\nHost: example.com", 400],
    ] as const;
    for (const [why, line, status] of transport === "node" ? lines : []) {
      test(`absolute form: ${why} (${JSON.stringify(line)}), found and known`, async () => {
        for (const _ of ["found", "known"]) {
          expect((await ask(many().port, `GET ${line}\r\n\r\n`)).status).toBe(status);
        }
      });
    }
  });

  describe("a release that is switched by its link", () => {
    const page = Buffer.alloc(12_000_000, "1"); // more than the buffers between us hold
    const RELEASES = { "v1/x.txt": "one", "v2/x.txt": "two", "v1/big": page } as const;
    const ways = ["the root itself", "the folder of a host"] as const;
    test.for(ways)(
      "is seen at once, and transfers end on the old one (%s)",
      async (way, { serve }) => {
        const releases = new Folder(RELEASES);
        fs.symlinkSync("v1", releases.at("test"));
        const env = { SLUICE_REVALIDATE_MS: "1h", SLUICE_READ_TIMEOUT_MS: "1m" };
        const own =
          way === "the root itself"
            ? await serve({ transport, env, root: releases.at("test") })
            : await serve({ transport, env: { ...env, SLUICE_HOSTS_DIR: releases.path } });
        const readX = async () => String((await get(own.port, "/x.txt")).body);
        expect(await readX()).toBe("one");
        const slow = await Client.connect(own.port);
        slow.send(request("GET /big"));
        const { fields } = await slow.head();

        fs.symlinkSync("v2", releases.at("next"));
        fs.renameSync(releases.at("next"), releases.at("test"));
        await expect.poll(readX, { timeout: 5000 }).toBe("two");
        let ones = 0;
        const length = Number(fields.get("content-length"));
        await slow.body(length, (bytes) => {
          ones += holds(page, 0, bytes) ? bytes.length : 0;
        });
        expect(ones).toBe(page.length);
        slow.leave();
        releases.remove();
      },
    );
  });
});
