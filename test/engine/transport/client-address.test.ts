/** Fear: a client that chooses its own address, or a proxy that hides all of them behind its own. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientOf } from "../../../engine/transport/client-address.js";
import type { Ask } from "../../../engine/transport/exchange.js";
import { isLoopback, parseProxies } from "../../../engine/transport/proxies.js";
import type { Field } from "../../../protocol/head.js";

const PROXIES = parseProxies("10.0.0.0/8, fd00::/8, 2001:db8::1")!;

const askFrom = (client: string, fields: readonly Field[]): Ask => ({
  method: "GET",
  path: "/",
  query: "",
  version: "HTTP/1.1",
  isDoubtful: false,
  client,
  field: ({ text }) => fields.find(([name]) => name === text)?.[1] ?? "",
  fields: () => [...fields],
});

const clientBehind = (peer: string, ...values: readonly string[]): string =>
  clientOf(
    askFrom(
      peer,
      values.map((value) => ["x-forwarded-for", value]),
    ),
    PROXIES,
  );

describe("behind a proxy that is trusted, the client is", () => {
  const rows: readonly (readonly [why: string, peer: string, values: string[], want: string])[] = [
    ["the peer when the field is absent", "10.0.0.1", [], "10.0.0.1"],
    ["the only address", "10.0.0.1", ["203.0.113.7"], "203.0.113.7"],
    ["the last, whatever it claimed", "10.0.0.1", ["1.2.3.4, 203.0.113.7"], "203.0.113.7"],
    ["found past other proxies", "10.0.0.1", ["203.0.113.7,10.9.9.9 ,\tfd00::2"], "203.0.113.7"],
    ["in the last of several fields", "10.0.0.1", ["1.2.3.4", "203.0.113.7"], "203.0.113.7"],
    ["in a field before the last", "10.0.0.1", ["203.0.113.7", "10.0.0.2"], "203.0.113.7"],
    ["the farthest of proxies alone", "10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"],
    ["not behind garbage", "10.0.0.1", ["203.0.113.7, unknown, 10.0.0.2"], "10.0.0.2"],
    ["the peer when all is garbage", "10.0.0.1", ["_hidden"], "10.0.0.1"],
    ["found past empty members", "10.0.0.1", ["203.0.113.7, ,,"], "203.0.113.7"],
    ["without its port", "10.0.0.1", ["203.0.113.7:49152"], "203.0.113.7"],
    ["without its brackets", "10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"],
    ["without brackets and port", "10.0.0.1", ["[2001:db8::7]:49152"], "2001:db8::7"],
    ["in its one spelling", "10.0.0.1", ["2001:DB8:0::0007"], "2001:db8::7"],
    ["IPv4 when it was mapped", "10.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"],
    ["IPv4 when it was mapped in brackets", "10.0.0.1", ["[::FFFF:203.0.113.7]"], "203.0.113.7"],
    ["behind a proxy of IPv6", "fd00::1", ["203.0.113.7"], "203.0.113.7"],
    ["behind a proxy in another spelling", "10.0.0.1", ["::5, 2001:DB8::0:1"], "::5"],
    ["not an address with a zone", "10.0.0.1", ["fe80::1%eth0"], "10.0.0.1"],
    ["not IPv4 in brackets", "10.0.0.1", ["[203.0.113.7]"], "10.0.0.1"],
    ["not half a bracket", "10.0.0.1", ["[2001:db8::7"], "10.0.0.1"],
    ["not a port alone", "10.0.0.1", [":80"], "10.0.0.1"],
    ["not a port of letters", "10.0.0.1", ["203.0.113.7:http"], "10.0.0.1"],
    ["not an address with leading zeros", "10.0.0.1", ["010.0.0.8"], "10.0.0.1"],
  ];
  test.each(rows)("%s", (_why, peer, values, want) => {
    expect(clientBehind(peer, ...values)).toBe(want);
  });
});

describe("without a trusted proxy, the client is the peer", () => {
  test.each(["192.0.2.1", "::1", "11.0.0.1", ""])("%j", (peer) => {
    expect(clientBehind(peer, "203.0.113.7")).toBe(peer);
  });

  test("and nothing else is looked at", () => {
    const ask = {
      ...askFrom("192.0.2.1", []),
      fields: (): Field[] => {
        throw new Error("asked for all fields");
      },
    };
    expect(clientOf(ask, PROXIES)).toBe("192.0.2.1");
  });
});

test("the name of the field counts in any case", () => {
  const ask = askFrom("10.0.0.1", [["X-Forwarded-For", "203.0.113.7"]]);
  expect(clientOf(ask, PROXIES)).toBe("203.0.113.7");
});

test("no other field is believed", () => {
  const ask = askFrom("10.0.0.1", [
    ["x-real-ip", "1.2.3.4"],
    ["x-forwarded-for-x", "1.2.3.4"],
    ["forwarded", "for=1.2.3.4"],
  ]);
  expect(clientOf(ask, PROXIES)).toBe("10.0.0.1");
});

test("what a client puts in front never changes who it is", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (lies) => {
      expect(clientBehind("10.0.0.1", ...lies, "203.0.113.7, 10.0.0.2")).toBe("203.0.113.7");
    }),
  );
});

test("agrees with the slow way for any chain of addresses", () => {
  const entry = fc.constantFrom("10.0.0.2", "203.0.113.7", "fd00::9", "2001:db8::7", "junk");
  fc.assert(
    fc.property(fc.array(entry), (chain) => {
      // The slow way: all proxies from the right, then the first that is none.
      let [client, rest] = ["10.0.0.1", chain];
      while (PROXIES(client) && rest.length > 0 && rest.at(-1) !== "junk") {
        [client, rest] = [rest.at(-1)!, rest.slice(0, -1)];
      }
      expect(clientBehind("10.0.0.1", chain.join(", "))).toBe(client);
    }),
  );
});

describe("parseProxies", () => {
  const members: readonly (readonly [list: string, inside: string, outside: string])[] = [
    ["10.1.2.3", "10.1.2.3", "10.1.2.4"],
    ["10.1.2.3/8", "10.255.0.1", "11.0.0.1"],
    ["10.0.0.0/32", "10.0.0.0", "10.0.0.1"],
    ["0.0.0.0/0", "203.0.113.7", "2001:db8::1"],
    ["::1", "::1", "::2"],
    ["2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"],
    ["::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"],
    ["192.0.2.1,10.0.0.1", "10.0.0.1", "10.0.0.2"],
    [" 192.0.2.1 ,\t10.0.0.1 ", "192.0.2.1", "localhost"],
    ["10.0.0.1", "10.0.0.1", ""],
    ["fe80::/10", "fe80::1%eth0", "fec0::1%eth0"],
  ];
  test.each(members)("%j holds %j and not %j, each time it is asked", (list, inside, outside) => {
    const has = parseProxies(list)!;
    expect([inside, outside, inside, outside].map(has)).toEqual([true, false, true, false]);
  });

  const refused = [
    "proxy.example",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/+8",
    "10.0.0.1,",
    ",",
    " ",
    "10.0.0",
    "10.0.0.1:80",
    "[::1]",
    "fe80::1%eth0",
  ];
  test.each(refused)("refuses %j", (list) => expect(parseProxies(list)).toBeUndefined());

  test("nothing is nobody", () => {
    const has = parseProxies("")!;
    expect(["127.0.0.1", "::1", ""].map(has)).toEqual([false, false, false]);
  });

  test("forgets no member when more addresses come by than it remembers", () => {
    const has = parseProxies("10.0.0.1")!;
    const others = Array.from({ length: 10_000 }, (_, at) => `10.1.${at >> 8}.${at & 255}`);
    expect(others.some(has)).toBe(false);
    expect(has("10.0.0.1")).toBe(true);
  });
});

test("this machine is known by its names", () => {
  const names = ["localhost", "127.0.0.1", "127.9.9.9", "::1", "128.0.0.1", "example.com", ""];
  expect(names.filter(isLoopback)).toEqual(["localhost", "127.0.0.1", "127.9.9.9", "::1"]);
});
