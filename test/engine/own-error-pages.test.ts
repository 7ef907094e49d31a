/** Fear: the operator's page for an error loses what every other answer says, or is sent for some misses only. */
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain-ask.js";
import { Folder } from "../support/folder.js";
import { answerTo, type Collected, shareInProcess } from "../support/in-process.js";

const folder = new Folder({ "index.html": "home", "404.html": "<p>our own miss", "docs/a": "a" });
afterAll(() => folder.remove());

const rules = [{ path: "/**", errorPages: { 404: "/404.html" } }];

const ask = (target: string, accept = "") => new ExplainedAsk(target, [["Accept", accept]]);

const valuesOf = ({ fields }: Collected, wanted: string): string[] =>
  fields.filter(([name]) => name === wanted).map(([, value]) => value);

describe("the operator's page for a miss", () => {
  const env = { SLUICE_SECURITY_HEADERS: "strict", SLUICE_CORS_ORIGINS: "https://a.test" };
  const shared = shareInProcess({ root: folder.path, rules, env });

  test("carries the security headers of the preset, and none of our own page", async () => {
    const { server } = shared();
    const miss = await answerTo(server, ask("/none"));
    const home = await answerTo(server, ask("/index.html"));
    expect(String(miss.body)).toBe("<p>our own miss");
    for (const name of ["Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options"]) {
      expect(valuesOf(miss, name)).toEqual(valuesOf(home, name));
      expect(valuesOf(miss, name)).toHaveLength(1);
    }
  });

  test("depends on the origin that asks, and on no Accept", async () => {
    expect(valuesOf(await answerTo(shared().server, ask("/none")), "Vary")).toEqual(["Origin"]);
  });

  test("is not kept by caches, and has the type of its file", async () => {
    const miss = await answerTo(shared().server, ask("/none", "application/json"));
    expect(miss.statusLine).toBe("404 Not Found");
    expect(valuesOf(miss, "Cache-Control")).toEqual(["no-store"]);
    expect(valuesOf(miss, "Content-Type")).toEqual(["text/html; charset=utf-8"]);
  });
});
