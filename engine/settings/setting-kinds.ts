/**
 * The kinds of setting there are: for each, how its text is read, how its value is shown, and how
 * a complaint says what is wanted. Knows no particular setting: those are in settings.ts.
 */
import { isIP } from "node:net";
import { parseBytes, parseMs, parseWhole, showBytes, showMs } from "./units.js";

/** Shared by all rows. */
interface Row {
  /** The environment variable. */
  readonly name: `SLUICE_${string}`;
  /** One sentence, at most 72 characters: `--help` prints it on one line. */
  readonly says: string;
}
/** A whole number; `min` and `max` are inclusive. `unit` is what an integer counts, if anything. */
interface WholeRow extends Row {
  readonly kind: "integer" | "bytes" | "ms";
  readonly unit?: string;
  readonly min: number;
  readonly max: number;
  /** The value must be a multiple of this. */
  readonly step?: number;
  /** Words it takes as well, in lower case, and what each stands for: outside of the range. */
  readonly words?: Readonly<Record<string, number>>;
  readonly default: number;
}
interface BooleanRow extends Row {
  readonly kind: "boolean";
  readonly default: boolean;
}
interface ChoiceRow extends Row {
  readonly kind: "choice";
  readonly choices: readonly string[];
  readonly default: string;
}
/** Words. A secret's value is never shown, not even in a complaint about it. */
interface TextRow extends Row {
  readonly kind: "text" | "path" | "address" | "secret";
  /** A further condition, and how a complaint puts it. */
  readonly must?: { readonly hold: (text: string) => boolean; readonly be: string };
  readonly default: string;
}

export type Setting = WholeRow | BooleanRow | ChoiceRow | TextRow;
type Value = Setting["default"];
/** Settings by the name the program knows them under; `group` heads a section of `--help`. */
export type SettingsTable = Readonly<Record<string, Setting & { readonly group: string }>>;

/** The values of a table's settings, each of the type its row says. */
export type ValuesOf<Table extends SettingsTable> = {
  readonly [Key in keyof Table]: ValueOf<Table[Key]>;
};
type ValueOf<One> = One extends {
  readonly kind: "choice";
  readonly choices: readonly (infer Choice)[];
}
  ? Choice
  : One extends { readonly kind: "boolean" }
    ? boolean
    : One extends { readonly kind: "integer" | "bytes" | "ms" }
      ? number
      : string;

/** The value that a text means, or undefined when the setting cannot take it. Never throws. */
export function readValue(setting: Setting, text: string): Value | undefined {
  switch (setting.kind) {
    case "integer":
      return meaningOf(setting, text.trim()) ?? within(setting, parseWhole(text.trim()));
    case "bytes":
      return within(setting, parseBytes(text.trim()));
    case "ms":
      return within(setting, parseMs(text.trim()));
    case "boolean":
      return BOOLEANS.get(text.trim().toLowerCase());
    case "choice":
      return setting.choices.find((choice) => choice === text.trim().toLowerCase());
    case "address":
      return isAddress(text.trim()) ? text.trim() : undefined;
    case "text":
    case "path":
    case "secret":
      return isUsable(setting, text) ? text : undefined;
  }
}

/** How a text that is not set is shown: no one can set an empty one. */
const NONE = "(none)";

/** A value as its owner would write it. A secret is shown only as set or not set. */
export function showValue(setting: Setting, value: Value): string {
  switch (setting.kind) {
    case "integer":
      return wordsOf(setting).find(([, meant]) => meant === value)?.[0] ?? String(value);
    case "bytes":
      return showBytes(Number(value));
    case "ms":
      return showMs(Number(value));
    case "boolean":
      return value === true ? "on" : "off";
    case "secret":
      return value === "" ? NONE : "(hidden)";
    default:
      return value === "" ? NONE : String(value);
  }
}

/** What the setting takes, to follow "want". */
export function describeWanted(setting: Setting): string {
  switch (setting.kind) {
    case "integer":
    case "bytes":
    case "ms":
      return describeRange(setting);
    case "boolean":
      return "on or off, true or false, 1 or 0";
    case "choice":
      return `${setting.choices.slice(0, -1).join(", ")} or ${setting.choices.at(-1)}`;
    case "address":
      return "an IP address without brackets, or a host name";
    case "path":
      return setting.must?.be ?? "a path";
    case "text":
    case "secret":
      return setting.must?.be ?? "text that is not empty";
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["1", true],
  ["true", true],
  ["on", true],
  ["0", false],
  ["false", false],
  ["off", false],
]);

const wordsOf = ({ words = {} }: WholeRow): [word: string, meant: number][] =>
  Object.entries(words);

const meaningOf = (row: WholeRow, text: string): number | undefined =>
  wordsOf(row).find(([word]) => word === text.toLowerCase())?.[1];

function within(row: WholeRow, value: number | undefined): number | undefined {
  if (value === undefined || value < row.min || value > row.max) return undefined;
  return value % (row.step ?? 1) === 0 ? value : undefined;
}

function describeRange(row: WholeRow): string {
  const range = `${showValue(row, row.min)} to ${showValue(row, row.max)}`;
  const words = wordsOf(row)
    .map(([word]) => `${word}, or `)
    .join("");
  const counted = `${words}${range}${row.unit === undefined ? "" : ` ${row.unit}`}`;
  return row.step === undefined ? counted : `${counted}, a multiple of ${showValue(row, row.step)}`;
}

const isUsable = (row: TextRow, text: string): boolean =>
  text !== "" && !text.includes("\0") && (row.must?.hold(text) ?? true);

const isAddress = (text: string): boolean => isIP(text) !== 0 || isHostName(text);

/** RFC 1123 section 2.1. A name that ends in a number is a mistyped IPv4 address. */
const isHostName = (text: string): boolean =>
  text.length <= 253 &&
  /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/i.test(text) &&
  !/(?:^|\.)\d+$/.test(text);
