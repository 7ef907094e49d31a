/** Fear: an endpoint that tells a stranger, hangs on an odd request, or takes the server with it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type AdminParts, AdminServer } from "../../../engine/admin/admin-server.js";
import type { AdminSource } from "../../../engine/admin/admin-source.js";
import { HeldBodies } from "../../../engine/admin/held-bodies.js";
import { readConfig } from "../../../engine/settings/config.js";
import type { Ask, Listener, Reply } from "../../../engine/transport/exchange.js";
import { listen } from "../../../engine/transport/listen.js";
import type { DownloadTotals } from "../../../metrics/downloads.js";
import type { Report } from "../../../metrics/report.js";
import type { Head } from "../../../protocol/head.js";
import { type Answer, ask as askOnce, Client } from "../../support/client.js";
import { createMachineMetrics } from "../../support/machine-metrics.js";
import { TRANSPORTS } from "../../support/server.js";
import { FakeReply } from "./fake-reply.js";

const TOKEN = "correct-horse-battery";
const SECRET = "what nobody beyond may read";
const DOWNLOAD: DownloadTotals = {
  path: `/${SECRET}`,
  completed: 1,
  aborted: 2,
  ranged: 3,
  bytes: 4,
  inProgress: 5,
  lastMs: 6,
};
const MANY = Array.from({ length: 20_000 }, () => DOWNLOAD);
/** More than both ends of a connection keep in the kernel. */
const HUGE = Buffer.alloc(24 * 1024 * 1024, "0123456789");
const PAGE = `<!doctype html><p>${SECRET}`;

/** What a test may change while the server runs. */
interface State {
  unready: readonly string[];
  downloads: readonly DownloadTotals[];
  hasFeed: boolean;
  explain: AdminSource["explain"];
}

const asked: unknown[] = [];
const initial = (): State => ({
  unready: [],
  downloads: [DOWNLOAD],
  hasFeed: true,
  explain: async (path, fields) => {
    asked.push([path, fields]);
    return { path, says: SECRET };
  },
});
let state = initial();
const bugs: string[] = [];
const held = new HeldBodies(1_000_000);

const source: AdminSource = {
  report: () => ({ version: "1.2.3", downloads: [DOWNLOAD] }) as unknown as Report,
  underWay: () => [],
  slowest: () => [],
  downloads: () => state.downloads,
  settings: () => readConfig({ SLUICE_ADMIN_TOKEN: TOKEN, SLUICE_INDEX: SECRET }).settings,
  unready: () => state.unready,
  metrics: () => createMachineMetrics({ version: SECRET }),
  explain: (path, fields) => state.explain(path, fields),
};

/** Stands for the live feed: a stream has no length, and the client here wants one. */
const openFeed = (head: Head, reply: Reply): boolean => {
  if (state.hasFeed) reply.sendWhole(head, Buffer.from(`data: ${SECRET}\n\n`));
  return state.hasFeed;
};

const parts: AdminParts = {
  source,
  token: TOKEN,
  assets: new Map([
    ["/", { mediaType: "text/html; charset=utf-8", body: Buffer.from(PAGE) }],
    ["/assets/page.css", { mediaType: "text/css", body: Buffer.from("p{}") }],
    ["/huge", { mediaType: "text/plain", body: HUGE }],
  ]),
  openFeed,
  onBug: (error, path) => bugs.push(`${path}: ${error instanceof Error ? error.message : error}`),
};

const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** As `curl` on this machine asks that has the token; a field without a value is left out. */
const requestOf = (line: string, fields: Readonly<Record<string, string>> = {}): string =>
  [
    `${line} HTTP/1.1`,
    ...Object.entries({ Host: "localhost", Authorization: `Bearer ${TOKEN}`, ...fields })
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ].join("\r\n");

const NO_TOKEN = { Authorization: "" };

