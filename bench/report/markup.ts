/** Text into HTML: everything that reaches the page from outside goes through `escapeHtml`. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Safe between tags and inside quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);

/** One decimal: enough for a pixel, short enough for a page. */
export const px = (value: number): string => value.toFixed(1);
