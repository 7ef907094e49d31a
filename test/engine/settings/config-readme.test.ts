/**
 * Fear: a README that promises another default than the code has.
 *
 * After a change of settings, `npx vitest run test/engine/config-readme.test.ts --update` writes
 * the table anew.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeWanted, type Setting, showValue } from "../../../engine/settings/setting-kinds.js";
import { SETTINGS } from "../../../engine/settings/settings.js";

const README = "../../../README.md";
const BETWEEN_MARKERS = /(?<=<!-- settings -->\n).*?(?=<!-- \/settings -->)/s;

const escapeCell = (text: string): string => text.replaceAll("|", "\\|");
const row = (setting: Setting): string => {
  const initial = showValue(setting, setting.default);
  const cells = [`\`${setting.name}\``, `\`${initial}\``, describeWanted(setting), setting.says];
  return `| ${cells.map(escapeCell).join(" | ")} |\n`;
};
const table = ["| variable | default | takes | what it is |\n| --- | --- | --- | --- |\n"]
  .concat(Object.values(SETTINGS).map(row))
  .join("");

test("the README's table of settings is the one in the code", async () => {
  const readme = readFileSync(new URL(README, import.meta.url), "utf8");
  expect(readme).toMatch(BETWEEN_MARKERS);
  await expect(readme.replace(BETWEEN_MARKERS, () => table)).toMatchFileSnapshot(README);
});
