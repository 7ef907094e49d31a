/** Fear: a rule leads to what is never served, and nobody is told before the first visitor. */
import { afterAll, expect, test } from "vitest";
import { readConfiguration } from "../../engine/settings/configuration.js";
import { Folder } from "../support/folder.js";

const folder = new Folder({ "site/index.html": "home" });
afterAll(() => folder.remove());

async function complaintsAbout(rule: object): Promise<readonly string[]> {
  folder.write("rules.json", JSON.stringify({ rules: [rule] }));
  const env = { SLUICE_ROOT: folder.at("site"), SLUICE_RULES: folder.at("rules.json") };
  const { complaints } = await readConfiguration(env);
  return complaints.map((line) => line.split(": rules[0].")[1] ?? line);
}

test.each([
  [{ path: "/**", errorPages: { 404: "/.errors/404.html" } }, "a name in it starts with a dot"],
  [{ path: "/**", errorPages: { 500: "/e%zz.html" } }, "its percent-encoding is broken"],
  [{ path: "/**", errorPages: { 503: "/busy.html?x" } }, "it holds a character that must be"],
  [{ path: "/x/**", rewrite: "/.hidden/x" }, "a name in it starts with a dot"],
  [{ path: "/.env", redirect: { to: "/x" } }, "a name in it starts with a dot"],
])("%j", async (rule, why) => {
  expect(await complaintsAbout(rule)).toEqual([
    expect.stringContaining(`: is never served: ${why}`),
  ]);
});

test("what may be served is not complained about", async () => {
  const rule = { path: "/x/:rest*", rewrite: "/y/:rest*", errorPages: { 404: "/404.html" } };
  expect(await complaintsAbout(rule)).toEqual([]);
});
