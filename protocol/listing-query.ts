/**
 * What a client asks of a listing: its order, its page, its format.
 *
 *   ?sort=name|size|modified & order=asc|desc & limit=N & offset=N & format=html|json
 *
 * Each part stands alone: one that is missing or cannot be read gets its default, and so do
 * parts nobody knows. A listing has no wrong question, only a different view.
 */
import { prefersJson } from "./accept.js";

const SORTS = ["name", "size", "modified"] as const;
/** What entries are ordered by. Folders come first in any case. */
export type ListingSort = (typeof SORTS)[number];

/** One view of a folder. */
export interface ListingView {
  readonly sort: ListingSort;
  readonly order: "asc" | "desc";
  /** Entries at most, 1 or more; Infinity for all. */
  readonly limit: number;
  /** Entries left out before the first, 0 or more; may lie beyond the last. */
  readonly offset: number;
}

/** HTML for people, JSON for programs. */
export type ListingFormat = "html" | "json";

/**
 * Entries on a page when nothing is asked for: about 200 KB of HTML, which a phone can bear and a
 * person can scroll. A program gets all of them.
 */
export const PAGE_ENTRIES = 1000;

/** Reads a query, without its `?`. Never throws. */
export function parseListingQuery(
  query: string,
  accept: string,
): { view: ListingView; format: ListingFormat } {
  const asked = new URLSearchParams(query);
  const format = formatOf(asked.get("format"), accept);
  const view = {
    sort: SORTS.find((sort) => sort === asked.get("sort")) ?? "name",
    order: asked.get("order") === "desc" ? "desc" : "asc",
    limit: countIn(asked.get("limit")) || (format === "json" ? Infinity : PAGE_ENTRIES),
    offset: countIn(asked.get("offset")),
  } as const;
  return { view, format };
}

/** The query wins over `Accept`: a link has no other way to ask. */
function formatOf(asked: string | null, accept: string): ListingFormat {
  if (asked === "json" || asked === "html") return asked;
  return prefersJson(accept) ? "json" : "html";
}

/** Up to nine digits; 0 for anything else. */
const countIn = (text: string | null): number => (/^\d{1,9}$/.test(text ?? "") ? Number(text) : 0);

/** The query, with its `?`, that asks for this view as HTML. Defaults are left out. */
export function toQuery({ sort, order, limit, offset }: ListingView): string {
  const parts = [`sort=${sort}`, `order=${order}`];
  if (limit !== PAGE_ENTRIES && limit !== Infinity) parts.push(`limit=${limit}`);
  if (offset > 0) parts.push(`offset=${offset}`);
  return `?${parts.join("&")}`;
}
