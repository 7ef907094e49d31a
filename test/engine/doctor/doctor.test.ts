/** Fear: a doctor that finds nothing where the server then fails, or cries wolf where all is well. */
import { describe, expect, test } from "vitest";
import { examine } from "../../../engine/doctor/doctor.js";
import { doctorText } from "../../../engine/doctor/doctor-text.js";
import type { DoctorFacts, Finding } from "../../../engine/doctor/finding.js";
import { readConfig } from "../../../engine/settings/config.js";
import { AUTO, type Config } from "../../../engine/settings/settings.js";
import type { MachineFacts } from "../../../fs/machine-facts.js";
import type { RootFacts } from "../../../fs/root-facts.js";

const MIB = 2 ** 20;
const GIB = 1024 * MIB;

const MACHINE: MachineFacts = {
  platform: "linux",
  kernel: "6.12.0",
  pageBytes: 4096,
  openFiles: 524_288,
  somaxconn: 4096,
  migrateRequests: 1,
  unprivilegedPort: 1024,
  mayBindAnyPort: false,
  userId: 65_532,
  memoryBytes: 8 * GIB,
  cores: 4,
  grant: { memoryBytes: undefined, cores: undefined },
};
const ROOT: RootFacts = {
  path: "/srv/www",
  fileSystem: 0xef53,
  seen: 10,
  hasMore: false,
  unreadable: [],
  index: "readable",
};

interface Changes extends Partial<Omit<DoctorFacts, "config" | "machine" | "root">> {
  readonly config?: Partial<Config>;
  readonly machine?: Partial<MachineFacts>;
  readonly root?: Partial<RootFacts> | "none";
}

/** A machine on which all is well, but for the changes. */
const facts = ({ config, machine, root = {}, ...others }: Changes = {}): DoctorFacts => ({
  config: { ...readConfig({}).config, ...config },
  complaints: [],
  machine: { ...MACHINE, ...machine },
  node: "Node 24.21.0",
  libc: "glibc 2.41",
  uws: { loads: true },
  root: root === "none" ? undefined : { ...ROOT, ...root },
  writes: [],
  certificates: undefined,
  ...others,
});

const CHECKS = [
  "kernel",
  "library",
  "pages",
  "open files",
  "backlog",
  "hand-over",
  "memory",
  "processors",
  "user",
  "ports",
  "settings",
  "files",
  "disk",
];

test("where all is well, each check says so and asks for nothing", () => {
  const findings = examine(facts());
  expect(findings.map(({ check }) => check)).toEqual(CHECKS);
  for (const { verdict, change } of findings) expect([verdict, change]).toEqual(["ok", undefined]);
});

type Row = readonly [
  why: string,
  check: string,
  changes: Changes,
  verdict: Finding["verdict"] | undefined,
  found: RegExp,
  change?: RegExp,
];
const open = (openFiles: number, workers = 1, maxOpenFiles = 4096): Changes => ({
  machine: { openFiles },
  config: { workers, maxOpenFiles },
});
const grant = (memoryBytes: number, config: Partial<Config> = {}): Changes => ({
  machine: { grant: { memoryBytes, cores: undefined } },
  config,
});
const quota = (cores: number): Changes => ({
  machine: { grant: { memoryBytes: undefined, cores } },
});
const GLIBC = { loads: false, why: "version `GLIBC_2.38' not found" } as const;
/** MiB, of the defaults on four cores: 72 + 16 * 7.4 + 64 + 256, and 32 + 32 + 200 for each worker. */
const NEEDED = 1567;

