/** Fear: a line that is silently ignored, or a secret in a complaint about it. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../../../engine/settings/config.js";
import { parseSettingsFile } from "../../../engine/settings/settings-file.js";

describe("a line", () => {
  type Row = readonly [why: string, line: string, want: Readonly<Record<string, string>>];
  const rows: readonly Row[] = [
    ["is a name and a value", "SLUICE_PORT=80", { SLUICE_PORT: "80" }],
    ["may have spaces around it", "  SLUICE_PORT=80 \r", { SLUICE_PORT: "80" }],
    ["may hold equals signs", "SLUICE_ROOT=/a=b", { SLUICE_ROOT: "/a=b" }],
    ["may be in double quotes", 'SLUICE_ROOT=" a "', { SLUICE_ROOT: " a " }],
    ["may be in single quotes", "SLUICE_ROOT=' a '", { SLUICE_ROOT: " a " }],
    ["keeps a quote that is not closed", `SLUICE_ROOT="a'`, { SLUICE_ROOT: `"a'` }],
    [
      "knows no escapes and no comments at its end",
      "SLUICE_ROOT=a\\n #b",
      { SLUICE_ROOT: "a\\n #b" },
    ],
    ["may be empty in value, which is judged later", "SLUICE_ROOT=", { SLUICE_ROOT: "" }],
    ["is a comment after #", "# SLUICE_PORT=80", {}],
    ["is a comment after ;", ";SLUICE_PORT=80", {}],
    ["may be blank", "  ", {}],
  ];
  test.each(rows)("%s", (_why, line, want) => {
    expect(parseSettingsFile(line)).toEqual({ values: want, complaints: [] });
  });
});

test("everything wrong is told at once, by its line, and never shown", () => {
  const text = [
    "SLUICE_PORT=80",
    "export SLUICE_HOST=secret",
    "SLUICE_READRES=secret",
    "SLUICE_PORT=secret",
    "SLUICE_SETTINGS=secret",
    "HOME=secret",
    "secret",
  ].join("\n");
  expect(parseSettingsFile(text)).toEqual({
    values: { SLUICE_PORT: "80" },
    complaints: [
      "line 2: want NAME=value",
      "line 3: SLUICE_READRES: unknown setting, did you mean SLUICE_READERS?",
      "line 4: SLUICE_PORT: is there twice",
      "line 5: SLUICE_SETTINGS: this is the file it names",
      "line 6: HOME: unknown setting",
      "line 7: want NAME=value",
    ],
  });
});

describe("a setting of several sources", () => {
  const file = { SLUICE_PORT: "1", SLUICE_ROOT: "/file" };
  const originOf = (env: Record<string, string>, root?: string) => {
    const { config, settings } = readConfig(env, { root }, file);
    return [config.root, settings.find(({ name }) => name === "SLUICE_ROOT")?.origin];
  };
  test("is the command line's first", () => {
    expect(originOf({ SLUICE_ROOT: "/env" }, "/word")).toEqual(["/word", "command line"]);
  });
  test("then the environment's", () => {
    expect(originOf({ SLUICE_ROOT: "/env" })).toEqual(["/env", "environment"]);
  });
  test("then the file's", () => expect(originOf({})).toEqual(["/file", "settings file"]));
  test("is the file's where the environment has a service link", () => {
    expect(readConfig({ SLUICE_PORT: "tcp://10.0.0.1:80" }, {}, file).config.port).toBe(1);
  });
  test("is complained about with its source", () => {
    expect(readConfig({}, {}, { SLUICE_PORT: "x" }).complaints).toEqual([
      'SLUICE_PORT="x" from the settings file: want 0 to 65535',
    ]);
  });
});
