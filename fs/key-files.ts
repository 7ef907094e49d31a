/**
 * Certificates and their private keys as they lie on disk: where they are, what is in them, and
 * when they change.
 *
 * In a folder of pairs each is found in one of three layouts, those of the programs that renew them:
 *
 *   NAME/fullchain.pem, NAME/privkey.pem   certbot: its folder `live`
 *   NAME/tls.crt, NAME/tls.key             a Kubernetes secret, mounted
 *   NAME.crt, NAME.key                     lego: its folder `certificates`
 *
 * Owns the layouts. Does not look into what it reads.
 */
import { watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readText } from "./text-file.js";

/** Where a certificate and its key are. */
export interface PairPlace {
  readonly certPath: string;
  readonly keyPath: string;
}

/** What is in the two files. */
export interface PairText extends PairPlace {
  readonly certPem: string;
  readonly keyPem: string;
  /** Any user of this machine may read the key. */
  readonly isKeyOpen: boolean;
}

/** Complaints are whole lines. */
type Refused = { readonly kind: "refused"; readonly complaints: readonly string[] };
export type PairVerdict = ({ readonly kind: "pair" } & PairText) | Refused;

/**
 * What a folder holds, as far as it can be read; of what cannot, what was known of it. Complaints and
 * warnings are whole lines.
 */
export interface Listed {
  readonly places: readonly PairPlace[];
  readonly complaints: readonly string[];
  /** Of what is probably nobody's pair. */
  readonly warnings: readonly string[];
}

/** Reads both files. They may be of two different renewals: whether they fit is for others to say. */
export async function readPair({ certPath, keyPath }: PairPlace): Promise<PairVerdict> {
  const [cert, key] = await Promise.all([readText(certPath), readText(keyPath)]);
  if (cert.kind === "text" && key.kind === "text") {
    const isKeyOpen = await isOpenToOthers(keyPath);
    return { kind: "pair", certPath, keyPath, certPem: cert.text, keyPem: key.text, isKeyOpen };
  }
  return {
    kind: "refused",
    complaints: [
      ...(cert.kind === "refused" ? [`${certPath}: ${cert.complaint}`] : []),
      ...(key.kind === "refused" ? [`${keyPath}: ${key.complaint}`] : []),
    ],
  };
}

const OTHERS_READ = 0o004;

async function isOpenToOthers(path: string): Promise<boolean> {
  try {
    return ((await stat(path)).mode & OTHERS_READ) !== 0;
  } catch {
    return false; // gone since it was read: the next look tells
  }
}

/**
 * The pairs of a folder, in the order of their names. Names with a leading dot are nobody's pairs.
 *
 * @param known of it until now: what cannot be read is not gone for that
 */
export async function listPairs(folder: string, known: readonly PairPlace[]): Promise<Listed> {
  try {
    const names = (await readdir(folder)).filter((name) => !name.startsWith(".")).toSorted();
    const inFolders = await Promise.all(names.map((name) => findInside(join(folder, name), known)));
    const flat = new Set(names.flatMap((name) => FLAT.exec(name)?.[1] ?? []));
    const places = [
      ...inFolders.flatMap((listed) => listed.places),
      ...[...flat].map((name) => join(folder, name)).map(placeOf(".crt", ".key")),
    ];
    const complaints = inFolders.flatMap((listed) => listed.complaints);
    const warnings = inFolders.flatMap((listed) => listed.warnings);
    if (places.length > 0 || complaints.length > 0) return { places, complaints, warnings };
    return unread(known, ...warnings, `${folder}: holds no certificates: want ${WANTED}`);
  } catch (error) {
    return unread(known, `${folder}: ${reasonOf(error)}`);
  }
}

const unread = (known: readonly PairPlace[], ...complaints: readonly string[]): Listed => ({
  places: known,
  complaints,
  warnings: [],
});

const WANTED =
  "NAME/fullchain.pem and NAME/privkey.pem, NAME/tls.crt and NAME/tls.key, or NAME.crt and NAME.key";

function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "is not a folder",
  EACCES: "may not be read by this user",
};

/** lego leaves the issuers beside the pair once more. */
const FLAT = /^(.+?)(?<!\.issuer)\.(?:crt|key)$/;

const placeOf =
  (cert: string, key: string) =>
  (stem: string): PairPlace => ({ certPath: `${stem}${cert}`, keyPath: `${stem}${key}` });

/** The pair in a folder, if any; one of two files is enough to say that there should be one. */
async function findInside(folder: string, known: readonly PairPlace[]): Promise<Listed> {
  try {
    const names = new Set(await readdir(folder));
    const [cert, key] = LAYOUTS.find((layout) => layout.some((name) => names.has(name))) ?? [];
    if (cert === undefined) return NOTHING;
    return { ...NOTHING, places: [placeOf(`/${cert}`, `/${key}`)(folder)] };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (NO_FOLDER.includes(code)) return NOTHING;
    const inside = known.filter(({ certPath }) => dirname(certPath) === folder);
    const complaint = `${folder}: ${reasonOf(error)}`;
    // As lost+found is, or what belongs to another service.
    const isForeign = code === "EACCES" && inside.length === 0;
    return isForeign ? { ...NOTHING, warnings: [complaint] } : unread(inside, complaint);
  }
}

const NOTHING: Listed = { places: [], complaints: [], warnings: [] };

/** Gone, or a file. Anything else, such as no descriptor left, says nothing of what is there. */
const NO_FOLDER: readonly string[] = ["ENOENT", "ENOTDIR"];

const LAYOUTS = [
  ["fullchain.pem", "privkey.pem"],
  ["tls.crt", "tls.key"],
] as const;

/**
 * Notices changes of pairs at once. Where the system tells nothing of them, or a link leads to what
 * changes, this is silent: look again from time to time.
 *
 * @param places those known; a file that appears beside one of them is told, too
 * @param folder of pairs; "" for none
 * @returns ends it
 */
export function watchPairs(
  places: readonly PairPlace[],
  folder: string,
  onChange: () => void,
): () => void {
  const files = places.flatMap(({ certPath, keyPath }) => [dirname(certPath), dirname(keyPath)]);
  const folders = new Set(folder === "" ? files : [folder, ...files]);
  const ends = [...folders].map((one) => watchFolder(one, onChange));
  return () => {
    for (const end of ends) end();
  };
}

function watchFolder(folder: string, onChange: () => void): () => void {
  try {
    const watcher = watch(folder, { persistent: false }, () => onChange());
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => {};
  }
}
