import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeListingJson } from "../../protocol/listing-json.js";
import type { ListingEntry } from "../../protocol/listing-order.js";
import { writeListingPage } from "../../protocol/listing-page.js";
import type { ListingView } from "../../protocol/listing-query.js";
import { LOOK, PAGE_POLICY } from "../../protocol/look.js";

const AT = Date.UTC(2026, 10, 22, 18, 44, 3);
const VIEW: ListingView = { sort: "name", order: "asc", limit: 1000, offset: 0 };

const file = (name: string, sizeBytes = 14_541): ListingEntry => ({
  name,
  isDirectory: false,
  sizeBytes,
  modifiedMs: AT,
});
const folder = (name: string): ListingEntry => ({ ...file(name), isDirectory: true });
const numbered = (count: number) => Array.from({ length: count }, (_, at) => file(`f${at}`));

const page = (
  entries: readonly ListingEntry[],
  view: Partial<ListingView> = {},
  path = "/docs/",
): string => [...writeListingPage({ path, entries, view: { ...VIEW, ...view } })].join("");
const json = (entries: readonly ListingEntry[], view: Partial<ListingView> = {}) =>
  JSON.parse(
    [...writeListingJson({ path: "/docs/", entries, view: { ...VIEW, ...view } })].join(""),
  );

/** The links of the rows, in order, without the one to the parent. */
const linksIn = (html: string): string[] =>
  [...html.matchAll(/<th scope="row"><a href="([^"]*)"/g)].map(([, href]) => href!);

describe("rows", () => {
  test("a file has a link, a readable and an exact size, and a time in UTC", () => {
    expect(page([file("a b.txt")])).toContain(
      '<tr><th scope="row"><a href="./a%20b.txt"><bdi>a b.txt</bdi></a></th>' +
        '<td><data value="14541">14 KiB</data></td>' +
        '<td><time datetime="2026-11-22T18:44:03Z">2026-11-22<span> 18:44</span></time></td></tr>',
    );
  });

  test("a folder has a slash and no size", () => {
    expect(page([folder("img")])).toContain(
      '<tr class="dir"><th scope="row"><a href="./img/"><bdi>img</bdi>/</a></th><td></td>',
    );
  });

  test("a time that is no time is left out", () => {
    expect(page([{ ...file("a"), modifiedMs: Number.NaN }])).toMatch(/<td><\/td><\/tr>/);
  });

  test("an empty folder says so", () => {
    expect(page([])).toContain("This folder is empty.");
    expect(page([])).toContain("<p>No files</p>");
    expect(page([file("a")])).not.toContain("empty");
  });

  test("the root has no way up, any other folder has one", () => {
    expect(page([file("a")], {}, "/")).not.toContain('href="../"');
    expect(page([file("a")], {}, "/docs/")).toContain(
      '<tr class="up"><td colspan="3"><a href="../">',
    );
  });
});

describe("trail", () => {
  test("each folder above is a link that leads there", () => {
    const html = page([], {}, "/a/b c/d/");
    const crumbs = [...html.matchAll(/<li><a href="([^"]*)"><bdi>([^<]*)</g)].map(
      ([, href, name]) => [name, new URL(href!, "http://h/a/b%20c/d/").pathname],
    );
    expect(crumbs).toEqual([
      ["Index", "/"],
      ["a", "/a/"],
      ["b c", "/a/b%20c/"],
    ]);
    expect(html).toContain("<h1><bdi>d</bdi></h1>");
  });

  test("the root is the index of /", () => {
    expect(page([], {}, "/")).toContain("<h1>Index of /</h1>");
    expect(page([], {}, "/")).not.toContain("<nav");
  });

  test.each([
    ["2 folders, 1 file, 14 KiB", [folder("a"), folder("b"), file("c")]],
    ["1 folder", [folder("a")]],
    ["3 files, 43 KiB", [file("a"), file("b"), file("c")]],
  ])("sums up: %s", (want, entries) => {
    expect(page(entries, { limit: 1 })).toContain(`<p>${want}</p>`);
  });
});

