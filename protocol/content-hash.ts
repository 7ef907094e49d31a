/**
 * Does a file's name carry a hash of its content, as bundlers write it?
 *
 * 1. kind      bundlers hash scripts, styles, images, fonts and media; people name documents
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

/** Types of compiled code; JSON, because source maps are. */
const CODE = /^(?:text\/(?:css|javascript)|application\/(?:javascript|json|wasm))(?:;|$)/;
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

/** Folders that bundlers fill: Vite and Rollup, Astro, Nuxt, create-react-app. */
const BUILD_FOLDER = /\/(?:assets|_astro|_nuxt|static\/(?:css|js|media))\//;

/**
 * True when another content would have had another name.
 *
 * A UUID says no: it names a thing, not its bytes, and a thing may be replaced. So does a lone
 * MongoDB id, whose 24 digits no bundler emits.
 */
export function hasContentHash(file: NamedFile): boolean {
  const isCode = CODE.test(file.mediaType);
  if (!isCode && !ASSET.test(file.mediaType)) return false;

  const stem = stemOf(file.path);
  const isBuilt = BUILD_FOLDER.test(file.path);
  return (
    endsInHex(stem, isCode) || endsInBase32(stem, isCode) || endsInBase64(stem, isCode, isBuilt)
  );
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

/** webpack, Parcel, Next, Gatsby, Django, Rails, Hugo: `app.3f9a1c2b.js`, `8e0d62a03d5dbd0b7d3e.png`. */
function endsInHex(stem: string, isCode: boolean): boolean {
  const digest = LAST_HEX.exec(stem)?.[1] ?? "";
  if (!HEX_LENGTHS.has(digest.length) || UUID.test(stem)) return false;
  const isMixed = /\d/.test(digest) && /[a-f]/.test(digest); // else a number, or `deadbeef`
  return isMixed && (isCode || !isTyped(digest));
}

/**
 * esbuild and Angular: `main-5HJMQK2V.js`. One digest in five has no digit; in the name of a
 * picture that may be a shouted word (`photo-ORIGINAL.jpg`), in a script's it is not.
 */
function endsInBase32(stem: string, isCode: boolean): boolean {
  const digest = /(?:^|[.-])([A-Z2-7]{8})$/.exec(stem)?.[1];
  if (digest === undefined || !/[A-Z]/.test(digest)) return false;
  return isCode || (/\d/.test(digest) && !isTyped(digest.toLowerCase()));
}

/**
 * Rollup, Vite, Astro, Nuxt: `index-BwXyZ12a.js`, of the base64url alphabet, always in both cases.
 *
 * Three shapes are believed only of code in a bundler's folder: letters alone (`DiwrgTda`, which
 * reads like camel case), a dash inside (`C_x-9aBc`, which reads like two words), and a digest that
 * is the whole name.
 */
function endsInBase64(stem: string, isCode: boolean, isBuilt: boolean): boolean {
  const digest = /(?:^|[.-])([\w-]{8})$/.exec(stem)?.[1] ?? "";
  if (!/[a-z]/.test(digest) || !/[A-Z]/.test(digest)) return false;

  const isTrusted = isCode && isBuilt;
  const isWholeName = digest.length === stem.length;
  if (!/\d/.test(digest))
    return isTrusted && !isWholeName && LETTERS.test(digest) && !TITLE_CASE.test(digest);
  if (isWholeName || /[_-]/.test(digest)) return isTrusted;
  return isTrusted || !isTyped(digest);
}

const LETTERS = /^[A-Za-z]+$/;
const TITLE_CASE = /^[A-Z][a-z]+$/;
/** Words, camel-case or not, with a number behind: `cafe2024`, `Beach001`, `heroTop1`. */
const WORDS_AND_NUMBER = /^[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\d*$/;
/** A number with a word behind: `2024Sale`, `1234567a`. */
const NUMBER_AND_WORD = /^\d+[A-Z]?[a-z]*$/;

/** Has the shape of something a person types. One random digest in twenty has it too. */
const isTyped = (text: string): boolean =>
  WORDS_AND_NUMBER.test(text) || NUMBER_AND_WORD.test(text);
