/** Fear: one folder, one thread or one slow reader keeps listings from everybody, or leaks. */
import fs from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { ListingDesk } from "../../../engine/listings/listing-desk.js";
import type { ListingReply } from "../../../engine/listings/listing-thread.js";
import {
  type ListingWriter,
  startListingWriter,
  type WriterEvents,
} from "../../../engine/listings/listing-writer.js";
import type { ListingOrder, WrittenListing } from "../../../engine/listings/listings.js";
import { OpenFile } from "../../../fs/open-file.js";
import type { RootedPath } from "../../../fs/paths.js";
import type { FileIdentity } from "../../../fs/reader-pool.js";
import { put, tempFolder } from "../../support/temp-folder.js";

const MIB = 1024 * 1024;

/** A thread that replies when it is told to. */
class FakeWriter implements ListingWriter {
  readonly orders: ListingOrder[] = [];
  /** Those of them for which the folder has to be read. */
  readonly read: ListingOrder[] = [];
  isEnded = false;
  readonly #events: WriterEvents;

  constructor(events: WriterEvents) {
    this.#events = events;
  }

  write(order: ListingOrder, isReadAlready: boolean): void {
    this.orders.push(order);
    if (!isReadAlready) this.read.push(order);
  }

  end(): void {
    this.isEnded = true;
  }

  reply(reply: ListingReply): void {
    this.#events.replied(reply);
  }

  die(): void {
    this.#events.died(new Error("out of memory"));
  }
}

/** A table that counts holds: a listing is closed by its last user. */
class FakeTable {
  readonly closed: number[] = [];
  room = Number.POSITIVE_INFINITY;

  adopt(fd: number, identity: FileIdentity): OpenFile | undefined {
    if (this.room-- <= 0) {
      this.closed.push(fd);
      return undefined;
    }
    const file = new OpenFile("/listing", identity, undefined, 0);
    file.fd = fd;
    file.users = 1;
    return file;
  }

  hold(file: OpenFile): void {
    if (file.fd < 0) throw new Error("held after it was closed");
    file.users++;
  }

  release(file: OpenFile): void {
    if (--file.users > 0) return;
    this.closed.push(file.fd);
    file.fd = -1;
  }
}

interface Setup {
  readonly revalidateMs?: number;
  readonly maxOpenFiles?: number;
}

const READ_TIMEOUT_MS = 5000;

function openDesk({ revalidateMs = 1000, maxOpenFiles = 4096 }: Setup = {}) {
  const writers: FakeWriter[] = [];
  const troubles: string[] = [];
  const table = new FakeTable();
  const clock = { ms: 0 };
  const desk = new ListingDesk({
    table,
    settings: { revalidateMs, readTimeoutMs: READ_TIMEOUT_MS, maxOpenFiles },
    nowMs: () => clock.ms,
    onTrouble: (line) => troubles.push(line),
    startWriter: (events) => {
      const writer = new FakeWriter(events);
      writers.push(writer);
      return writer;
    },
  });
  const wait = (ms: number): void => {
    clock.ms += ms;
    desk.sweep();
  };
  return { desk, writers, troubles, table, clock, wait };
}

const order = (folder: string, more: Partial<ListingOrder> = {}): ListingOrder => ({
  root: "/srv",
  folder: folder as RootedPath,
  view: { sort: "name", order: "asc", limit: 1000, offset: 0 },
  format: "html",
  ...more,
});

const written = (fd: number, sizeBytes = 10): ListingReply => ({
  kind: "written",
  fd,
  identity: { dev: 1n, ino: BigInt(fd), sizeBytes, mtimeNs: 0n, ctimeNs: 0n },
  digest: `digest-${fd}`,
});

async function listingOf(outcome: Promise<WrittenListing | string>): Promise<WrittenListing> {
  const listing = await outcome;
  if (typeof listing === "string") throw new Error(`no listing: ${listing}`);
  return listing;
}