describe("headers sort", () => {
  const headersIn = (view: Partial<ListingView>) =>
    [...page([file("a")], view).matchAll(/<th scope="col"([^>]*)><a href="([^"]*)">(\w+)/g)].map(
      ([, state, href, title]) => `${title}${state} ${href!.replace("&amp;", "&")}`,
    );
  test("by name, forward", () => {
    expect(headersIn({})).toEqual([
      'Name aria-sort="ascending" ?sort=name&order=desc',
      "Size ?sort=size&order=desc",
      "Modified ?sort=modified&order=desc",
    ]);
  });
  test("by size, backward", () => {
    expect(headersIn({ sort: "size", order: "desc" })).toEqual([
      "Name ?sort=name&order=asc",
      'Size aria-sort="descending" ?sort=size&order=asc',
      "Modified ?sort=modified&order=desc",
    ]);
  });
  test("another order starts at the first page and keeps its length", () => {
    expect(page(numbered(20), { limit: 5, offset: 10 })).toContain(
      '?sort=size&amp;order=desc&amp;limit=5"',
    );
  });
});

describe("pages", () => {
  const pagerIn = (total: number, limit: number, offset: number): string[] => {
    const nav = /<nav class="pages" aria-label="Pages">(.*?)<\/nav>/.exec(
      page(numbered(total), { limit, offset }),
    )?.[1];
    return [...(nav ?? "").matchAll(/<(a|span|b)(?: href="\?([^"]*)")?[^>]*>([^<]*)/g)].map(
      ([, tag, href, text]) =>
        tag === "a" ? `${text} ${/offset=(\d+)/.exec(href!)?.[1] ?? 0}` : `${tag} ${text}`,
    );
  };
  const rows: readonly (readonly [
    why: string,
    total: number,
    limit: number,
    offset: number,
    want: string[],
  ])[] = [
    ["all on one page: no pager", 5, 5, 0, []],
    [
      "the first of two",
      6,
      5,
      0,
      ["span First", "span Previous", "b 1–5 of 6", "Next 5", "Last 5"],
    ],
    [
      "the last, not full",
      6,
      5,
      5,
      ["First 0", "Previous 0", "b 6–6 of 6", "span Next", "span Last"],
    ],
    [
      "the last, full",
      10,
      5,
      5,
      ["First 0", "Previous 0", "b 6–10 of 10", "span Next", "span Last"],
    ],
    [
      "one in the middle",
      3000,
      1000,
      1000,
      ["First 0", "Previous 0", "b 1,001–2,000 of 3,000", "Next 2000", "Last 2000"],
    ],
    [
      "one that starts in between",
      12,
      5,
      3,
      ["First 0", "Previous 0", "b 4–8 of 12", "Next 8", "Last 10"],
    ],
    [
      "everything, but from the middle",
      5,
      5,
      2,
      ["First 0", "Previous 0", "b 3–5 of 5", "span Next", "span Last"],
    ],
    [
      "beyond the end, back to the last",
      12,
      5,
      99,
      ["First 0", "Previous 10", "b None of 12", "span Next", "span Last"],
    ],
    [
      "right behind the end",
      10,
      5,
      10,
      ["First 0", "Previous 5", "b None of 10", "span Next", "span Last"],
    ],
    [
      "beyond the end of nothing",
      0,
      5,
      9,
      ["First 0", "Previous 0", "b None of 0", "span Next", "span Last"],
    ],
  ];
  test.each(rows)("%s", (_why, total, limit, offset, want) =>
    expect(pagerIn(total, limit, offset)).toEqual(want),
  );

  test("shows the entries of its page and no others", () => {
    expect(linksIn(page(numbered(12), { limit: 5, offset: 5 }))).toEqual([
      "./f5",
      "./f6",
      "./f7",
      "./f8",
      "./f9",
    ]);
    expect(linksIn(page(numbered(12), { limit: 5, offset: 10 }))).toEqual(["./f10", "./f11"]);
    expect(page(numbered(12), { limit: 5, offset: 12 })).toContain(
      "The list ends before this page.",
    );
    expect(page(numbered(12), { limit: 5, offset: 11 })).not.toContain("The list ends");
  });

  test("stands above and below the table", () => {
    const html = page(numbered(12), { limit: 5 });
    expect(html.indexOf('aria-label="Pages"')).toBeLessThan(html.indexOf("<table>"));
    expect(html.indexOf('aria-label="Pages, below"')).toBeGreaterThan(html.indexOf("</table>"));
  });
});

