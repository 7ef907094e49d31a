/** Fear: a SIGKILL that takes more than the last second of the statistics, or all of them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { keepDownloads } from "../../../engine/watch/download-keeper.js";
import { Downloads } from "../../../metrics/downloads.js";
import { tempFolder } from "../../support/temp-folder.js";

const CHILD = fileURLToPath(new URL("../../support/count-downloads.mjs", import.meta.url));

/** What the child may count before its next line, and how many lines it writes in a second. */
const PER_LINE = 1000;
const LINES_PER_SECOND = 10;

/** Lets a child count until it has written so many lines, kills it, and returns them. */
async function countAndKill(state: string, lines: number): Promise<number[]> {
  const child = spawn(process.execPath, [CHILD, state], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let trouble = "";
  child.stderr.on("data", (text) => (trouble += text));
  const counted: number[] = [];
  const closed = once(child, "close");
  for await (const line of createInterface(child.stdout)) {
    counted.push(Number(line));
    if (counted.length === lines) child.kill("SIGKILL");
  }
  expect(await closed).toEqual([null, "SIGKILL"]);
  expect(trouble).toBe("");
  return counted;
}

/** What the next start finds. */
async function countIn(state: string): Promise<number> {
  const downloads = new Downloads(100);
  const said: string[] = [];
  const keeper = await keepDownloads(state, { downloads, onTrouble: (line) => said.push(line) });
  await keeper.stop();
  expect(said).toEqual([]);
  return downloads.totals(1e6).reduce((sum, one) => sum + one.completed, downloads.rest.completed);
}

test("SIGKILL while downloads are counted: the store opens, and at most a second is lost", async () => {
  const state = join(tempFolder(), "state");
  let found = 0;
  // Not at the same moment between two saves each time.
  for (const lines of [14, 17, 19, 21]) {
    const counted = await countAndKill(state, lines);
    expect(counted[0]).toBe(found); // nothing was lost, or counted twice, since the last start
    found = await countIn(state);
    expect(found).toBeGreaterThanOrEqual(counted.at(-1 - LINES_PER_SECOND)!);
    expect(found).toBeGreaterThan(counted[0]!);
    expect(found).toBeLessThanOrEqual(counted.at(-1)! + PER_LINE);
  }
});
