/** Somebody who looks at a page in a real browser, and notes what the browser complains of. */
import fs from "node:fs";
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { expect, vi } from "vitest";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Nothing that asks another host, and nothing that a machine without a screen has not. */
const WORDS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A server that is down, or refuses, is no fault of the page's. */
const EXPECTED = /ERR_CONNECTION|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|status of 503/;

/** One browser serves all viewers of a file; it ends with `close`. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = BROWSERS.find((path) => fs.existsSync(path));
  if (executablePath === undefined) throw new Error(`none is there: ${BROWSERS.join(", ")}`);
  return chromium.launch({ executablePath, args: WORDS });
}

/** A busy machine takes its time. */
const PATIENCE = { timeout: 30_000, interval: 50 };

export class Viewer {
  readonly page: Page;
  /** Errors of scripts and of the console, breaches of the page's policy included. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", ({ message }) => this.complaints.push(message));
    page.on("console", (message) => {
      const isFault = message.type() === "error" && !EXPECTED.test(message.text());
      if (isFault) this.complaints.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    url: string,
    context: BrowserContextOptions = {},
  ): Promise<Viewer> {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, ...context });
    const viewer = new Viewer(page);
    await page.goto(url);
    return viewer;
  }

  /** @throws Error when the browser had something to complain of */
  async leave(): Promise<void> {
    await this.page.close();
    expect(this.complaints).toEqual([]);
  }

  /** The first of what a selector finds. */
  at(selector: string): Locator {
    return this.page.locator(selector).first();
  }

  async textOf(selector: string): Promise<string> {
    return (await this.at(selector).textContent())!.trim();
  }

  /** Waits until the text is there. */
  shows(selector: string, want: string | RegExp): Promise<void> {
    return this.until(async () => expect(await this.textOf(selector)).toMatch(want));
  }

  until(check: () => Promise<void> | void): Promise<void> {
    return vi.waitFor(check, PATIENCE);
  }

  /** Runs a script in the page. */
  ask<Answer>(script: string): Promise<Answer> {
    return this.page.evaluate(script) as Promise<Answer>;
  }

  /** The pixels of a canvas, as something to compare. */
  pictureOf(selector: string): Promise<string> {
    return this.ask(`document.querySelector(${JSON.stringify(selector)}).toDataURL()`);
  }
}
