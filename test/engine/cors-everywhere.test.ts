/** Fear: a script that may read a file sees a network error in place of a status. */
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import type { Field } from "../../protocol/head.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const site = new Folder({
  "a.txt": "0123456789",
  "app.js": "script",
  "app.js.gz": "packed",
  "sub/index.html": "sub",
  "empty/a.txt": "a",
  "404.html": "nothing",
});
afterAll(() => site.remove());

const ORIGIN = "https://a.test";
const ROWS: readonly (readonly [status: number, target: string, fields?: Field[]])[] = [
  [200, "/a.txt"],
  [200, "/empty/"],
  [204, "/a.txt", [[":method", "OPTIONS"]]],
  [206, "/a.txt", [["Range", "bytes=0-1"]]],
  [206, "/a.txt", [["Range", "bytes=0-1,4-5"]]],
  [301, "/sub"],
  [302, "/moved"],
  [304, "/a.txt", [["If-None-Match", "*"]]],
  [304, "/app.js", [["If-None-Match", "*"]]],
  [400, "/%zz"],
  [404, "/none"],
  [404, "/.env"],
  [404, "/own/none"],
  [405, "/a.txt", [[":method", "POST"]]],
  [412, "/a.txt", [["If-Match", '"other"']]],
  [412, "/app.js", [["If-Match", '"other"']]],
  [412, "/empty/", [["If-Match", '"other"']]],
  [413, "/a.txt", [["Content-Length", "1000000"]]],
  [416, "/a.txt", [["Range", "bytes=10-"]]],
  [501, "/a.txt", [[":method", "NOBODY-KNOWS"]]],
];

const rules = [
  { path: "/moved", redirect: { to: "/a.txt" } },
  { path: "/own/**", errorPages: { 404: "/404.html" } },
];

for (const [origins, varies] of [
  ["*", false],
  [ORIGIN, true],
] as const) {
  describe(`where scripts of ${origins} may read`, () => {
    const env = { SLUICE_CORS_ORIGINS: origins, SLUICE_LISTING: "on" };
    const shared = shareInProcess({ root: site.path, rules, env });

    for (const [status, target, fields = []] of ROWS) {
      test(`they may read ${status} of ${target}`, async () => {
        const ask = new ExplainedAsk(target, [["Origin", ORIGIN], ...fields]);
        const answer = await answerTo(shared().server, ask);
        expect(answer.statusLine).toMatch(`${status}`);
        expect(answer.fields).toContainEqual(["Access-Control-Allow-Origin", origins]);
        const varied = answer.fields.filter(([name]) => name === "Vary").join();
        expect(varied.includes("Origin")).toBe(varies);
      });
    }
  });
}
