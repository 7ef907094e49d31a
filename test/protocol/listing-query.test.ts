import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ListingView,
  PAGE_ENTRIES,
  parseListingQuery,
  toQuery,
} from "../../protocol/listing-query.js";

const FIRST: ListingView = { sort: "name", order: "asc", limit: PAGE_ENTRIES, offset: 0 };

describe("the view a query asks for", () => {
  const rows: readonly (readonly [why: string, query: string, want: Partial<ListingView>])[] = [
    ["nothing asked", "", {}],
    ["by size", "sort=size", { sort: "size" }],
    ["by time, backward", "sort=modified&order=desc", { sort: "modified", order: "desc" }],
    ["by name, in so many words", "sort=name&order=asc", {}],
    ["a page", "limit=50&offset=100", { limit: 50, offset: 100 }],
    [
      "the largest numbers",
      "limit=999999999&offset=999999999",
      { limit: 999_999_999, offset: 999_999_999 },
    ],
    ["a column nobody has", "sort=owner", {}],
    ["an order nobody has", "order=DESC", {}],
    ["a limit of none", "limit=0", {}],
    ["a negative limit", "limit=-5&offset=-1", {}],
    ["ten digits", "limit=1000000000&offset=1000000000", {}],
    ["no numbers", "limit=1e3&offset=0x10", {}],
    ["keys nobody knows", "C=M&O=D", {}],
    ["the first of two counts", "sort=size&sort=modified", { sort: "size" }],
    ["an escape", "sort=s%69ze", { sort: "size" }],
    ["a broken escape", "sort=%zz", {}],
  ];
  test.each(rows)("%s (%s)", (_why, query, want) => {
    expect(parseListingQuery(query, "").view).toEqual({ ...FIRST, ...want });
  });

  test("any view survives the way through a link", () => {
    const views = fc.record({
      sort: fc.constantFrom("name", "size", "modified"),
      order: fc.constantFrom("asc", "desc"),
      limit: fc.integer({ min: 1, max: 999_999_999 }),
      offset: fc.integer({ min: 0, max: 999_999_999 }),
    });
    fc.assert(
      fc.property(views, (view) => {
        expect(parseListingQuery(toQuery(view).slice(1), "").view).toEqual(view);
      }),
    );
  });

  test("a link says no more than it must", () => {
    expect(toQuery(FIRST)).toBe("?sort=name&order=asc");
    expect(toQuery({ ...FIRST, limit: Infinity })).toBe("?sort=name&order=asc");
    expect(toQuery({ ...FIRST, limit: 5, offset: 1 })).toBe(
      "?sort=name&order=asc&limit=5&offset=1",
    );
  });

  test("any string is a view", () => {
    fc.assert(
      fc.property(fc.string(), (query) => {
        const { view } = parseListingQuery(query, "");
        expect(view.limit).toBeGreaterThanOrEqual(1);
        expect(view.offset).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("the format", () => {
  const rows: readonly (readonly [why: string, query: string, accept: string, want: string])[] = [
    ["a browser", "", "text/html,*/*;q=0.8", "html"],
    ["a program", "", "application/json", "json"],
    ["a link to the data, in a browser", "format=json", "text/html", "json"],
    ["a link to the page, in a program", "format=html", "application/json", "html"],
    ["a format nobody has", "format=xml", "application/json", "json"],
  ];
  test.each(rows)("%s", (_why, query, accept, want) => {
    expect(parseListingQuery(query, accept).format).toBe(want);
  });

  test("a program gets all entries, unless it asks for fewer", () => {
    expect(parseListingQuery("format=json", "").view.limit).toBe(Infinity);
    expect(parseListingQuery("format=json&limit=5", "").view.limit).toBe(5);
  });
});
