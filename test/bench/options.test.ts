/** What is typed comes back as options or as complaints, all of them at once. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { helpText, parseOptions } from "../../bench/options.js";
import { builtFile } from "../../bench/places.js";

const optionsOf = (...args: string[]) => {
  const parsed = parseOptions(args);
  if (parsed.kind === "complaints") throw new Error(parsed.complaints.join("; "));
  return parsed.options;
};
const complaintsAbout = (...args: string[]) => {
  const parsed = parseOptions(args);
  return parsed.kind === "complaints" ? parsed.complaints : [];
};

test("without arguments: everything, three rounds", () => {
  expect(optionsOf()).toMatchObject({ only: undefined, against: undefined, rounds: 3, workers: 1 });
});

test("lists are split, and a value may follow a space or an equals sign", () => {
  expect(optionsOf("--only", "hot-1k, head", "--against=nginx")).toMatchObject({
    only: ["hot-1k", "head"],
    against: ["nginx"],
  });
});

test("a warm-up is as long as compilers need, however short the timed part", () => {
  const { warmUpSec } = optionsOf("--duration", "0.3");
  expect(warmUpSec).toBe(optionsOf().warmUpSec);
  expect(warmUpSec).toBeGreaterThan(optionsOf("--quick").warmUpSec);
  expect(optionsOf("--quick", "--warm-up", "7").warmUpSec).toBe(7);
});

const refused: readonly (readonly [why: string, args: string[]])[] = [
  ["an even number of rounds has no middle", ["--rounds", "2"]],
  ["no rounds", ["--rounds", "0"]],
  ["a duration that is no number", ["--duration", "long"]],
  ["a duration shorter than wrk can be stopped", ["--duration", "0.01"]],
  ["no warm-up at all", ["--warm-up", "0"]],
  ["more workers than cores", ["--workers", "100000"]],
  ["an unknown option", ["--fast"]],
  ["a bare word", ["hot-1k"]],
  ["a value that is missing", ["--only"]],
  ["a switch that is told no", ["--quick=no"]],
  ["no cell at all", ["--only", ","]],
  ["nobody at all, which `none` is for", ["--against="]],
  ["a name of Object's own", ["--constructor"]],
];
for (const [why, args] of refused) {
  test(`refused: ${why} (${args.join(" ")})`, () =>
    expect(complaintsAbout(...args)).toHaveLength(1));
}

test("all complaints at once", () => {
  expect(complaintsAbout("--rounds", "4", "--fast", "--duration", "x")).toHaveLength(3);
});

test("help names every option that is understood", () => {
  for (const name of [
    "quick",
    "only",
    "against",
    "duration",
    "warm-up",
    "rounds",
    "workers",
    "fixtures",
    "json",
    "markdown",
    "tune",
  ]) {
    expect(helpText()).toContain(`--${name}`);
  }
});

test.each([
  ["a file that is not there", "/nonexistent/results.json", "ENOENT"],
  ["a file that is no record", "package.json", "not the record of a run"],
])("markdown: %s is one line, and no table", (_, path, why) => {
  const args = [builtFile("main.js"), "--markdown", path];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(new RegExp(`^--markdown ${path}: .*${why}.*\n$`));
});

test("a record that cannot be written is told before the run, with all other complaints", () => {
  const args = ["--only", "nosuch", "--against", "none", "--json", "/nonexistent/a.json"];
  const { status, stderr } = spawnSync(process.execPath, [builtFile("main.js"), ...args], {
    encoding: "utf8",
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^No cell is called nosuch.*\n--json \/nonexistent\/a\.json: ENOENT.*\n$/);
});

test("cells that nobody knows are all told, also beside one that is known", () => {
  const args = [builtFile("main.js"), "--only", "nosuch,hot-1k,hot-*,other*"];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toContain("No cell is called nosuch, other*; --list names them\n");
});