describe("an order", () => {
  test("starts the thread, which nobody had asked for before", async () => {
    const { desk, writers } = openDesk();
    expect(writers).toHaveLength(0);
    const outcome = desk.write(order("a"));
    expect(writers).toHaveLength(1);
    writers[0]!.reply(written(5));
    const { file, digest } = await listingOf(outcome);
    expect([file.fd, file.sizeBytes, digest]).toEqual([5, 10, "digest-5"]);
  });

  test("waits for the one before it", () => {
    const { desk, writers } = openDesk();
    void desk.write(order("a"));
    void desk.write(order("b"));
    expect(writers[0]!.orders).toHaveLength(1);
    writers[0]!.reply(written(5));
    expect(writers[0]!.orders.map(({ folder }) => folder)).toEqual(["a", "b"]);
  });

  test("joins an equal one that is being written, and each gets a hold of its own", async () => {
    const { desk, writers, table } = openDesk({ revalidateMs: 0 });
    const outcomes = [desk.write(order("a")), desk.write(order("a"))];
    writers[0]!.reply(written(5));
    const [one, other] = await Promise.all(outcomes.map(listingOf));
    expect(writers[0]!.orders).toHaveLength(1);
    table.release(one!.file);
    expect(table.closed).toEqual([]);
    table.release(other!.file);
    expect(table.closed).toEqual([5]);
  });

  test.each([
    ["nothing is to be believed", 0, 1],
    ["it is believed for a second", 1000, 1000],
  ])("joins none whose folder was read too long ago, where %s", async (_, revalidateMs, ms) => {
    const { desk, writers, clock } = openDesk({ revalidateMs });
    const outcomes = [desk.write(order("a"))];
    clock.ms = ms;
    outcomes.push(desk.write(order("a")), desk.write(order("a")));
    for (const fd of [5, 6]) writers[0]!.reply(written(fd));
    const listings = await Promise.all(outcomes.map(listingOf));
    expect(listings.map(({ file }) => file.fd)).toEqual([5, 6, 6]);
    expect(writers[0]!.read).toHaveLength(2);
  });

  const others: readonly (readonly [string, Partial<ListingOrder>])[] = [
    ["root", { root: "/srv/a", folder: "" as RootedPath }],
    ["format", { format: "json" }],
    ["sort", { view: { ...order("").view, sort: "size" } }],
    ["direction", { view: { ...order("").view, order: "desc" } }],
    ["page", { view: { ...order("").view, offset: 1 } }],
    ["page length", { view: { ...order("").view, limit: 10 } }],
  ];
  test.each(others)("of another %s is another order", (_what, more) => {
    const { desk, writers } = openDesk();
    void desk.write(order("a"));
    void desk.write(order("a", more));
    writers[0]!.reply(written(5));
    expect(writers[0]!.orders).toHaveLength(2);
  });

  test("is refused when the line is full, and taken again when it has moved", async () => {
    const { desk, writers } = openDesk();
    for (let n = 0; n < 65; n++) void desk.write(order(`folder-${n}`));
    expect(desk.stats().inLine).toBe(64);
    expect(await desk.write(order("late"))).toBe("READERS_BUSY");
    const joined = desk.write(order("folder-0"));
    writers[0]!.reply(written(5));
    expect((await listingOf(joined)).file.fd).toBe(5);
    void desk.write(order("late"));
    expect(desk.stats().inLine).toBe(64);
  });
});

const page = (folder: string, offset: number): ListingOrder =>
  order(folder, { view: { ...order("").view, offset } });

