/** Fear: an answer that is right in the functions and wrong on the wire. */
import fs from "node:fs";
import { beforeAll, describe, expect } from "vitest";
import { ask, Client, request } from "../support/client.js";
import { GIB, LONG_AGO_HTTP } from "../support/folder.js";
import { sharedServer, TRANSPORTS, test } from "../support/server.js";

const TEN = "0123456789"; // a slice reads back as its own offsets
const HUGE_BYTES = 5 * GIB;

const FILES = {
  "ten.txt": TEN,
  "empty.txt": "",
  "no-type": TEN,
  "one space.html": "<p>",
  "docs/index.html": "the index of docs",
  "bare/only.txt": "a folder without an index",
  ".secret": "hidden",
  ".well-known/security.txt": "public",
  "huge.bin": { sizeBytes: HUGE_BYTES, islands: [[HUGE_BYTES - 10, Buffer.from(TEN)]] },
} as const;

interface Want {
  readonly status: number;
  /** By lower-case name; undefined: must not be there. */
  readonly fields?: Readonly<Record<string, string | RegExp | undefined>>;
  readonly body?: string | RegExp;
}

type Row = readonly [why: string, line: string, fields: readonly string[], want: Want];

const ERROR_PAGE = /^<!doctype html>/i;
const HTML = "text/html; charset=utf-8";

const whole: readonly Row[] = [
  [
    "a file, with all that is said of it",
    "GET /ten.txt",
    [],
    {
      status: 200,
      fields: {
        "content-type": "text/plain; charset=utf-8",
        "content-length": "10",
        "last-modified": LONG_AGO_HTTP,
        etag: /^"[^"]+"$/,
        "accept-ranges": "bytes",
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
        "transfer-encoding": undefined,
        date: /GMT$/,
      },
      body: TEN,
    },
  ],
  [
    "an empty file",
    "GET /empty.txt",
    [],
    { status: 200, fields: { "content-length": "0" }, body: "" },
  ],
  [
    "a file of no known type",
    "GET /no-type",
    [],
    { status: 200, fields: { "content-type": "application/octet-stream" } },
  ],
  [
    "a name with an escape",
    "GET /one%20space.html",
    [],
    { status: 200, fields: { "content-type": HTML }, body: "<p>" },
  ],
  ["a file with a query", "GET /ten.txt?a=/../b", [], { status: 200, body: TEN }],
  ["the index of a folder", "GET /docs/", [], { status: 200, body: "the index of docs" }],
  ["what is well known", "GET /.well-known/security.txt", [], { status: 200, body: "public" }],
];

const headOnly: readonly Row[] = [
  [
    "HEAD has the head of GET and no body",
    "HEAD /ten.txt",
    [],
    { status: 200, fields: { "content-length": "10", etag: /./ }, body: "" },
  ],
  [
    "HEAD of an empty file",
    "HEAD /empty.txt",
    [],
    { status: 200, fields: { "content-length": "0" }, body: "" },
  ],
  [
    "HEAD of a file over 4 GiB",
    "HEAD /huge.bin",
    [],
    { status: 200, fields: { "content-length": String(HUGE_BYTES) }, body: "" },
  ],
  ["HEAD of nothing has no error page", "HEAD /missing", [], { status: 404, body: "" }],
  [
    "HEAD ignores a range",
    "HEAD /ten.txt",
    ["Range: bytes=0-0"],
    { status: 200, fields: { "content-length": "10", "content-range": undefined } },
  ],
];

