/** Fear: a stranger, or a page in the operator's browser, who reads what the admin port shows. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Caller, createGate } from "../../../engine/admin/gate.js";

const TOKEN = "correct-horse-battery";
const FAR = "203.0.113.7";

/** This machine, as curl asks. */
const HERE: Caller = {
  peer: "127.0.0.1",
  host: "127.0.0.1:8081",
  authorization: "",
  origin: "",
  fetchSite: "",
  fetchMode: "",
  fetchDest: "",
  isForwarded: false,
  isProbe: false,
};

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

type Row = readonly [why: string, caller: Partial<Caller>];

/** "open", or the status. */
const ask = (token: string, caller: Partial<Caller>): "open" | number => {
  const verdict = createGate(token)({ ...HERE, ...caller });
  return verdict.kind === "open" ? "open" : verdict.status;
};

describe("this machine needs no token where none is set; where one is, for its health alone", () => {
  const rows: readonly Row[] = [
    ["by address", {}],
    ["by an address of the same network", { peer: "127.8.9.10", host: "127.8.9.10" }],
    ["by IPv6", { peer: "::1", host: "[::1]:8081" }],
    ["by name", { host: "localhost:8081" }],
    ["by name, without a port", { host: "localhost" }],
    ["by name, in capitals and with a dot", { host: "LocalHost.:8081" }],
    ["with a token that is wrong", { authorization: "Bearer wrong" }],
  ];
  for (const [why, caller] of rows) {
    test(why, () => {
      expect(ask("", caller)).toBe("open");
      expect(ask(TOKEN, caller)).toBe(401);
      expect(ask(TOKEN, { ...caller, authorization: `Bearer ${TOKEN}` })).toBe("open");
      expect(ask(TOKEN, { ...caller, isProbe: true })).toBe("open");
    });
  }
});

describe("whoever is beyond this machine needs the token, and gets nothing where none is set", () => {
  const rows: readonly Row[] = [
    ["another address", { peer: FAR, host: "192.0.2.1:8081" }],
    ["another address that names loopback", { peer: FAR }],
    ["another address of IPv6", { peer: "2001:db8::1", host: "[::1]:8081" }],
    ["an address much like loopback", { peer: "128.0.0.1" }],
    ["a client that has gone", { peer: "" }],
    ["a name that was pointed at loopback", { host: "evil.example:8081" }],
    ["a name that begins like loopback", { host: "127.0.0.1.evil.example" }],
    ["a name that ends like loopback", { host: "evil-localhost" }],
    ["a name below localhost", { host: "evil.localhost" }],
    ["loopback as a user of another host", { host: "127.0.0.1@evil.example" }],
    ["all interfaces", { host: "0.0.0.0:8081" }],
    ["no Host", { host: "" }],
    ["two Hosts in one", { host: "127.0.0.1, evil.example" }],
    ["a request that a proxy passed on", { isForwarded: true }],
  ];
  for (const [why, caller] of rows) {
    test(why, () => {
      expect(ask("", caller)).toBe(403);
      expect(ask(TOKEN, caller)).toBe(401);
      expect(ask(TOKEN, { ...caller, isProbe: true })).toBe(401);
      expect(ask(TOKEN, { ...caller, authorization: `Bearer ${TOKEN}` })).toBe("open");
    });
  }
});

