/** Fear: memory or a descriptor goes to what is asked for less, or files take turns for either. */
import { describe, expect, test } from "vitest";
import { Admission } from "../../fs/admission.js";
import { createEntry, type Entry } from "../../fs/entries.js";

const entryAt = (path: string): Entry => createEntry("/srv", path, { kind: "directory" });

const PAGE = 4096;
const MOST_KEPT_OPEN = 128 * 1024;

/** A table as full as it is told to be; who would have to go was asked for so often. */
function createTable(memory: number | "free", descriptors: number | "free" | "none") {
  const others = { memory: entryAt("/srv/kept"), descriptor: entryAt("/srv/open") };
  const admission = new Admission({
    get: () => undefined,
    isFull: () => memory !== "free",
    leastValuable: () => others.memory,
    hasFreeOpen: () => descriptors === "free",
    leastValuableOpen: () => (descriptors === "none" ? undefined : others.descriptor),
  });
  const askFor = (entry: Entry, times: number | string) => {
    admission.admitted(entry);
    for (let n = 1; n < Number(times); n++) admission.hit(entry);
    entry.wasAskedFor = false;
  };
  askFor(others.memory, memory);
  askFor(others.descriptor, descriptors);
  const ask = (times: number, sizeBytes = PAGE) =>
    Array.from({ length: times }, () => admission.judge("/srv/new", sizeBytes));
  return { admission, others, ask };
}

describe("a small file", () => {
  test("is worth nothing the first time, and memory from then on while there is room", () => {
    const { ask } = createTable("free", "free");
    expect(ask(3)).toEqual(["nothing", "memory", "memory"]);
  });

  test("is worth a free descriptor where memory is full, and memory when it is asked for more", () => {
    const { ask } = createTable(4, "free");
    expect(ask(6)).toEqual(["nothing", ...Array(3).fill("descriptor"), "memory", "memory"]);
  });

  test("is worth another's descriptor when it is asked for more often than that", () => {
    const { ask, others } = createTable(1000, 4);
    expect(ask(6)).toEqual([...Array(4).fill("nothing"), "descriptor", "descriptor"]);
    expect([others.memory.wasAskedFor, others.descriptor.wasAskedFor]).toEqual([true, true]);
  });

  test("is worth nothing more where no file may be kept open", () => {
    expect(createTable(1000, "none").ask(3)).toEqual(["nothing", "nothing", "nothing"]);
  });

  test.each([
    [MOST_KEPT_OPEN, "descriptor"],
    [MOST_KEPT_OPEN + 1, "nothing"],
  ] as const)("of %i bytes is worth, where memory is full: %s", (sizeBytes, worth) => {
    expect(createTable(1000, "free").ask(2, sizeBytes)).toEqual(["nothing", worth]);
  });
});

describe("one that is kept open", () => {
  test("has outgrown that when it is asked for twice as often as who is in memory, or there is room", () => {
    const { admission } = createTable(4, "free");
    const open = entryAt("/srv/popular");
    admission.admitted(open);
    const outgrown = [];
    for (let times = 2; times <= 20; times++) {
      admission.hit(open);
      if (admission.hasOutgrown(open, PAGE)) outgrown.push(times);
    }
    expect(outgrown).toEqual([12, 16, 20]); // from the ninth request on, and one in four is weighed
    const roomy = createTable("free", "free").admission;
    expect(roomy.hasOutgrown(entryAt("/srv/any"), PAGE)).toBe(true);
  });

  test.each([20, 1000])("comes back as popular as it left, where others have %i", (times) => {
    const { admission, ask } = createTable(times, times);
    const open = entryAt("/srv/new");
    admission.admitted(open);
    while (!admission.hasOutgrown(open, PAGE)) admission.hit(open);
    admission.left(open);
    expect(ask(1)).toEqual(["memory"]);
  });
});
