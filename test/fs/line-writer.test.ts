/**
 * Fear: a log that nobody reads, or a disk that is full, stops the server or eats its memory; and a
 * line that is lost, torn or written to a file that was moved away.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { LineWriter } from "../../fs/line-writer.js";
import { tempFolder } from "../support/temp-folder.js";

const MIB = 1024 * 1024;
const PIPE_BYTES = 64 * 1024;
const MAX_WAITING_BYTES = 8 * MIB;
const PATIENCE = { timeout: 20_000, interval: 5 };

function createWriter(path: string) {
  const said: string[] = [];
  const writer = new LineWriter({ path, onTrouble: (line) => said.push(line) });
  onTestFinished(() => writer.close());
  return { writer, said };
}

/** A line of its own for each number, `size` bytes with its end. */
const line = (number: number, size = 100): string =>
  `${number} `.padEnd(size - 1, "x").concat("\n");

function writeLines(writer: LineWriter, count: number, size = 100): string {
  const lines = Array.from({ length: count }, (_, number) => line(number, size));
  for (const each of lines) writer.write(each);
  return lines.join("");
}

const untilHolds = (path: string, text: string): Promise<void> =>
  vi.waitFor(() => expect(fs.readFileSync(path, "utf8") === text).toBe(true), PATIENCE);

const untilIdle = (writer: LineWriter): Promise<void> =>
  vi.waitFor(() => expect(writer.stats().waitingBytes).toBe(0), PATIENCE);

/** Descriptors of this process that lead to a path. */
const fdsOf = (path: string): number[] =>
  fs
    .readdirSync("/proc/self/fd")
    .filter((fd) => targetOf(fd) === path)
    .map(Number);

