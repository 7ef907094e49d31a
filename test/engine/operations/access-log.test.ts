/** Fear: a line that lies, breaks in two, or says what the client made it say. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Caller } from "../../../engine/operations/access-line.js";
import { AccessLog } from "../../../engine/operations/access-log.js";
import type { Ask } from "../../../engine/transport/exchange.js";
import { parseProxies } from "../../../engine/transport/proxies.js";
import type { Field } from "../../../protocol/head.js";

const NOON_MS = Date.UTC(2026, 10, 24, 12, 0, 0, 7);

const CALLER: Caller = {
  method: "GET",
  target: "/a/b.js?v=1",
  version: "HTTP/1.1",
  client: "192.0.2.1",
  referer: "https://example.com/",
  userAgent: "curl/8.5.0",
};

function createLog(format: "combined" | "json") {
  const lines: string[] = [];
  const calls: string[] = [];
  const clock = { nowMs: NOON_MS };
  const writer = {
    write: (line: string) => void lines.push(line),
    reopen: () => void calls.push("reopen"),
    close: async () => void calls.push("close"),
    stats: () => ({ lines: lines.length, dropped: 3, waitingBytes: 9 }),
  };
  const trusts = parseProxies("10.0.0.1")!;
  const log = new AccessLog({ format, writer, trusts, nowMs: () => clock.nowMs });
  return { log, lines, calls, clock };
}

/** The line of a request that went well, but for what is given. */
function lineOf(format: "combined" | "json", caller: Partial<Caller> = {}): string {
  const { log, lines } = createLog(format);
  log.write({ ...CALLER, ...caller }, 200, 1234, 1.5, "sent");
  return lines[0]!;
}

describe("callerOf", () => {
  const askFor = (query: string, fields: readonly Field[], client: string): Ask => ({
    method: "PROPFIND",
    path: "/a%20b",
    query,
    isDoubtful: false,
    version: "HTTP/1.0",
    client,
    field: ({ text }) => fields.find(([name]) => name === text)?.[1] ?? "",
    fields: () => [...fields],
  });

  test("copies what a line needs", () => {
    const fields: Field[] = [
      ["referer", "r"],
      ["user-agent", "u"],
      ["x-forwarded-for", "203.0.113.7"],
    ];
    const { log } = createLog("json");
    expect(log.callerOf(askFor("c=%20", fields, "10.0.0.1"))).toEqual({
      method: "PROPFIND",
      target: "/a%20b?c=%20",
      version: "HTTP/1.0",
      client: "203.0.113.7",
      referer: "r",
      userAgent: "u",
    });
  });

  test("adds no question mark, and takes nobody's word who is not trusted", () => {
    const { log } = createLog("json");
    const caller = log.callerOf(askFor("", [["x-forwarded-for", "203.0.113.7"]], "10.0.0.2"));
    expect(caller).toMatchObject({ target: "/a%20b", client: "10.0.0.2", referer: "" });
  });
});

describe("combined", () => {
  test("is what every parser of it knows", () => {
    expect(lineOf("combined")).toBe(
      '192.0.2.1 - - [24/Nov/2026:12:00:00 +0000] "GET /a/b.js?v=1 HTTP/1.1" 200 1234 "https://example.com/" "curl/8.5.0"\n',
    );
  });

  test("writes a dash for what is absent", () => {
    const { log, lines } = createLog("combined");
    log.write({ ...CALLER, client: "", referer: "", userAgent: "" }, 304, 0, 1, "sent");
    expect(lines).toEqual([
      '- - - [24/Nov/2026:12:00:00 +0000] "GET /a/b.js?v=1 HTTP/1.1" 304 - "-" "-"\n',
    ]);
  });

  const escapes: readonly (readonly [why: string, caller: Partial<Caller>, want: string])[] = [
    ["a quote in the agent", { userAgent: 'a" 200 "b' }, '"a\\x22 200 \\x22b"'],
    ["a quote in the referer", { referer: 'a"b' }, '"a\\x22b"'],
    ["a quote in the target", { target: '/a"b' }, '"GET /a\\x22b HTTP/1.1"'],
    ["a quote in the method", { method: 'G"T' }, '"G\\x22T /a/b.js?v=1 HTTP/1.1"'],
    ["a backslash", { userAgent: "a\\b" }, '"a\\x5Cb"'],
    ["a line feed", { target: "/a\nb" }, "GET /a\\x0Ab HTTP"],
    ["a terminal's escape sequence", { userAgent: "\x1b[2J" }, '"\\x1B[2J"'],
    ["a tab and a delete", { userAgent: "a\t\x7f" }, '"a\\x09\\x7F"'],
    ["the bytes of a field as they came", { userAgent: "\xc3\xbc\xff" }, '"\\xC3\\xBC\\xFF"'],
    ["the bytes of a target in UTF-8", { target: "/ü🌊" }, "/\\xC3\\xBC\\xF0\\x9F\\x8C\\x8A HTTP"],
  ];
  test.each(escapes)("escapes %s", (_why, caller, want) => {
    expect(lineOf("combined", caller)).toContain(want);
  });
});

