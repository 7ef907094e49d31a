/** Fear: an answer that no client has seen a byte of is counted, measured and logged as one. */
import { beforeEach, describe, expect, test } from "vitest";
import { Cursor } from "../../engine/chunks/cursor.js";
import { type Outcome, Transfer } from "../../engine/chunks/transfer.js";
import { Client } from "../../engine/chunks/turns.js";
import { Delivery, type DeliveryParts } from "../../engine/delivery.js";
import type { Caller } from "../../engine/operations/access-line.js";
import type { Operation } from "../../engine/operations/operation.js";
import { Operations } from "../../engine/operations/operations.js";
import type { Request } from "../../engine/request.js";
import type { OpenFile } from "../../fs/open-file.js";
import { Counters } from "../../metrics/counters.js";
import { RequestRecorder } from "../../metrics/request-recorder.js";
import { createAnswer } from "../../protocol/answer.js";
import { buildHead } from "../../protocol/head.js";
import { wholeBody } from "../../protocol/respond.js";
import { FakeReply } from "./admin/fake-reply.js";

const SIZE_BYTES = 1_000_000;
const FILE = { path: "/srv/a", sizeBytes: SIZE_BYTES, body: undefined } as OpenFile;
const ANSWER = createAnswer(buildHead(200, []), wholeBody({ sizeBytes: SIZE_BYTES }));
const BUSY = createAnswer(buildHead(503, []), [{ kind: "literal", bytes: Buffer.from("busy") }]);
const CALLER = { client: "192.0.2.1" } as Caller;

let counters: Counters;
let recorder: RequestRecorder;
/** Status, body bytes, time and outcome of each line of the access log. */
let lines: unknown[] = [];
let looksAgain = 0;
let reply: FakeReply;
let operation: Operation;
/** The transfer ends so. */
let settle: (outcome: Outcome) => void;

beforeEach(() => {
  counters = new Counters();
  recorder = new RequestRecorder();
  lines = [];
  looksAgain = 0;
  reply = new FakeReply(1);
  const operations = new Operations({
    recorder,
    counters,
    accessLog: { write: (_caller: Caller, ...ending: unknown[]) => lines.push(ending) } as never,
    table: { looks: () => [].values() as never },
    scheduler: { reads: () => [].values() as never },
    slowMs: Number.POSITIVE_INFINITY,
    onBusy: () => {},
    onSlow: () => {},
    nowMs: () => 0,
    wallMs: () => 0,
  });
  const scheduler: DeliveryParts["scheduler"] = {
    start(parts, sink, onSettled) {
      const cursor = new Cursor<OpenFile>(parts);
      const transfer = new Transfer(cursor, sink, new Client<OpenFile>(""), onSettled, 0);
      settle = (outcome) => onSettled(outcome, transfer);
      sink.onGone = () => settle("gone");
      return transfer;
    },
  };
  const delivery = new Delivery({
    table: { hold: () => {}, release: () => {}, distrustFile: () => {} },
    scheduler,
    counters,
    operations,
    nowMs: () => 0,
    errorPageFor: () => BUSY,
    report: () => {},
  });
  operation = operations.begin({
    method: "GET",
    target: "/a",
    client: "::1",
    startMs: 0,
    caller: CALLER,
  });
  const request = { method: "GET", path: "/a", body: "none", operation } as Request;
  delivery.watchForLeaving(operation, reply);
  delivery.sendFile(ANSWER, FILE, request, reply, () => looksAgain++);
});

const measured = () =>
  recorder
    .cells()
    .map(({ statusClass, sizeClass, total }) => [statusClass, sizeClass, total.totalCount]);

describe("before the first byte", () => {
  test("a client that leaves has had no answer", () => {
    reply.leave();
    expect(counters).toMatchObject({ answersByClass: [1, 0, 0, 0, 0, 0], clientsGone: 1 });
    expect(measured()).toEqual([[0, 0, 1]]);
    expect(lines).toEqual([[0, 0, 0, "gone"]]);
  });

  test("a read that fails is an error page, and that alone", () => {
    reply.room = Number.POSITIVE_INFINITY;
    settle("read timed out");
    expect(reply.head?.status).toBe(503);
    expect(counters.answersByClass).toEqual([0, 0, 0, 0, 0, 1]);
    expect(measured()).toEqual([[5, 1, 1]]);
    expect(lines).toEqual([[503, 4, 0, "sent"]]);
  });

  test("a file that changed is looked at again, and who leaves then has had no answer", () => {
    settle("changed");
    expect(looksAgain).toBe(1);
    expect([operation.status, operation.promisedBytes]).toEqual([0, 0]);
    reply.leave();
    expect(counters.answersByClass).toEqual([1, 0, 0, 0, 0, 0]);
    expect(lines).toEqual([[0, 0, 0, "gone"]]);
  });

  test("the body is still to be sent, for whoever asks what is", () => {
    expect(operation.show(0)).toMatchObject({ totalBytes: SIZE_BYTES, sentBytes: 0 });
  });
});

test("after the first byte a client that leaves has had the answer, cut short", () => {
  reply.offer(Buffer.from("x"), SIZE_BYTES);
  reply.leave();
  expect(counters.answersByClass).toEqual([0, 0, 1, 0, 0, 0]);
  expect(measured()).toEqual([[2, 3, 1]]);
  expect(lines).toEqual([[200, 0, 0, "gone"]]);
});
