/**
 * Is a path written the way honest clients write it?
 *
 * One file has more spellings than anybody could remember: slashes may be doubled, every character may
 * be escaped here and bare there. Browsers, tools and programs that write links differ only in which
 * characters they escape, and keep to it throughout a name; in one path the folder may be spelled by
 * whoever typed it and the file by whoever wrote the link. That leaves a handful of spellings for a
 * file, or as many as there are ways to choose among the unusual characters of its names.
 */

/** All but what RFC 3986 section 2.3 calls unreserved; the tilde was not always. */
const MAY_BE_ESCAPED = /[^\w.-]/gu;
const ESCAPE = /%[\dA-F]{2}/g;
/** Bare in what `encodeURIComponent` returns, and yet escaped by some. */
const LEFT_BARE = /[!'()*~]/;

/**
 * Cost: one comparison for a path without escapes; else some microseconds.
 *
 * @param wire as it was sent, judged by `toRooted`
 * @param path what it decodes to, with a leading slash
 */
export function isUsualSpelling(wire: string, path: string): boolean {
  if (wire === path) return true;
  const spelled = wire.split("/");
  const names = path.split("/");
  return (
    spelled.length === names.length && spelled.every((one, at) => isUsualName(one, names[at]!))
  );
}

function isUsualName(wire: string, name: string): boolean {
  if (wire === name) return true;
  const bare = new Set(wire);
  const spelled = name.replace(MAY_BE_ESCAPED, (char) =>
    char !== "%" && bare.has(char) ? char : escapeChar(char),
  );
  return wire === spelled || wire === spelled.replace(ESCAPE, (one) => one.toLowerCase());
}

const escapeChar = (char: string): string =>
  LEFT_BARE.test(char)
    ? `%${char.charCodeAt(0).toString(16).toUpperCase()}`
    : encodeURIComponent(char);