const rows: readonly Row[] = [
  ["another kernel", "kernel", { machine: { platform: "darwin" } }, "note", /^darwin 6\.12\.0$/],
  ["a binary that loads", "library", {}, "ok", /^Node 24\.21\.0, glibc 2\.41: uWeb\S+ loads$/],
  ["no glibc is told of", "library", { libc: undefined }, "ok", /^Node 24\.21\.0: uWeb/],
  ["Node 20", "library", { node: "Node 20.12.0" }, "note", /20\.12\.0.* loads$/, /^Node 22/],
  ["no binary", "library", { uws: GLIBC }, "warning", /not load: .*GLIBC_2\.38/, /Debian 13/],
  [
    "no binary, and it must be",
    "library",
    { uws: GLIBC, config: { transport: "uws" } },
    "error",
    /does not load/,
  ],
  [
    "no binary, and none wanted",
    "library",
    { uws: GLIBC, config: { transport: "node" } },
    "note",
    /node:http, as SLUICE_TRANSPORT says$/,
    /^SLUICE_TRANSPORT=auto$/,
  ],
  ["large pages that fit", "pages", { machine: { pageBytes: 65_536 } }, "ok", /^64KiB a page$/],
  [
    "large pages that do not",
    "pages",
    { machine: { pageBytes: 65_536 }, config: { chunkBytes: 100 * 1024 } },
    "warning",
    /SLUICE_CHUNK_BYTES=100KiB ends inside one$/,
    /^SLUICE_CHUNK_BYTES=128KiB$/,
  ],
  ["unknown pages", "pages", { machine: { pageBytes: undefined } }, undefined, /./],
  ["enough descriptors", "open files", open(4096 + 64 + 8192), "ok", /: 8192 connections$/],
  ["few", "open files", open(12_351), "warning", /: 8191 conn/, /^LimitNOFILE=16384 .*=16384,/],
  ["very few", "open files", open(4096 + 64 + 512), "warning", /: 512 connections$/],
  ["next to none", "open files", open(4096 + 64 + 511), "error", /: 511 connections$/],
  ["less than files", "open files", open(1024), "error", /^limit 1024, .*: 0 connections$/],
  [
    "one process",
    "open files",
    open(4096 + 64 + 8192, 0),
    "ok",
    /^limit 12352, less 4096 by S\S+=4096: 8192/,
  ],
  [
    "each worker has a limit of its own, and its part of the files",
    "open files",
    open(8192 + 512, 8),
    "ok",
    /^limit 8704 for each of 8 workers, less 512 by SLUICE_MAX_OPEN_FILES=4096: 65024 connections$/,
  ],
  [
    "too few for each of several to keep small files open",
    "open files",
    open(8192 + 511, 8),
    "note",
    /: 65016 connections$/,
    /^LimitNOFILE=16384 /,
  ],
  [
    "none that are kept open without reads of what the kernel has",
    "open files",
    { ...open(4096, 8), config: { ...open(4096, 8).config, cachedReads: false } },
    "ok",
    /: 28160 connections$/,
  ],
  [
    "few for each of several",
    "open files",
    open(1024 + 64 + 100, 4),
    "error",
    /: 400 connections$/,
    /^LimitNOFILE=4096 /,
  ],
  [
    "files by themselves",
    "open files",
    open(11_008, 1, AUTO),
    "ok",
    /^limit 11008, less 2752 by S\S+=auto: 8192 connections$/,
  ],
  [
    "files by themselves leave enough of a low limit to serve at all",
    "open files",
    open(1024, 1, AUTO),
    "warning",
    /^limit 1024, less 256 by S\S+=auto: 704 connections$/,
    /^LimitNOFILE=16384 /,
  ],
  [
    "of a higher limit files by themselves take more, and it has to be higher for that",
    "open files",
    open(100, 5, AUTO),
    "error",
    /^limit 100 for each of 5 workers, less 25 by S\S+=auto: 55 connections$/,
    /^LimitNOFILE=4096 /, // 2048 would leave 7360 connections
  ],
  [
    "too few for each of several to keep small files open by themselves",
    "open files",
    open(4096, 4, AUTO),
    "note",
    /: 12032 connections$/,
    /^LimitNOFILE=16384 /,
  ],
  ["no limit", "open files", open(Number.POSITIVE_INFINITY), "ok", /^no limit$/],
  ["a queue of our length", "backlog", { machine: { somaxconn: 512 } }, "ok", /=512$/],
  [
    "a queue cut short",
    "backlog",
    { machine: { somaxconn: 511 } },
    "warning",
    /^net\.core\.somaxconn=511$/,
    /^sysctl -w net\.core\.somaxconn=4096/,
  ],
  [
    "connections are lost",
    "hand-over",
    { machine: { migrateRequests: 0 } },
    "note",
    /=0$/,
    /sysctl -w net\.ipv4\.tcp_migrate_req=1/,
  ],
  ["an old kernel", "hand-over", { machine: { migrateRequests: undefined } }, undefined, /./],
  ["memory to spare", "memory", grant(1742 * MIB), "ok", /^up to 1567MiB .* group grants 1742MiB$/],
  ["no control group", "memory", {}, "ok", /the machine has 8192MiB$/],
  ["a grant beyond the machine", "memory", grant(9 * GIB), "ok", /the machine has 8192MiB$/],
  [
    "hardly room for file pages",
    "memory",
    grant(NEEDED * MIB),
    "warning",
    /grants 1567MiB$/,
    /^SLUICE_SMALL_CACHE_BYTES=99MiB, or a limit of at least 1741MiB$/,
  ],
  ["too little", "memory", grant((NEEDED - 1) * MIB), "error", /grants 1566MiB$/],
  [
    "too little for any cache",
    "memory",
    grant(256 * MIB),
    "error",
    /grants 256MiB$/,
    /^a limit of .*1741MiB, or a smaller SLUICE_POOL_BYTES and SLUICE_SMALL_CACHE_BYTES$/,
  ],
  [
    "a machine that is too small",
    "memory",
    { machine: { memoryBytes: 500 * MIB } },
    "error",
    /500/,
  ],
  ["readers count", "memory", grant(GIB, { readers: 256 }), "error", /^up to 3343MiB/],
  ["the pool counts", "memory", grant(GIB, { poolBytes: GIB }), "error", /^up to 2527MiB/],
  ["each worker counts", "memory", { config: { workers: 8 } }, "ok", /^up to 2623MiB/],
  ["no worker counts", "memory", { config: { workers: 0 } }, "ok", /^up to 743MiB/],
  [
    "where small files land counts, in each worker",
    "memory",
    { config: { smallFileBytes: MIB } },
    "ok",
    /^up to 1951MiB/,
  ],
  [
    "nothing lands where no small files are kept",
    "memory",
    { config: { smallCacheBytes: 0 } },
    "ok",
    /^up to 1183MiB/,
  ],
  [
    "shares are no smaller than a worker can do with",
    "memory",
    { config: { workers: 32, poolBytes: 4 * MIB } },
    "error",
    /^up to 9378MiB/, // 72 + 32 * (32 + 4 + 8 + 2 * 7.4 + 32 + 200)
  ],
  [
    "a quota makes fewer workers",
    "memory",
    { machine: { grant: { memoryBytes: undefined, cores: 1 } } },
    "ok",
    /^up to 775MiB/,
  ],
  ["half a processor", "processors", quota(0.5), "warning", /of 0\.5 of 4$/, /CPUQuota=/],
  ["one of four", "processors", quota(1), "note", /^a quota of 1 of 4$/],
  ["a quota of all", "processors", quota(4), "ok", /^4, no quota/],
  ["root", "user", { machine: { userId: 0 } }, "warning", /^root$/, /DynamicUser=yes/],
  ["no user ids", "user", { machine: { userId: undefined } }, undefined, /./],
  [
    "a low port",
    "ports",
    { config: { port: 80 } },
    "error",
    /^80 may not/,
    /AmbientCapabilities=CAP_NET_BIND_SERVICE.*port_start=80$/,
  ],
  ["both low", "ports", { config: { port: 443, adminPort: 81 } }, "error", /^443 and 81/, /=81$/],
  [
    "a low port with the right",
    "ports",
    { config: { port: 80 }, machine: { mayBindAnyPort: true } },
    "ok",
    /^80 may be listened on$/,
  ],
  [
    "a low port for everybody",
    "ports",
    { config: { port: 80 }, machine: { unprivilegedPort: 80 } },
    "ok",
    /^80 may/,
  ],
  ["any free port", "ports", { config: { port: 0, adminPort: 0 } }, "ok", /^0 may/],
  ["no /proc", "ports", { machine: { unprivilegedPort: undefined } }, undefined, /./],
  ["a setting is wrong", "settings", { complaints: ["SLUICE_X: no"] }, "error", /^SLUICE_X: no$/],
  ["no root", "files", { root: "none" }, undefined, /./],
  ["a large root", "files", { root: { hasMore: true } }, "ok", /: the first 10 files and folders/],
  [
    "some files are secret",
    "files",
    { root: { unreadable: ["a", "b", "c\n", "d"] } },
    "warning",
    /^\/srv\/www: of all 10 .* 4 cannot be read: "a", "b", "c\\n" and 1 more$/,
    /^chmod -R a\+rX \/srv\/www$/,
  ],
  [
    "all files are secret, and the path wants quotes",
    "files",
    { root: { path: "/it's", seen: 1, unreadable: ["a"] } },
    "error",
    /1 cannot be read: "a"$/,
    /^chmod -R a\+rX '\/it'\\''s'$/,
  ],
  [
    "no index",
    "index",
    { root: { index: "missing" } },
    "note",
    /^\/srv\/www\/index\.html does not/,
  ],
  ["a secret index", "index", { root: { index: "unreadable" } }, "error", /index\.html cannot be/],
  [
    "no index, but a listing",
    "index",
    { root: { index: "missing" }, config: { listing: true } },
    undefined,
    /./,
  ],
  [
    "no index above hosts",
    "index",
    { root: { index: "missing" }, config: { hostsDir: "/srv" } },
    undefined,
    /./,
  ],
  ["files in memory", "disk", { root: { fileSystem: 0x01021994 } }, "note", /is on tmpfs$/],
  ["files elsewhere", "disk", { root: { fileSystem: 0x6969 } }, "note", /NFS$/, /SLUICE_READERS/],
  [
    "another disk",
    "disk",
    { root: { fileSystem: 0xabc } },
    "ok",
    /^\/srv\/www is on a file system of type 0xabc$/,
  ],
  ["no answer", "disk", { root: { fileSystem: undefined } }, undefined, /./],
  [
    "a place to write",
    "writes",
    { writes: [{ name: "TMPDIR", folder: "/tmp", isWritable: true }] },
    "ok",
    /^TMPDIR: \/tmp can be written to$/,
  ],
  [
    "no place to write",
    "writes",
    { writes: [{ name: "SLUICE_STATE_DIR", folder: "/var/lib/x", isWritable: false }] },
    "error",
    /^SLUICE_STATE_DIR: \/var\/lib\/x cannot be/,
    /chown USER \/var\/lib\/x$/,
  ],
];
describe("examine", () => {
  for (const [why, check, changes, verdict, found, change] of rows) {
    test(`${check}: ${why}`, () => {
      const its = examine(facts(changes)).filter((finding) => finding.check === check);
      expect(its.map((finding) => finding.verdict)).toEqual(verdict === undefined ? [] : [verdict]);
      if (verdict === undefined) return;
      expect(its[0]!.found).toMatch(found);
      if (change !== undefined) expect(its[0]!.change).toMatch(change);
      expect(its[0]!.why === undefined).toBe(verdict === "ok" || check === "settings");
    });
  }
  test("certificates: what is unfit, what is odd, and how long each still holds", () => {
    const nowMs = 1_000_000_000_000;
    const inDays = (days: number) => nowMs + days * 86_400_000;
    const certificates = {
      complaints: ["a.pem: expired"],
      warnings: ["b.key: everybody may read it"],
      fit: [
        { name: "a.example", notAfterMs: inDays(14) },
        { name: "b.example", notAfterMs: inDays(14) - 1 },
        { name: "c.example", notAfterMs: inDays(1) },
      ],
      nowMs,
    };
    const its = examine(facts({ certificates })).filter(({ check }) => check === "certificate");
    expect(its.map(({ verdict, found }) => `${verdict} ${found}`)).toEqual([
      "error a.pem: expired",
      "warning b.key: everybody may read it",
      "ok a.example: for 14 more days",
      "warning b.example: for 13 more days",
      "warning c.example: for 1 more day",
    ]);
  });
  test("every complaint is a finding", () => {
    const complaints = ["one", "two"];
    const errors = examine(facts({ complaints })).filter(({ verdict }) => verdict === "error");
    expect(errors.map(({ found }) => found)).toEqual(complaints);
  });
});

describe("doctorText", () => {
  const findings: readonly Finding[] = [
    { check: "a", verdict: "ok", found: "fine" },
    {
      check: "longer",
      verdict: "warning",
      found: "words that take more than the room there is for them",
      change: "sysctl -w some.very.long.name.that.cannot.be.cut=1",
      why: "it steers a\u001b[2Jterminal",
    },
  ];
  test("stands in columns, wraps between words, cuts no word, and steers no terminal", () => {
    expect(doctorText(findings, 51)).toBe(
      [
        "ok       a       fine",
        "warning  longer  words that take more than the room",
        "                 there is for them",
        "                 change  sysctl -w",
        "                         some.very.long.name.that.cannot.be.cut=1",
        "                 why     it steers",
        "                         a\\u{1b}[2Jterminal",
        "",
        "0 errors, 1 warning, 0 notes; 1 ok",
        "",
      ].join("\n"),
    );
  });
});
