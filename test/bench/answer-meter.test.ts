/** Answers are counted right however the stream is cut: against a stream cut at every byte. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createAnswerMeter } from "../../bench/load/answer-meter.js";
import { answerOf } from "./support.js";

function statusesOf(stream: string, cuts: readonly number[], isHead = false): number[] {
  const statuses: number[] = [];
  const meter = createAnswerMeter(isHead, (status) => statuses.push(status));
  const bytes = Buffer.from(stream, "latin1");
  const ends = [...cuts, bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    if (end > from) meter.feed(bytes.subarray(from, end));
    from = Math.max(from, end);
  }
  return statuses;
}

const NOT_MODIFIED = "HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 9\r\n\r\n";
const STREAM = [
  answerOf(200, "hello"),
  NOT_MODIFIED, // its length is the file's: no such bytes follow
  answerOf(404, ""),
  answerOf(206, "HTTP/1.1 500 X\r\n\r\n"), // a body that looks like a head
  answerOf(200, "x".repeat(50)),
].join("");
const WANT = [200, 304, 404, 206, 200];

test("in one piece", () => expect(statusesOf(STREAM, [])).toEqual(WANT));

test("cut at any places", () => {
  const cuts = fc.array(fc.nat(STREAM.length), { maxLength: STREAM.length });
  fc.assert(
    fc.property(cuts, (at) => {
      expect(statusesOf(STREAM, at)).toEqual(WANT);
    }),
  );
});

test("cut at every byte", () => {
  const everywhere = Array.from(STREAM, (_, at) => at);
  expect(statusesOf(STREAM, everywhere)).toEqual(WANT);
});

test("answers to HEAD have no body, whatever their length says", () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n";
  expect(statusesOf(head + head, [], true)).toEqual([200, 200]);
});

test("an answer without a length is no answer: its end cannot be told", () => {
  expect(statusesOf("HTTP/1.1 200 OK\r\n\r\n", [])).toEqual([0]);
});

test("an answer says of itself that it is the last", () => {
  const lasts: boolean[] = [];
  const meter = createAnswerMeter(true, (_status, isLast) => lasts.push(isLast));
  const last = "HTTP/1.1 304 Not Modified\r\nConnection: close\r\nETag: x\r\n\r\n";
  meter.feed(Buffer.from(NOT_MODIFIED + last + NOT_MODIFIED));
  expect(lasts).toEqual([false, true, false]);
});