function targetOf(fd: string): string {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

const sizeOf = (buffers: readonly NodeJS.ArrayBufferView[]): number =>
  buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** A disk that is stuck: a write ends when it is told to. */
function holdWrites() {
  let end = (): void => {};
  const held = vi.spyOn(fs, "writev").mockImplementation((_fd, buffers, _at, done) => {
    end = () => done?.(null, sizeOf(buffers), []);
  });
  onTestFinished(() => held.mockRestore());
  return {
    end: (): void => {
      held.mockRestore();
      end();
    },
  };
}

/** A named pipe with a reader that reads when it is told to. */
function createPipe() {
  const path = join(tempFolder(), "pipe");
  execFileSync("mkfifo", [path]);
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  onTestFinished(() => fs.closeSync(fd));
  const piece = Buffer.alloc(PIPE_BYTES);
  const read = (): string => {
    try {
      return piece.toString("latin1", 0, fs.readSync(fd, piece));
    } catch {
      return ""; // EAGAIN: nothing there
    }
  };
  return { path, read };
}

describe("a file", () => {
  test("gets every line, in order, soon and without being asked", async () => {
    const path = join(tempFolder(), "log");
    const { writer, said } = createWriter(path);
    const text = writeLines(writer, 5000);
    await untilHolds(path, text);
    writer.write("late\n");
    await untilHolds(path, `${text}late\n`);
    await untilIdle(writer);
    expect(writer.stats()).toEqual({ lines: 5001, dropped: 0, waitingBytes: 0 });
    expect(said).toEqual([]);
  });

  test("gets lines that came while others were written, whatever their lengths", async () => {
    const path = join(tempFolder(), "log");
    const { writer } = createWriter(path);
    let text = "";
    for (let turn = 0; turn < 200; turn++) {
      const size = [10, 500, 3000, 70_000][turn % 4]!;
      text += writeLines(writer, 1 + (turn % 7), size);
      await new Promise(setImmediate);
    }
    await untilHolds(path, text);
    expect(writer.stats().dropped).toBe(0);
  });

  test("keeps up with a loop that makes more than a batch each time round", async () => {
    const { writer } = createWriter("/dev/null");
    const once = vi.spyOn(fs, "writev").mockImplementation((_fd, buffers, _at, done) => {
      setImmediate(() => done?.(null, sizeOf(buffers), []));
    });
    onTestFinished(() => once.mockRestore());
    for (let turn = 0; turn < 50; turn++) {
      writeLines(writer, 5000);
      await new Promise(setImmediate);
    }
    expect(writer.stats()).toMatchObject({ lines: 250_000, dropped: 0 });
  });

  test("is appended to, and readable by its owner and group alone", async () => {
    const path = join(tempFolder(), "log");
    for (const word of ["one\n", "two\n"]) {
      const { writer } = createWriter(path);
      writer.write(word);
      await writer.close();
    }
    expect(fs.readFileSync(path, "utf8")).toBe("one\ntwo\n");
    expect(fs.statSync(path).mode & 0o137).toBe(0);
  });

  const refused: readonly (readonly [
    why: string,
    make: (folder: string) => string,
    code: string,
  ])[] = [
    ["in a folder that is not there", (folder) => join(folder, "none", "log"), "ENOENT"],
    ["that is a folder", (folder) => folder, "EISDIR"],
    [
      "that is a pipe without a reader, which would wait for one",
      (folder) => {
        execFileSync("mkfifo", [join(folder, "pipe")]);
        return join(folder, "pipe");
      },
      "ENXIO",
    ],
  ];
  test.each(refused)("%s is refused at the start", (_why, make, code) => {
    const path = make(tempFolder());
    expect(() => new LineWriter({ path, onTrouble: () => {} })).toThrow(code);
  });
});

describe("reopen", () => {
  test("goes on in a new file after the old one was renamed, and loses no line", async () => {
    const path = join(tempFolder(), "log");
    const { writer, said } = createWriter(path);
    let text = "";
    for (let day = 0; day < 5; day++) {
      text += writeLines(writer, 1000 + day);
      fs.renameSync(path, `${path}.${day}`);
      writer.reopen();
      await vi.waitFor(() => expect(fs.existsSync(path)).toBe(true), PATIENCE);
      await untilIdle(writer);
    }
    const files = ["log.0", "log.1", "log.2", "log.3", "log.4", "log"];
    const written = files.map((name) => fs.readFileSync(join(dirname(path), name), "latin1"));
    expect(written.join("") === text).toBe(true);
    await vi.waitFor(() => expect(fdsOf(path)).toHaveLength(1), PATIENCE);
    expect(said).toEqual([]);
  });

  test("holds one descriptor, however often it is asked", async () => {
    const path = join(tempFolder(), "log");
    const { writer } = createWriter(path);
    for (let at = 0; at < 20; at++) {
      writeLines(writer, 1000);
      writer.reopen();
      writer.reopen();
      if (at % 3 === 0) await new Promise(setImmediate);
    }
    await vi.waitFor(() => expect(fdsOf(path)).toHaveLength(1), PATIENCE);
    await untilIdle(writer);
    expect(fs.statSync(path).size).toBe(2_000_000);
    await writer.close();
    await vi.waitFor(() => expect(fdsOf(path)).toEqual([]), PATIENCE);
  });

  test("asked again while it opens, opens again: the name may have moved meanwhile", async () => {
    const path = join(tempFolder(), "log");
    const { writer } = createWriter(path);
    const open = vi.spyOn(fs, "open");
    onTestFinished(() => open.mockRestore());
    for (let at = 0; at < 3; at++) writer.reopen();
    await vi.waitFor(() => expect(open).toHaveBeenCalledTimes(2), PATIENCE);
    await vi.waitFor(() => expect(fdsOf(path)).toHaveLength(1), PATIENCE);
  });

  test("asked twice while a write is under way, lets go of the file in between", async () => {
    const path = join(tempFolder(), "log");
    const { writer } = createWriter(path);
    const stuck = holdWrites();
    writeLines(writer, 1000);
    for (const count of [2, 2]) {
      writer.reopen();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await vi.waitFor(() => expect(fdsOf(path)).toHaveLength(count), PATIENCE);
    }
    stuck.end();
    await vi.waitFor(() => expect(fdsOf(path)).toHaveLength(1), PATIENCE);
  });

  test("keeps the old file when there is no new one to be had, and says so", async () => {
    const folder = tempFolder();
    const path = join(folder, "logs", "log");
    fs.mkdirSync(join(folder, "logs"));
    const { writer, said } = createWriter(path);
    fs.renameSync(join(folder, "logs"), join(folder, "moved"));
    writer.reopen();
    await vi.waitFor(() => expect(said).toHaveLength(1), PATIENCE);
    expect(said[0]).toMatch(/^the file stays as it is: ENOENT/);
    writer.write("still\n");
    await untilHolds(join(folder, "moved", "log"), "still\n");
  });

  test("writes to the new file what the old one had no room for", async () => {
    const path = join(tempFolder(), "log");
    fs.symlinkSync("/dev/full", path);
    const { writer, said } = createWriter(path);
    const text = writeLines(writer, 10);
    await vi.waitFor(() => expect(said).toHaveLength(1), PATIENCE);
    expect(said[0]).toMatch(/^lines wait: ENOSPC/);
    fs.unlinkSync(path);
    writer.reopen();
    await untilHolds(path, text);
    expect(writer.stats().dropped).toBe(0);
  });

  test("writes a line whole of which the old file took only the beginning", async () => {
    const { path, read } = createPipe();
    const { writer } = createWriter(path);
    const text = writeLines(writer, 200, 1000);
    await vi.waitFor(
      () => expect(writer.stats().waitingBytes).toBe(200_000 - PIPE_BYTES),
      PATIENCE,
    );
    fs.unlinkSync(path);
    writer.reopen();
    await untilHolds(path, text.slice(65_000));
    expect(read().slice(0, 65_000)).toBe(text.slice(0, 65_000));
    await untilIdle(writer);
    expect(writer.stats()).toMatchObject({ lines: 200, dropped: 0 });
  });

  test("heals a descriptor that somebody closed", async () => {
    const path = join(tempFolder(), "log");
    const { writer, said } = createWriter(path);
    fs.closeSync(fdsOf(path)[0]!);
    writer.write("kept\n");
    await vi.waitFor(() => expect(said.join()).toMatch(/^lines wait: EBADF/), PATIENCE);
    writer.reopen();
    await untilHolds(path, "kept\n");
  });
});

describe("a pipe that nobody reads", () => {
  test("costs bounded memory, drops whole lines, and tells of them once", async () => {
    const { path, read } = createPipe();
    const { writer, said } = createWriter(path);
    const sent = writeLines(writer, 100_000);
    await new Promise(setImmediate);
    const { dropped, waitingBytes } = writer.stats();
    expect(waitingBytes).toBeGreaterThan(MAX_WAITING_BYTES - PIPE_BYTES - 200);
    expect(waitingBytes).toBeLessThanOrEqual(MAX_WAITING_BYTES);
    expect(said).toEqual(["1 line lost: they come faster than they can be written"]);

    let got = "";
    await vi.waitFor(() => {
      for (let piece = read(); piece !== ""; piece = read()) got += piece;
      expect(writer.stats().waitingBytes).toBe(0);
    }, PATIENCE);
    got += read();
    const kept = 100_000 - dropped;
    expect(got.length).toBe(kept * 100);
    expect(sent.startsWith(got)).toBe(true);
    writer.write("again\n");
    await vi.waitFor(() => expect(read()).toBe("again\n"), PATIENCE);
    expect(writer.stats().dropped).toBe(dropped);
  });

  test("is said nothing about while no line is lost", async () => {
    const { path } = createPipe();
    const { writer, said } = createWriter(path);
    const tries = vi.spyOn(fs, "writev");
    onTestFinished(() => tries.mockRestore());
    writeLines(writer, 1000);
    await vi.waitFor(() => expect(tries.mock.calls.length).toBeGreaterThan(4), PATIENCE);
    expect(writer.stats()).toEqual({ lines: 1000, dropped: 0, waitingBytes: 34_464 });
    expect(said).toEqual([]);
  });
});

describe("close", () => {
  test("writes what waits, closes the file, and may be called twice", async () => {
    const path = join(tempFolder(), "log");
    const { writer } = createWriter(path);
    const text = writeLines(writer, 3000);
    await Promise.all([writer.close(), writer.close()]);
    expect(fs.readFileSync(path, "latin1") === text).toBe(true);
    await vi.waitFor(() => expect(fdsOf(path)).toEqual([]), PATIENCE);
  });

  test("has nothing to write, and is done", async () => {
    const { writer, said } = createWriter(join(tempFolder(), "log"));
    await writer.close();
    expect(said).toEqual([]);
  });

  test("gives up on a full disk, and says how much was lost", async () => {
    const { writer, said } = createWriter("/dev/full");
    writeLines(writer, 3000);
    await writer.close();
    expect(writer.stats()).toEqual({ lines: 3000, dropped: 3000, waitingBytes: 0 });
    expect(said.map((each) => each.slice(0, 26))).toEqual([
      "lines wait: ENOSPC: no spa",
      "3000 lines lost: ENOSPC: n",
    ]);
  });

  test("counts a line as lost that only a part of was written", async () => {
    const { path } = createPipe();
    const { writer } = createWriter(path);
    writeLines(writer, 200, 1000);
    await writer.close();
    expect(writer.stats()).toMatchObject({ lines: 200, dropped: 135 });
  });

  test("waits no longer for a write that does not end, and holds its descriptor open", async () => {
    const path = join(tempFolder(), "log");
    const { writer } = createWriter(path);
    const stuck = holdWrites();
    writer.write("stuck\n");
    await writer.close();
    expect(writer.stats()).toEqual({ lines: 1, dropped: 1, waitingBytes: 0 });
    expect(fdsOf(path)).toHaveLength(1);
    stuck.end();
    await vi.waitFor(() => expect(fdsOf(path)).toEqual([]), PATIENCE);
  });

  test("takes no more lines, and opens no more files", async () => {
    const path = join(tempFolder(), "log");
    const { writer } = createWriter(path);
    writer.reopen();
    await writer.close();
    writer.reopen();
    writer.write("late\n");
    await vi.waitFor(() => expect(fdsOf(path)).toEqual([]), PATIENCE);
    expect(fs.readFileSync(path, "utf8")).toBe("");
    expect(writer.stats()).toEqual({ lines: 1, dropped: 1, waitingBytes: 0 });
  });
});

describe("a process that logs to standard output", () => {
  const MODULE = fileURLToPath(new URL("../../dist/fs/line-writer.js", import.meta.url));
  const start = (script: string) => {
    const code = `import { LineWriter } from ${JSON.stringify(MODULE)};
      const writer = new LineWriter({ path: "", onTrouble: console.error });
      ${script}`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code]);
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };

  test("ends when it has closed the log, though nobody reads it", async () => {
    const child = start(`
      for (let at = 0; at < 20_000; at++) writer.write("x".repeat(99) + "\\n");
      setTimeout(() => writer.close().then(() => process.exit()), 200);`);
    // 2 MB, and the stream is not read: more than any pipe holds.
    expect(await once(child, "exit")).toEqual([0, null]);
    child.stdout.destroy();
  });

  test("writes every line to a reader that is slow to begin, and keeps the stream open", async () => {
    const child = start(`
      writer.reopen();
      for (let at = 0; at < 5000; at++) writer.write("x".repeat(99) + "\\n");
      setTimeout(() => writer.close().then(() => process.stdout.write("end\\n")), 100);`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    let out = "";
    child.stdout.on("data", (text) => (out += text));
    await once(child, "close");
    expect(out.length).toBe(500_004);
    expect(out.endsWith("x\nend\n")).toBe(true);
  });

  test("outlives a reader that went away", async () => {
    const child = start(`
      process.stdout.on("error", () => {});
      const timer = setInterval(() => writer.write("x\\n"), 10);
      setTimeout(() => { clearInterval(timer); writer.close().then(() => process.exit(7)); }, 600);`);
    let err = "";
    child.stderr.on("data", (text) => (err += text));
    child.stdout.destroy();
    expect(await once(child, "close")).toEqual([7, null]);
    expect(err).toMatch(/^lines wait: EPIPE.*\n\d+ lines lost: EPIPE.*\n$/);
  });
});

