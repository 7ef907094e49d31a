/** Fear: a file that changes as often as it is looked at keeps a request for ever, or loses it at once. */
import { afterAll, describe, expect, test } from "vitest";
import { Cursor } from "../../engine/chunks/cursor.js";
import { Transfer } from "../../engine/chunks/transfer.js";
import { Client } from "../../engine/chunks/turns.js";
import type { DeliveryParts } from "../../engine/delivery.js";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { FileServer } from "../../engine/server.js";
import type { OpenFile } from "../../fs/open-file.js";
import { Folder, KIB } from "../support/folder.js";
import { answerTo, shareInProcess } from "../support/in-process.js";

const folder = new Folder({ "big.bin": Buffer.alloc(300 * KIB) });
afterAll(() => folder.remove());

/** Finds each file changed before its first byte. */
function createLateScheduler() {
  const started: string[] = [];
  const scheduler: DeliveryParts["scheduler"] = {
    start(parts, sink, onSettled) {
      const cursor = new Cursor<OpenFile>(parts);
      const transfer = new Transfer(cursor, sink, new Client<OpenFile>(""), onSettled, 0);
      started.push("a body");
      onSettled("changed", transfer);
      return transfer;
    },
    atHand: () => undefined,
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
      expect(server.peek(ask)).toBe(state);
      expect((await answerTo(server, ask)).statusLine).toBe("503 Service Unavailable");
      expect(started.splice(0)).toHaveLength(3);
    }
  });
});
