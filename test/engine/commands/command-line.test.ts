/** Fear: a mistyped option that is ignored, or a help text that contradicts the settings. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type CommandLine,
  helpText,
  hintAt,
  readCommandLine,
  versionText,
} from "../../../engine/commands/command-line.js";
import { SETTINGS } from "../../../engine/settings/settings.js";

const serve = (root?: string): CommandLine => ({ kind: "serve", root });
const check = (root?: string): CommandLine => ({ kind: "check", root });
const report = (asJson = false): CommandLine => ({ kind: "report", asJson });
const doctor = (root?: string, asJson = false): CommandLine => ({ kind: "doctor", root, asJson });
const health = (isForRequests: boolean): CommandLine => ({ kind: "health", isForRequests });
const devCert = (folder?: string): CommandLine => ({ kind: "dev-cert", folder });
const refused = (...complaints: string[]): CommandLine => ({ kind: "refused", complaints });
const HELP: CommandLine = { kind: "help" };
const VERSION: CommandLine = { kind: "version" };
const UNKNOWN = "unknown option, see sluice --help";

const rows: readonly (readonly [why: string, words: readonly string[], want: CommandLine])[] = [
  ["nothing serves what the environment says", [], serve()],
  ["a word is the folder", ["./public"], serve("./public")],
  ["an empty word is passed on, to be complained about", [""], serve("")],
  ["a folder may start with a hyphen after --", ["--", "-site"], serve("-site")],
  ["--check checks", ["--check"], check()],
  ["--check takes the folder after it", ["--check", "site"], check("site")],
  ["--check takes the folder before it", ["site", "--check"], check("site")],
  ["report reports", ["report"], report()],
  ["--json after it asks for JSON", ["report", "--json"], report(true)],
  ["--json before it does, too", ["--json", "report"], report(true)],
  ["a folder named report has a path", ["./report"], serve("./report")],
  ["a folder named report may follow --", ["--", "report"], serve("report")],
  ["it can be checked", ["--check", "--", "report"], check("report")],
  ["after -- nothing is an option", ["report", "--"], report()],
  ["help comes before the report", ["report", "--help"], HELP],
  ["the report has no folder", ["report", "site"], refused('report takes no ROOT, got "site"')],
  [
    "two reports are one too many",
    ["report", "report"],
    refused('report takes no ROOT, got "report"'),
  ],
  ["a report is not checked", ["--check", "report"], refused("--check: not together with report")],
  [
    "report after a folder is another folder",
    ["site", "report"],
    refused('want one ROOT, got 2: "site", "report"'),
  ],
  [
    "only a report is JSON",
    ["--json", "site"],
    refused("--json: only together with report or doctor, as in sluice report --json"),
  ],
  ["doctor looks at what would be served", ["doctor"], doctor()],
  ["doctor takes a folder", ["doctor", "site"], doctor("site")],
  ["doctor takes a folder named doctor", ["doctor", "doctor"], doctor("doctor")],
  ["doctor tells programs", ["doctor", "--json", "site"], doctor("site", true)],
  ["a folder named doctor has a path", ["./doctor"], serve("./doctor")],
  ["health asks whether it lives", ["health"], health(false)],
  ["--ready asks for more", ["health", "--ready"], health(true)],
  ["a name every object has is a folder", ["constructor"], serve("constructor")],
  [
    "two folders for the doctor are one too many",
    ["doctor", "a", "b"],
    refused('want one ROOT, got 2: "a", "b"'),
  ],
  ["health has no folder", ["health", "site"], refused('health takes no ROOT, got "site"')],
  [
    "options of another command are refused",
    ["health", "--json", "--check"],
    refused("--check: not together with health", "--json: not together with health"),
  ],
  [
    "serving is not asked whether it is ready",
    ["--ready"],
    refused("--ready: only together with health, as in sluice health --ready"),
  ],
  [
    "a value for --json is refused",
    ["report", "--json=yes"],
    refused('--json: takes no value, was given "yes"'),
  ],
  [
    "all that is wrong with a report is told at once",
    ["report", "a", "b", "--check", "-x"],
    refused(
      `-x: ${UNKNOWN}`,
      "--check: not together with report",
      'report takes no ROOT, got "a", "b"',
    ),
  ],
  ["dev-cert makes a certificate in a folder of this user", ["dev-cert"], devCert()],
  ["dev-cert makes one in a folder", ["dev-cert", "tls"], devCert("tls")],
  ["that folder may be named like a command", ["dev-cert", "report"], devCert("report")],
  ["a folder named dev-cert has a path", ["./dev-cert"], serve("./dev-cert")],
  ["a folder named dev-cert may follow --", ["--", "dev-cert"], serve("dev-cert")],
  [
    "all that is wrong with a certificate is told at once",
    ["dev-cert", "a", "b", "--check", "--json"],
    refused(
      "--check: not together with dev-cert",
      "--json: not together with dev-cert",
      'want one FOLDER, got 2: "a", "b"',
    ),
  ],
  ["--help helps", ["--help"], HELP],
  ["-h helps", ["-h"], HELP],
  ["--version tells", ["--version"], VERSION],
  ["-V tells", ["-V"], VERSION],
  ["help comes before the version", ["-V", "-h"], HELP],
  ["help comes before complaints", ["--bogus", "--help"], HELP],
  ["-v is not the version: elsewhere it means verbose", ["-v"], refused(`-v: ${UNKNOWN}`)],
  [
    "a mistyped option is told the nearest one",
    ["--chek", "--jsno"],
    refused(
      "--chek: unknown option, did you mean --check?",
      "--jsno: unknown option, did you mean --json?",
    ),
  ],
  [
    "a mistyped command before a folder is told the nearest one",
    ["docto", "site"],
    refused(
      'want one ROOT, got 2: "docto", "site"',
      '"docto" is no command either: did you mean sluice doctor?',
    ),
  ],
  ["an unknown option is refused", ["--bogus"], refused(`--bogus: ${UNKNOWN}`)],
  ["an abbreviation is refused", ["--ver"], refused(`--ver: ${UNKNOWN}`)],
  ["a name every object has is refused", ["--constructor"], refused(`--constructor: ${UNKNOWN}`)],
  [
    "an option that is a setting is pointed to its variable",
    ["--chunk-bytes=4096"],
    refused("--chunk-bytes: unknown option, set SLUICE_CHUNK_BYTES in the environment instead"),
  ],
  [
    "a value for a switch is refused",
    ["--check=no"],
    refused('--check: takes no value, was given "no"'),
  ],
  [
    "an empty value for a switch is refused",
    ["--help="],
    refused('--help: takes no value, was given ""'),
  ],
  ["two folders are refused", ["a", "b"], refused('want one ROOT, got 2: "a", "b"')],
  ["a line feed in an option stays on the line", ["--a\nb"], refused(`--a\\nb: ${UNKNOWN}`)],
  [
    "all mistakes are told at once",
    ["--bogus", "-x", "a", "b"],
    refused(`--bogus: ${UNKNOWN}`, `-x: ${UNKNOWN}`, 'want one ROOT, got 2: "a", "b"'),
  ],
];
describe("readCommandLine", () => {
  for (const [why, words, want] of rows) {
    test(`${why} (${JSON.stringify(words)})`, () => expect(readCommandLine(words)).toEqual(want));
  }
});

test.each([
  ["a mistyped command", "helth", "health"],
  ["an option without its hyphens", "check", "--check"],
  ["a folder like no command", "public", undefined],
  ["a path", "./docto", undefined],
])("hintAt: %s (%s)", (_, word, meant) => {
  const hint = `${JSON.stringify(word)} is no command either: did you mean sluice ${meant}?`;
  expect(hintAt(word)).toEqual(meant === undefined ? [] : [hint]);
});

describe("helpText", () => {
  test("has the name, the default and the meaning of every setting", () => {
    for (const { name, says } of Object.values(SETTINGS)) {
      expect(helpText()).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
      expect(helpText()).toContain(`${says}\n`);
    }
    expect(helpText()).toContain("default 1MiB; 4KiB to 16MiB, a multiple of 4KiB\n");
    expect(helpText()).toContain("default auto; auto, uws or node\n");
  });
  test("has each heading once", () => {
    for (const group of new Set(Object.values(SETTINGS).map((setting) => setting.group))) {
      expect(helpText().split(`\n\n${group}:\n`)).toHaveLength(2);
    }
  });
  test("names every option it takes", () => {
    for (const option of [
      "--check",
      "--json",
      "--ready",
      "--help",
      "--version",
      "-h",
      "-V",
      "report",
      "doctor",
      "health",
    ]) {
      expect(helpText()).toContain(option);
    }
  });
  test("fits a terminal of 100 columns", () => {
    for (const line of helpText().split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
  test("leaves no space at the end of a line and one line feed at the end of all", () => {
    expect(helpText()).not.toMatch(/[ \t]$/m);
    expect(helpText()).toMatch(/[^\n]\n$/);
  });
  test("stands all descriptions in one column", () => {
    const columns = helpText().match(/^ {2}SLUICE_\w+ +(?=\S)/gm) ?? [];
    expect(columns).toHaveLength(Object.keys(SETTINGS).length);
    expect(new Set(columns.map(({ length }) => length)).size).toBe(1);
  });
});

test("versionText tells package.json's version", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(versionText()).toBe(`sluice ${version}`);
});
