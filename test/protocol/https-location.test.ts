/** Fear: whoever writes a Host header decides where we send others. */
import { expect, test } from "vitest";
import { type HttpsVerdict, toHttps } from "../../protocol/https-location.js";

const NAMES = ["a.example", "*.b.example", "127.0.0.1", "[::1]"];
const go = (location: string): HttpsVerdict => ({ kind: "go", location });
const STRANGER: HttpsVerdict = { kind: "stranger" };
const BAD: HttpsVerdict = { kind: "bad host" };

const rows: readonly (readonly [
  why: string,
  host: string,
  target: string,
  port: number,
  want: HttpsVerdict,
])[] = [
  ["the port of https is not said", "a.example", "/", 443, go("https://a.example/")],
  ["another port is", "a.example", "/", 8443, go("https://a.example:8443/")],
  ["the port asked for is ours, not theirs", "a.example:80", "/", 443, go("https://a.example/")],
  [
    "path and query go along as sent",
    "a.example",
    "/a%20b?c=/d",
    443,
    go("https://a.example/a%20b?c=/d"),
  ],
  ["a host is known in any case", "A.Example.", "/", 443, go("https://a.example/")],
  ["a star stands for a label", "x.b.example", "/", 443, go("https://x.b.example/")],
  ["not for two", "x.y.b.example", "/", 443, STRANGER],
  ["nor for none", "b.example", "/", 443, STRANGER],
  ["an address of ours is a host", "127.0.0.1", "/", 8443, go("https://127.0.0.1:8443/")],
  ["so is one of IPv6", "[::1]:80", "/", 8443, go("https://[::1]:8443/")],
  [
    "a path that looks like a host stays a path",
    "a.example",
    "//evil.example/",
    443,
    go("https://a.example//evil.example/"),
  ],
  ["a target that is no path is the root", "a.example", "*", 443, go("https://a.example/")],
  ["no target moves the host", "a.example", "@evil.example/", 443, go("https://a.example/")],
  ["a stranger is sent nowhere", "evil.example", "/", 443, STRANGER],
  ["nor one who ends like us", "evila.example", "/", 443, STRANGER],
  ["no host", "", "/", 443, BAD],
  ["a line more", "a.example\r\nSet-Cookie: a=b", "/", 443, BAD],
  ["somebody's password", "a.example@evil.example", "/", 443, BAD],
  ["a path in a host", "a.example/evil", "/", 443, BAD],
];
test.each(rows)("to https: %s (%j %s)", (_why, host, target, port, want) => {
  expect(toHttps(host, target, port, NAMES)).toEqual(want);
});
