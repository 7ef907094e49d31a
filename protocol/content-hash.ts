/**
 * Does a file's name carry a hash of its content, as bundlers write it?
 *
 * 1. kind      bundlers hash scripts, styles, images, fonts and media; people name documents and data
 * 2. stem      the name without its extensions and without `min`, `chunk` and the like
 * 3. digest    the last piece of the stem, after `.` or `-`, in one of three alphabets
 *
 * A wrong yes is a file that browsers keep for a year though it changed; a wrong no costs one 304.
 * So in doubt the answer is no, and what a person may have typed (a date, a word, a word with a
 * number, a version, a camel-case name) is in doubt. People rarely type such things into the names
 * of scripts and styles, and bundlers write few other files: there more is believed.
 */

/** A served file, as far as its name goes. */
export interface NamedFile {
  /** Decoded, with a leading slash. */
  readonly path: string;
  /** The `Content-Type`, parameters and all. */
  readonly mediaType: string;
}

/** Types of compiled code. */
const CODE = /^(?:text\/(?:css|javascript)|application\/(?:javascript|wasm))(?:;|$)/;
/** JSON is data, and people name it as they like; but a source map is named after its code. */
const SOURCE_MAP = /\.map$/;
/** Everything else that bundlers hash. */
const ASSET = /^(?:audio|font|image|video)\/|^application\/vnd\.ms-fontobject(?:;|$)/;

/** What bundlers put between the hash and the extension: `main.3f9a1c2b.chunk.js.map`. */
const INFIXES = new Set([
  "bundle",
  "chunk",
  "cjs",
  "css",
  "esm",
  "js",
  "legacy",
  "min",
  "mjs",
  "module",
  "worker",
]);

/** Folders that nobody but a bundler fills: Astro's and Nuxt's. */
const OWN_FOLDER = /\/(?:_astro|_nuxt)\//;
/** Folders that bundlers fill, and people too: Vite and Rollup, create-react-app. */
const SHARED_FOLDER = /\/(?:assets|static\/(?:css|js|media))\//;

/**
 * True when another content would have had another name.
 *
 * A UUID says no: it names a thing, not its bytes, and a thing may be replaced. So does a lone
 * MongoDB id, whose 24 digits no bundler emits.
 */
export function hasContentHash({ path, mediaType }: NamedFile): boolean {
  const isCode = CODE.test(mediaType) || SOURCE_MAP.test(path);
  if (!isCode && !ASSET.test(mediaType)) return false;

  const stem = stemOf(path);
  return endsInHex(stem, isCode) || endsInBase32(stem, isCode) || endsInBase64(stem, isCode, path);
}

/** `/a/main.3f9a1c2b.chunk.js.map` -> `main.3f9a1c2b` */
function stemOf(path: string): string {
  const pieces = path.slice(path.lastIndexOf("/") + 1).split(".");
  pieces.pop();
  while (INFIXES.has(pieces.at(-1) ?? "")) pieces.pop();
  return pieces.join(".");
}

/** Lengths of the hex digests in use: 8 to 20 cut, then MD5, SHA-1, SHA-256, SHA-384 and SHA-512. */
const HEX_LENGTHS = new Set([8, 10, 12, 16, 20, 32, 40, 64, 96, 128]);
const LAST_HEX = /(?:^|[.\-_~])([\da-f]{8,128})$/;
const UUID = /(?:^|[^\da-f])[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** RFC 9562 section 4: versions 1, 4 and 7, as databases write them. So ends one MD5 in twenty. */
const UUID_WITHOUT_DASHES = /^[\da-f]{12}[147][\da-f]{3}[89ab][\da-f]{15}$/;
/** Shorter, and the whole name of a picture, it is the number of a thing, as likely as not. */
const SHORTEST_ALONE = 20;

/** webpack, Parcel, Next, Gatsby, Django, Rails, Hugo: `app.3f9a1c2b.js`, `8e0d62a03d5dbd0b7d3e.png`. */
function endsInHex(stem: string, isCode: boolean): boolean {
  const digest = LAST_HEX.exec(stem)?.[1] ?? "";
  if (!HEX_LENGTHS.has(digest.length)) return false;
  if (UUID.test(stem) || UUID_WITHOUT_DASHES.test(digest)) return false;
  const isMixed = /\d/.test(digest) && /[a-f]/.test(digest); // else a number, or `deadbeef`
  if (!isMixed) return false;
  const isAlone = digest.length === stem.length;
  if (isCode && !isAlone) return true;
  return !isTyped(digest) && (isCode || !isAlone || digest.length >= SHORTEST_ALONE);
}

/**
 * esbuild and Angular: `main-5HJMQK2V.js`. One digest in five has no digit: alone, behind a dot or in
 * the name of a picture that may be a shouted word (`METADATA.js`, `photo-ORIGINAL.jpg`), behind the
 * dash that they put before it in the name of a script it is not.
 */
function endsInBase32(stem: string, isCode: boolean): boolean {
  const [, mark, digest = ""] = /([.-])([A-Z2-7]{8})$/.exec(stem) ?? [];
  if (!/[A-Z]/.test(digest)) return false;
  if (isCode && mark === "-") return true;
  return /\d/.test(digest) && !isTyped(digest.toLowerCase());
}

/**
 * Rollup, Vite, Astro, Nuxt: `index-BwXyZ12a.js`, of the base64url alphabet, nearly always in both cases.
 *
 * In their own folders all code is believed, a digest that is the whole name included. Elsewhere letters
 * alone (`DIwrGTda`) and a dash inside (`C_x-9aBc`) are believed of code in a bundler's folder, behind
 * a dash.
 */
function endsInBase64(stem: string, isCode: boolean, path: string): boolean {
  const [, mark = "", digest = ""] = /(^|[.-])([\w-]{8})$/.exec(stem) ?? [];
  if (!/[a-z]/.test(digest) || !/[A-Z]/.test(digest)) return false;
  if (isCode && OWN_FOLDER.test(path)) return true;
  if (mark === "" || isTyped(digest.replace(/[_-]/g, ""))) return false;
  if (/\d/.test(digest) && !/[_-]/.test(digest)) return true;
  return isCode && mark === "-" && SHARED_FOLDER.test(path);
}

/** Words, camel-case or not, with a number behind: `cafe2024`, `darkMode`, `Beach001`, `heroTop1`. */
const WORDS_AND_NUMBER = /^[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\d*$/;
/** The same with an abbreviation: `loadJSON`, `PDFMaker`, `HTMLv5`. */
const SHOUTED_AND_NUMBER = /^[a-z]*[A-Z]+[a-z]*\d*$/;
/** A number with a word behind: `2024Sale`, `1234567a`. */
const NUMBER_AND_WORD = /^\d+[A-Z]?[a-z]*$/;
/** A number with camel case behind, which may be a date: `5May2025`, `1080pWeb`, `2xRetina`. */
const NUMBER_AND_WORDS = /^\d+[a-z]*(?:[A-Z][a-z]+)+\d*$/;
const TYPED = [WORDS_AND_NUMBER, SHOUTED_AND_NUMBER, NUMBER_AND_WORD, NUMBER_AND_WORDS];

/** Has the shape of something a person types. At worst one random digest in seven has it too. */
const isTyped = (text: string): boolean => TYPED.some((shape) => shape.test(text));
