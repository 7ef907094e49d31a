/** Fear: a page that asks another host, breaks its own policy, or lacks a file once installed. */
import { describe, expect, test } from "vitest";
import { ADMIN_POLICY } from "../../../../engine/admin/answers.js";
import { loadAssets } from "../../../../engine/admin/dashboard/assets.js";

const assets = loadAssets();
const textOf = (path: string): string => assets.get(path)!.body.toString();
const scripts = [...assets.keys()].filter((path) => path.endsWith(".js"));
const html = textOf("/");

test("has the page, and every file that the page names", () => {
  const named = [...html.matchAll(/<(?:script|link)[^>]+(?:src|href)="(assets\/[^"]+)"/g)];
  expect(named.map(([, path]) => path)).toContain("assets/main.js");
  for (const [, path] of named) expect([...assets.keys()]).toContain(`/${path}`);
});

test("has every module that a module asks for, and none asks for more", () => {
  for (const path of scripts.filter((one) => one !== "/assets/uplot.js")) {
    const asked = [...textOf(path).matchAll(/\bfrom "([^"]+)"/g)].map(([, name]) => name!);
    for (const name of asked) {
      expect(name).toMatch(/^\.\/[a-z-]+\.js$/);
      expect(scripts).toContain(`/assets/${name.slice(2)}`);
    }
  }
});

test("says what each file is, in UTF-8", () => {
  for (const [path, { mediaType, body }] of assets) {
    const want =
      path === "/" ? "text/html" : path.endsWith(".css") ? "text/css" : "text/javascript";
    expect(mediaType).toBe(`${want}; charset=utf-8`);
    expect(body.length).toBeGreaterThan(0);
  }
});

describe("the policy", () => {
  test("allows nothing inline and no other host", () => {
    expect(ADMIN_POLICY).toMatch(/^default-src 'none';/);
    expect(ADMIN_POLICY).not.toMatch(/unsafe|https?:|\*/);
  });

  test("is kept by the page: no inline script, no style attribute, no handler", () => {
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/i);
  });

  test("is kept by all files: no other host, and no text parsed as markup", () => {
    for (const [path, { body }] of assets) {
      const ours = body.toString().replaceAll("http://www.w3.org/2000/svg", "");
      if (path !== "/assets/uplot.js") expect(ours).not.toMatch(/https?:\/\//);
      if (path.endsWith(".js") && path !== "/assets/uplot.js") {
        expect(ours).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/);
      }
    }
  });
});