describe("a folder", () => {
  test("is read once for all views that wait for it", async () => {
    const { desk, writers } = openDesk({ revalidateMs: 0 });
    void desk.write(order("busy"));
    const outcomes = [0, 1, 2].map((offset) => desk.write(page("a", offset)));
    for (const fd of [4, 5, 6, 7]) writers[0]!.reply(written(fd));
    const listings = await Promise.all(outcomes.map(listingOf));
    expect(listings.map(({ file }) => file.fd)).toEqual([5, 6, 7]);
    expect(writers[0]!.read.map(({ folder }) => folder)).toEqual(["busy", "a"]);
  });

  test("is not read again for another view while it is believed", () => {
    const { desk, writers, clock } = openDesk();
    for (const [offset, atMs] of [0, 999, 1000].entries()) {
      clock.ms = atMs;
      void desk.write(page("a", offset));
      writers[0]!.reply(written(5 + offset));
    }
    expect(writers[0]!.read.map(({ view }) => view.offset)).toEqual([0, 2]);
  });

  test("has a reading that grows no younger by being used again", async () => {
    const { desk, writers, clock, table } = openDesk();
    void desk.write(page("a", 0));
    writers[0]!.reply(written(5));
    clock.ms = 900;
    const late = desk.write(page("a", 1));
    writers[0]!.reply(written(6));
    table.release((await listingOf(late)).file);
    clock.ms = 1000;
    void desk.write(page("a", 1));
    expect(writers[0]!.read).toHaveLength(2);
  });

  test("is read again for who joins an order later than it was read", async () => {
    const { desk, writers, clock } = openDesk();
    void desk.write(order("busy"));
    clock.ms = 1;
    const outcomes = [desk.write(page("a", 0)), desk.write(page("a", 1))];
    writers[0]!.reply(written(4));
    clock.ms = 2;
    outcomes.push(desk.write(page("a", 1)));
    clock.ms = 1001; // what was read at 1 is believed no more
    writers[0]!.reply(written(5));
    writers[0]!.reply(written(6));
    const listings = await Promise.all(outcomes.map(listingOf));
    expect(listings.map(({ file }) => file.fd)).toEqual([5, 6, 6]);
    expect(writers[0]!.read.map(({ view }) => view.offset)).toEqual([0, 0, 1]);
  });

  test("is read again once its root was switched, and by a thread that has not read it", () => {
    const { desk, writers } = openDesk();
    void desk.write(page("a", 0));
    writers[0]!.reply(written(5));
    desk.distrust();
    void desk.write(page("a", 1));
    expect(writers[0]!.read).toHaveLength(2);
    void desk.write(page("a", 2));
    writers[0]!.die();
    expect(writers[1]!.read.map(({ view }) => view.offset)).toEqual([2]);
  });

  test("that everybody wants leaves others their turn, whatever is asked of it meanwhile", async () => {
    const { desk, writers, clock } = openDesk({ revalidateMs: 0 });
    let offset = 0;
    void desk.write(page("wanted", offset++));
    for (let n = 0; n < 200; n++) void desk.write(page("wanted", offset++));
    const other = desk.write(order("other"));
    for (let turn = 0; writers[0]!.orders.at(-1)!.folder !== "other"; turn++) {
      expect(turn).toBeLessThan(50);
      clock.ms += 10;
      void desk.write(page("wanted", offset++));
      writers[0]!.reply(written(100 + turn));
    }
    writers[0]!.reply(written(5));
    expect((await listingOf(other)).file.fd).toBe(5);
  });
});

