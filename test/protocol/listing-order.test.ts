import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ListingEntry, orderEntries } from "../../protocol/listing-order.js";

const file = (name: string, sizeBytes = 0, modifiedMs = 0): ListingEntry => ({
  name,
  isDirectory: false,
  sizeBytes,
  modifiedMs,
});
const folder = (name: string, sizeBytes = 0, modifiedMs = 0): ListingEntry => ({
  ...file(name, sizeBytes, modifiedMs),
  isDirectory: true,
});

type Sort = "name" | "size" | "modified";
const namesIn = (entries: readonly ListingEntry[], sort: Sort, order: "asc" | "desc" = "asc") =>
  orderEntries(entries, { sort, order }).map(({ name }) => name);

describe("by name", () => {
  const rows: readonly (readonly [why: string, sorted: readonly string[]])[] = [
    ["numbers count as numbers", ["a1", "a9", "a10", "a99", "a100"]],
    ["numbers inside and behind", ["v1.9.12", "v1.10.2", "v2"]],
    ["zeros in front do not count", ["a2", "a03", "a4"]],
    ["zeros in front decide when nothing else does", ["a03", "a3"]],
    ["zero is less than one", ["a0", "a1"]],
    ["a number longer than any integer type", [`a9${"0".repeat(30)}`, `a1${"0".repeat(31)}`]],
    ["case does not set apart", ["Alpha", "beta", "Gamma"]],
    ["case decides when nothing else does, the same everywhere", ["README", "readme"]],
    ["accents do not set apart", ["eclair", "école", "edam"]],
    ["nor does the case of an accented letter", ["alpha", "École", "zeta"]],
    ["digits before letters", ["1", "a"]],
    ["a name before what it begins", ["a", "a1", "ab"]],
  ];
  test.each(rows)("%s", (_why, sorted) => {
    expect(
      namesIn(
        [...sorted].reverse().map((name) => file(name)),
        "name",
      ),
    ).toEqual(sorted);
  });

  test("backward", () => {
    expect(
      namesIn(
        ["a", "c", "b"].map((name) => file(name)),
        "name",
        "desc",
      ),
    ).toEqual(["c", "b", "a"]);
  });
});

describe("folders come first", () => {
  const mixed = [file("a", 9, 9), folder("z", 5, 1), file("b", 1, 1), folder("y", 7, 2)];
  const rows: readonly (readonly [Sort, "asc" | "desc", string[]])[] = [
    ["name", "asc", ["y", "z", "a", "b"]],
    ["name", "desc", ["z", "y", "b", "a"]],
    ["size", "asc", ["y", "z", "b", "a"]], // a folder's size is not looked at
    ["size", "desc", ["z", "y", "a", "b"]],
    ["modified", "asc", ["z", "y", "b", "a"]],
    ["modified", "desc", ["y", "z", "a", "b"]],
  ];
  test.each(rows)("by %s, %s", (sort, order, want) =>
    expect(namesIn(mixed, sort, order)).toEqual(want),
  );
});

test("order: equal sizes and times are by name, forward in either order", () => {
  const equal = [file("b", 1, 1), file("a", 1, 1), file("c", 1, 1)];
  expect(namesIn(equal, "size", "desc")).toEqual(["a", "b", "c"]);
  expect(namesIn(equal, "modified", "asc")).toEqual(["a", "b", "c"]);
});

test("order: total and independent of how the disk lists, and the given array is left alone", () => {
  const entries = fc.uniqueArray(
    fc.record({
      name: fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."aA01"), maxLength: 3 })),
      isDirectory: fc.boolean(),
      sizeBytes: fc.nat(3),
      modifiedMs: fc.nat(3),
    }),
    { selector: ({ name }) => name, maxLength: 12 },
  );
  const sorts = fc.constantFrom<Sort[]>("name", "size", "modified");
  fc.assert(
    fc.property(entries, sorts, fc.constantFrom("asc", "desc"), (given, sort, order) => {
      const before = [...given];
      const once = orderEntries(given, { sort, order });
      expect(orderEntries([...given].reverse(), { sort, order })).toEqual(once);
      expect(given).toEqual(before);
      expect(once).toHaveLength(given.length);
    }),
  );
});