describe("nothing a name holds gets out", () => {
  /** The page with all text and all links emptied: what is left is ours. */
  const skeletonOf = (html: string): string =>
    html
      .replace(/href="[^"]*"/g, "href")
      .replace(/>[^<>]*</g, "><")
      .replace(/<style>.*?<\/style>/gs, "");
  const name = fc.oneof(
    fc.string({ unit: "binary", minLength: 3 }),
    fc.string({ unit: fc.constantFrom(..."<>&\"'%?#: a\u202e\u0000"), minLength: 3 }),
  );

  test("neither as a file, nor as a folder, nor in the path", () => {
    const plain = skeletonOf(page([folder("nnn"), file("nnn")], {}, "/nnn/nnn/"));
    fc.assert(
      fc.property(name, (given) => {
        const inPath = given.replaceAll("/", "");
        fc.pre(inPath !== "");
        const html = page([folder(given), file(given)], {}, `/${inPath}/${inPath}/`);
        expect(skeletonOf(html)).toBe(plain);
        expect(linksIn(html).map((href) => decodeURIComponent(href))).toEqual([
          `./${given.toWellFormed()}/`,
          `./${given.toWellFormed()}`,
        ]);
      }),
    );
  });

  test("the page runs no script and fetches nothing", () => {
    expect(PAGE_POLICY).toMatch(/^default-src 'none';/);
    expect(page([file("a")])).not.toMatch(/<script|<link|<img| on\w+=|https?:(?!\/\/www\.w3\.org)/);
    expect(page([])).toContain(LOOK);
  });
});

describe("JSON", () => {
  test("says what HTML says, for programs", () => {
    expect(json([folder("b"), file("c?.txt")], { limit: Infinity })).toEqual({
      path: "/docs/",
      total: 2,
      sort: "name",
      order: "asc",
      offset: 0,
      limit: null,
      entries: [
        { name: "b", href: "./b/", type: "directory", modified: "2026-11-22T18:44:03Z" },
        {
          name: "c?.txt",
          href: "./c%3F.txt",
          type: "file",
          size: 14541,
          modified: "2026-11-22T18:44:03Z",
        },
      ],
    });
  });

  test.each([
    ["the first page", 0, ["f0", "f1"]],
    ["the last page", 4, ["f4"]],
    ["beyond the end", 5, []],
  ])("%s", (_why, offset, want) => {
    const { entries, total } = json(numbered(5), { limit: 2, offset });
    expect(entries.map((entry: { name: string }) => entry.name)).toEqual(want);
    expect(total).toBe(5);
  });

  test("an empty folder and a time that is no time", () => {
    expect(json([]).entries).toEqual([]);
    expect(json([{ ...file("a"), modifiedMs: Infinity }]).entries[0].modified).toBeNull();
  });

  test("any name comes back as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        expect(json([file(name)]).entries[0].name).toBe(name);
      }),
    );
  });
});

describe("pieces", () => {
  const everything = { path: "/", entries: numbered(20_000), view: { ...VIEW, limit: 20_000 } };
  const writers = [
    ["HTML", writeListingPage],
    ["JSON", writeListingJson],
  ] as const;
  test.each(writers)(
    "%s of 20,000 entries goes out in pieces of 32 to 64 KiB",
    (_format, write) => {
      const lengths = [...write(everything)].map(({ length }) => length);
      const last = lengths.pop()!;
      expect(lengths.length).toBeGreaterThan(20);
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(32 * 1024);
      expect(Math.max(...lengths, last)).toBeLessThan(64 * 1024);
      expect(last).toBeGreaterThan(0);
    },
  );

  test.each(writers)(
    "%s twice is the same bytes, so a first pass can count them",
    (_format, write) => {
      expect([...write(everything)]).toEqual([...write(everything)]);
    },
  );
});
