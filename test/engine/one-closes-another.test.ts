/** Fear: a file is closed to look at its sibling, and who asked for it is told that the disk failed. */
import fs from "node:fs";
import { setTimeout as passes } from "node:timers/promises";
import { afterAll, describe, expect, test, vi } from "vitest";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { type OpenFile, REST_MS } from "../../fs/open-file.js";
import { Folder, KIB } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const BIG = "a".repeat(300 * KIB);
const MOST_OPEN = 16;
const WANTS_BROTLI: [string, string][] = [["Accept-Encoding", "br"]];
/** A busy machine takes a second for what is here asked for again and again. */
const PATIENCE = { timeout: 20_000 };
const others = Array.from({ length: MOST_OPEN }, (_, n) => `${n}.bin`);
const folder = new Folder({
  ...Object.fromEntries(others.map((name) => [name, BIG])),
  "app.js": BIG,
  "app.js.br": BIG,
});
afterAll(() => folder.remove());
fs.utimesSync(folder.at("app.js.br"), 1, 1); // it is out of date: the file itself is sent
const root = fs.realpathSync(folder.path);

describe("descriptors that are nearly all in use", () => {
  const env = { SLUICE_REVALIDATE_MS: "1h", SLUICE_MAX_OPEN_FILES: String(MOST_OPEN) };
  const shared = shareInProcess({ root, env });

  const open = (name: string): Promise<OpenFile> =>
    new Promise((resolve, reject) => {
      shared().machine.table.lookUp(root, `${root}/${name}`, ({ known }) => {
        if (known.kind === "file") resolve(known.file);
        else reject(new Error(`${name} is no file`));
      });
    });

  test("a file and its sibling change places, and the file is sent", async () => {
    const { server, machine } = shared();
    const { table } = machine;
    await passes(REST_MS + 100); // what was written just now is another file with each look
    await vi.waitUntil(() => table.glance(root, `${root}/0.bin`) !== undefined, PATIENCE);
    await answerTo(server, new ExplainedAsk("/app.js", [[":method", "HEAD"], ...WANTS_BROTLI]));

    for (const name of others.slice(0, MOST_OPEN - 2)) table.hold(await open(name));
    const popular = await open(others.at(-1)!);
    for (let n = 0; n < 2; n++) {
      table.hold(popular);
      table.release(popular);
    }
    const { statusLine, body } = await answerTo(server, new ExplainedAsk("/app.js", WANTS_BROTLI));
    expect([statusLine, String(body) === BIG]).toEqual(["200 OK", true]);
  });
});
