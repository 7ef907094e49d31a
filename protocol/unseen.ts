/**
 * Characters that change how a name reads without being seen.
 *
 * `photo\u202egpj.exe` is shown as `photoexe.jpg`: right-to-left overrides, zero-width characters
 * and line breaks let one file pass for another. Whoever shows a name to a person replaces them.
 * The joiners U+200C and U+200D stay: emoji, Persian and Indic names need them.
 */

/** Controls, bidirectional controls, zero-width and line-breaking characters, and noncharacters. */
const UNSEEN =
  /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/gu;

/** `text` with each unseen character replaced by what `show` makes of its code point. */
export const replaceUnseen = (text: string, show: (codePoint: number) => string): string =>
  text.replace(UNSEEN, (char) => show(char.codePointAt(0) ?? 0));