describe("json", () => {
  test("has everything, in an order that does not change", () => {
    expect(lineOf("json")).toBe(
      '{"time":"2026-11-24T12:00:00.007Z","client":"192.0.2.1","method":"GET",' +
        '"target":"/a/b.js?v=1","version":"HTTP/1.1","status":200,"bytes":1234,"tookMs":1.500,' +
        '"outcome":"sent","referer":"https://example.com/","userAgent":"curl/8.5.0"}\n',
    );
  });

  test("leaves absent text empty", () => {
    const line = lineOf("json", { client: "", referer: "", userAgent: "" });
    expect(JSON.parse(line)).toMatchObject({ client: "", referer: "", userAgent: "" });
  });

  const times: readonly (readonly [tookMs: number, want: string])[] = [
    [0, "0.000"],
    [0.0004, "0.000"],
    [0.015, "0.015"],
    [0.9996, "1.000"],
    [12.34, "12.340"],
    [3_600_000.5, "3600000.500"],
    [-0.1, "0.000"],
  ];
  test.each(times)("writes %d ms as %s", (tookMs, want) => {
    const { log, lines } = createLog("json");
    log.write(CALLER, 200, 1, tookMs, "sent");
    expect(lines[0]).toContain(`"tookMs":${want},`);
  });

  const texts: readonly (readonly [why: string, userAgent: string, want: string])[] = [
    ["reads bytes that are UTF-8 as such", "\xc3\xbcber", "über"],
    ["reads other bytes as Latin-1", "\xfcber", "über"],
    ["keeps a quote, a backslash and controls", '"\\\n\x1b\x7f', '"\\\n\x1b\x7f'],
  ];
  test.each(texts)("%s", (_why, userAgent, want) => {
    const line = lineOf("json", { userAgent });
    expect(line).toMatch(/^[ -~]*\n$/);
    expect(JSON.parse(line).userAgent).toBe(want);
  });
});

describe("an answer cut short", () => {
  const rows = [
    ["gone", 200, "client-gone", 200],
    ["gone", 0, "client-gone", 499],
    ["changed", 200, "file-changed", 200],
    ["read failed", 206, "read-failed", 206],
    ["read timed out", 200, "read-timed-out", 200],
    ["client stalled", 200, "client-stalled", 200],
  ] as const;
  test.each(rows)("shows: %s after status %d", (outcome, status, word, want) => {
    const combined = createLog("combined");
    combined.log.write(CALLER, status, 17, 1, outcome);
    expect(combined.lines[0]).toMatch(
      new RegExp(`^192\\.0\\.2\\.1 ${word} - \\[.*" ${want} 17 "https`),
    );
    const json = createLog("json");
    json.log.write(CALLER, status, 17, 1, outcome);
    expect(JSON.parse(json.lines[0]!)).toMatchObject({ outcome, status: want, bytes: 17 });
  });
});

describe("whatever a client sends", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("\n", '"', "\\", "\ud800", "\udc00", "\u2028", "a", "ü") }),
  );
  const bytes = fc.string({ unit: fc.nat(255).map((byte) => String.fromCharCode(byte)) });
  const isOneLine = /^[ -~]*\n$/;

  test("a combined line is one line of ASCII that splits at its spaces and quotes", () => {
    const shape =
      /^\S+ \S+ - \[[^\]]+\] "[^"\\]*(?:\\x[0-9A-F]{2}[^"\\]*)*" \d{3} \d+ "[^"]+" "[^"]+"\n$/;
    fc.assert(
      fc.property(text, text, bytes, bytes, (method, target, referer, userAgent) => {
        const line = lineOf("combined", { method, target, referer, userAgent });
        expect(line).toMatch(isOneLine);
        expect(line).toMatch(shape);
      }),
    );
  });

  test("a combined line gives back the bytes of a field", () => {
    const bytesOf = (field: string): string =>
      field.replace(/\\x(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    fc.assert(
      fc.property(bytes, (userAgent) => {
        const last = /"([^"]*)"\n$/.exec(lineOf("combined", { userAgent }))![1]!;
        expect(bytesOf(last)).toBe(userAgent || "-");
      }),
    );
  });

  test("a line of JSON is one line of ASCII that gives back the text", () => {
    fc.assert(
      fc.property(text, text, bytes, (method, target, referer) => {
        const line = lineOf("json", { method, target, referer });
        expect(line).toMatch(isOneLine);
        const read = JSON.parse(line);
        expect(read).toMatchObject({ method, target });
        expect([referer, Buffer.from(referer, "latin1").toString()]).toContain(read.referer);
      }),
    );
  });
});

describe("the time", () => {
  test("is right when the second changes, forth and back", () => {
    for (const [format, at] of [
      ["combined", "24/Nov/2026:%s +0000"],
      ["json", "2026-11-24T%s."],
    ] as const) {
      const { log, lines, clock } = createLog(format);
      const clocks = ["12:00:00", "12:00:00", "12:00:01", "12:00:00", "23:59:59"];
      for (const text of clocks) {
        clock.nowMs = Date.parse(`2026-11-24T${text}.500Z`);
        log.write(CALLER, 200, 1, 1, "sent");
      }
      const wanted = clocks.map((text) => expect.stringContaining(at.replace("%s", text)));
      expect(lines).toEqual(wanted);
    }
  });

  test("has three digits of a second in JSON", () => {
    const { log, lines, clock } = createLog("json");
    for (const ms of [0, 9, 99, 999]) {
      clock.nowMs = Date.UTC(2026, 0, 1) + ms;
      log.write(CALLER, 200, 1, 1, "sent");
    }
    expect(lines.map((line) => JSON.parse(line).time.slice(-5))).toEqual([
      ".000Z",
      ".009Z",
      ".099Z",
      ".999Z",
    ]);
  });
});

test("the rest is for the writer", async () => {
  const { log, calls } = createLog("json");
  log.write(CALLER, 200, 1, 1, "sent");
  log.reopen();
  await log.close();
  expect(calls).toEqual(["reopen", "close"]);
  expect(log.stats()).toEqual({ lines: 1, dropped: 3 });
});
