/** Fear: a wrong answer about a file, or none. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { JOBS, PATH_BYTES } from "../../fs/job-records.js";
import {
  OPEN_BODY,
  OPEN_DIRECTORY,
  OPEN_FAILED,
  OPEN_FILE,
  OPEN_IRREGULAR,
  OPEN_OUTSIDE,
  OPEN_UNCHANGED,
  READ_DONE,
  READ_FILE_CHANGED,
  READ_REFUSED,
} from "../../fs/jobs.js";
import type { Opened } from "../../fs/reader-pool.js";
import { until } from "../support/gate.js";
import { identityOf, SMALL_BYTES, sharePool, startPool, targetOf } from "../support/pool.js";
import { nextTick, put, tempFolder } from "../support/temp-folder.js";

const LARGE = Buffer.from(Array.from({ length: 4 * SMALL_BYTES }, (_, at) => (at * 31) % 251));
const { pool, slab, open, read } = sharePool();
const isRoot = process.geteuid?.() === 0;

const failed = (errno: number): Partial<Opened> => ({
  result: OPEN_FAILED,
  errno: -errno,
  fd: -1,
  identity: undefined,
  body: undefined,
});
const without = (result: number): Partial<Opened> => ({ result, errno: 0, fd: -1 });

interface Row {
  readonly why: string;
  /** Makes it in the root; returns its name. */
  readonly make: (root: string) => string;
  readonly want: Partial<Opened>;
}

const { ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP, ENXIO, EIO } = constants.errno;
const rows: readonly Row[] = [
  { why: "a folder", make: mkdir("a"), want: without(OPEN_DIRECTORY) },
  { why: "the root itself", make: () => "", want: without(OPEN_DIRECTORY) },
  { why: "a pipe, without waiting for its writer", make: fifo, want: without(OPEN_IRREGULAR) },
  { why: "a link to a file in the root", make: linkTo("f"), want: { result: OPEN_BODY } },
  { why: "a link to a folder in the root", make: linkTo("."), want: without(OPEN_DIRECTORY) },
  { why: "a link to a file outside", make: linkTo("/etc/passwd"), want: without(OPEN_OUTSIDE) },
  { why: "a link to a folder outside", make: linkTo(".."), want: without(OPEN_OUTSIDE) },
  { why: "a link to a device outside", make: linkTo("/dev/null"), want: without(OPEN_OUTSIDE) },
  { why: "a link to nothing", make: linkTo("gone"), want: failed(ENOENT) },
  { why: "a link to itself", make: linkTo("link"), want: failed(ELOOP) },
  { why: "nothing", make: () => "gone", want: failed(ENOENT) },
  { why: "something below a file", make: () => "f/x", want: failed(ENOTDIR) },
  { why: "a name no file can have", make: () => "n".repeat(256), want: failed(ENAMETOOLONG) },
  { why: "a path no file can have", make: () => "d/".repeat(2048), want: failed(ENAMETOOLONG) },
  { why: "a path with a NUL, which Node refuses", make: () => "a\0b", want: failed(EIO) },
];

function mkdir(name: string) {
  return (root: string): string => {
    fs.mkdirSync(join(root, name));
    return name;
  };
}

function linkTo(target: string) {
  return (root: string): string => {
    put(root, "f", "file");
    fs.symlinkSync(target, join(root, "link"));
    return "link";
  };
}

function fifo(root: string): string {
  execFileSync("mkfifo", [join(root, "pipe")]);
  return "pipe";
}

