/** Fear: a dashboard that some cannot use: with a small screen, without a mouse, or without seeing it. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Stage } from "../support/dashboard-stage.js";
import { WORKERS } from "../support/report.js";
import { launchBrowser, Viewer } from "../support/viewer.js";

let browser: Browser;
let stage: Stage;
let viewer: Viewer;

beforeAll(async () => {
  browser = await launchBrowser();
  stage = await Stage.open({ situation: "busy", pastSec: 600, periodMs: 200 });
  stage.employ(WORKERS);
  viewer = await Viewer.open(browser, stage.url, { colorScheme: "light" });
  await viewer.at("#downloads tbody tr").waitFor();
});
afterAll(async () => {
  await stage.kill();
  await viewer.leave();
  await browser.close();
});

describe("a screen", () => {
  for (const [width, height] of [
    [320, 640],
    [360, 740],
    [820, 1100],
    [1220, 800],
    [1440, 1000],
  ] as const) {
    test(`of ${width} pixels is wide enough for all, and cuts off no number`, async () => {
      await viewer.page.setViewportSize({ width, height });
      await viewer.until(async () =>
        expect(await viewer.ask("document.documentElement.scrollWidth")).toBe(width),
      );
      const cut = await viewer.ask(`[...document.querySelectorAll("#figures div, .reading dd, td")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.textContent)`);
      expect(cut).toEqual([]);
    });
  }

  test("in the dark gets another picture, drawings included", async () => {
    const look = (): Promise<string[]> =>
      Promise.all([
        viewer.ask<string>("getComputedStyle(document.body).color"),
        viewer.ask<string>("getComputedStyle(document.querySelector('.panel')).backgroundColor"),
        viewer.pictureOf("#pool-canvas"),
        viewer.pictureOf(".chart canvas"),
      ]);
    stage.freeze(); // the next second would draw anew anyway
    const light = await look();
    await viewer.page.emulateMedia({ colorScheme: "dark" });
    await viewer.until(async () => {
      const dark = await look();
      dark.forEach((color, at) => {
        expect(color).not.toBe(light[at]);
      });
    });
    stage.thaw();
    await viewer.page.emulateMedia({ colorScheme: "light" });
  });
});

describe("the keyboard", () => {
  test("reaches all that can be used, in the order of the page, and sees where it is", async () => {
    const reached: string[] = [];
    await viewer.page.reload();
    await viewer.shows("#feed", "live");
    for (let nth = 0; nth < 8; nth++) {
      await viewer.page.keyboard.press("Tab");
      reached.push(
        await viewer.ask("document.activeElement.textContent || document.activeElement.id"),
      );
      expect(await viewer.ask("getComputedStyle(document.activeElement).outlineStyle")).toBe(
        "solid",
      );
    }
    expect(reached).toEqual([
      "Skip to the figures",
      "moment",
      "Report",
      "Operations",
      "Downloads",
      "Settings",
      "Metrics",
      "Readiness",
    ]);
  });

  test("looks back as far as the server remembers", async () => {
    await viewer.at("#moment").focus();
    await viewer.page.keyboard.press("Home");
    await viewer.shows("#moment-time", /^\d\d:\d\d:\d\d$/);
    expect(await viewer.at("#moment").inputValue()).toBe("-599");
    await viewer.page.keyboard.press("End");
    await viewer.shows("#moment-time", "now");
  });

  test("looks back second by second, and Escape returns to now", async () => {
    await viewer.shows("#moment-time", "now");
    await viewer.at("#moment").focus();
    await viewer.page.keyboard.press("PageDown");
    await viewer.shows("#moment-time", /^\d\d:\d\d:\d\d$/);
    const held = await viewer.textOf("#moment-time");
    const value = await viewer.textOf(".reading dd");
    await stage.seconds(3);
    expect(await viewer.textOf("#moment-time")).toBe(held);
    expect(await viewer.textOf(".reading dd")).toBe(value);
    expect(await viewer.at("#moment").getAttribute("aria-valuetext")).toBe(held);
    expect(await viewer.at("#moment-now").isVisible()).toBe(true);
    await viewer.page.keyboard.press("Escape");
    await viewer.shows("#moment-time", "now");
  });
});

test("the mouse points at one moment in all charts, and a click holds it", async () => {
  const box = (await viewer.at(".chart .u-over").boundingBox())!;
  const lines = (): Promise<number> =>
    viewer.ask(`[...document.querySelectorAll(".u-cursor-x")]
      .filter((one) => !one.classList.contains("u-off")).length`);
  expect(await lines()).toBe(0);
  await viewer.page.mouse.move(box.x + box.width / 2, box.y + 20);
  await viewer.shows("#moment-time", /^\d\d:\d\d:\d\d$/);
  await viewer.until(async () => expect(await lines()).toBe(8));
  expect(await viewer.at("#moment-now").isVisible()).toBe(false);
  await viewer.page.mouse.down();
  await viewer.page.mouse.up();
  await viewer.at("#moment-now").waitFor();
  const held = await viewer.textOf("#moment-time");
  await viewer.page.mouse.move(5, 5);
  await stage.seconds(3);
  expect(await viewer.textOf("#moment-time")).toBe(held);
  await viewer.at("#moment-now").click();
  await viewer.shows("#moment-time", "now");
  await viewer.until(async () => expect(await lines()).toBe(0));
});

describe("a screen reader", () => {
  test("finds one heading above all, and no level left out", async () => {
    const levels: number[] = await viewer.ask(
      `[...document.querySelectorAll("h1,h2,h3,h4")].map((one) => Number(one.tagName[1]))`,
    );
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels[0]).toBe(1);
    levels.forEach((level, at) => {
      expect(level - (levels[at - 1] ?? 0)).toBeLessThanOrEqual(1);
    });
  });

  test("finds a name for each part", async () => {
    const nameless = await viewer.ask(`[
      ...[...document.querySelectorAll("[role=img], progress, section, nav")].filter(
        (one) => !one.hidden && !one.getAttribute("aria-label") && !one.getAttribute("aria-labelledby")),
      ...[...document.querySelectorAll("input")].filter((one) => one.labels.length === 0),
      ...[...document.querySelectorAll("table")].filter((one) => !one.caption?.textContent),
      ...[...document.querySelectorAll("thead th")].filter((one) => one.scope !== "col"),
      ...[...document.querySelectorAll("tbody th")].filter((one) => one.scope !== "row"),
      ...[...document.querySelectorAll("[aria-labelledby]")].filter(
        (one) => !document.getElementById(one.getAttribute("aria-labelledby"))?.textContent),
    ].map((one) => one.outerHTML.slice(0, 120))`);
    expect(nameless).toEqual([]);
  });

  test("finds no name twice", async () => {
    const ids: string[] = await viewer.ask(
      "[...document.querySelectorAll('[id]')].map(({ id }) => id)",
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is told in words what a chart shows", async () => {
    await viewer.until(async () =>
      expect(await viewer.at(".chart .plot").getAttribute("aria-label")).toMatch(
        /^Requests, each second, at \d\d:\d\d:\d\d: ended [\d,]+, at most [\d,]+; aborted/,
      ),
    );
  });

  test("is not told each second's numbers", async () => {
    const spoken = await viewer.ask(
      "[...document.querySelectorAll('[aria-live]')].map(({ id }) => id)",
    );
    expect(spoken).toEqual(["announcement"]);
    await viewer.ask(`(() => {
      globalThis.changes = { headline: 0, announcement: 0 };
      for (const id in changes) {
        new MutationObserver(() => changes[id]++)
          .observe(document.getElementById(id), { childList: true, characterData: true, subtree: true });
      }
    })()`);
    stage.enter("slow disk"); // where the sentence has numbers that move
    const changes = (): Promise<{ headline: number; announcement: number }> =>
      viewer.ask("globalThis.changes");
    await viewer.until(async () => expect((await changes()).headline).toBeGreaterThan(8));
    const { headline, announcement } = await changes();
    expect(announcement).toBeLessThan(headline / 2);
  });
});