describe("a listing", () => {
  test("is handed out again as long as its folder is believed, from the start of the read", async () => {
    const { desk, writers, clock } = openDesk();
    void desk.write(order("a"));
    clock.ms = 600;
    writers[0]!.reply(written(5));
    clock.ms = 999;
    expect((await listingOf(desk.write(order("a")))).file.fd).toBe(5);
    clock.ms = 1000;
    void desk.write(order("a"));
    expect(writers[0]!.orders).toHaveLength(2);
  });

  test("that is handed out again is held for each who gets it", async () => {
    const { desk, writers, table, wait } = openDesk();
    const first = desk.write(order("a"));
    writers[0]!.reply(written(5));
    const [one, other] = [await listingOf(first), await listingOf(desk.write(order("a")))];
    wait(1000);
    table.release(one.file);
    expect(table.closed).toEqual([]);
    table.release(other.file);
    expect(table.closed).toEqual([5]);
  });

  test("that takes the place of an older one lets go of that", async () => {
    const { desk, writers, table, clock } = openDesk();
    for (const fd of [5, 6]) {
      const outcome = desk.write(order("a"));
      writers[0]!.reply(written(fd));
      table.release((await listingOf(outcome)).file);
      clock.ms += 1000;
    }
    expect(table.closed).toEqual([5]);
  });

  test("is closed by its last user, once it is believed no more", async () => {
    const { desk, writers, table, wait } = openDesk();
    const outcome = desk.write(order("a"));
    writers[0]!.reply(written(5));
    const { file } = await listingOf(outcome);
    wait(1000);
    expect(table.closed).toEqual([]);
    table.release(file);
    expect(table.closed).toEqual([5]);
    expect(desk.stats()).toMatchObject({ kept: 0, open: 0 });
  });

  test("that was read for too long is handed out, and not kept", async () => {
    const { desk, writers, table, clock } = openDesk();
    const outcome = desk.write(order("a"));
    clock.ms = 1000;
    writers[0]!.reply(written(5));
    table.release((await listingOf(outcome)).file);
    expect(table.closed).toEqual([5]);
  });

  test("is one of sixteen that are kept; the oldest goes first", async () => {
    const { desk, writers, table } = openDesk();
    for (let n = 0; n < 17; n++) {
      const outcome = desk.write(order(`folder-${n}`));
      writers[0]!.reply(written(100 + n));
      table.release((await listingOf(outcome)).file);
    }
    expect(table.closed).toEqual([100]);
    expect(desk.stats().kept).toBe(16);
  });

  test("makes room for others by its bytes too, and a huge one is not kept", async () => {
    const { desk, writers, table } = openDesk();
    const sizes = [30 * MIB, 34 * MIB, 1, 64 * MIB + 1];
    for (const [n, size] of sizes.entries()) {
      const outcome = desk.write(order(`folder-${n}`));
      writers[0]!.reply(written(100 + n, size));
      table.release((await listingOf(outcome)).file);
    }
    expect(table.closed).toEqual([100, 103]);
  });

  test("is refused while slow readers hold too many, or too much", async () => {
    const few = openDesk({ maxOpenFiles: 16, revalidateMs: 0 });
    const held: WrittenListing[] = [];
    for (let n = 0; n < 8; n++) {
      const outcome = few.desk.write(order(`folder-${n}`));
      few.writers[0]!.reply(written(100 + n));
      held.push(await listingOf(outcome));
    }
    expect(await few.desk.write(order("more"))).toBe("READERS_BUSY");
    few.table.release(held[0]!.file);
    void few.desk.write(order("more"));
    expect(few.writers[0]!.orders).toHaveLength(9);

    const ordered = openDesk({ maxOpenFiles: 16 });
    for (let n = 0; n < 8; n++) void ordered.desk.write(order(`folder-${n}`));
    expect(await ordered.desk.write(order("more"))).toBe("READERS_BUSY");

    const large = openDesk({ revalidateMs: 0 });
    void large.desk.write(order("a"));
    large.writers[0]!.reply(written(5, 1024 * MIB));
    expect(await large.desk.write(order("b"))).toBe("READERS_BUSY");
  });

  test("that finds no descriptor free is busy, and closed", async () => {
    const { desk, writers, table } = openDesk();
    table.room = 0;
    const outcome = desk.write(order("a"));
    writers[0]!.reply(written(5));
    expect(await outcome).toBe("NO_DESCRIPTORS");
    expect(table.closed).toEqual([5]);
  });

  test("read before the root was switched is handed to those who asked before, and to nobody else", async () => {
    const { desk, writers, table } = openDesk();
    const kept = desk.write(order("kept"));
    writers[0]!.reply(written(5));
    table.release((await listingOf(kept)).file);
    const before = desk.write(order("a"));

    desk.distrust();
    expect(table.closed).toEqual([5]);
    const after = desk.write(order("a"));
    writers[0]!.reply(written(6));
    const joined = desk.write(order("a"));
    writers[0]!.reply(written(7));
    const listings = await Promise.all([before, after, joined].map(listingOf));
    expect(listings.map(({ file }) => file.fd)).toEqual([6, 7, 7]);
  });

  test("read before the root was switched is not kept", async () => {
    const { desk, writers, table } = openDesk();
    const before = desk.write(order("a"));
    desk.distrust();
    writers[0]!.reply(written(5));
    table.release((await listingOf(before)).file);
    expect(table.closed).toEqual([5]);
    void desk.write(order("a"));
    expect(writers[0]!.orders).toHaveLength(2);
  });
});

