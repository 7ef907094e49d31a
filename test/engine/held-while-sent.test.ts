/** Fear: a file is closed while its bytes go out, or never after them. */
import { beforeEach, expect, test } from "vitest";
import { Cursor } from "../../engine/chunks/cursor.js";
import { type Outcome, Transfer } from "../../engine/chunks/transfer.js";
import { Client } from "../../engine/chunks/turns.js";
import { Delivery, type DeliveryParts } from "../../engine/delivery.js";
import type { Operation } from "../../engine/operations/operation.js";
import type { Request } from "../../engine/request.js";
import type { OpenFile } from "../../fs/open-file.js";
import { Counters } from "../../metrics/counters.js";
import { createAnswer } from "../../protocol/answer.js";
import { buildHead } from "../../protocol/head.js";
import { wholeBody } from "../../protocol/respond.js";
import { FakeReply } from "./admin/fake-reply.js";

const SIZE_BYTES = 1_000_000;
const FILE = { path: "/srv/a", sizeBytes: SIZE_BYTES, body: undefined } as OpenFile;
const ANSWER = createAnswer(buildHead(200, []), wholeBody({ sizeBytes: SIZE_BYTES }));

/** What the table was told. */
let told: string[];
let settle: (outcome: Outcome) => void;
let delivery: Delivery;
const reply = new FakeReply(1);
const nothing = (): void => {};
const operation = {
  answered: nothing,
  unanswered: nothing,
  startOver: nothing,
  follow: nothing,
  takeOver: nothing,
} as unknown as Operation;
const request = { method: "GET", path: "/a", body: "none", operation } as Request;

beforeEach(() => {
  told = [];
  const scheduler: DeliveryParts["scheduler"] = {
    start(parts, sink, onSettled) {
      told.push("start");
      const cursor = new Cursor<OpenFile>(parts);
      const transfer = new Transfer(cursor, sink, new Client<OpenFile>(""), onSettled, 0);
      settle = (outcome) => onSettled(outcome, transfer);
      return transfer;
    },
  };
  delivery = new Delivery({
    table: {
      hold: (file) => told.push(`hold ${file.path}`),
      release: (file) => told.push(`release ${file.path}`),
      distrustFile: (file) => told.push(`distrust ${file.path}`),
    },
    scheduler,
    counters: new Counters(),
    operations: { begin: () => operation, end: nothing },
    nowMs: () => 0,
    errorPageFor: () => ANSWER,
    report: nothing,
  });
});

const extent = { kind: "extent", file: FILE, first: 1, last: SIZE_BYTES - 1 } as const;

const ROADS: readonly (readonly [what: string, send: () => void])[] = [
  ["a file", () => delivery.sendFile(ANSWER, FILE, request, reply, nothing)],
  ["the rest of an answer", () => delivery.finish([extent], request, reply)],
];

test.each(ROADS)("%s is held from before its transfer until that is over", (_, send) => {
  send();
  expect(told).toEqual(["hold /srv/a", "start"]);
  settle("sent");
  expect(told.slice(2)).toEqual(["release /srv/a"]);
});

test.each(ROADS)("%s that changed on its way is let go, and believed no more", (_, send) => {
  send();
  settle("changed");
  expect(told.slice(2)).toEqual(["release /srv/a", "distrust /srv/a"]);
});

test.each(ROADS)(
  "%s that its client did not want to its end is let go, and believed",
  (_, send) => {
    send();
    settle("gone");
    expect(told.slice(2)).toEqual(["release /srv/a"]);
  },
);

test("bytes at hand are nobody's descriptor", () => {
  delivery.finish([{ kind: "literal", bytes: Buffer.from("a") }], request, reply);
  settle("changed");
  expect(told).toEqual(["start"]);
});
