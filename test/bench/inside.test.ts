/** What Sluice says of itself is read from its report; a server that does not say loses that alone. */
import { afterEach, expect, test } from "vitest";
import { askInside } from "../../bench/servers/inside.js";
import { BUSY, EMPTY } from "../support/report.js";
import { answerOf, type StubServer, startStub } from "./support.js";

/** As UTF-8 on the wire. */
const wire = (report: unknown): string => Buffer.from(JSON.stringify(report)).toString("latin1");

let stub: StubServer | undefined;
afterEach(() => stub?.close());

async function toldBy(answer: (head: string) => Promise<string>, deadlineMs?: number) {
  stub = await startStub(answer);
  return askInside(stub.port, deadlineMs);
}

test("lag in milliseconds, and the shares of all size classes", async () => {
  const inside = await toldBy(async (head) =>
    answerOf(head.startsWith("GET /report.json ") ? 200 : 404, wire(BUSY)),
  );
  const all = BUSY.latency.find((one) => one.sizeClass === "all");
  expect(inside).toEqual({
    lagP99Ms: BUSY.loopLag.p99Us / 1000,
    lagMaxMs: BUSY.loopLag.maxUs / 1000,
    shares: all?.shares,
  });
});

test("with one size class there is no sum, and that class is all", async () => {
  const [first] = BUSY.latency;
  const inside = await toldBy(async () => answerOf(200, wire({ ...BUSY, latency: [first] })));
  expect(inside?.shares).toEqual(first?.shares);
});

const silent: readonly (readonly [why: string, answer: () => Promise<string>])[] = [
  ["it answers nothing", () => new Promise(() => {})],
  ["it has another report", async () => answerOf(200, "{}")],
  ["it has no report", async () => answerOf(503, "")],
  ["it measured no request", async () => answerOf(200, wire(EMPTY))],
];
for (const [why, answer] of silent) {
  test(`nothing is told, and nothing thrown: ${why}`, async () => {
    expect(await toldBy(answer, 100)).toBeUndefined();
  });
}