const ENDPOINTS: readonly (readonly [path: string, type: string, body: RegExp])[] = [
  ["/", "text/html; charset=utf-8", /^<!doctype html>/],
  ["/assets/page.css", "text/css", /^p\{\}$/],
  ["/events", "text/event-stream", /^data: /],
  ["/healthz", "text/plain; charset=utf-8", /^ok\n$/],
  ["/readyz", "text/plain; charset=utf-8", /^ok\n$/],
  ["/metrics", "text/plain; version=0.0.4; charset=utf-8", /^# HELP sluice_build_info /],
  ["/report.json", "application/json", /^\{"version":"1\.2\.3",.*\}\n$/],
  ["/operations.json", "application/json", /^\{"underWay":\[\],"slowest":\[\]\}\n$/],
  ["/downloads.json", "application/json", /^\{"downloads":\[\{"path".*\}\]\}\n$/],
  ["/config.json", "application/json", /^\{"settings":\[\{"name":"SLUICE_ROOT".*\}\]\}\n$/],
  ["/explain?path=/a", "application/json", /^\{"path":"\/a",/],
];

describe.each(TRANSPORTS)("the admin port through %s", (transport) => {
  let listener: Listener;
  beforeAll(async () => {
    const server = new AdminServer(parts, held);
    listener = await listen(transport, { host: "127.0.0.1", port: 0 }, server, silent);
    return () => listener.close();
  });
  beforeEach(() => {
    state = initial();
    bugs.length = 0;
  });

  const ask = (line: string, fields?: Readonly<Record<string, string>>): Promise<Answer> =>
    askOnce(listener.port, requestOf(line, fields));
  const bodyOf = async (line: string): Promise<string> => (await ask(line)).body.toString();

  describe.each(ENDPOINTS)("%s", (path, type, body) => {
    test("answers GET", async () => {
      const answer = await ask(`GET ${path}`);
      expect(answer.status).toBe(200);
      expect(answer.fields.get("content-type")).toBe(type);
      expect(answer.body.toString()).toMatch(body);
    });

    test("answers HEAD with the same head and no body", async () => {
      const get = await ask(`GET ${path}`);
      const client = await Client.connect(listener.port);
      client.send(requestOf(`HEAD ${path}`));
      const head = await client.head();
      if (path !== "/events") {
        expect(head.fields.get("content-length")).toBe(String(get.body.length));
      }
      expect(head.fields.get("content-type")).toBe(type);
      expect(head.status).toBe(200);
      client.send(requestOf("GET /healthz")); // a body would now be in its way
      expect(await client.answer()).toMatchObject({ status: 200, body: Buffer.from("ok\n") });
      client.leave();
    });

    test("is not stored, sniffed, framed or embedded, and tells nobody where it is", async () => {
      const { fields } = await ask(`GET ${path}`);
      expect(fields.get("cache-control")).toBe("no-store");
      expect(fields.get("x-content-type-options")).toBe("nosniff");
      expect(fields.get("referrer-policy")).toBe("no-referrer");
      expect(fields.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(fields.get("content-security-policy")).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
          "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
    });

    const beyond: readonly (readonly [why: string, fields: Readonly<Record<string, string>>])[] = [
      ["a name that is not loopback's", { Host: "evil.example" }],
      ["Forwarded", { Forwarded: "for=203.0.113.7" }],
      ["X-Forwarded-For", { "X-Forwarded-For": "203.0.113.7" }],
      ["X-Real-IP", { "X-Real-IP": "203.0.113.7" }],
      ["X-Forwarded-Host", { "X-Forwarded-Host": "a.example" }],
      ["X-Forwarded-Proto", { "X-Forwarded-Proto": "https" }],
      ["Via", { Via: "1.1 proxy" }],
    ];
    test.each(beyond)("tells nothing beyond this machine: %s", async (_why, fields) => {
      for (const method of ["GET", "HEAD", "POST", "OPTIONS", "PROPFIND"]) {
        const answer = await ask(`${method} ${path}`, { ...NO_TOKEN, ...fields });
        expect(answer.status).toBe(401);
        expect(answer.fields.get("www-authenticate")).toBe('Basic realm="Sluice", charset="UTF-8"');
        expect(answer.body.toString()).not.toContain(SECRET);
      }
      const wrong = await ask(`GET ${path}`, { ...fields, Authorization: `Bearer ${TOKEN}x` });
      expect(wrong.status).toBe(401);
      const right = await ask(`GET ${path}`, { ...fields, Authorization: `Bearer ${TOKEN}` });
      expect(right.status).toBe(200);
    });

    const isHealth = path === "/healthz" || path === "/readyz";
    test("wants the token of this machine too, except for health", async () => {
      expect((await ask(`GET ${path}`, NO_TOKEN)).status).toBe(isHealth ? 200 : 401);
    });

    const elsewhere: readonly (readonly [why: string, fields: Readonly<Record<string, string>>])[] =
      [
        ["its origin", { Origin: "https://evil.example" }],
        ["the browser's word", { "Sec-Fetch-Site": "cross-site" }],
        [
          "a frame",
          {
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "iframe",
          },
        ],
      ];
    test.each(elsewhere)("tells another site's page nothing, by %s", async (_why, fields) => {
      const answer = await ask(`GET ${path}`, { ...fields, Authorization: `Bearer ${TOKEN}` });
      expect(answer.status).toBe(403);
      expect(answer.fields.has("www-authenticate")).toBe(false);
      expect(answer.body.toString()).not.toContain(SECRET);
    });

    test("opens by a link of another site: who holds it sees nothing", async () => {
      const fields = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
      };
      expect((await ask(`GET ${path}`, fields)).status).toBe(200);
    });

    test.each(["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])("refuses %s", async (method) => {
      const answer = await ask(`${method} ${path}`, { "Content-Length": "0" });
      expect(answer.status).toBe(405);
      expect(answer.fields.get("allow")).toBe("GET, HEAD");
    });

    test("reads past a small body, and the connection goes on", async () => {
      const client = await Client.connect(listener.port);
      client.send(`${requestOf(`POST ${path}`, { "Content-Length": "5" })}hello`);
      expect((await client.answer()).status).toBe(405);
      client.send(requestOf("GET /healthz"));
      expect((await client.answer()).status).toBe(200);
      client.leave();
    });

    test("takes a query of some kilobytes that is garbage", async () => {
      const mark = path.includes("?") ? "&" : "?";
      const answer = await ask(`GET ${path}${mark}%zz&=&&%00=%ff&${"a".repeat(4096)}`);
      expect(answer.status).toBe(path.startsWith("/explain") ? 400 : 200);
    });

    test("refuses a query of 9 KiB", async () => {
      const mark = path.includes("?") ? "&" : "?";
      expect((await ask(`GET ${path}${mark}${"a".repeat(9 * 1024)}`)).status).toBe(414);
    });
  });

  describe("what is not there", () => {
    test.each([
      "/healthz/",
      "/Healthz",
      "/metrics/x",
      "//metrics",
      "/%68ealthz",
      "/../etc/passwd",
      "/__proto__",
      "/assets/",
      "/live",
    ])("%s is a 404 in one line that names what is", async (path) => {
      const answer = await ask(`GET ${path}`);
      expect(answer.status).toBe(404);
      expect(answer.body.toString()).toMatch(/^nothing is here; there is \/healthz, [ -~]+\n$/);
    });
  });

  describe("what the transport may refuse before us", () => {
    const untilClosed = async (text: string): Promise<string> => {
      const client = await Client.connect(listener.port);
      client.send(text);
      return (await client.untilClosed()).toString();
    };

    test.each(["BREW", "get", "GETS"])("the unknown method %s", async (method) => {
      const said = await untilClosed(requestOf(`${method} /healthz`, { Connection: "close" }));
      expect(said).toMatch(/^HTTP\/1\.1 501 /);
    });

    test("a query of 64 KiB", async () => {
      const client = await Client.connect(listener.port);
      client.send(requestOf(`GET /explain?path=/${"a".repeat(64 * 1024)}`));
      expect((await client.head()).status).toBeOneOf([414, 431]);
      client.leave();
      expect(await bodyOf("GET /healthz")).toBe("ok\n");
    });
  });

  describe("framing", () => {
    const rows: readonly (readonly [
      why: string,
      fields: Readonly<Record<string, string>>,
      body: string,
    ])[] = [
      ["a large body with GET", { "Content-Length": "1000000" }, "a".repeat(1_000_000)],
      ["a body of any length with GET", { "Transfer-Encoding": "chunked" }, "1\r\na\r\n0\r\n\r\n"],
    ];
    test.each(rows)("%s ends the connection", async (_why, fields, body) => {
      const client = await Client.connect(listener.port);
      client.send(requestOf("GET /healthz", fields) + body);
      const text = (await client.untilClosed()).toString();
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      expect(text.toLowerCase()).toContain("connection: close");
    });

    test("a large body does not open the gate", async () => {
      const client = await Client.connect(listener.port);
      const fields = { "Content-Length": "1000000", Host: "evil.example", ...NO_TOKEN };
      client.send(requestOf("GET /report.json", fields) + "a".repeat(1_000_000));
      expect((await client.untilClosed()).toString()).toMatch(/^HTTP\/1\.1 401 /);
    });

    test("two lengths are refused, and the connection closed", async () => {
      const client = await Client.connect(listener.port);
      const twice = "Content-Length: 5\r\nContent-Length: 6";
      client.send(`GET /report.json HTTP/1.1\r\nHost: localhost\r\n${twice}\r\n\r\nhello!`);
      const text = (await client.untilClosed()).toString();
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text.toLowerCase()).toContain("connection: close");
      expect(text).not.toContain(SECRET);
    });
  });

  describe("/readyz", () => {
    test("says no for a single reason", async () => {
      state.unready = ["the root is gone"];
      expect(await ask("GET /readyz")).toMatchObject({
        status: 503,
        body: Buffer.from("the root is gone\n"),
      });
    });

    test("says why not, a reason a line", async () => {
      state.unready = ["it does not listen", "the root is gone"];
      const answer = await ask("GET /readyz");
      expect(answer.status).toBe(503);
      expect(answer.body.toString()).toBe("it does not listen\nthe root is gone\n");
      expect((await ask("HEAD /readyz")).status).toBe(503);
      expect((await ask("GET /healthz")).status).toBe(200);
    });
  });

  describe("/config.json", () => {
    test("shows where each value comes from, and no secret", async () => {
      const text = await bodyOf("GET /config.json");
      expect(JSON.parse(text).settings).toContainEqual({
        name: "SLUICE_ADMIN_TOKEN",
        value: "(hidden)",
        origin: "environment",
        default: "(none)",
        says: expect.any(String),
      });
      expect(text).not.toContain(TOKEN);
    });
  });

  describe("/explain", () => {
    test("hands over the path and the fields as they were meant", async () => {
      asked.length = 0;
      await ask("GET /explain?path=/a%2520b&header=Range:%20bytes=0-9&header=A:%C3%A9");
      expect(asked).toEqual([
        [
          "/a%20b",
          [
            ["Range", "bytes=0-9"],
            ["A", "é"],
          ],
        ],
      ]);
    });

    test("refuses an unclear question in one line", async () => {
      const answer = await ask("GET /explain?path=a");
      expect(answer.status).toBe(400);
      expect(answer.body.toString()).toMatch(/^the path is missing[ -~]+\n$/);
    });

    test("is null when there is nothing to explain", async () => {
      state.explain = async () => undefined;
      expect(await bodyOf("GET /explain?path=/a")).toBe("null\n");
    });

    test("outlives a client that leaves before the answer", async () => {
      let late: (value: unknown) => void = () => {};
      const called = new Promise<void>((resolve) => {
        state.explain = () => {
          resolve();
          return new Promise((answer) => (late = answer));
        };
      });
      const client = await Client.connect(listener.port);
      client.send(requestOf("GET /explain?path=/a"));
      await called;
      client.leave();
      await expect.poll(() => listener.pending()).toBe(0);
      late({});
      expect(await bodyOf("GET /healthz")).toBe("ok\n");
      expect(bugs).toEqual([]);
    });
  });

  describe("a question that takes too long", () => {
    let hasty: Listener;
    beforeAll(async () => {
      const server = new AdminServer(parts, held, 50);
      hasty = await listen(transport, { host: "127.0.0.1", port: 0 }, server, silent);
      return () => hasty.close();
    });

    test("is given up, and its answer dropped when it comes after all", async () => {
      let late: (value: unknown) => void = () => {};
      state.explain = () => new Promise((resolve) => (late = resolve));
      const client = await Client.connect(hasty.port);
      client.send(requestOf("GET /explain?path=/a"));
      const answer = await client.answer();
      expect(answer.status).toBe(503);
      expect(answer.fields.get("retry-after")).toBe("5");
      late({ says: SECRET });
      client.send(requestOf("GET /nothing"));
      expect((await client.answer()).status).toBe(404);
      expect(bugs).toEqual([]);
      client.leave();
    });
  });

  describe("a bug", () => {
    const rows: readonly (readonly [why: string, explain: AdminSource["explain"]])[] = [
      [
        "that throws",
        () => {
          throw new Error(SECRET);
        },
      ],
      ["that rejects", async () => Promise.reject(new Error(SECRET))],
      ["that yields what JSON cannot hold", async () => ({ big: 1n })],
    ];
    test.each(rows)("%s costs its own request, and is told to the log", async (_why, explain) => {
      state.explain = explain;
      const answer = await ask("GET /explain?path=/a");
      expect(answer.status).toBe(500);
      expect(answer.body.toString()).toBe("something went wrong; the log says what\n");
      expect(bugs).toEqual([expect.stringMatching(/^\/explain: /)]);
      expect(await bodyOf("GET /healthz")).toBe("ok\n");
    });
  });

  describe("/events", () => {
    test("is refused when no place is free", async () => {
      state.hasFeed = false;
      const answer = await ask("GET /events");
      expect(answer.status).toBe(503);
      expect(answer.fields.get("retry-after")).toBe("5");
    });
  });

  describe("a large answer", () => {
    test("arrives whole", async () => {
      state.downloads = MANY;
      expect(JSON.parse(await bodyOf("GET /downloads.json"))).toEqual({ downloads: MANY });
      expect(held.heldBytes).toBe(0);
    });

    test("of a reader who takes nothing is held once, and others are told to wait", async () => {
      const client = await Client.connect(listener.port);
      client.send(requestOf("GET /huge"));
      await expect.poll(() => held.isFull).toBe(true);
      const answer = await ask("GET /report.json");
      expect(answer.status).toBe(503);
      expect(answer.fields.get("retry-after")).toBe("5");
      for (const path of ["/healthz", "/readyz"]) {
        expect((await ask(`GET ${path}`)).status, path).toBe(200); // nobody is restarted for it
      }
      client.leave();
      await expect.poll(() => held.heldBytes).toBe(0);
      expect((await ask("GET /report.json")).status).toBe(200);
    });

    test("of a reader who pauses arrives whole", async () => {
      const client = await Client.connect(listener.port);
      client.send(requestOf("GET /huge"));
      await expect.poll(() => held.isFull).toBe(true);
      expect(await client.download(HUGE)).toMatchObject({ isCut: false, isSame: true });
      client.leave();
      await expect.poll(() => held.heldBytes).toBe(0);
    });
  });

  test("nothing stays pending", async () => {
    await expect.poll(() => listener.pending()).toBe(0);
  });
});

describe("a client that takes nothing", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  const FIELDS = new Map([
    ["host", "localhost"],
    ["authorization", `Bearer ${TOKEN}`],
  ]);
  const question: Ask = {
    method: "GET",
    path: "/explain",
    query: "path=/a",
    version: "HTTP/1.1",
    isDoubtful: false,
    client: "127.0.0.1",
    field: ({ text }) => FIELDS.get(text) ?? "",
    fields: () => [],
  };

  test("gets one answer only, also when a second one comes late", async () => {
    let late: (value: unknown) => void = () => {};
    state = { ...initial(), explain: () => new Promise((resolve) => (late = resolve)) };
    const reply = new FakeReply(0);
    new AdminServer(parts).handle(question, reply);
    vi.advanceTimersByTime(30_000);
    late({ says: SECRET });
    await reply.drain(1000);
    expect(reply).toMatchObject({ head: { status: 503 }, isOver: true });
    expect(reply.body).toBe("this took too long to find out\n");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leaves no timer when it has its answer", async () => {
    state = initial();
    const reply = new FakeReply();
    new AdminServer(parts).handle(question, reply);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reply).toMatchObject({ head: { status: 200 }, isOver: true });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("many who ask at once", () => {
  const FIELDS = new Map([
    ["host", "localhost"],
    ["authorization", `Bearer ${TOKEN}`],
  ]);
  const questionOf = (path: string): Ask => ({
    method: "GET",
    path,
    query: "",
    version: "HTTP/1.1",
    isDoubtful: false,
    client: "127.0.0.1",
    field: ({ text }) => FIELDS.get(text) ?? "",
    fields: () => [],
  });
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
  const MANY_ASK = 500;

  /** A server of which a test says when it knows its figures, and what they are. */
  function createSlow() {
    const making: { resolve: (version: string) => void; reject: (error: Error) => void }[] = [];
    const own = new HeldBodies();
    const slow = (): Promise<never> =>
      new Promise((resolve, reject) => {
        making.push({ resolve: (version) => resolve({ version } as never), reject });
      });
    const metrics = async () => createMachineMetrics(await slow());
    const server = new AdminServer({ ...parts, source: { ...source, report: slow, metrics } }, own);
    const ask = (path: string, count = MANY_ASK): FakeReply[] =>
      Array.from({ length: count }, () => {
        const reply = new FakeReply(1);
        server.handle(questionOf(path), reply);
        return reply;
      });
    return { making, ask, held: own };
  }

  test.each(["/metrics", "/report.json"])("%s is made for all of them at once", async (path) => {
    const { making, ask, held } = createSlow();
    const first = ask(path);
    await settled();
    const second = ask(path); // what is being made may lack what they have seen
    await settled();
    expect(making).toHaveLength(1);
    making[0]!.resolve("early");
    await expect.poll(() => held.heldBytes).toBeGreaterThan(0);
    const bytesOfOne = held.heldBytes;
    await expect.poll(() => making).toHaveLength(2);
    making[1]!.resolve("later");
    await expect.poll(() => held.heldBytes).toBeGreaterThan(bytesOfOne);
    expect(held.heldBytes).toBeLessThan(3 * bytesOfOne);
    for (const reply of [...first, ...second]) await reply.drain(1_000_000);
    for (const reply of first) expect(reply.body).toContain('"early"');
    for (const reply of second) expect(reply.body).toContain('"later"');
    expect([making.length, held.heldBytes]).toEqual([2, 0]);
  });

  test("share a failure, and nobody after them does", async () => {
    bugs.length = 0;
    const { making, ask } = createSlow();
    const unlucky = ask("/report.json", 2);
    await settled();
    const others = ask("/report.json", 2);
    making[0]!.reject(new Error("no worker runs"));
    await expect.poll(() => making).toHaveLength(2);
    making[1]!.resolve("later");
    await settled();
    const statuses = [...unlucky, ...others].map(({ head }) => head?.status);
    expect(statuses).toEqual([500, 500, 200, 200]);
  });
});

describe("without a dashboard, a feed and a token", () => {
  let listener: Listener;
  beforeAll(async () => {
    const bare = { ...parts, token: "", assets: new Map(), openFeed: undefined };
    const at = { host: "127.0.0.1", port: 0 };
    listener = await listen("node", at, new AdminServer(bare), silent);
  });
  afterAll(() => listener.close());

  test.each(["/", "/events"])("%s is not there", async (path) => {
    expect((await askOnce(listener.port, requestOf(`GET ${path}`))).status).toBe(404);
  });

  test("nobody beyond this machine is asked for a token that does not exist", async () => {
    const fields = { Host: "evil.example", Authorization: "Bearer " };
    const answer = await askOnce(listener.port, requestOf("GET /report.json", fields));
    expect(answer.status).toBe(403);
    expect(answer.fields.has("www-authenticate")).toBe(false);
  });
});
