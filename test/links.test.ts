/** Fear: a page sends its reader to one that is not there, or to a heading that was renamed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const LINK = /\]\((?!https?:)([^)\s]+)\)/g;

const ROOMS = ["engine", "protocol", "fs", "metrics", "bench", "deploy"];

const pagesIn = (folder: string, isDeep: boolean): string[] =>
  readdirSync(join(ROOT, folder), { recursive: isDeep, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));

const pages = [...pagesIn("", false), ...ROOMS.flatMap((room) => pagesIn(room, true))];

/** As it is made from a heading: lower case, words joined by hyphens. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-");

const anchorsOf = (page: string): string[] =>
  [...readFileSync(page, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!));

const links = pages.flatMap((page) =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(LINK)].map(
    ([, link]) => [page, link!] as const,
  ),
);

test("there are links to follow", () => expect(links.length).toBeGreaterThan(5));

test.each(links)("%s leads to %s", (page, link) => {
  const [path, anchor] = link.split("#") as [string, string?];
  const target = path === "" ? page : normalize(join(dirname(page), path));
  expect(existsSync(join(ROOT, target)), target).toBe(true);
  if (anchor !== undefined) expect(anchorsOf(join(ROOT, target))).toContain(anchor);
});