test("lines that wait keep no process alive", () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout");
  const before = timers().length;
  createWriter("/dev/null").writer.write("x\n");
  expect(timers()).toHaveLength(before);
});

describe("several processes", () => {
  /** A writer that is one of them, and the sizes of what it writes at a time. */
  function createShared(path: string) {
    const writes = vi.spyOn(fs, "writev");
    onTestFinished(() => writes.mockRestore());
    const writer = new LineWriter({ path, onTrouble: () => {}, isShared: true });
    onTestFinished(() => writer.close());
    const pieces = (): Buffer[] =>
      writes.mock.calls.splice(0).map(([, buffers]) => Buffer.concat(buffers as Buffer[]));
    return { writer, pieces };
  }

  async function untilRead(read: () => string, text: string): Promise<void> {
    let got = "";
    await vi.waitFor(() => {
      got += read();
      expect(got === text).toBe(true);
    }, PATIENCE);
  }

  test("that write to a pipe write whole lines, no more than it takes at once", async () => {
    const { path, read } = createPipe();
    const { writer, pieces } = createShared(path);
    const short = writeLines(writer, 500);
    const long = line(500, 5000);
    writer.write(long);
    await untilRead(read, short + long + writeLines(writer, 2));
    const written = pieces();
    for (const piece of written) expect(piece.at(-1)).toBe(10);
    const sizes = written.map(({ length }) => length);
    expect(sizes.filter((size) => size > 4096)).toEqual([5000]);
  });

  test("that write to a file write much at a time: what is appended stays whole", async () => {
    const path = join(tempFolder(), "log");
    const { writer, pieces } = createShared(path);
    await untilHolds(path, writeLines(writer, 500));
    expect(pieces().map(({ length }) => length)).toEqual([50_000]);
  });

  test("find a pipe where a file was, and a file where a pipe was", async () => {
    const { path: pipe, read } = createPipe();
    const path = join(tempFolder(), "log");
    const { writer, pieces } = createShared(path);
    fs.symlinkSync(pipe, `${path}.next`);
    fs.renameSync(`${path}.next`, path);
    writer.reopen();
    await vi.waitFor(() => expect(fdsOf(`${path} (deleted)`)).toEqual([]), PATIENCE);
    await untilRead(read, writeLines(writer, 100));
    expect(Math.max(...pieces().map(({ length }) => length))).toBeLessThanOrEqual(4096);

    fs.unlinkSync(path);
    writer.reopen();
    await vi.waitFor(() => expect(fdsOf(path)).toHaveLength(1), PATIENCE);
    await vi.waitFor(() => expect(fdsOf(pipe)).toHaveLength(1), PATIENCE);
    await untilHolds(path, writeLines(writer, 500));
    expect(pieces().map(({ length }) => length)).toEqual([50_000]);
  });
});
