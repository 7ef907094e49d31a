/** Fear: a descriptor that is closed under a transfer, closed twice, or never. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Descriptors } from "../../fs/descriptors.js";
import { OpenFile } from "../../fs/open-file.js";

const createFile = (): OpenFile =>
  new OpenFile("/file", { dev: 1n, ino: 1n, sizeBytes: 9, mtimeNs: 1n, ctimeNs: 1n }, undefined, 0);

/** Files are named by their descriptors: the first is 0. */
function openMany(max: number, count: number) {
  const closed: number[] = [];
  const close = (fd: number): void => void closed.push(fd);
  const descriptors = new Descriptors(max, close);
  const closeUnused = (): void => descriptors.closeUnused(close);
  const files = Array.from({ length: count }, createFile);
  const admitted = files.map((file, fd) => descriptors.admit(file, fd));
  return { closed, descriptors, closeUnused, files, admitted };
}

describe("descriptors", () => {
  test("stay open up to the bound", () => {
    const { closed, descriptors, files } = openMany(3, 3);
    expect(closed).toEqual([]);
    expect(descriptors.count).toBe(3);
    expect(files.map(({ fd }) => fd)).toEqual([0, 1, 2]);
  });

  test("beyond the bound close the oldest", () => {
    const { closed, descriptors, files } = openMany(3, 5);
    expect(closed).toEqual([0, 1]);
    expect(descriptors.count).toBe(3);
    expect(files.map(({ fd }) => fd)).toEqual([-1, -1, 2, 3, 4]);
  });

  test("in use are never closed: the next one is", () => {
    const { closed, descriptors, files } = openMany(2, 2);
    descriptors.hold(files[0]!);
    descriptors.admit(createFile(), 9);
    expect(closed).toEqual([1]);
  });

  test("all in use leave no room", () => {
    const { closed, descriptors, files } = openMany(2, 2);
    for (const file of files) descriptors.hold(file);
    const late = createFile();
    expect(descriptors.admit(late, 9)).toBe(false);
    expect(late.fd).toBe(-1);
    expect(closed).toEqual([]);
    expect(descriptors.count).toBe(2);
  });

  test("released may be closed again", () => {
    const { closed, descriptors, files } = openMany(1, 1);
    descriptors.hold(files[0]!);
    descriptors.release(files[0]!);
    expect(descriptors.admit(createFile(), 9)).toBe(true);
    expect(closed).toEqual([0]);
  });

  test("held twice and released once are in use", () => {
    const { closed, descriptors, files } = openMany(1, 1);
    descriptors.hold(files[0]!);
    descriptors.hold(files[0]!);
    descriptors.release(files[0]!);
    expect(descriptors.admit(createFile(), 9)).toBe(false);
    expect(closed).toEqual([]);
  });

  test("asked for again outlive those asked for once", () => {
    const { closed, descriptors, files } = openMany(2, 2);
    for (const file of [files[0]!, files[0]!, files[1]!]) {
      descriptors.hold(file);
      descriptors.release(file);
    }
    descriptors.admit(createFile(), 9);
    expect(closed).toEqual([1]);
  });

  test("asked for without being held outlive those that were not", () => {
    const { closed, descriptors, closeUnused, files } = openMany(3, 3);
    closeUnused();
    descriptors.noteUse(files[0]!);
    descriptors.admit(createFile(), 9);
    expect(closed).toEqual([1]);
    closeUnused();
    expect(closed).toEqual([1, 2]);
  });

  test("held again by a read of the same transfer were asked for once", () => {
    const { closed, descriptors, files } = openMany(2, 2);
    descriptors.hold(files[0]!);
    descriptors.hold(files[0]!);
    descriptors.release(files[0]!);
    descriptors.release(files[0]!);
    descriptors.admit(createFile(), 9);
    expect(closed).toEqual([0]);
  });

  test("retired while idle close at once", () => {
    const { closed, descriptors, files } = openMany(2, 2);
    descriptors.retire(files[1]!);
    expect(closed).toEqual([1]);
    expect(descriptors.count).toBe(1);
  });

  test("retired in use close with the last user, once", () => {
    const { closed, descriptors, files } = openMany(2, 2);
    const [file] = files as [OpenFile];
    descriptors.hold(file);
    descriptors.hold(file);
    descriptors.retire(file);
    descriptors.release(file);
    expect(closed).toEqual([]);
    descriptors.release(file);
    descriptors.retire(file);
    expect(closed).toEqual([0]);
  });

  test("given up are so many, and never those in use", () => {
    const { closed, descriptors, files } = openMany(5, 5);
    descriptors.hold(files[0]!);
    descriptors.giveUp(2);
    expect(closed).toEqual([1, 2]);
    descriptors.giveUp(64);
    expect(closed).toEqual([1, 2, 3, 4]);
  });

  test("unused from one call to the next are closed", () => {
    const { closed, descriptors, closeUnused, files } = openMany(4, 4);
    descriptors.hold(files[0]!);
    closeUnused();
    expect(closed).toEqual([]); // they have just been opened
    descriptors.hold(files[2]!);
    descriptors.release(files[2]!);
    closeUnused();
    expect(closed).toEqual([1, 3]); // neither what is in use nor what was
    closeUnused();
    expect(closed).toEqual([1, 3, 2]);
    expect(files.map(({ fd }) => fd)).toEqual([0, -1, -1, -1]);
    expect(descriptors.count).toBe(1);
  });

  test("closed as unused and opened again have as much time as the first", () => {
    const { closed, descriptors, closeUnused, files } = openMany(1, 1);
    closeUnused();
    closeUnused();
    descriptors.admit(files[0]!, 7);
    closeUnused();
    expect(closed).toEqual([0]);
  });

  test("that never were: a small file has none to close", () => {
    const { closed, descriptors } = openMany(2, 0);
    const small = new OpenFile(
      "/small",
      { dev: 1n, ino: 1n, sizeBytes: 1, mtimeNs: 1n, ctimeNs: 1n },
      Buffer.from("s"),
      0,
    );
    descriptors.hold(small);
    descriptors.retire(small);
    descriptors.release(small);
    expect(closed).toEqual([]);
    expect(descriptors.count).toBe(0);
  });
});

const step = fc.record({
  kind: fc.constantFrom("admit", "admit", "hold", "release", "retire", "give up", "close unused"),
  which: fc.nat(9),
});

test("whatever is done, every descriptor is open or was closed once, and none in use was", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 80 }), (max, steps) => {
      const { closed, descriptors, closeUnused } = openMany(max, 0);
      const files: OpenFile[] = [];
      for (const [fd, { kind, which }] of steps.entries()) {
        const file = files[which % files.length] ?? createFile();
        const late = createFile();
        if (kind === "admit" && descriptors.admit(late, fd)) files.push(late);
        if (kind === "hold" && file.fd >= 0) descriptors.hold(file);
        if (kind === "release" && file.users > 0) descriptors.release(file);
        if (kind === "retire") descriptors.retire(file);
        if (kind === "give up") descriptors.giveUp(which);
        if (kind === "close unused") closeUnused();

        const open = files.filter((one) => one.fd >= 0);
        expect(descriptors.count).toBe(open.length);
        expect(open.length).toBeLessThanOrEqual(max);
        expect(open.length + closed.length).toBe(files.length);
        expect(files.filter(({ fd, users }) => fd < 0 && users > 0)).toEqual([]);
      }
      expect(new Set(closed).size).toBe(closed.length);
    }),
    { numRuns: 500 },
  );
});