describe("trouble", () => {
  const rows: readonly (readonly [string, ListingReply, string, number])[] = [
    ["a folder out of the root", { kind: "outside" }, "OUTSIDE_ROOT", 0],
    ["a folder that has gone", { kind: "failed", errno: "ENOENT" }, "FILE_MISSING", 0],
    ["a folder that may not be read", { kind: "failed", errno: "EACCES" }, "FILE_FORBIDDEN", 0],
    ["a disk that fails", { kind: "failed", errno: "EIO" }, "DISK_FAILED", 0],
    ["no descriptor", { kind: "failed", errno: "EMFILE" }, "NO_DESCRIPTORS", 0],
    ["a folder beyond listing", { kind: "crowded" }, "DISK_FAILED", 1],
    ["no right to write", { kind: "no scratch", errno: "EACCES" }, "DISK_FAILED", 1],
    ["nowhere to write", { kind: "no scratch", errno: "ENOENT" }, "DISK_FAILED", 1],
    ["a full disk", { kind: "no scratch", errno: "ENOSPC" }, "DISK_FAILED", 1],
    ["no descriptor to write to", { kind: "no scratch", errno: "EMFILE" }, "NO_DESCRIPTORS", 1],
    ["no memory to write to", { kind: "no scratch", errno: "ENOMEM" }, "NO_MEMORY", 1],
  ];
  test.each(rows)(
    "%s is told to all who wait, and forgotten",
    async (_why, reply, fault, lines) => {
      const { desk, writers, troubles } = openDesk();
      const outcomes = [desk.write(order("a")), desk.write(order("a"))];
      writers[0]!.reply(reply);
      expect(await Promise.all(outcomes)).toEqual([fault, fault]);
      expect(troubles).toHaveLength(lines);
      void desk.write(order("a"));
      expect(writers[0]!.orders).toHaveLength(2);
    },
  );

  test("a thread that dies fails the order it was at; another takes the next", async () => {
    const { desk, writers, troubles } = openDesk();
    const [first, second] = [desk.write(order("a")), desk.write(order("b"))];
    writers[0]!.die();
    expect(await first).toBe("DISK_FAILED");
    expect(troubles).toEqual([expect.stringContaining("out of memory")]);
    writers[1]!.reply(written(5));
    expect((await listingOf(second)).file.fd).toBe(5);
    expect(writers[0]!.isEnded).toBe(true);
  });

  test("those who wait longer than a read may take are told so, in line or not", async () => {
    const { desk, writers, clock, wait } = openDesk();
    const outcomes = [desk.write(order("a")), desk.write(order("b"))];
    clock.ms = 1000;
    const later = desk.write(order("c"));
    wait(READ_TIMEOUT_MS - 1000);
    expect(await Promise.all(outcomes)).toEqual(["READ_TIMED_OUT", "READ_TIMED_OUT"]);
    expect(await desk.write(order("a"))).toBe("READ_TIMED_OUT");
    writers[1]!.reply(written(5));
    expect((await listingOf(later)).file.fd).toBe(5);
  });

  test("the wait in line counts", async () => {
    const { desk, writers, wait } = openDesk();
    void desk.write(order("a"));
    const late = desk.write(order("b"));
    wait(READ_TIMEOUT_MS - 1);
    writers[0]!.reply(written(5));
    wait(1);
    expect(await late).toBe("READ_TIMED_OUT");
  });

  test("counts for who waits for what was read before the root was switched, too", async () => {
    const { desk, writers, clock, wait } = openDesk();
    void desk.write(order("before"));
    const late = desk.write(order("a"));
    clock.ms = READ_TIMEOUT_MS / 2;
    writers[0]!.reply(written(4));
    desk.distrust();
    let outcome: unknown;
    void late.then((told) => {
      outcome = told;
    });
    wait(READ_TIMEOUT_MS / 2 - 1);
    await Promise.resolve();
    expect(outcome).toBeUndefined();
    wait(1);
    await Promise.resolve();
    expect(outcome).toBe("READ_TIMED_OUT");
  });

  test("who joins late is not told before its own time is over", async () => {
    const { desk, writers, clock, wait } = openDesk();
    void desk.write(order("before"));
    const first = desk.write(order("a"));
    clock.ms = READ_TIMEOUT_MS / 2;
    writers[0]!.reply(written(4));
    const late = desk.write(order("a"));
    wait(READ_TIMEOUT_MS / 2);
    expect(await first).toBe("READ_TIMED_OUT");
    writers[0]!.reply(written(5));
    expect((await listingOf(late)).file.fd).toBe(5);
  });

  test("a wait in line makes no thread stuck: it is judged by the time it was at work", async () => {
    const { desk, writers, clock, wait } = openDesk();
    void desk.write(order("a"));
    void desk.write(order("b"));
    clock.ms = READ_TIMEOUT_MS * 0.8;
    writers[0]!.reply(written(5));
    wait(READ_TIMEOUT_MS * 0.9);
    expect(desk.stats()).toMatchObject({ stuck: 0, threads: 1 });
    wait(READ_TIMEOUT_MS * 0.1);
    expect(desk.stats().stuck).toBe(1);
  });

  test("no thread begins what can hardly be done in time", async () => {
    const { desk, writers, clock } = openDesk();
    void desk.write(order("a"));
    const late = desk.write(order("b"));
    clock.ms = READ_TIMEOUT_MS / 2;
    const other = desk.write(order("c"));
    clock.ms = READ_TIMEOUT_MS * 0.95;
    writers[0]!.reply(written(5));
    expect(await late).toBe("READ_TIMED_OUT");
    expect(writers[0]!.orders.map(({ folder }) => folder)).toEqual(["a", "c"]);
    writers[0]!.reply(written(6));
    expect((await listingOf(other)).file.fd).toBe(6);
  });

  test("a folder that hangs takes one thread, however many views of it are asked for", async () => {
    const { desk, writers, clock, wait } = openDesk();
    const first = [0, 1].map((offset) => desk.write(page("stuck", offset)));
    clock.ms = READ_TIMEOUT_MS / 2;
    const later = desk.write(page("stuck", 2));
    wait(READ_TIMEOUT_MS / 2);
    expect(await Promise.all([...first, later])).toEqual(Array(3).fill("READ_TIMED_OUT"));
    expect(await desk.write(page("stuck", 3))).toBe("READ_TIMED_OUT");
    expect(writers).toHaveLength(1);
    desk.distrust();
    void desk.write(page("stuck", 4));
    expect(writers).toHaveLength(2);
  });

  test("a thread that hangs is left alone; it ends, and closes what it brings, when it is back", async () => {
    const { desk, writers, table, wait } = openDesk();
    void desk.write(order("stuck"));
    wait(READ_TIMEOUT_MS);
    const other = desk.write(order("b"));
    writers[1]!.reply(written(6));
    expect((await listingOf(other)).file.fd).toBe(6);

    expect(writers[0]!.isEnded).toBe(false);
    writers[0]!.reply(written(5));
    expect(writers[0]!.isEnded).toBe(true);
    expect(table.closed).toEqual([5]);
    void desk.write(order("stuck"));
    expect(writers[1]!.orders).toHaveLength(2);
  });

  test("three threads may hang; then listings are refused until one is back", async () => {
    const { desk, writers, wait } = openDesk();
    for (const name of ["a", "b", "c"]) {
      void desk.write(order(name));
      wait(READ_TIMEOUT_MS);
    }
    expect(desk.stats().stuck).toBe(3);
    expect(await desk.write(order("d"))).toBe("READERS_BUSY");
    expect(writers).toHaveLength(3);
    writers[1]!.reply({ kind: "failed", errno: "EIO" });
    void desk.write(order("d"));
    expect(writers).toHaveLength(4);
  });

  test("a thread that hung and then dies makes room too", () => {
    const { desk, writers, wait } = openDesk();
    void desk.write(order("a"));
    wait(READ_TIMEOUT_MS);
    writers[0]!.die();
    expect(desk.stats().stuck).toBe(0);
    void desk.write(order("a"));
    expect(writers).toHaveLength(2);
  });
});

