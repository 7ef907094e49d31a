/** Fear: who only asks how large a file is counts as somebody who has downloaded it. */
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { Folder, KIB } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder({ "big.bin": "a".repeat(300 * KIB) });
afterAll(() => folder.remove());

describe("on the main road", () => {
  const shared = shareInProcess({ root: folder.path });

  test.each([
    ["HEAD", 0],
    ["GET", 1],
  ])("%s counts %i downloads", async (method, count) => {
    const { server, machine } = shared();
    const before = machine.downloads.sums.completed;
    await answerTo(server, new ExplainedAsk("/big.bin", [[":method", method]]));
    expect(machine.downloads.sums.completed - before).toBe(count);
  });
});