const ranges: readonly Row[] = [
  [
    "the first byte",
    "GET /ten.txt",
    ["Range: bytes=0-0"],
    {
      status: 206,
      fields: { "content-length": "1", "content-range": "bytes 0-0/10" },
      body: "0",
    },
  ],
  ["the last three bytes", "GET /ten.txt", ["Range: bytes=-3"], { status: 206, body: "789" }],
  ["from the fifth on", "GET /ten.txt", ["Range: bytes=5-"], { status: 206, body: "56789" }],
  [
    "a range past the end stops there",
    "GET /ten.txt",
    ["Range: bytes=8-99"],
    { status: 206, fields: { "content-range": "bytes 8-9/10" }, body: "89" },
  ],
  [
    "a range after the end",
    "GET /ten.txt",
    ["Range: bytes=10-"],
    { status: 416, fields: { "content-range": "bytes */10" }, body: ERROR_PAGE },
  ],
  ["another unit is ignored", "GET /ten.txt", ["Range: items=0-1"], { status: 200, body: TEN }],
  [
    "two ranges",
    "GET /ten.txt",
    ["Range: bytes=0-1,8-9"],
    {
      status: 206,
      fields: { "content-type": /^multipart\/byteranges; boundary=/ },
      body: /bytes 0-1\/10\r\n\r\n01\r\n[\s\S]*bytes 8-9\/10\r\n\r\n89\r\n/,
    },
  ],
  [
    "a range of a version that is gone",
    "GET /ten.txt",
    ["Range: bytes=0-0", 'If-Range: "gone"'],
    { status: 200, body: TEN },
  ],
  [
    "beyond 4 GiB",
    "GET /huge.bin",
    [`Range: bytes=${HUGE_BYTES - 10}-`],
    {
      status: 206,
      fields: { "content-range": `bytes ${HUGE_BYTES - 10}-${HUGE_BYTES - 1}/${HUGE_BYTES}` },
      body: TEN,
    },
  ],
  [
    "across 4 GiB",
    "GET /huge.bin",
    [`Range: bytes=${4 * GIB - 2}-${4 * GIB + 1}`],
    { status: 206, body: "\0\0\0\0" },
  ],
];

const conditions: readonly Row[] = [
  [
    "any version will do",
    "GET /ten.txt",
    ["If-None-Match: *"],
    {
      status: 304,
      fields: { etag: /./, "cache-control": "no-cache", "content-length": undefined },
      body: "",
    },
  ],
  [
    "not modified since",
    "GET /ten.txt",
    [`If-Modified-Since: ${LONG_AGO_HTTP}`],
    { status: 304, body: "" },
  ],
  [
    "another version is wanted",
    "GET /ten.txt",
    ['If-None-Match: "other"'],
    { status: 200, body: TEN },
  ],
  [
    "only a version that is gone",
    "GET /ten.txt",
    ['If-Match: "gone"'],
    { status: 412, body: ERROR_PAGE },
  ],
  [
    "HEAD is weighed too",
    "HEAD /ten.txt",
    ["If-None-Match: *"],
    { status: 304, fields: { "content-length": undefined }, body: "" },
  ],
];

const redirects: readonly Row[] = [
  [
    "a folder without its slash keeps the query",
    "GET /docs?a=1&b=2",
    [],
    { status: 301, fields: { location: "/docs/?a=1&b=2" } },
  ],
  ["never to another host", "GET //docs", [], { status: 301, fields: { location: "/docs/" } }],
  ["not without a folder", "GET //evil.example", [], { status: 404 }],
  ["a folder without an index", "GET /bare/", [], { status: 404, body: ERROR_PAGE }],
];