describe("opens", () => {
  for (const { why, make, want } of rows) {
    test(why, async () => {
      const root = tempFolder();
      put(root, "f", "file");
      const name = make(root);
      const path = name === "" ? root : `${root}/${name}`;
      expect(await open(path, undefined, root)).toMatchObject(want);
    });
  }

  test("a socket", async () => {
    const path = join(tempFolder(), "socket");
    const server = net.createServer().listen(path);
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    expect(await open(path)).toMatchObject(failed(ENXIO));
  });

  test.skipIf(isRoot)("a file that may not be read", async () => {
    const path = put(tempFolder(), "secret", "secret");
    fs.chmodSync(path, 0);
    expect(await open(path)).toMatchObject(failed(constants.errno.EACCES));
  });

  test.each([
    ["of many characters", "/d"],
    ["of many bytes in few characters", "/🌊"],
  ])("a path too long, %s, does not spill into the record beside it", async (_, folder) => {
    const path = put(tempFolder(), "f", "file");
    const tooLong = path + folder.repeat(PATH_BYTES / Buffer.byteLength(folder) + 50);
    for (let round = 0; round < 5; round++) {
      const asked = [path, tooLong, path, tooLong, path].map((one) => open(one));
      const results = (await Promise.all(asked)).map(({ result }) => result);
      expect(results).toEqual([OPEN_BODY, OPEN_FAILED, OPEN_BODY, OPEN_FAILED, OPEN_BODY]);
    }
  });

  test("a small file: it arrives whole, and closed", async () => {
    const path = put(tempFolder(), "f", LARGE.subarray(0, SMALL_BYTES));
    const opened = await open(path);
    expect(opened).toMatchObject({ result: OPEN_BODY, fd: -1, identity: identityOf(path) });
    expect(opened.body).toEqual(LARGE.subarray(0, SMALL_BYTES));
  });

  test("an empty file: it arrives whole too", async () => {
    const path = put(tempFolder(), "f", "");
    expect(await open(path)).toMatchObject({ result: OPEN_BODY, body: Buffer.alloc(0) });
  });

  test("a file one byte too large to arrive whole: it arrives open", async () => {
    const path = put(tempFolder(), "f", LARGE.subarray(0, SMALL_BYTES + 1));
    const opened = await open(path);
    expect(opened).toMatchObject({ result: OPEN_FILE, identity: identityOf(path) });
    expect(opened.body).toBeUndefined();
    expect(fs.readFileSync(opened.fd)).toHaveLength(SMALL_BYTES + 1);
  });

  test("bodies that are each the caller's own", async () => {
    const root = tempFolder();
    const first = await open(put(root, "a", "first"));
    const second = await open(put(root, "b", "again"));
    expect([first.body, second.body].map(String)).toEqual(["first", "again"]);
  });

  test("names in every script", async () => {
    const path = put(tempFolder(), "é€🌊", "wet");
    expect(String((await open(path)).body)).toBe("wet");
  });
});

describe("a file that is known", () => {
  test("is unchanged, and not opened", async () => {
    const path = put(tempFolder(), "f", LARGE);
    expect(await open(path, identityOf(path))).toMatchObject(without(OPEN_UNCHANGED));
  });

  const changes: readonly (readonly [why: string, change: (path: string) => void])[] = [
    ["has another size", (path) => fs.appendFileSync(path, "!")],
    [
      "has another time, to the nanosecond",
      (path) => execFileSync("touch", ["-d", "@1.000000001", path]),
    ],
    ["is another file of the same size and time", (path) => replaceKeepingTime(path)],
    ["was rewritten in place, and its time set back", (path) => rewriteKeepingTime(path)],
    ["may be read by fewer", (path) => fs.chmodSync(path, 0o600)],
  ];
  for (const [why, change] of changes) {
    test(`is opened again when it ${why}`, async () => {
      const path = put(tempFolder(), "f", LARGE);
      fs.utimesSync(path, 1, 1);
      const known = identityOf(path);
      await nextTick();
      change(path);
      expect(await open(path, known)).toMatchObject({
        result: OPEN_FILE,
        identity: identityOf(path),
      });
    });
  }

  test.each([
    ["on another device", { dev: -1n }],
    ["with another number", { ino: 0n }],
    ["of another size", { sizeBytes: 0 }],
    ["modified at another time", { mtimeNs: 0n }],
    ["changed at another time", { ctimeNs: 0n }],
  ])("%s, and the same in all else, is another file", async (_, other) => {
    const path = put(tempFolder(), "f", LARGE);
    const known = { ...identityOf(path), ...other };
    expect(await open(path, known)).toMatchObject({ result: OPEN_FILE });
  });

  test("is outside when its folder was moved out of the root, and a link leads there", async () => {
    const folder = tempFolder();
    const root = join(folder, "root");
    const path = put(root, "sub/f", LARGE);
    const known = identityOf(path);
    fs.renameSync(join(root, "sub"), join(folder, "moved"));
    fs.symlinkSync("../moved", join(root, "sub"));
    expect(await open(path, known, root)).toMatchObject(without(OPEN_OUTSIDE));
  });

  test("is missing when it is gone", async () => {
    const path = put(tempFolder(), "f", LARGE);
    const known = identityOf(path);
    fs.rmSync(path);
    expect(await open(path, known)).toMatchObject(failed(ENOENT));
  });
});

