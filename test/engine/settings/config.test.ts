/** Fear: a setting that is silently ignored, misread, or complained about one restart at a time. */
import { describe, expect, test } from "vitest";
import { readConfig, readTable } from "../../../engine/settings/config.js";
import { nearest } from "../../../engine/settings/nearest.js";
import { type SettingsTable, showValue } from "../../../engine/settings/setting-kinds.js";
import { SETTINGS } from "../../../engine/settings/settings.js";

const complaintsOf = (env: Record<string, string>) => readConfig(env).complaints;
const configOf = (env: Record<string, string>) => readConfig(env).config;

describe("without any setting", () => {
  test("the server starts, on this machine only, with the current folder", () => {
    const { config, complaints, differences } = readConfig({ PATH: "/bin", HOME: "/root" });
    expect(complaints).toEqual([]);
    expect(differences).toEqual([]);
    expect(config).toMatchObject({
      root: ".",
      host: "127.0.0.1",
      port: 8080,
      transport: "auto",
      index: "index.html",
      cacheControl: "no-cache",
      chunkBytes: 1_048_576,
      poolBytes: 67_108_864,
      revalidateMs: 1000,
    });
  });
});

describe("what a setting takes", () => {
  type Row = readonly [why: string, name: string, text: string, key: string, want: unknown];
  const rows: readonly Row[] = [
    ["a whole number", "SLUICE_PORT", "80", "port", 80],
    ["zero, which is not absence", "SLUICE_PORT", "0", "port", 0],
    ["the largest value", "SLUICE_PORT", "65535", "port", 65_535],
    ["the smallest value", "SLUICE_READERS", "2", "readers", 2],
    ["spaces around a number", "SLUICE_PORT", " 80\n", "port", 80],
    ["plain bytes", "SLUICE_CHUNK_BYTES", "65536", "chunkBytes", 65_536],
    ["bytes with a unit", "SLUICE_POOL_BYTES", "1GiB", "poolBytes", 1_073_741_824],
    ["bytes with a unit apart", "SLUICE_POOL_BYTES", "1 GiB", "poolBytes", 1_073_741_824],
    ["a size of nothing", "SLUICE_SMALL_FILE_BYTES", "0", "smallFileBytes", 0],
    ["plain milliseconds", "SLUICE_DRAIN_MS", "1500", "drainMs", 1500],
    ["milliseconds with a unit", "SLUICE_DRAIN_MS", "500ms", "drainMs", 500],
    ["minutes in a name that says ms", "SLUICE_DRAIN_MS", "2m", "drainMs", 120_000],
    ["no time at all", "SLUICE_REVALIDATE_MS", "0", "revalidateMs", 0],
    ["one of several words", "SLUICE_TRANSPORT", "node", "transport", "node"],
    ["a word in other letters", "SLUICE_TRANSPORT", "UWS", "transport", "uws"],
    ["a path as it is, spaces too", "SLUICE_ROOT", " my site ", "root", " my site "],
    ["an IPv4 address", "SLUICE_HOST", "0.0.0.0", "host", "0.0.0.0"],
    ["an IPv6 address", "SLUICE_HOST", "::1", "host", "::1"],
    ["a host name", "SLUICE_HOST", "localhost", "host", "localhost"],
    ["a host name with digits and hyphens", "SLUICE_HOST", "a-1.example2", "host", "a-1.example2"],
    ["another index file", "SLUICE_INDEX", "default.htm", "index", "default.htm"],
    ["an index file's name of one letter", "SLUICE_INDEX", "x", "index", "x"],
    [
      "a header value with spaces inside",
      "SLUICE_CACHE_CONTROL",
      "public, max-age=60",
      "cacheControl",
      "public, max-age=60",
    ],
    ["a header value of one character", "SLUICE_CACHE_CONTROL", "x", "cacheControl", "x"],
  ];
  for (const [why, name, text, key, want] of rows) {
    test(`${why} (${name}=${JSON.stringify(text)})`, () => {
      expect(complaintsOf({ [name]: text })).toEqual([]);
      expect(configOf({ [name]: text })).toHaveProperty(key, want);
    });
  }
});

