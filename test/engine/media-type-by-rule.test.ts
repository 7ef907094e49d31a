/** Fear: a type that a rule gives to a file is lost on one of the roads, or goes to what stands in for the file. */
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import type { Field } from "../../protocol/head.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder({
  ".well-known/apple-app-site-association": '{"applinks":{}}',
  "data/a.txt": "0123456789",
  "data/b.js": "code",
  "data/b.js.gz": "coded",
  "app.html": "app",
  "404.html": "gone",
});
afterAll(() => folder.remove());

const JSON_TYPE = "application/json";
const rules = [
  { path: "/.well-known/apple-app-site-association", mediaType: JSON_TYPE },
  { path: "/data/**", mediaType: "text/x-own; charset=utf-8", errorPages: { 404: "/404.html" } },
  { path: "/alias", rewrite: "/data/a.txt", mediaType: "text/x-alias" },
  { path: "/app/**", mediaType: "text/x-never" },
];

describe("a type by rule", () => {
  const env = { SLUICE_SPA: "/app.html" };
  const shared = shareInProcess({ root: folder.path, rules, env });

  const rows: readonly (readonly [why: string, target: string, fields: Field[], type: string])[] = [
    ["of a file without an extension", "/.well-known/apple-app-site-association", [], JSON_TYPE],
    ["in place of what the name says", "/data/a.txt", [], "text/x-own; charset=utf-8"],
    ["of a coding", "/data/b.js", [["Accept-Encoding", "gzip"]], "text/x-own; charset=utf-8"],
    ["of a part", "/data/a.txt", [["Range", "bytes=0-1"]], "text/x-own; charset=utf-8"],
    ["where a rewrite leads", "/alias", [], "text/x-alias"],
    ["not of the app's page", "/app/route", [["Accept", "text/html"]], "text/html; charset=utf-8"],
    ["not of an error page", "/data/none.bin", [], "text/html; charset=utf-8"],
    ["not where no rule speaks", "/404.html", [], "text/html; charset=utf-8"],
  ];
  test.each(rows)("%s, the first time and again", async (_, target, fields, type) => {
    for (let time = 0; time < 3; time++) {
      const answer = await answerTo(shared().server, new ExplainedAsk(target, fields));
      expect(answer.fields.filter(([name]) => name === "Content-Type")).toEqual([
        ["Content-Type", type],
      ]);
    }
  });
});