function replaceKeepingTime(path: string): void {
  const { atime, mtime } = fs.statSync(path);
  fs.writeFileSync(`${path}.new`, LARGE);
  fs.utimesSync(`${path}.new`, atime, mtime);
  fs.renameSync(`${path}.new`, path);
}

function rewriteKeepingTime(path: string): void {
  const { atime, mtime } = fs.statSync(path);
  rewrite(path);
  fs.utimesSync(path, atime, mtime);
}

test("a root that is a link follows it to the next release", async () => {
  const folder = tempFolder();
  put(folder, "r1/f", "one");
  put(folder, "r2/f", "two");
  const current = join(folder, "current");
  fs.symlinkSync("r1", current);
  expect(String((await open(`${current}/f`)).body)).toBe("one");

  fs.symlinkSync("r2", `${current}.new`);
  fs.renameSync(`${current}.new`, current);
  expect(String((await open(`${current}/f`)).body)).toBe("two");
});

describe("precompressed siblings", () => {
  const siblingsOf = async (path: string, siblings = true): Promise<number> => {
    const root = path.slice(0, path.lastIndexOf("/"));
    const opened = await new Promise<Opened>((resolve) => {
      pool.open({ root, path, known: undefined, siblings }, resolve);
    });
    expect(opened.result).toBe(OPEN_BODY);
    return opened.siblings;
  };

  test("are told by their place in the order of preference", async () => {
    const root = tempFolder();
    for (const name of ["a.js.br", "a.js.gz"]) put(root, name, "");
    expect(await siblingsOf(put(root, "a.js", "js"))).toBe(0b101);
  });
  test("are not looked for unless asked", async () => {
    const root = tempFolder();
    put(root, "a.js.br", "");
    expect(await siblingsOf(put(root, "a.js", "js"), false)).toBe(0);
  });
  test("whose names cannot be are none, and no failure of the file", async () => {
    const name = `${"n".repeat(251)}.js`;
    expect(await siblingsOf(put(tempFolder(), name, "js"))).toBe(0);
  });
  test("that are links in a circle are none, and no failure of the file", async () => {
    const root = tempFolder();
    fs.symlinkSync("a.js.gz", join(root, "a.js.gz"));
    expect(await siblingsOf(put(root, "a.js", "js"))).toBe(0);
  });
});

describe("reads", () => {
  const stretches: readonly (readonly [why: string, offset: number, length: number])[] = [
    ["from the first byte", 0, 100],
    ["from the middle", 1001, 1003],
    ["to the last byte", LARGE.length - 7, 7],
    ["the whole file", 0, LARGE.length],
  ];
  for (const [why, offset, length] of stretches) {
    test(why, async () => {
      const file = await open(put(tempFolder(), "f", LARGE));
      expect(await read(file, offset, length)).toBe(READ_DONE);
      expect(slab.subarray(0, length)).toEqual(LARGE.subarray(offset, offset + length));
    });
  }

  test("to the place in the slab that was asked for, and nowhere else", async () => {
    const file = await open(put(tempFolder(), "f", LARGE));
    slab.fill(0xff);
    await new Promise((resolve) => {
      pool.read(targetOf(file), 10, 20, 300, resolve);
    });
    expect(slab.subarray(300, 320)).toEqual(LARGE.subarray(10, 30));
    expect(slab.findIndex((byte) => byte !== 0xff)).toBe(300);
    expect(slab.subarray(320).every((byte) => byte === 0xff)).toBe(true);
  });

  const changes: readonly (readonly [why: string, change: (path: string) => void])[] = [
    ["cut short", (path) => fs.truncateSync(path, LARGE.length - 1)],
    ["longer", (path) => fs.appendFileSync(path, "!")],
    ["rewritten in place, as long as before", (path) => rewrite(path)],
  ];
  for (const [why, change] of changes) {
    test(`say so when the file is ${why}`, async () => {
      const path = put(tempFolder(), "f", LARGE);
      fs.utimesSync(path, 1, 1);
      const file = await open(path);
      change(path);
      expect(await read(file, 0, 100)).toBe(READ_FILE_CHANGED);
    });
  }

  test("go on when another file takes the name: the descriptor still leads to the old one", async () => {
    const path = put(tempFolder(), "f", LARGE);
    const file = await open(path);
    fs.writeFileSync(`${path}.new`, Buffer.alloc(LARGE.length));
    fs.renameSync(`${path}.new`, path);
    expect(await read(file, 0, 100)).toBe(READ_DONE);
    expect(slab.subarray(0, 100)).toEqual(LARGE.subarray(0, 100));
  });

  const others: readonly (readonly [why: string, change: (path: string) => void])[] = [
    ["may be read by fewer", (path) => fs.chmodSync(path, 0o600)],
    ["has one more name", (path) => fs.linkSync(path, `${path}.link`)],
    ["has another name", (path) => fs.renameSync(path, `${path}.old`)],
    ["has none any more", (path) => fs.rmSync(path)],
  ];
  for (const [why, change] of others) {
    test(`go on when the file ${why}: its bytes are the same`, async () => {
      const path = put(tempFolder(), "f", LARGE);
      const file = await open(path);
      await nextTick();
      change(path);
      expect(await read(file, 0, 100)).toBe(READ_DONE);
    });
  }

  test("beyond the end are no bytes of this file", async () => {
    const file = await open(put(tempFolder(), "f", LARGE));
    expect(await read(file, LARGE.length - 1, 2)).toBe(READ_FILE_CHANGED);
    expect(await read(file, LARGE.length + 5, 1)).toBe(READ_FILE_CHANGED);
  });

  test("that the system refuses say why", async () => {
    const { identity } = await open(put(tempFolder(), "f", LARGE));
    const answer = await new Promise((resolve) => {
      pool.read({ fd: -1 >>> 1, identity: identity!, path: "f" }, 0, 1, 0, (result, errno) =>
        resolve([result, errno]),
      );
    });
    expect(answer).toEqual([READ_REFUSED, -constants.errno.EBADF]);
  });
});