describe("what a setting refuses, and what it says then", () => {
  const PORT = "want 0 to 65535";
  const CHUNK = "want 4KiB to 16MiB, a multiple of 4KiB";
  const DRAIN = "want 0 to 24h";
  const HOST = "want an IP address without brackets, or a host name";
  const INDEX = "want a file name without a slash or a leading dot";
  const HEADER = "want printable ASCII without spaces around it";
  const rows: readonly (readonly [why: string, name: string, text: string, says: string])[] = [
    ["words for a number", "SLUICE_PORT", "http", PORT],
    ["nothing for a number", "SLUICE_PORT", "", PORT],
    ["one too many", "SLUICE_PORT", "65536", PORT],
    ["a negative number", "SLUICE_PORT", "-1", PORT],
    ["a fraction", "SLUICE_PORT", "80.5", PORT],
    ["hexadecimals", "SLUICE_PORT", "0x50", PORT],
    ["an exponent", "SLUICE_PORT", "1e3", PORT],
    ["a number with a unit where none belongs", "SLUICE_PORT", "80ms", PORT],
    ["one too few", "SLUICE_READERS", "1", "want 2 to 256 threads"],
    ["too small a size", "SLUICE_CHUNK_BYTES", "0", CHUNK],
    ["too large a size", "SLUICE_CHUNK_BYTES", "17MiB", CHUNK],
    ["a size off the grid", "SLUICE_CHUNK_BYTES", "5000", CHUNK],
    ["a decimal unit", "SLUICE_CHUNK_BYTES", "64KB", CHUNK],
    ["a size in seconds", "SLUICE_CHUNK_BYTES", "8192s", CHUNK],
    ["a number no double holds exactly", "SLUICE_CHUNK_BYTES", "9007199254740993", CHUNK],
    ["a time in bytes", "SLUICE_DRAIN_MS", "1MiB", DRAIN],
    ["a fraction of a second", "SLUICE_DRAIN_MS", "1.5s", DRAIN],
    ["a unit without a number", "SLUICE_DRAIN_MS", "s", DRAIN],
    ["a wait longer than a timer can hold", "SLUICE_DRAIN_MS", "600h", DRAIN],
    ["a word that is no choice", "SLUICE_TRANSPORT", "http2", "want auto, uws or node"],
    ["an empty path", "SLUICE_ROOT", "", "want a path"],
    ["a path with a NUL", "SLUICE_ROOT", "a\0b", "want a path"],
    ["an address in brackets", "SLUICE_HOST", "[::1]", HOST],
    ["an address with a port", "SLUICE_HOST", "127.0.0.1:80", HOST],
    ["a mistyped IPv4 address", "SLUICE_HOST", "300.1.1.1", HOST],
    ["a number for an address", "SLUICE_HOST", "8080", HOST],
    ["a name that ends in a hyphen", "SLUICE_HOST", "a-.example", HOST],
    ["a name that is too long", "SLUICE_HOST", "a.".repeat(126).concat("ab"), HOST],
    ["an index file elsewhere", "SLUICE_INDEX", "a/index.html", INDEX],
    ["an index file behind a backslash", "SLUICE_INDEX", "a\\index.html", INDEX],
    ["an index file that is hidden", "SLUICE_INDEX", ".index.html", INDEX],
    ["the parent folder for an index file", "SLUICE_INDEX", "..", INDEX],
    ["an index file's name with a line feed", "SLUICE_INDEX", "a\nb", INDEX],
    ["an index file's name no disk can hold", "SLUICE_INDEX", "a".repeat(256), INDEX],
    ["a header value that adds a header", "SLUICE_CACHE_CONTROL", "a\r\nSet-Cookie: b", HEADER],
    ["a header value that ends in a line feed", "SLUICE_CACHE_CONTROL", "a\n", HEADER],
    ["a header value that is not ASCII", "SLUICE_CACHE_CONTROL", "é", HEADER],
    ["a header value with a space before it", "SLUICE_CACHE_CONTROL", " a", HEADER],
    ["no header value", "SLUICE_CACHE_CONTROL", "", HEADER],
  ];
  for (const [why, name, text, says] of rows) {
    test(`${why} (${name}=${JSON.stringify(text).slice(0, 30)})`, () => {
      const { config, complaints } = readConfig({ [name]: text });
      expect(complaints).toEqual([`${name}=${JSON.stringify(text)} from the environment: ${says}`]);
      expect(config).toEqual(configOf({}));
    });
  }

  test("every complaint is on one line, whatever was given", () => {
    expect(complaintsOf({ SLUICE_PORT: "1\n2\r3" }).join()).not.toMatch(/[\r\n]/);
  });

  test("all at once, in the order of the table", () => {
    const complaints = complaintsOf({
      SLUICE_DRAIN_MS: "soon",
      SLUICE_PROT: "1",
      SLUICE_PORT: "x",
    });
    expect(complaints.map((line) => line.split(/[=:]/)[0])).toEqual([
      "SLUICE_PORT",
      "SLUICE_DRAIN_MS",
      "SLUICE_PROT",
    ]);
  });
});

