/** Fear: a file that changes as often as it is looked at keeps a request for ever, or loses it at once. */
import fs from "node:fs";
import { afterAll, describe, expect, test, vi } from "vitest";
import { Cursor } from "../../engine/chunks/cursor.js";
import { Transfer } from "../../engine/chunks/transfer.js";
import { Client } from "../../engine/chunks/turns.js";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { FileServer } from "../../engine/server.js";
import type { ServerParts } from "../../engine/server-parts.js";
import type { OpenFile } from "../../fs/open-file.js";
import { Folder, KIB } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const BIG = "a".repeat(300 * KIB);
const folder = new Folder({
  "big.bin": BIG,
  "big.txt": BIG,
  "big.txt.gz": "compressed",
  "big.html": BIG,
  "small.txt": "small",
  "small.css": "as it is",
  "small.css.gz": "compressed",
});
afterAll(() => folder.remove());

/** Finds each file changed before its first byte. */
function createLateScheduler() {
  const started: string[] = [];
  const scheduler: ServerParts["scheduler"] = {
    start(parts, sink, onSettled) {
      const cursor = new Cursor<OpenFile>(parts);
      const transfer = new Transfer(cursor, sink, new Client<OpenFile>(""), onSettled, 0);
      started.push("a body");
      onSettled("changed", transfer);
      return transfer;
    },
    atHand: () => undefined,
    wholeAtHand: () => undefined,
  };
  return { scheduler, started };
}

describe("a file that changes whenever it is looked at", () => {
  const shared = shareInProcess({ root: folder.path, env: { SLUICE_REVALIDATE_MS: "1h" } });

  test("is looked at three times, with a ticket or without, and is busy then", async () => {
    const { scheduler, started } = createLateScheduler();
    const server = new FileServer({ ...shared().parts, scheduler });
    const ask = new ExplainedAsk("/big.bin", []);
    for (const state of ["may look", "has a ticket"]) {
      if (state === "has a ticket") {
        await answerTo(server, new ExplainedAsk("/big.bin", [[":method", "HEAD"]]));
      }
      expect(server.peek(ask)).toBe(state);
      expect((await answerTo(server, ask)).statusLine).toBe("503 Service Unavailable");
      expect(started.splice(0)).toHaveLength(3);
    }
  });
});

describe("a listing that changes before its first byte", () => {
  const shared = shareInProcess({ root: folder.path, env: { SLUICE_LISTING: "on" } });

  test("is busy, and not looked at again", async () => {
    const { scheduler, started } = createLateScheduler();
    const server = new FileServer({ ...shared().parts, scheduler });
    const { statusLine } = await answerTo(server, new ExplainedAsk("/", []));
    expect([statusLine, started.length]).toEqual(["503 Service Unavailable", 1]);
  });

  test("or is not written, as the server stops: then its connection ends", async () => {
    const { parts } = shared();
    const listings = { ...parts.listings!, write: async () => "SHUTTING_DOWN" as const };
    const server = new FileServer({ ...parts, listings });
    const { statusLine, fields } = await answerTo(server, new ExplainedAsk("/", []));
    expect(statusLine).toBe("503 Service Unavailable");
    expect(fields).toContainEqual(["Connection", "close"]);
  });
});

describe("a file that is written to while it is still believed", () => {
  const shared = shareInProcess({ root: folder.path, env: { SLUICE_REVALIDATE_MS: "1h" } });

  /** Two chunks and a little. */
  const LONG = "a".repeat(2100 * KIB);
  const answer = (name: string, fields: [string, string][] = []) =>
    answerTo(shared().server, new ExplainedAsk(`/${name}`, fields));

  test("is opened anew, and its new bytes are sent", async () => {
    folder.write("late.bin", LONG);
    const head = await answer("late.bin", [[":method", "HEAD"]]);
    expect(head.fields).toContainEqual(["Content-Length", `${LONG.length}`]);
    const other = "b".repeat(LONG.length + 1);
    fs.writeFileSync(folder.at("late.bin"), other);
    for (let n = 0; n < 2; n++) {
      const { statusLine, body } = await answer("late.bin");
      expect([statusLine, String(body) === other]).toEqual(["200 OK", true]);
    }
  });

  test("is opened anew by who comes after one that was cut", async () => {
    folder.write("cut.bin", LONG);
    await answer("cut.bin", [["Range", `bytes=0-${1024 * KIB - 1}`]]); // in the pool from now on
    const other = "b".repeat(LONG.length);
    fs.writeFileSync(folder.at("cut.bin"), other);
    await expect(answer("cut.bin")).rejects.toThrow("was cut");
    const { statusLine, body } = await answer("cut.bin");
    expect([statusLine, String(body) === other]).toEqual(["200 OK", true]);
  });
});

describe("a file whose descriptor is given up while its siblings are looked for", () => {
  const shared = shareInProcess({ root: folder.path, env: { SLUICE_REVALIDATE_MS: "1h" } });

  test("is opened once more, and sent whole", async () => {
    const { parts, machine } = shared();
    const { lookUp } = machine.table;
    const path = folder.at("big.txt");
    fs.utimesSync(`${path}.gz`, 1, 1); // it is out of date: the file itself is sent
    let given = 0;
    const spy = vi.spyOn(machine.table, "lookUp").mockImplementation((root, name, done) => {
      lookUp.call(machine.table, root, name, (entry, times) => {
        const known = name === `${path}.gz` ? machine.table.find(root, path)?.known : undefined;
        if (known?.kind === "file" && given++ === 0) {
          fs.closeSync(known.file.fd);
          known.file.fd = -1;
        }
        done(entry, times);
      });
    });
    const { statusLine, body } = await answerTo(
      new FileServer(parts),
      new ExplainedAsk("/big.txt", [["Accept-Encoding", "gzip"]]),
    );
    spy.mockRestore();
    expect([statusLine, String(body) === BIG, given]).toEqual(["200 OK", true, 1]);
  });
});

describe("a file that the table forgets before its request goes on", () => {
  const rules = [{ path: "/**", errorPages: { 404: "/big.html" } }];
  const shared = shareInProcess({ root: folder.path, rules });

  /** As when many files come at once, and there is room for few. */
  async function answerForgetting(target: string, forgotten: string) {
    const { parts, machine } = shared();
    const { lookUp } = machine.table;
    let given = 0;
    const spy = vi.spyOn(machine.table, "lookUp").mockImplementation((root, name, done) => {
      lookUp.call(machine.table, root, name, (entry, times) => {
        const { known } = entry;
        done(entry, times);
        const isIt = known.kind === "file" && name === folder.at(forgotten);
        if (isIt && given++ === 0) machine.table.distrustFile(known.file);
      });
    });
    const answer = await answerTo(new FileServer(parts), new ExplainedAsk(target, []));
    spy.mockRestore();
    expect(given).toBeGreaterThan(0);
    return answer;
  }

  test.each([
    ["in memory, is sent", "/small.txt", "small.txt", "small"],
    ["by its descriptor, is sent", "/big.bin", "big.bin", BIG],
    ["and had a sibling, is sent", "/small.css", "small.css", "as it is"],
  ])("%s", async (_, target, name, content) => {
    const { statusLine, body } = await answerForgetting(target, name);
    expect([statusLine, String(body) === content]).toEqual(["200 OK", true]);
  });

  test("and stands in for another, is sent", async () => {
    const { statusLine, body } = await answerForgetting("/none", "big.html");
    expect([statusLine, String(body) === BIG]).toEqual(["404 Not Found", true]);
  });
});