describe("what counts as the token", () => {
  const right: readonly (readonly [why: string, authorization: string])[] = [
    ["a bearer", `Bearer ${TOKEN}`],
    ["a bearer in other letters", `bEARER ${TOKEN}`],
    ["several spaces", `Bearer   ${TOKEN}`],
    ["the password of a user", basic(`admin:${TOKEN}`)],
    ["the password of nobody", basic(`:${TOKEN}`)],
    ["basic in other letters", basic(`a:${TOKEN}`).replace("Basic", "BASIC")],
  ];
  for (const [why, authorization] of right) {
    test(`${why} is`, () => expect(ask(TOKEN, { peer: FAR, authorization })).toBe("open"));
  }

  const wrong: readonly (readonly [why: string, authorization: string])[] = [
    ["nothing", ""],
    ["the token alone", TOKEN],
    ["a scheme alone", "Bearer"],
    ["a scheme and a space", "Bearer "],
    ["another scheme", `Digest ${TOKEN}`],
    ["the token's beginning", `Bearer ${TOKEN.slice(0, -1)}`],
    ["the token and more", `Bearer ${TOKEN}x`],
    ["the token and another word", `Bearer ${TOKEN} x`],
    ["the token in other letters", `Bearer ${TOKEN.toUpperCase()}`],
    ["the token as a user's name", basic(`${TOKEN}:`)],
    ["the token without a colon", basic(TOKEN)],
    ["the token in plain for Basic", `Basic ${TOKEN}`],
    ["what is no base64", "Basic %%%"],
    ["the token in base64 for a bearer", `Bearer ${Buffer.from(TOKEN).toString("base64")}`],
  ];
  for (const [why, authorization] of wrong) {
    test(`${why} is not`, () => expect(ask(TOKEN, { peer: FAR, authorization })).toBe(401));
  }

  test("a token may hold a colon, and only the first one of a pair divides", () => {
    const token = "sixteen:letters:and:more";
    expect(ask(token, { peer: FAR, authorization: basic(`user:${token}`) })).toBe("open");
  });

  test("none is set: an empty one is not it", () => {
    for (const authorization of ["", "Bearer ", basic(":"), basic("a:")]) {
      expect(ask("", { peer: FAR, authorization })).toBe(403);
    }
  });

  test("nothing else opens the gate, whatever is sent", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom("", "Bearer ", "Basic "),
        (a, b) => {
          expect(ask(TOKEN, { peer: FAR, authorization: `${b}${a}` })).toBe(401);
        },
      ),
    );
  });
});

describe("a page of another site gets nothing, with the token in the browser or not", () => {
  const rows: readonly Row[] = [
    ["its origin is another host", { origin: "https://evil.example" }],
    ["its origin is another port, where files are served", { origin: "http://127.0.0.1:8080" }],
    ["its origin is another name of this machine", { origin: "http://localhost:8081" }],
    ["its origin is hidden", { origin: "null" }],
    ["its origin only begins like ours", { origin: "http://127.0.0.1:8081.evil.example" }],
    ["its origin is where ours begins", { origin: "http://127.0.0.1" }],
    ["its origin is no URL", { origin: "127.0.0.1:8081" }],
    ["the browser says so", { fetchSite: "cross-site" }],
    ["the browser says it is a neighbor", { fetchSite: "same-site" }],
    ["the browser says what nobody knows", { fetchSite: "new-site" }],
    ["in a frame", { fetchSite: "cross-site", fetchMode: "navigate", fetchDest: "iframe" }],
    ["as a script", { fetchSite: "cross-site", fetchMode: "no-cors", fetchDest: "script" }],
    ["as a document that is fetched", { fetchSite: "cross-site", fetchDest: "document" }],
    [
      "by a link, yet with an origin",
      {
        origin: "https://evil.example",
        fetchSite: "cross-site",
        fetchMode: "navigate",
        fetchDest: "document",
      },
    ],
  ];
  for (const [why, caller] of rows) {
    test(why, () => {
      expect(ask("", caller)).toBe(403);
      const shown = { peer: FAR, authorization: `Bearer ${TOKEN}` };
      expect(ask(TOKEN, { ...caller, ...shown })).toBe(403);
    });
  }
});

describe("the operator's own browser", () => {
  const rows: readonly Row[] = [
    ["opens the page", { fetchSite: "none", fetchMode: "navigate", fetchDest: "document" }],
    ["loads what the page needs", { fetchSite: "same-origin" }],
    ["opens a WebSocket", { origin: "http://127.0.0.1:8081", fetchSite: "same-origin" }],
    ["names hosts in capitals", { host: "LOCALHOST:8081", origin: "http://localhost:8081" }],
    ["names origins in capitals", { host: "localhost:8081", origin: "HTTP://LOCALHOST:8081" }],
    ["follows a link", { fetchSite: "cross-site", fetchMode: "navigate", fetchDest: "document" }],
  ];
  for (const [why, caller] of rows) test(why, () => expect(ask("", caller)).toBe("open"));

  test("comes through a proxy that ends TLS", () => {
    const caller = {
      host: "admin.example",
      origin: "https://admin.example",
      isForwarded: true,
      authorization: basic(`me:${TOKEN}`),
    };
    expect(ask(TOKEN, caller)).toBe("open");
  });
});

test("no refusal repeats what was sent, and each is one line", () => {
  for (const token of ["", TOKEN]) {
    for (const caller of [{ peer: FAR }, { origin: "https://evil.example" }]) {
      const verdict = createGate(token)({ ...HERE, authorization: "Bearer guess", ...caller });
      expect(verdict).toMatchObject({ kind: "refuse", says: expect.stringMatching(/^[ -~]+$/) });
      expect(JSON.stringify(verdict)).not.toMatch(/evil|guess|correct/);
    }
  }
});