describe("rules that span two settings", () => {
  const POOL =
    "SLUICE_CHUNK_BYTES=16MiB with SLUICE_POOL_BYTES=32MiB: want a pool of at least 4 chunks";
  const SMALL =
    "SLUICE_SMALL_FILE_BYTES=256KiB with SLUICE_SMALL_CACHE_BYTES=1KiB: want a cache that holds at least one such file, or 0 for none";
  const rows: readonly (readonly [why: string, env: Record<string, string>, want: string[]])[] = [
    [
      "a pool of two chunks is too small",
      { SLUICE_CHUNK_BYTES: "16MiB", SLUICE_POOL_BYTES: "32MiB" },
      [POOL],
    ],
    [
      "a pool of four chunks will do",
      { SLUICE_CHUNK_BYTES: "16MiB", SLUICE_POOL_BYTES: "64MiB" },
      [],
    ],
    [
      "a cache smaller than its largest file is no use",
      { SLUICE_SMALL_CACHE_BYTES: "1KiB" },
      [SMALL],
    ],
    ["a cache of one file will do", { SLUICE_SMALL_CACHE_BYTES: "256KiB" }, []],
    ["no cache at all will do", { SLUICE_SMALL_CACHE_BYTES: "0" }, []],
  ];
  for (const [why, env, want] of rows) test(why, () => expect(complaintsOf(env)).toEqual(want));

  test("are not asked of a setting that is wrong by itself", () => {
    const env = { SLUICE_SMALL_CACHE_BYTES: "1KiB", SLUICE_SMALL_FILE_BYTES: "1kB" };
    expect(complaintsOf(env)).toEqual([
      'SLUICE_SMALL_FILE_BYTES="1kB" from the environment: want 0 to 1MiB',
    ]);
  });
});

describe("two ports on one address", () => {
  const wants = "want two ports, or addresses that do not overlap";
  const rows: readonly (readonly [host: string, adminHost: string, overlap: boolean])[] = [
    ["127.0.0.1", "127.0.0.1", true],
    ["0.0.0.0", "127.0.0.1", true],
    ["127.0.0.1", "0.0.0.0", true],
    ["::", "127.0.0.1", true],
    ["::", "localhost", true],
    ["::", "0.0.0.0", true],
    ["localhost", "localhost", true],
    ["127.0.0.1", "127.0.0.2", false],
    ["::1", "127.0.0.1", false],
    ["0.0.0.0", "::1", false],
    ["0.0.0.0", "localhost", false], // which may be ::1
  ];
  test.each(rows)("%s and %s: %s", (host, adminHost, overlap) => {
    const env = {
      SLUICE_HOST: host,
      SLUICE_ADMIN_HOST: adminHost,
      SLUICE_ADMIN_PORT: "8081",
      SLUICE_ADMIN_TOKEN: "0123456789abcdef",
      SLUICE_TLS_CERT: "cert.pem",
      SLUICE_TLS_KEY: "key.pem",
    };
    const ofFiles = `SLUICE_HOST=${host} with SLUICE_PORT=8081 with SLUICE_ADMIN_PORT=8081 with SLUICE_ADMIN_HOST=${adminHost}: ${wants}`;
    expect(complaintsOf({ ...env, SLUICE_PORT: "8081" })).toEqual(overlap ? [ofFiles] : []);
    const ofRedirect = `SLUICE_HOST=${host} with SLUICE_HTTPS_REDIRECT=8081 with SLUICE_ADMIN_PORT=8081 with SLUICE_ADMIN_HOST=${adminHost}: ${wants}`;
    const redirects = { ...env, SLUICE_HTTPS_REDIRECT: "8081" };
    expect(complaintsOf(redirects)).toEqual(overlap ? [ofRedirect] : []);
  });

  test("are no complaint where nobody asked for the admin port: it is done without", () => {
    expect(complaintsOf({ SLUICE_PORT: "8081" })).toEqual([]);
  });

  test("may both be left to chance, or off", () => {
    expect(complaintsOf({ SLUICE_PORT: "0", SLUICE_ADMIN_PORT: "0" })).toEqual([]);
  });
});

