/** Fear: the operator's page for an error loses what every other answer says, or is sent for some misses only. */
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { FileServer } from "../../engine/server.js";
import { Folder } from "../support/folder.js";
import { answerTo, type Collected, shareInProcess } from "../support/in-process.js";

const folder = new Folder({
  "index.html": "home",
  "404.html": "<p>our own miss",
  ".hidden": "secret",
  "shop.html": "<p>the shop's miss",
  "busy.html": "<p>come back later",
  "crowded/a": "a",
});
afterAll(() => folder.remove());

const rules = [
  {
    path: "/shop/**",
    errorPages: { 404: "/shop.html" },
    headers: { "Content-Security-Policy": "default-src 'self'", "X-Shop": "yes" },
    cacheControl: "max-age=60",
    disposition: "attachment",
  },
  { path: "/bare/**", errorPages: { 404: "/no-such-page.html" } },
  { path: "/alias", rewrite: "/.hidden" },
  { path: "/**", errorPages: { 404: "/404.html", 503: "/busy.html" } },
];

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

  test("carries the fields of rules, as the page itself does, and is kept by nobody", async () => {
    const miss = await answerTo(shared().server, ask("/shop/none"));
    expect(valuesOf(miss, "Content-Security-Policy")).toEqual(["default-src 'self'"]);
    expect(valuesOf(miss, "X-Shop")).toEqual(["yes"]);
    expect(valuesOf(miss, "Cache-Control")).toEqual(["no-store"]);
    expect(valuesOf(miss, "Content-Disposition")).toEqual([]);
  });

  test("depends on the origin that asks, and on no Accept", async () => {
    expect(valuesOf(await answerTo(shared().server, ask("/none")), "Vary")).toEqual(["Origin"]);
  });

  test.each([
    ["a dotfile", "/.env"],
    ["a dotfile that is there", "/.hidden"],
    ["a dotfile in a folder, escaped", "/docs/%2egit/config"],
    ["a name longer than any file's", `/docs/${"a".repeat(300)}`],
    ["a path longer than any file's", `/${"docs/".repeat(900)}`],
    ["what a rule calls by another name", "/alias"],
  ])("is that of any other miss: %s", async (_, target) => {
    const { server } = shared();
    expect(await answerTo(server, ask(target))).toEqual(await answerTo(server, ask("/none")));
  });

  test("is chosen by the path, hidden or not", async () => {
    const { server } = shared();
    for (const target of ["/shop/none", "/shop/.env", "//shop//.env"]) {
      expect(String((await answerTo(server, ask(target))).body)).toBe("<p>the shop's miss");
    }
  });

  test("is ours where it is not there itself", async () => {
    const { statusLine, body } = await answerTo(shared().server, ask("/bare/none", "text/html"));
    expect(statusLine).toBe("404 Not Found");
    expect(String(body)).toContain("<!doctype html>");
  });

  test("is not sent for what is no path at all", async () => {
    const { statusLine, body } = await answerTo(shared().server, ask("/%zz"));
    expect(statusLine).toBe("400 Bad Request");
    expect(String(body)).not.toContain("our own miss");
  });

  test("is not kept by caches, and has the type of its file", async () => {
    const miss = await answerTo(shared().server, ask("/none", "application/json"));
    expect(miss.statusLine).toBe("404 Not Found");
    expect(valuesOf(miss, "Cache-Control")).toEqual(["no-store"]);
    expect(valuesOf(miss, "Content-Type")).toEqual(["text/html; charset=utf-8"]);
  });
});

describe("the operator's page for a folder that cannot be listed now", () => {
  const shared = shareInProcess({ root: folder.path, rules, env: { SLUICE_LISTING: "on" } });

  test("is sent in place of the listing", async () => {
    const { parts, told } = shared();
    const listings = { ...parts.listings!, write: async () => "READERS_BUSY" as const };
    const { statusLine, body } = await answerTo(
      new FileServer({ ...parts, listings }),
      ask("/crowded/"),
    );
    expect(statusLine).toBe("503 Service Unavailable");
    expect(String(body)).toBe("<p>come back later");
    expect(told).toContain("READERS_BUSY");
  });
});
