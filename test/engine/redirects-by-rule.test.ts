/** Fear: a browser keeps a redirect for ever, and the operator cannot say for how long. */
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { Folder } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder({ "docs/index.html": "docs" });
afterAll(() => folder.remove());

const rules = [
  {
    path: "/old",
    redirect: { to: "/new", status: 301 },
    cacheControl: "max-age=60",
    headers: { "X-Why": "moved", "Referrer-Policy": "no-referrer", Vary: "X-Country" },
    disposition: "attachment",
  },
  { path: "/docs/**", cacheControl: "max-age=5" },
  { path: "/plain", redirect: { to: "/new" } },
  { path: "/latest/**", redirect: { to: "/v1" } },
  { path: "/latest/**", cacheControl: "public, max-age=86400, immutable" },
];

describe("a redirect", () => {
  const env = { SLUICE_CORS_ORIGINS: "https://a.test" };
  const shared = shareInProcess({ root: folder.path, rules, env });

  async function fieldsOf(target: string) {
    const { fields } = await answerTo(shared().server, new ExplainedAsk(target, []));
    return (name: string) => fields.filter(([one]) => one === name).map(([, value]) => value);
  }

  test("is kept for as long as its rule says, and carries its fields", async () => {
    const valuesOf = await fieldsOf("/old");
    expect(valuesOf("Location")).toEqual(["/new"]);
    expect(valuesOf("Cache-Control")).toEqual(["max-age=60"]);
    expect(valuesOf("X-Why")).toEqual(["moved"]);
  });

  test("has a rule's field in place of ours, and varies by all there is", async () => {
    const valuesOf = await fieldsOf("/old");
    expect(valuesOf("Referrer-Policy")).toEqual(["no-referrer"]);
    expect(valuesOf("Vary")).toEqual(["X-Country, Origin"]);
  });

  test("is nothing to save", async () => {
    expect((await fieldsOf("/old"))("Content-Disposition")).toEqual([]);
  });

  test.each(["/latest/a.bin", "/docs"])(
    "is not kept for as long as another rule says of files: %s",
    async (target) => {
      expect((await fieldsOf(target))("Cache-Control")).toEqual([]);
    },
  );

  test("of which no rule says more says nothing of caching", async () => {
    const valuesOf = await fieldsOf("/plain");
    expect(valuesOf("Cache-Control")).toEqual([]);
    expect(valuesOf("Referrer-Policy")).toEqual(["strict-origin-when-cross-origin"]);
  });
});