describe("a variable that is no setting", () => {
  const rows: readonly (readonly [why: string, name: string, want: string])[] = [
    [
      "two letters swapped",
      "SLUICE_PROT",
      "SLUICE_PROT: unknown setting, did you mean SLUICE_PORT?",
    ],
    [
      "a letter too few",
      "SLUICE_CHUNK_BYTE",
      "SLUICE_CHUNK_BYTE: unknown setting, did you mean SLUICE_CHUNK_BYTES?",
    ],
    [
      "a forgotten unit",
      "SLUICE_DRAIN",
      "SLUICE_DRAIN: unknown setting, did you mean SLUICE_DRAIN_MS?",
    ],
    [
      "lower case, which would be ignored",
      "sluice_port",
      "sluice_port: unknown setting, did you mean SLUICE_PORT?",
    ],
    [
      "nothing like any setting",
      "SLUICE_WORLD_DOMINATION",
      "SLUICE_WORLD_DOMINATION: unknown setting",
    ],
  ];
  for (const [why, name, want] of rows) {
    test(why, () => expect(complaintsOf({ [name]: "1" })).toEqual([want]));
  }

  test("is another program's affair without our prefix", () => {
    expect(
      complaintsOf({ PORT: "x", SLUICE: "x", SLUICED_PORT: "x", MY_SLUICE_PORT: "x" }),
    ).toEqual([]);
  });

  test("is ignored when Kubernetes put it there for a service named sluice", () => {
    const env = {
      SLUICE_SERVICE_HOST: "10.0.0.1",
      SLUICE_SERVICE_PORT: "80",
      SLUICE_SERVICE_PORT_HTTP: "80",
      SLUICE_PORT: "tcp://10.0.0.1:80",
      SLUICE_PORT_80_TCP: "tcp://10.0.0.1:80",
      SLUICE_PORT_80_TCP_PROTO: "tcp",
      SLUICE_PORT_80_TCP_PORT: "80",
      SLUICE_PORT_80_TCP_ADDR: "10.0.0.1",
    };
    expect(readConfig(env)).toEqual(readConfig({}));
  });
});

describe("the nearest name", () => {
  type Row = readonly [why: string, word: string, known: string[], want: string | undefined];
  const rows: readonly Row[] = [
    ["is the same name when there is one", "PORT", ["ROOT", "PORT"], "PORT"],
    ["is one letter replaced away", "PIRT", ["ROOT", "PORT"], "PORT"],
    ["is one letter added away", "ORT", ["ROOT", "PORT"], "PORT"],
    ["is one letter left out away", "POXRT", ["ROOT", "PORT"], "PORT"],
    ["is one swap away", "PROT", ["ROOT", "PORT"], "PORT"],
    ["is the first of two that are as near", "XORT", ["PORT", "SORT"], "PORT"],
    ["may differ in a third of the letters", "abcxyz", ["abcx12"], "abcx12"],
    ["may not differ in more", "abcxyz", ["abc123"], undefined],
    ["is none when nothing is known", "PORT", [], undefined],
  ];
  for (const [why, word, known, want] of rows) {
    test(why, () => expect(nearest(word, known)).toBe(want));
  }
});

describe("where a value comes from", () => {
  test("the command line comes before the environment", () => {
    const { config, differences } = readConfig({ SLUICE_ROOT: "a" }, { root: "b" });
    expect(config.root).toBe("b");
    expect(differences).toEqual([{ name: "SLUICE_ROOT", value: "b", origin: "command line" }]);
  });

  test("the command line is judged like the environment", () => {
    expect(readConfig({}, { root: "" }).complaints).toEqual([
      'SLUICE_ROOT="" from the command line: want a path',
    ]);
  });

  test("an absent override leaves the environment in charge", () => {
    expect(readConfig({ SLUICE_ROOT: "a" }, { root: undefined }).config.root).toBe("a");
  });

  test("differences are shown as their owner would write them, in the order of the table", () => {
    const env = { SLUICE_DRAIN_MS: "5000", SLUICE_POOL_BYTES: "134217728", SLUICE_PORT: "81" };
    expect(readConfig(env).differences).toEqual([
      { name: "SLUICE_PORT", value: "81", origin: "environment" },
      { name: "SLUICE_POOL_BYTES", value: "128MiB", origin: "environment" },
      { name: "SLUICE_DRAIN_MS", value: "5s", origin: "environment" },
    ]);
  });

  test("a default that was written out is no difference", () => {
    expect(readConfig({ SLUICE_PORT: "8080", SLUICE_CHUNK_BYTES: "1MiB" }).differences).toEqual([]);
  });

  test("a value that was refused is no difference", () => {
    expect(readConfig({ SLUICE_PORT: "x" }).differences).toEqual([]);
  });
});

