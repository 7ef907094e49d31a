/** Fear: a bug of ours leaves a client waiting for ever, or a second answer follows the first. */
import { afterAll, describe, expect, test, vi } from "vitest";
import { Cursor } from "../../engine/chunks/cursor.js";
import { Transfer } from "../../engine/chunks/transfer.js";
import { Client } from "../../engine/chunks/turns.js";
import { ExplainedAsk } from "../../engine/explain/explain-ask.js";
import { FileServer } from "../../engine/server.js";
import type { ServerParts } from "../../engine/server-parts.js";
import type { OpenFile } from "../../fs/open-file.js";
import { Folder, KIB } from "../support/folder.js";
import { shareInProcess } from "../support/in-process.js";
import { FakeReply } from "./admin/fake-reply.js";

const SIZE_BYTES = 300 * KIB;
const folder = new Folder({ "big.bin": "a".repeat(SIZE_BYTES) });
afterAll(() => folder.remove());

/** Sends so many bytes of a body, and fails. */
const failAfter = (bytes: number): ServerParts["scheduler"] => ({
  start(parts, sink, onSettled) {
    if (bytes > 0) sink.offer(Buffer.alloc(bytes, "a"), SIZE_BYTES);
    const cursor = new Cursor<OpenFile>(parts);
    if (bytes === SIZE_BYTES) {
      onSettled("sent", new Transfer(cursor, sink, new Client<OpenFile>(""), onSettled, 0));
    }
    throw new Error("our bug");
  },
  atHand: () => undefined,
  wholeAtHand: () => undefined,
});

describe("a bug", () => {
  const shared = shareInProcess({ root: folder.path, env: { SLUICE_REVALIDATE_MS: "1h" } });

  /** Whether the file is looked for first, or a ticket leads to it at once. */
  async function answer(parts: Partial<ServerParts>, hasTicket: boolean) {
    const { parts: ofServer, machine, told } = shared();
    const server = new FileServer({ ...ofServer, ...parts });
    if (hasTicket) {
      const head = new FakeReply();
      server.handle(new ExplainedAsk("/big.bin", [[":method", "HEAD"]]), head);
      await vi.waitUntil(() => head.isOver);
    }
    told.length = 0;
    const reply = new FakeReply();
    server.handle(new ExplainedAsk("/big.bin", []), reply);
    await vi.waitUntil(() => told.includes("Error: our bug") && reply.isOver);
    expect(machine.operations.inProgress).toBe(0);
    return reply;
  }

  const ROADS = [
    ["with a ticket", true],
    ["without one", false],
  ] as const;

  test.each(ROADS)("before the first byte is an error page, %s", async (_, hasTicket) => {
    const { head, isCut } = await answer({ scheduler: failAfter(0) }, hasTicket);
    expect([head?.status, isCut]).toEqual([500, false]);
  });

  test.each(ROADS)("after it cuts the answer short, %s", async (_, hasTicket) => {
    const { head, isCut, body } = await answer({ scheduler: failAfter(1) }, hasTicket);
    expect([head?.status, isCut, body]).toEqual([200, true, "a"]);
  });

  test.each(ROADS)("after the last changes nothing, %s", async (_, hasTicket) => {
    const { head, isCut, body } = await answer({ scheduler: failAfter(SIZE_BYTES) }, hasTicket);
    expect([head?.status, isCut, body.length]).toEqual([200, false, SIZE_BYTES]);
  });
});