function rewrite(path: string): void {
  const fd = fs.openSync(path, "r+");
  fs.writeSync(fd, "other bytes", 0);
  fs.closeSync(fd);
}

test("close closes", async () => {
  const path = put(tempFolder(), "f", LARGE);
  const opened = await new Promise<Opened>((resolve) => {
    pool.open({ root: path, path, known: undefined, siblings: false }, resolve);
  });
  pool.close(opened.fd);
  await until(() => pool.stats().inFlight === 0);
  expect(() => fs.fstatSync(opened.fd)).toThrow("EBADF");
});

test("no open leaves a descriptor behind that nobody was given", async () => {
  const root = tempFolder();
  for (const make of [mkdir("d"), fifo, linkTo("/etc/passwd")]) make(root);
  const openBefore = fs.readdirSync("/proc/self/fd").length;
  for (const name of ["d", "pipe", "link", "f", "gone"]) await open(join(root, name));
  expect(fs.readdirSync("/proc/self/fd")).toHaveLength(openBefore);
});

describe("more jobs than there are records", () => {
  test("wait, and are all done, each once", async () => {
    const root = tempFolder();
    const paths = Array.from({ length: 20 }, (_, at) => put(root, `f${at}`, `file ${at}`));
    const jobs = Array.from({ length: 10 * JOBS }, (_, at) => open(paths[at % 20]!));
    expect(pool.stats()).toMatchObject({ inFlight: JOBS, inLine: 9 * JOBS });
    const bodies = (await Promise.all(jobs)).map(({ body }) => String(body));
    expect(bodies).toEqual(bodies.map((_, at) => `file ${at % 20}`));
    await until(() => pool.stats().inFlight === 0);
    expect(pool.stats().inLine).toBe(0);
  });

  test.each([
    ["one device", [7n]],
    ["two devices", [7n, 8n]],
  ])("that read from %s are all done, each once", async (_, devices) => {
    const { pool } = await startPool();
    for (const dev of devices) pool.noteDevice(dev);
    const { fd, identity } = await open(put(tempFolder(), "f", LARGE));
    const results: number[] = [];
    for (let at = 0; at < 3 * JOBS; at++) {
      const dev = devices[at % devices.length]!;
      const target = { fd, identity: { ...identity!, dev }, path: "f" };
      pool.read(target, at, 1, 0, (result) => results.push(result));
    }
    await until(() => results.length >= 3 * JOBS);
    expect(results).toEqual(Array(3 * JOBS).fill(READ_DONE));
  });

  test("come from completions too, without an end to the line", async () => {
    const path = put(tempFolder(), "f", "file");
    const request = { root: path, path, known: undefined, siblings: false };
    let finished = 0;
    const again = (): void => {
      finished++;
      if (finished <= 5 * JOBS) pool.open(request, again);
    };
    for (let started = 0; started < 2 * JOBS; started++) pool.open(request, again);
    await until(() => finished === 7 * JOBS);
    expect(pool.stats()).toMatchObject({ inLine: 0 });
  });
});
