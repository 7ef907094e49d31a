import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DEFAULT_HOST_FOLDER,
  isHost,
  listHostFolders,
  parseHost,
} from "../../protocol/host-match.js";

const label63 = "a".repeat(63);

describe("Host header, RFC 9112 3.2", () => {
  const rows: readonly (readonly [why: string, header: string, name: string])[] = [
    ["a name as it is", "example.com", "example.com"],
    ["lower-cased", "EXAMPLE.com", "example.com"],
    ["a port is not part of the name", "example.com:8080", "example.com"],
    ["an empty port is allowed, RFC 3986 3.2.3", "example.com:", "example.com"],
    ["the last port there is", "example.com:65535", "example.com"],
    ["a trailing dot is the same host", "example.com.:80", "example.com"],
    ["one label", "localhost", "localhost"],
    ["punycode", "xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["an underscore inside, as in container networks", "my_app:80", "my_app"],
    ["an IPv4 address", "127.0.0.1:80", "127.0.0.1"],
    ["an IPv6 address keeps its brackets", "[::1]:8080", "[::1]"],
    ["an IPv6 address in lower case", "[FE80::A]", "[fe80::a]"],
    ["the longest label, RFC 1035 2.3.4", `${label63}.com`, `${label63}.com`],
    [
      "the longest name, RFC 1035 2.3.4",
      `${`${label63}.`.repeat(3)}${"b".repeat(61)}`,
      `${`${label63}.`.repeat(3)}${"b".repeat(61)}`,
    ],
  ];
  test.each(rows)("%s (%s)", (_why, header, name) => {
    expect(parseHost(header)).toMatchObject({ kind: "name", name });
  });

  const invalid: readonly (readonly [why: string, header: string])[] = [
    ["missing", ""],
    ["a dot alone", "."],
    ["two dots", ".."],
    ["a leading dot", ".example.com"],
    ["an empty label", "a..com"],
    ["two trailing dots", "example.com.."],
    ["a path", "example.com/../etc"],
    ["a backslash", "a\\b"],
    ["a NUL", "a\0b"],
    ["a line feed at the end", "example.com\n"],
    ["user information", "me@example.com"],
    ["a star", "*.example.com"],
    ["the default folder's name", "_default"],
    ["a hyphen in front", "-a.com"],
    ["a hyphen behind", "a-.com"],
    ["a port that is too high", "example.com:65536"],
    ["a port of six digits", "example.com:000080"],
    ["a port of letters", "example.com:http"],
    ["a port alone", ":80"],
    ["a bare IPv6 address", "::1"],
    ["an open bracket", "[::1"],
    ["a zone id", "[fe80::1%25eth0]"],
    ["a label that is too long", `${"a".repeat(64)}.com`],
    ["a name that is too long", `${`${label63}.`.repeat(3)}${"b".repeat(62)}`],
    ["not ASCII", "bücher.example"],
  ];
  test.each(invalid)("invalid: %s (%s)", (_why, header) => {
    expect(parseHost(header)).toEqual({ kind: "invalid" });
  });
});

describe("what a request may name, RFC 9112 3.2 and RFC 3986 3.2.2", () => {
  test.each([
    ["nothing", ""],
    ["a name and a port", "Example.com:8080"],
    ["an empty port", "example.com:"],
    ["an underscore in front", "_web:80"],
    ["a long label", `${"a".repeat(64)}.com`],
    ["an escape", "b%C3%BCcher.example"],
    ["an address", "127.0.0.1"],
    ["an IPv6 address", "[::1]:8080"],
  ])("%s (%s)", (_why, header) => expect(isHost(header)).toBe(true));

  test.each([
    ["a space", "a b"],
    ["two names", "a.test, b.test"],
    ["user information", "me@a.test"],
    ["a path", "a.test/b"],
    ["a backslash", "a\\b"],
    ["markup", "<b>"],
    ["not ASCII", "bücher.example"],
    ["a broken escape", "a%zz"],
    ["a port of letters", "a.test:http"],
    ["an open bracket", "[::1"],
    ["a line feed at the end", "a.test\n"],
  ])("not %s (%s)", (_why, header) => {
    expect(isHost(header)).toBe(false);
    expect(parseHost(header)).toEqual({ kind: "invalid" });
  });
});

const foldersOf = (header: string): string[] => {
  const host = parseHost(header);
  return host.kind === "name" ? listHostFolders(host) : [];
};

describe("folders of a host", () => {
  const rows: readonly (readonly [why: string, header: string, want: string[]])[] = [
    [
      "its own, each wildcard from near to far, the default",
      "a.b.example.com",
      ["a.b.example.com", "*.b.example.com", "*.example.com", "*.com", "_default"],
    ],
    ["no wildcard for one label", "localhost", ["localhost", "_default"]],
    ["no wildcard for an IPv4 address", "10.0.0.1", ["10.0.0.1", "_default"]],
    ["no wildcard for an IPv6 address", "[::ffff:10.0.0.1]", ["[::ffff:10.0.0.1]", "_default"]],
  ];
  test.each(rows)("%s (%s)", (_why, header, want) => expect(foldersOf(header)).toEqual(want));

  test("a name of many labels costs no more than ten look-ups, and keeps its nearest to the top", () => {
    const folders = foldersOf(`${"a.".repeat(100)}example.com`);
    expect(folders).toHaveLength(10);
    expect(folders.at(1)).toBe("*.a.a.a.a.a.a.example.com");
    expect(folders.slice(-3)).toEqual(["*.example.com", "*.com", DEFAULT_HOST_FOLDER]);
  });
});

test("no host names a path outside, a hidden folder or a folder with a meaning of its own", () => {
  const nasty = fc.string({
    unit: fc.constantFrom(
      "a",
      "B",
      "1",
      ".",
      "-",
      "_",
      "/",
      "\\",
      "*",
      "[",
      "]",
      ":",
      "\0",
      "%",
      "\n",
    ),
  });
  fc.assert(
    fc.property(fc.oneof(fc.string(), nasty), (header) => {
      const [own = "safe", ...others] = foldersOf(header);
      expect(own).not.toMatch(/[/\\\0\n*%]|^\.|^_|\.$/);
      for (const folder of others) expect(folder).toMatch(/^(?:\*\.[a-z\d_.-]+|_default)$/);
    }),
    { numRuns: 2000 },
  );
});