describe("the thread", () => {
  test("ends when nothing has been ordered for a while, and starts again", () => {
    const { desk, writers, wait } = openDesk();
    void desk.write(order("a"));
    writers[0]!.reply(written(5));
    wait(9_999);
    expect(writers[0]!.isEnded).toBe(false);
    wait(1);
    expect(writers[0]!.isEnded).toBe(true);
    void desk.write(order("a"));
    expect(writers).toHaveLength(2);
  });

  test("ends with the server, and nobody is left waiting", async () => {
    const { desk, writers, table } = openDesk();
    const kept = desk.write(order("kept"));
    writers[0]!.reply(written(5));
    table.release((await listingOf(kept)).file);
    const outcomes = [desk.write(order("a")), desk.write(order("b"))];
    desk.stop();
    expect(await Promise.all(outcomes)).toEqual(["SHUTTING_DOWN", "SHUTTING_DOWN"]);
    expect(writers[0]!.isEnded).toBe(true);
    expect(table.closed).toEqual([5]);
  });
});

/** Replies, one after the other as they come. */
function gatherReplies() {
  const come: ListingReply[] = [];
  const wanted: ((reply: ListingReply) => void)[] = [];
  const replied = (reply: ListingReply): void => {
    const tell = wanted.shift();
    if (tell === undefined) come.push(reply);
    else tell(reply);
  };
  const died = (error: Error): void => {
    throw error;
  };
  const next = (): Promise<ListingReply> =>
    new Promise((resolve) => {
      const reply = come.shift();
      if (reply === undefined) wanted.push(resolve);
      else resolve(reply);
    });
  return { events: { replied, died }, replies: { next } };
}

