/**
 * A directory listing for people: one page of HTML, written in pieces.
 *
 * 1. head    title and style
 * 2. trail   where we are: the folders above, the name, what is in it
 * 3. table   a way up, then the entries of this page; a header sorts
 * 4. pages   the way to the others, when one page does not hold them all
 *
 * Works without script, by keyboard, on a phone, in the dark and on paper. Everything a file
 * system or a client wrote goes through names.ts; all links are relative, so a prefix in front of
 * the server does no harm. Sizes, times and counts are ours and hold no markup.
 */
import { LISTING_LOOK } from "./listing-look.js";
import type { ListingEntry } from "./listing-order.js";
import { type ListingSort, type ListingView, toQuery } from "./listing-query.js";
import { toHref, toHtml } from "./names.js";
import { joinPieces } from "./pieces.js";
import { countOf, groupDigits, isoTime, readableSize } from "./readable.js";

/** What there is to show. */
export interface Listing {
  /** Decoded, with a leading and a trailing slash. */
  readonly path: string;
  /** All entries of the folder, in order. */
  readonly entries: readonly ListingEntry[];
  /** Which of them to show. */
  readonly view: ListingView;
}

/**
 * The page, in pieces; of the same listing always the same bytes. Holds one piece at a time: a
 * page of 100,000 rows costs no more memory than one of 100.
 */
export const writeListingPage = (listing: Listing): Generator<string> => joinPieces(parts(listing));

function* parts(listing: Listing): Generator<string> {
  yield head(listing.path);
  yield trail(listing);
  const pager = pages(listing, "Pages");
  yield pager;
  yield `<table>\n<thead><tr>${columns(listing.view)}</tr></thead>\n<tbody>\n`;
  yield* rows(listing);
  yield "</tbody>\n</table>\n";
  if (pager !== "") yield pages(listing, "Pages, below");
  yield foot(listing.view);
}

