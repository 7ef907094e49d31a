/** Fear: a dashboard that stands still, lies after a restart, or runs what a client has sent. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Stage, type StageOptions } from "../support/dashboard-stage.js";
import { WORKERS } from "../support/report.js";
import { launchBrowser, Viewer } from "../support/viewer.js";

let browser: Browser;
let stage: Stage;
let viewer: Viewer;

async function open(options: StageOptions): Promise<void> {
  stage = await Stage.open(options);
  viewer = await Viewer.open(browser, stage.url);
}

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  await stage.kill();
  await viewer.leave();
});

/** Requests in this second, as the page says it. */
const requests = (): Promise<string> => viewer.textOf("#figures b");
const PROGRESS = "#under-way tbody tr progress";
const progress = (): Promise<number> => viewer.ask(`document.querySelector("${PROGRESS}").value`);

describe("while a load runs", () => {
  test("numbers move, lines are drawn and the pool map fills", async () => {
    await open({ situation: "idle" });
    await viewer.shows("#headline", "Healthy.");
    await viewer.shows("#detail", "No request has ended in the last 10 s.");
    expect(await requests()).toBe("0");
    const emptyPool = await viewer.pictureOf("#pool-canvas");
    const emptyChart = await viewer.pictureOf(".chart canvas");

    stage.enter("busy");
    await viewer.until(async () => expect(await requests()).not.toBe("0"));
    const before = await requests();
    await viewer.until(async () => expect(await requests()).not.toBe(before));
    await viewer.shows("#detail", /^p99 is .+\. Requests spend \d+% of their time on clients/);
    await viewer.shows("#pool-cached", /^\d{2,}$/);
    expect(await viewer.pictureOf("#pool-canvas")).not.toBe(emptyPool);
    expect(await viewer.pictureOf(".chart canvas")).not.toBe(emptyChart);
  });

  test("a slow transfer appears, moves on, and tells what it waits for", async () => {
    await open({ situation: "idle" });
    await viewer.shows("#under-way .empty", "Nothing is under way.");
    stage.addSlowTransfer("GET /big.iso");
    await viewer.shows("#under-way tbody th", "GET /big.iso");
    expect(await viewer.textOf("#under-way tbody td:nth-of-type(3)")).toBe("client");
    const before = await progress();
    await viewer.until(async () => expect(await progress()).toBeGreaterThan(before));
    expect(await viewer.at("#under-way .empty").isVisible()).toBe(false);
  });

  test("a client's text stays text, and cannot look like other text", async () => {
    await open({ situation: "idle" });
    stage.addSlowTransfer("GET /<img src=x onerror=alert(1)>\u202egpj.exe\n");
    const plain = "GET /<img src=x onerror=alert(1)>\\u{202e}gpj.exe\\u{a}";
    await viewer.until(async () => expect(await viewer.textOf("#under-way tbody th")).toBe(plain));
    expect(await viewer.at("#under-way tbody th").getAttribute("title")).toBe(plain);
    expect(await viewer.ask("document.images.length")).toBe(0);
  });

  test("several workers have a row each, and one alone has none", async () => {
    await open({ situation: "busy" });
    await viewer.shows("#headline", "Healthy.");
    expect(await viewer.at("#workers").isVisible()).toBe(false);
    expect(await viewer.at("#worker-count").isVisible()).toBe(false);
    stage.employ(WORKERS);
    await viewer.shows("#worker-count", "2");
    const row = "#workers tbody tr:nth-of-type(2)";
    await viewer.shows(`${row} th`, "2, pid 19021, does not answer");
    await viewer.shows(`${row} td:nth-of-type(2)`, "6,692");
  });

  test("says why the server is not ready, and tells a screen reader", async () => {
    await open({ situation: "pool full" });
    await viewer.shows("#headline", "Not ready: no slot of the pool was free");
    await viewer.shows("#announcement", /^Not ready: no slot/);
    expect(await viewer.page.title()).toMatch(/^Not ready · Sluice at 127\.0\.0\.1:\d+$/);
  });
});

describe("before the server has told of anything", () => {
  test("says of nothing that there is none of it", async () => {
    stage = await Stage.open({ situation: "idle" });
    stage.refusal = 503;
    viewer = await Viewer.open(browser, stage.url);
    await viewer.shows("#feed", /^reconnecting since/);
    for (const panel of ["#under-way", "#slowest", "#downloads"]) {
      expect(await viewer.at(`${panel} .empty`).isVisible(), panel).toBe(false);
    }
    stage.refusal = undefined;
    await viewer.until(async () =>
      expect(await viewer.at("#under-way .empty").isVisible()).toBe(true),
    );
  });
});

describe("when the server goes away", () => {
  test("says so, and shows the new process once it is back", async () => {
    await open({ situation: "busy", pastSec: 300 });
    await viewer.shows("#feed", "live");
    await viewer.shows("#pid", "4211");
    await stage.kill();
    await viewer.shows("#feed", /^reconnecting since \d\d:\d\d:\d\d$/);
    await viewer.shows("#headline", /^No news from the server since/);
    await viewer.shows("#announcement", /^No news/);

    await stage.restart(5077);
    await viewer.shows("#feed", "live");
    await viewer.shows("#pid", "5077");
    expect(await viewer.at("#restarted").isVisible()).toBe(true);
    await viewer.shows("#headline", "Healthy.");
    await viewer.shows("#uptime", /^\d+ s$/);
  });

  test("notices a server that only falls silent", async () => {
    await open({ situation: "busy" });
    await viewer.shows("#feed", "live");
    stage.freeze();
    await viewer.shows("#feed", /^reconnecting since/);
  });

  test("comes back after a refusal, which an event source alone does not", async () => {
    await open({ situation: "busy" });
    await viewer.shows("#feed", "live");
    stage.refusal = 503;
    stage.cutViewers();
    await viewer.shows("#feed", /^reconnecting since/);
    await viewer.until(() => expect(stage.refused).toBeGreaterThan(0));
    stage.refusal = undefined;
    await viewer.shows("#feed", "live");
    expect(stage.viewers).toBe(1);
  });
});