describe("what the server runs with, as it is told to an operator", () => {
  const settingsOf = (env: Record<string, string>, root?: string) =>
    Object.fromEntries(readConfig(env, { root }).settings.map((one) => [one.name, one]));

  test("is every setting, in the order of the table, at its default when none is given", () => {
    const { settings } = readConfig({});
    expect(settings.map(({ name }) => name)).toEqual(
      Object.values(SETTINGS).map(({ name }) => name),
    );
    expect(settings.every(({ origin }) => origin === "default")).toBe(true);
    expect(settings.every((one) => one.value === one.default)).toBe(true);
  });

  test("is shown as its owner would write it, with what it would be by default", () => {
    expect(settingsOf({ SLUICE_DRAIN_MS: "5000" })["SLUICE_DRAIN_MS"]).toEqual({
      name: "SLUICE_DRAIN_MS",
      value: "5s",
      origin: "environment",
      default: "30s",
      says: "how long transfers may go on after a signal to stop",
    });
  });

  type Row = readonly [
    why: string,
    env: Record<string, string>,
    root: string | undefined,
    origin: string,
  ];
  const rows: readonly Row[] = [
    ["the environment", { SLUICE_ROOT: "a" }, undefined, "environment"],
    ["the command line", {}, "a", "command line"],
    ["the command line before the environment", { SLUICE_ROOT: "a" }, "b", "command line"],
    ["the environment, though it says the default", { SLUICE_ROOT: "." }, undefined, "environment"],
    ["the default in place of what is refused", { SLUICE_ROOT: "" }, undefined, "default"],
  ];
  for (const [why, env, root, origin] of rows) {
    test(`comes from ${why}`, () =>
      expect(settingsOf(env, root)["SLUICE_ROOT"]?.origin).toBe(origin));
  }

  test("hides a secret, and says that there is one", () => {
    const token = "0123456789abcdef";
    const { settings } = readConfig({ SLUICE_ADMIN_TOKEN: token });
    expect(settings.find(({ name }) => name === "SLUICE_ADMIN_TOKEN")).toMatchObject({
      value: "(hidden)",
      origin: "environment",
      default: "(none)",
    });
    expect(JSON.stringify(settings)).not.toContain(token);
  });
});

describe("kinds that no setting has yet", () => {
  const TABLE = {
    loud: { name: "SLUICE_LOUD", group: "g", kind: "boolean", default: false, says: "s" },
    token: {
      name: "SLUICE_TOKEN",
      group: "g",
      kind: "secret",
      must: { hold: (text) => text.length >= 8, be: "at least 8 characters" },
      default: "",
      says: "s",
    },
  } as const satisfies SettingsTable;
  const read = (env: Record<string, string>) => readTable(TABLE, [], env, {});

  const booleans: readonly (readonly [text: string, want: boolean])[] = [
    ["1", true],
    ["true", true],
    ["On", true],
    ["0", false],
    ["FALSE", false],
    ["off", false],
  ];
  for (const [text, want] of booleans) {
    test(`a boolean takes ${text}`, () => {
      const { config, complaints } = read({ SLUICE_LOUD: text });
      expect(complaints).toEqual([]);
      expect(config.loud).toBe(want);
    });
  }
  test("a boolean refuses other words", () => {
    expect(read({ SLUICE_LOUD: "yes" }).complaints).toEqual([
      'SLUICE_LOUD="yes" from the environment: want on or off, true or false, 1 or 0',
    ]);
  });
  test("a boolean is shown as a word", () => {
    expect(read({ SLUICE_LOUD: "1" }).differences[0]?.value).toBe("on");
  });

  test("a secret reaches the program and nobody else", () => {
    const { config, differences } = read({ SLUICE_TOKEN: "open sesame" });
    expect(config.token).toBe("open sesame");
    expect(differences).toEqual([
      { name: "SLUICE_TOKEN", value: "(hidden)", origin: "environment" },
    ]);
  });
  test("what is not set is shown as such, secret or not", () => {
    expect(showValue(TABLE.token, "")).toBe("(none)");
    expect(showValue({ ...TABLE.token, kind: "text" }, "")).toBe("(none)");
  });
  test("a secret is not repeated when it is refused", () => {
    expect(read({ SLUICE_TOKEN: "sesame" }).complaints).toEqual([
      "SLUICE_TOKEN=(hidden) from the environment: want at least 8 characters",
    ]);
  });
});