describe("a real thread", () => {
  function openRealDesk() {
    const table = new FakeTable();
    const desk = new ListingDesk({
      table,
      settings: { revalidateMs: 0, readTimeoutMs: READ_TIMEOUT_MS, maxOpenFiles: 64 },
      nowMs: () => performance.now(),
      onTrouble: () => {},
    });
    onTestFinished(() => desk.stop());
    return { desk, table };
  }

  const readAll = ({ file }: WrittenListing): string => {
    const bytes = Buffer.alloc(file.sizeBytes);
    fs.readSync(file.fd, bytes, 0, bytes.length, 0);
    fs.closeSync(file.fd);
    return String(bytes);
  };

  test("writes a page and data; other bytes have another digest, equal ones the same", async () => {
    const root = tempFolder();
    put(root, "sub/ten.txt", "0123456789");
    const { desk } = openRealDesk();
    const write = (more: Partial<ListingOrder>) =>
      listingOf(desk.write(order("sub", { root, ...more })));
    const [page, json, again] = [
      await write({}),
      await write({ format: "json" }),
      await write({ format: "json" }),
    ];
    expect(readAll(page)).toMatch(/^<!doctype html>.*ten\.txt.*<\/html>\n$/s);
    const { path, entries } = JSON.parse(readAll(json));
    expect([path, entries.length, entries[0].size]).toEqual(["/sub/", 1, 10]);
    expect(readAll(again)).not.toBe("");
    expect(again.digest).toBe(json.digest);
    expect(page.digest).not.toBe(json.digest);
  });

  test("writes every view of one reading, and reads anew when it is told to", async () => {
    const root = tempFolder();
    for (const name of ["a", "b", "c"]) put(root, name, "xxx".slice(name.charCodeAt(0) - 97));
    const { events, replies } = gatherReplies();
    const writer = startListingWriter(events);
    onTestFinished(() => writer.end());
    const namesOf = async (view: Partial<ListingOrder["view"]>, isReadAlready: boolean) => {
      const asked = order("", { root, format: "json", view: { ...order("").view, ...view } });
      writer.write(asked, isReadAlready);
      const reply = await replies.next();
      if (reply.kind !== "written") throw new Error(reply.kind);
      const { fd, identity, digest } = reply;
      const file = { fd, sizeBytes: identity.sizeBytes } as OpenFile;
      const { entries } = JSON.parse(readAll({ file, digest }));
      return entries.map(({ name }: { name: string }) => name);
    };
    expect(await namesOf({ limit: 2 }, false)).toEqual(["a", "b"]);
    put(root, "d", "");
    expect(await namesOf({ offset: 2 }, true)).toEqual(["c"]);
    expect(await namesOf({ sort: "size" }, true)).toEqual(["c", "b", "a"]);
    expect(await namesOf({ sort: "size", order: "desc" }, true)).toEqual(["a", "b", "c"]);
    expect(await namesOf({}, false)).toEqual(["a", "b", "c", "d"]);
  });

  test("tells a file that was written to in place, which its folder does not", async () => {
    const root = tempFolder();
    const file = put(root, "a", "1");
    fs.utimesSync(file, 1, 1);
    fs.utimesSync(root, 2, 2);
    const { desk } = openRealDesk();
    const before = await listingOf(desk.write(order("", { root })));
    fs.writeFileSync(file, "2");
    fs.utimesSync(file, 3, 3);
    const after = await listingOf(desk.write(order("", { root })));
    expect(after.digest).not.toBe(before.digest);
    readAll(before);
    readAll(after);
  });

  test("hands over descriptors that outlive it, and cannot be opened by name", async () => {
    const root = tempFolder();
    put(root, "file", "");
    const { desk } = openRealDesk();
    const listing = await listingOf(desk.write(order("", { root })));
    desk.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(fs.fstatSync(listing.file.fd).nlink).toBe(0);
    expect(readAll(listing)).toContain("file");
  });

  test("says why there is none", async () => {
    const root = tempFolder();
    fs.symlinkSync("/etc", `${root}/out`);
    const { desk } = openRealDesk();
    expect(await desk.write(order("missing", { root }))).toBe("FILE_MISSING");
    expect(await desk.write(order("out", { root }))).toBe("OUTSIDE_ROOT");
  });

  test("that cannot write says so, and closes what it opened", async () => {
    const root = tempFolder();
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = `${root}/missing`;
    onTestFinished(() => {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    });
    const { desk } = openRealDesk();
    expect(await desk.write(order("", { root }))).toBe("DISK_FAILED");
  });
});