const refusals: readonly Row[] = [
  [
    "nothing there",
    "GET /missing",
    [],
    {
      status: 404,
      fields: { "content-type": HTML, "x-content-type-options": "nosniff" },
      body: ERROR_PAGE,
    },
  ],
  ["a file as a folder", "GET /ten.txt/more", [], { status: 404 }],
  ["a file with a slash", "GET /ten.txt/", [], { status: 404 }],
  ["a hidden file", "GET /.secret", [], { status: 404, body: ERROR_PAGE }],
  ["a link out of the folder", "GET /outside", [], { status: 403, body: ERROR_PAGE }],
  ["an escape that is none", "GET /%zz", [], { status: 400, body: ERROR_PAGE }],
  ["an escaped NUL", "GET /ten.txt%00.html", [], { status: 400 }],
  ["a step up", "GET /docs/../ten.txt", [], { status: 400 }],
  ["an escaped step up", "GET /%2e%2e/etc/passwd", [], { status: 400 }],
  ["an escaped slash", "GET /docs%2findex.html", [], { status: 400 }],
  ["a backslash", "GET /docs%5cindex.html", [], { status: 400 }],
  [
    "a method that changes things",
    "DELETE /ten.txt",
    [],
    { status: 405, fields: { allow: "GET, HEAD, OPTIONS" }, body: ERROR_PAGE },
  ],
  [
    "a form, which is read past",
    "POST /ten.txt",
    ["Content-Length: 0"],
    { status: 405, fields: { allow: "GET, HEAD, OPTIONS" } },
  ],
  [
    "what may be asked",
    "OPTIONS /ten.txt",
    [],
    { status: 204, fields: { allow: "GET, HEAD, OPTIONS" }, body: "" },
  ],
  [
    "an error for a program",
    "GET /missing",
    ["Accept: application/json"],
    { status: 404, fields: { "content-type": "application/json" }, body: /^\{/ },
  ],
];

describe.each(TRANSPORTS)("through %s", (transport) => {
  const server = sharedServer({ transport, files: FILES });
  beforeAll(() => fs.symlinkSync("/etc/hostname", server().folder.at("outside")));

  const groups: Readonly<Record<string, readonly Row[]>> = {
    "a whole file": whole,
    "a head alone": headOnly,
    "a part of a file": ranges,
    "only if": conditions,
    "somewhere else": redirects,
    refused: refusals,
  };
  for (const [group, rows] of Object.entries(groups)) {
    describe(group, () => {
      for (const [why, line, fields, want] of rows) {
        // Twice: what is answered from memory takes another road through the server.
        test(`${why} (${[line, ...fields].join(", ")})`, async () => {
          for (const _ of ["cold", "hot"]) {
            expectAnswer(await ask(server().port, request(line, ...fields)), want);
          }
        });
      }
    });
  }

  describe("the tag", () => {
    test("leads to a 304, also in a list and as a weak one", async () => {
      const { fields } = await ask(server().port, request("GET /ten.txt"));
      const etag = fields.get("etag")!;
      for (const given of [etag, `"other", ${etag}`, `W/${etag}`]) {
        const answer = await ask(
          server().port,
          request("GET /ten.txt", `If-None-Match: ${given}`, `If-Modified-Since: ${LONG_AGO_HTTP}`),
        );
        expect([answer.status, answer.fields.get("etag")]).toEqual([304, etag]);
      }
    });

    test("lets a download go on where it stopped", async () => {
      const { fields } = await ask(server().port, request("GET /ten.txt"));
      const rest = await ask(
        server().port,
        request("GET /ten.txt", "Range: bytes=5-", `If-Range: ${fields.get("etag")}`),
      );
      expect([rest.status, String(rest.body)]).toEqual([206, "56789"]);
    });
  });

  describe("one connection", () => {
    test("serves one request after the other, whatever the answers", async () => {
      const client = await Client.connect(server().port);
      const lines = [
        ["HEAD /ten.txt", 200],
        ["GET /empty.txt", 200],
        ["GET /missing", 404],
        ["HEAD /missing", 404],
        ["GET /docs", 301],
        ["OPTIONS /", 204],
        ["DELETE /ten.txt", 405],
        ["GET /%zz", 400],
        ["GET /ten.txt", 200],
      ] as const;
      for (const [line, status] of lines) {
        client.send(request(line));
        const answer = await client.answer(line.split(" ")[0]);
        expect([line, answer.status]).toEqual([line, status]);
      }
      client.leave();
    });

    test("answers pipelined requests for a hot file in order", async () => {
      await ask(server().port, request("GET /ten.txt"));
      const client = await Client.connect(server().port);
      const tagged = request("GET /ten.txt", "If-None-Match: *");
      client.send((request("GET /ten.txt") + tagged.replace("*", '"x"')).repeat(8));
      for (let at = 0; at < 16; at++) {
        const { status, body } = await client.answer();
        expect([status, String(body)]).toEqual([200, TEN]);
      }
      client.leave();
    });

    test("takes a request that arrives in pieces", async () => {
      const client = await Client.connect(server().port);
      const text = request("GET /ten.txt", "Range: bytes=2-3");
      // The request line stays whole: the uWebSockets.js of Node 20 takes it no other way.
      const cuts = [text.indexOf("\r\n") + 2, text.indexOf("Range") + 3, text.length - 1];
      for (const [at, cut] of cuts.entries()) {
        client.send(text.slice(cuts[at - 1] ?? 0, cut));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      client.send(text.slice(-1));
      expect(String((await client.answer()).body)).toBe("23");
      client.leave();
    });

    test("reads past a small body, and the next request is seen", async () => {
      const client = await Client.connect(server().port);
      client.send(`${request("POST /ten.txt", "Content-Length: 5")}GET /`);
      expect((await client.answer()).status).toBe(405);
      client.send(request("GET /ten.txt"));
      expect(String((await client.answer()).body)).toBe(TEN);
      client.leave();
    });

    test("is closed when the client asks for it", async () => {
      const client = await Client.connect(server().port);
      client.send(request("GET /ten.txt", "Connection: close"));
      expect(String((await client.answer()).body)).toBe(TEN);
      expect(String(await client.untilClosed())).toBe("");
    });
  });

  test.for(["GET", "HEAD", "POST", "OPTIONS"])(
    "a request without Host: 400 and closed (%s)",
    async (method) => {
      const client = await Client.connect(server().port);
      const smuggled = request("GET /ten.txt");
      client.send(`${method} /ten.txt HTTP/1.1\r\nAccept: */*\r\n\r\n${smuggled}`);
      const said = String(await client.untilClosed());
      expect(said).toMatch(/^HTTP\/1\.1 400 /);
      expect(said).not.toContain(" 200 ");
    },
  );

  test("a request with 98 fields is answered", async () => {
    const others = Array.from({ length: 97 }, (_, at) => `X-${at}: a`);
    expect((await ask(server().port, request("GET /ten.txt", ...others))).status).toBe(200);
  });

  describe("a request whose end is unclear", () => {
    const rows: readonly (readonly [why: string, fields: readonly string[]])[] = [
      ["two lengths that differ", ["Content-Length: 5", "Content-Length: 6"]],
      ["two lengths in one", ["Content-Length: 5, 5"]],
      ["a length that is no number", ["Content-Length: five"]],
      ["a length with a sign", ["Content-Length: +5"]],
      ["a length beyond counting", ["Content-Length: 99999999999999999999"]],
      ["a length and a coding", ["Content-Length: 5", "Transfer-Encoding: chunked"]],
      ["a coding and a length", ["Transfer-Encoding: chunked", "Content-Length: 5"]],
      ["an unknown coding", ["Transfer-Encoding: cow"]],
      ["a coding before chunked", ["Transfer-Encoding: gzip, chunked"]],
      ["chunked twice", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
      ["chunked in quotes", ['Transfer-Encoding: "chunked"']],
    ];
    for (const [why, fields] of rows) {
      test.for(["GET", "POST"])(
        `${why}: 400 and closed (%s, ${fields.join(", ")})`,
        async (method) => {
          const client = await Client.connect(server().port);
          client.send(request(`${method} /ten.txt`, ...fields));
          expect((await client.head()).status).toBe(400);
          await client.untilClosed();
        },
      );

      test.for(["", "0\r\n\r\n", "12345"])(
        `${why}: what follows is never answered (${fields.join(", ")}, then %j)`,
        async (body) => {
          await ask(server().port, request("GET /ten.txt"));
          const client = await Client.connect(server().port);
          const smuggled = request("GET /ten.txt");
          client.send(request("GET /missing", ...fields) + body + smuggled + smuggled);
          expect(String(await client.untilClosed())).not.toContain(" 200 ");
        },
      );
    }
  });

  test("an upload is refused without waiting for it, and the connection closed", async () => {
    const client = await Client.connect(server().port);
    client.send(request("PUT /ten.txt", "Content-Length: 1000000000"));
    const answer = await client.answer();
    expect([answer.status, answer.fields.get("connection")]).toEqual([405, "close"]);
    await client.untilClosed();
  });
});

const BEHIND_A_PROXY = { SLUICE_TRUSTED_PROXIES: "10.0.0.0/8" };

describe.each([
  ["uws", BEHIND_A_PROXY],
  ["node", BEHIND_A_PROXY],
  ["node", {}],
] as const)("through %s with %j", (transport, env) => {
  const server = sharedServer({ transport, files: FILES, env });
  const rows: readonly (readonly [why: string, fields: readonly string[]])[] = [
    ["an empty length", ["Content-Length:"]],
    ["a length of blanks", ["Content-Length:  "]],
    ["an empty length in front of another", ["Content-Length:", "Content-Length: 32"]],
    ["an empty length behind another", ["Content-Length: 32", "content-length:"]],
    ["an empty coding", ["Transfer-Encoding:"]],
    ["an empty coding in front of another", ["Transfer-Encoding:", "TRANSFER-ENCODING: chunked"]],
    ["two hosts", ["Host: other"]],
    ["the same host twice", ["host: test"]],
  ];
  for (const [why, fields] of rows) {
    test.for(["GET /ten.txt", "GET /missing", "POST /ten.txt", "OPTIONS /ten.txt"])(
      `${why}: 400 and closed, and what follows is never answered (${fields.join(", ")}, %s)`,
      async (line) => {
        await ask(server().port, request("GET /ten.txt"));
        const client = await Client.connect(server().port);
        const smuggled = request("GET /ten.txt");
        client.send(request(line, ...fields));
        expect((await client.head()).status).toBe(400);
        client.send(smuggled);
        expect(String(await client.untilClosed())).not.toContain(" 200 ");

        const another = await Client.connect(server().port);
        another.send(request(line, ...fields) + smuggled);
        expect(String(await another.untilClosed())).not.toContain(" 200 ");
      },
    );
  }

  test("what is clear is answered", async () => {
    for (const fields of [[], ["Content-Length: 0"], ["X-Host: a", "Hosts: a", "Accept:"]]) {
      const { status, body } = await ask(server().port, request("GET /ten.txt", ...fields));
      expect([status, String(body)]).toEqual([200, TEN]);
    }
  });
});

describe("what only node:http speaks", () => {
  const server = sharedServer({ transport: "node", files: FILES });

  test("HTTP/1.0, which closes", async () => {
    const client = await Client.connect(server().port);
    client.send("GET /ten.txt HTTP/1.0\r\n\r\n");
    const { status, body } = await client.answer();
    expect([status, String(body)]).toEqual([200, TEN]);
    await client.untilClosed();
  });

  const rows = [
    ["a target with its host", "GET http://test/ten.txt", 200],
    ["a host alone", "GET http://test", 404],
    ["a host in capitals", "GET HTTP://TEST/ten.txt", 200],
    ["a folder", "GET http://test/docs?a", 301],
    ["a step up", "GET http://test/../ten.txt", 400],
  ] as const;
  for (const [why, line, want] of rows) {
    test(`absolute form: ${why} (${line})`, async () => {
      expect((await ask(server().port, request(line))).status).toBe(want);
    });
  }
});

function expectAnswer(answer: Awaited<ReturnType<typeof ask>>, want: Want): void {
  expect(answer.status, answer.text).toBe(want.status);
  for (const [name, value] of Object.entries(want.fields ?? {})) {
    expectText(answer.fields.get(name), value, name);
  }
  if (want.body !== undefined) expectText(String(answer.body), want.body, "body");
  expect(answer.isCut).toBe(false);
}

function expectText(got: string | undefined, want: string | RegExp | undefined, of: string): void {
  if (want instanceof RegExp) expect(got, of).toMatch(want);
  else expect(got, of).toBe(want);
}
