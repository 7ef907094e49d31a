/** Fear: a soak of another length than one meant, which is found out a day later. */
import { expect, test } from "vitest";
import { parseSoakOptions, soakHelpText } from "../../bench/soak/options.js";

test("without a word: five minutes of mixed load on one worker", () => {
  expect(parseSoakOptions([])).toEqual({
    kind: "options",
    options: { action: "soak", minutes: 5, transport: "auto", workers: 1, jsonPath: undefined },
  });
});

test("takes what it is told", () => {
  const args = ["--minutes", "30", "--transport=node", "--connections", "--json", "a.json"];
  expect(parseSoakOptions(args)).toMatchObject({
    options: { action: "connections", minutes: 30, transport: "node", jsonPath: "a.json" },
  });
});

test("complains about everything at once", () => {
  const args = ["--minutes", "0", "--transport", "quic", "--workers=1.5", "--hours"];
  expect(parseSoakOptions(args)).toMatchObject({
    kind: "complaints",
    complaints: [
      expect.stringMatching(/^--hours: no such option/),
      expect.stringMatching(/^--minutes 0: .*0\.5 to 10080/),
      expect.stringMatching(/^--workers 1\.5: /),
      expect.stringMatching(/^--transport quic: uws, node, or auto/),
    ],
  });
});

test("help tells every option", () => {
  for (const name of ["minutes", "attacks", "connections", "workers"]) {
    expect(soakHelpText()).toContain(`--${name} `);
  }
});
