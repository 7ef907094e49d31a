/** Fear: a client is told that the disk failed, and the operator no more than that. */
import { afterAll, describe, expect, test } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { fileOf } from "../../fs/entries.js";
import type { OpenFile } from "../../fs/open-file.js";
import { Folder, KIB } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder({ "big.bin": "a".repeat(300 * KIB) });
afterAll(() => folder.remove());

/** No process has so many. */
const NO_DESCRIPTOR = 2 ** 30;

describe("the log", () => {
  const env = { SLUICE_CACHED_READS: "off", SLUICE_REVALIDATE_MS: "1h" };
  const shared = shareInProcess({ root: folder.path, env });

  const open = (path: string): Promise<OpenFile> =>
    new Promise((resolve, reject) => {
      shared().machine.table.lookUp(folder.path, path, ({ known }) => {
        const file = fileOf(known);
        if (file === undefined) reject(new Error(`${path} is no file`));
        else resolve(file);
      });
    });

  test("has the name of the error that a read met, once, and of a missing file nothing", async () => {
    const { server, told } = shared();
    const path = folder.at("big.bin");
    const file = await open(path);
    const { fd } = file;
    file.fd = NO_DESCRIPTOR;
    const { statusLine } = await answerTo(server, new ExplainedAsk("/big.bin", []));
    file.fd = fd;
    expect(statusLine).toMatch(/^500/);
    expect(told.filter((line) => line.includes("failed"))).toEqual([
      `read of ${path} failed: EBADF`,
    ]);

    told.length = 0;
    await answerTo(server, new ExplainedAsk("/none", []));
    expect(told.filter((line) => line.includes("failed"))).toEqual([]);
  });
});
