/**
 * Text from anywhere as part of one line on a terminal: harmless, and of known width.
 *
 * Whatever could break or disguise a line is escaped. Does not know what it shows.
 */

/** Control and format characters, lone surrogates, and the two line ends that Unicode adds. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `a\nb` -> `a\u{a}b`. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`);

/** The same inside JSON, where these characters stand in strings only: the value stays equal. */
export const printableJson = (json: string): string =>
  json.replace(UNPRINTABLE, (one) => one.split("").map(escapeUnit).join(""));

const escapeUnit = (unit: string): string =>
  `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Drawn over two columns: the blocks that Unicode Standard Annex 11 calls wide, and emoji. */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;
/** Marks stand on the character before them. */
const MARK = /[\p{Mn}\p{Me}]/u;

/** How many columns of a terminal a printable text takes. */
export function columnsOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

function widthOf(character: string): 0 | 1 | 2 {
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** `/images/debian-12-netinst.iso` -> `/images/de…netinst.iso`: both ends of a path tell something. */
export function cutMiddle(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const characters = [...text];
  const head = takeWhileFits(characters, Math.floor((columns - 1) / 2));
  const tail = takeWhileFits(characters.reverse(), columns - 1 - columnsOf(head.join("")));
  return `${head.join("")}…${tail.reverse().join("")}`;
}

function takeWhileFits(characters: readonly string[], columns: number): string[] {
  let left = columns;
  const end = characters.findIndex((character) => {
    left -= widthOf(character);
    return left < 0;
  });
  return characters.slice(0, end === -1 ? characters.length : end);
}

/** Fills a text up with spaces. Numbers stand right, words left. */
export function padTo(text: string, columns: number, align: "left" | "right"): string {
  const spaces = " ".repeat(Math.max(0, columns - columnsOf(text)));
  return align === "left" ? text + spaces : spaces + text;
}