const head = (path: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Index of ${toHtml(path)}</title>
<style>${LISTING_LOOK}</style>
</head>
<body>
<main>
`;

/** The link to the data asks for the whole folder, in the order of the page. */
function foot(view: ListingView): string {
  const everything = toQuery({ ...view, offset: 0, limit: Infinity });
  return `</main>
<footer><span>Times are UTC</span><a href="${attribute(`${everything}&format=json`)}">JSON</a><span>Sluice</span></footer>
</body>
</html>
`;
}

/** A query as it stands in an attribute. It is ours: the ampersands are all there is to escape. */
const attribute = (query: string): string => query.replaceAll("&", "&amp;");

// --- trail ---

/** The folders above as links, then the folder's own name and what is in it. */
function trail({ path, entries }: Listing): string {
  const names = path.split("/").filter((name) => name !== "");
  const own = names.pop();
  const title = own === undefined ? "Index of /" : `<bdi>${toHtml(own)}</bdi>`;
  const above = own === undefined ? "" : crumbs(["Index", ...names]);
  return `<header>\n${above}<h1>${title}</h1>\n<p>${summary(entries)}</p>\n</header>\n`;
}

const crumbs = (names: readonly string[]): string => {
  const items = names.map((name, at) => {
    const href = "../".repeat(names.length - at);
    return `<li><a href="${href}"><bdi>${toHtml(name)}</bdi></a></li>`;
  });
  return `<nav aria-label="Folders above"><ol>${items.join("")}</ol></nav>\n`;
};

/** `2 folders, 5 files, 1.4 MiB`, of the whole folder, whatever the page shows. */
function summary(entries: readonly ListingEntry[]): string {
  let folders = 0;
  let sizeBytes = 0;
  for (const entry of entries) {
    if (entry.isDirectory) folders++;
    else sizeBytes += entry.sizeBytes;
  }
  const files = entries.length - folders;
  const counts = [
    folders > 0 ? countOf(folders, "folder") : "",
    files > 0 ? `${countOf(files, "file")}, ${readableSize(sizeBytes)}` : "",
  ];
  return counts.filter((count) => count !== "").join(", ") || "No files";
}

// --- table ---

interface Column {
  readonly sort: ListingSort;
  readonly title: string;
  /** The order of a first click: the largest, the latest, but the first name. */
  readonly first: ListingView["order"];
}

const COLUMNS: readonly Column[] = [
  { sort: "name", title: "Name", first: "asc" },
  { sort: "size", title: "Size", first: "desc" },
  { sort: "modified", title: "Modified", first: "desc" },
];

/** Headers that sort. A click on the column in use turns it around; the page starts over. */
const columns = (view: ListingView): string =>
  COLUMNS.map(({ sort, title, first }) => {
    const isUsed = sort === view.sort;
    const order = isUsed ? opposite(view.order) : first;
    const href = attribute(toQuery({ ...view, sort, order, offset: 0 }));
    const state = isUsed ? ` aria-sort="${view.order === "asc" ? "ascending" : "descending"}"` : "";
    return `<th scope="col"${state}><a href="${href}">${title}</a></th>`;
  }).join("");

const opposite = (order: ListingView["order"]) => (order === "asc" ? "desc" : "asc");

function* rows({ path, entries, view }: Listing): Generator<string> {
  if (path !== "/")
    yield '<tr class="up"><td colspan="3"><a href="../">Parent folder</a></td></tr>\n';
  const end = Math.min(entries.length, view.offset + view.limit);
  for (let at = view.offset; at < end; at++) yield row(entries[at]!);
  if (entries.length === 0) yield note("This folder is empty.");
  else if (view.offset >= entries.length) yield note("The list ends before this page.");
}

const note = (text: string): string => `<tr class="note"><td colspan="3">${text}</td></tr>\n`;

function row({ name, isDirectory, sizeBytes, modifiedMs }: ListingEntry): string {
  const kind = isDirectory ? ' class="dir"' : "";
  const slash = isDirectory ? "/" : "";
  const link = `<a href="${toHref(name, isDirectory)}"><bdi>${toHtml(name)}</bdi>${slash}</a>`;
  const size = isDirectory ? "" : `<data value="${sizeBytes}">${readableSize(sizeBytes)}</data>`;
  return `<tr${kind}><th scope="row">${link}</th><td>${size}</td><td>${time(modifiedMs)}</td></tr>\n`;
}

/** `2026-11-22 18:44`; a narrow screen leaves the time of day out. */
function time(modifiedMs: number): string {
  const iso = isoTime(modifiedMs);
  const [day = "", clock = ""] = iso.split("T");
  return iso && `<time datetime="${iso}">${day}<span> ${clock.slice(0, 5)}</span></time>`;
}

// --- pages ---

/** Links to the other pages; "" when there are none. */
function pages({ entries, view }: Listing, label: string): string {
  const { length } = entries;
  const { offset, limit } = view;
  if (offset === 0 && limit >= length) return "";

  const end = Math.min(length, offset + limit);
  const shown = `${offset < end ? `${groupDigits(offset + 1)}–${groupDigits(end)}` : "None"} of ${groupDigits(length)}`;
  const last = Math.floor(Math.max(0, length - 1) / limit) * limit;
  const previous = Math.max(0, Math.min(offset - limit, last));
  const links = [
    pageLink("First", { ...view, offset: 0 }, offset > 0),
    pageLink("Previous", { ...view, offset: previous }, offset > 0),
    `<b>${shown}</b>`,
    pageLink("Next", { ...view, offset: end }, end < length),
    pageLink("Last", { ...view, offset: last }, end < length),
  ];
  return `<nav class="pages" aria-label="${label}">${links.join("")}</nav>\n`;
}

/** Keeps its place when it leads nowhere, so that the others do not move from page to page. */
const pageLink = (text: string, to: ListingView, leads: boolean): string =>
  leads
    ? `<a href="${attribute(toQuery(to))}">${text}</a>`
    : `<span aria-hidden="true">${text}</span>`;
