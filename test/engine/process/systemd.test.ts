/** Fear: a service that systemd takes for dead while it serves, or for alive while it hangs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, vi } from "vitest";
import { createNotifier, type Notifier } from "../../../engine/process/systemd.js";
import { NoticeBoard } from "../../support/notices.js";
import { test } from "../../support/server.js";
import { put, tempFolder } from "../../support/temp-folder.js";

const any = (): boolean => true;
const isFood = (text: string): boolean => text === "WATCHDOG=1";

/** With what it warned of, so far. */
async function notifierFor(env: Readonly<Record<string, string>>): Promise<[Notifier, string[]]> {
  const warnings: string[] = [];
  return [await createNotifier(env, (line) => warnings.push(line)), warnings];
}

/** A name in the namespace that Linux alone has, and that no other run of the tests takes. */
const abstractName = (): string => `@sluice-test-${process.pid}-${Math.random()}`;

describe.runIf(process.platform === "linux")("on Linux", () => {
  test.each([
    ["at a path", () => join(tempFolder(), "notify")],
    ["in the abstract namespace", abstractName],
  ])("%s, each notice arrives as it is specified, in order", async (_, createName) => {
    const name = createName();
    const board = await NoticeBoard.listen(name);
    const [systemd, warnings] = await notifierFor({ NOTIFY_SOCKET: name });
    systemd.ready();
    systemd.reloading();
    systemd.ready();
    systemd.stopping();
    await board.until(4, any);

    const [, reloading] = board.notices;
    const [, sentUs] = /^RELOADING=1\|MONOTONIC_USEC=(\d+)$/.exec(reloading!.text) ?? [];
    expect(board.texts).toEqual(["READY=1", reloading!.text, "READY=1", "STOPPING=1"]);
    expect(Number(sentUs)).toBeGreaterThan(board.listensSinceUs);
    expect(Number(sentUs)).toBeLessThanOrEqual(reloading!.atUs);
    expect(warnings).toEqual([]);
  });

  test("a receiver that is full gets all of them later, in order", async () => {
    const name = abstractName();
    const board = await NoticeBoard.listen(name);
    const [systemd, warnings] = await notifierFor({ NOTIFY_SOCKET: name });
    board.signal("SIGSTOP");
    const more = Number(readFileSync("/proc/sys/net/unix/max_dgram_qlen", "utf8")) + 15;
    for (let times = 0; times < more; times++) systemd.ready();
    systemd.stopping();
    board.signal("SIGCONT");
    await board.until(1, (text) => text === "STOPPING=1");
    expect(board.texts).toEqual([...Array(more).fill("READY=1"), "STOPPING=1"]);
    expect(warnings).toEqual([]);
  });

  test("nobody who listens is a warning for each notice, and no more", async () => {
    const name = join(tempFolder(), "nobody");
    const [systemd, warnings] = await notifierFor({ NOTIFY_SOCKET: name });
    systemd.ready();
    systemd.reloading();
    expect(warnings).toEqual([
      "systemd was not told READY=1: ENOENT",
      "systemd was not told RELOADING=1: ENOENT",
    ]);
  });

  test("the watchdog is fed twice in its period", async () => {
    const name = abstractName();
    const board = await NoticeBoard.listen(name);
    vi.useFakeTimers({ toFake: ["setInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const [systemd] = await notifierFor({ NOTIFY_SOCKET: name, WATCHDOG_USEC: "3000000" });
    vi.advanceTimersByTime(8999);
    vi.useRealTimers();
    systemd.ready();
    await board.until(1, (text) => text === "READY=1");
    expect(board.texts).toEqual([...Array(5).fill("WATCHDOG=1"), "READY=1"]);
  });

  test("the watchdog is not fed while the event loop is held up", async () => {
    const name = abstractName();
    const board = await NoticeBoard.listen(name);
    const [systemd] = await notifierFor({ NOTIFY_SOCKET: name, WATCHDOG_USEC: "40000" });
    await board.until(2, isFood);
    systemd.ready(); // whatever is on its way arrives before this
    await board.until(1, (text) => text === "READY=1");
    const endMs = performance.now() + 400;
    while (performance.now() < endMs);
    systemd.stopping();
    await board.until(1, (text) => text === "STOPPING=1");
    const { texts } = board;
    const between = texts.slice(texts.indexOf("READY=1") + 1, texts.indexOf("STOPPING=1"));
    expect(between.length).toBeLessThan(4); // of 20, were it not the loop that feeds it
  });

  const rows: readonly (readonly [why: string, env: Record<string, string>, warning?: RegExp])[] = [
    ["another process is watched", { WATCHDOG_USEC: "20000", WATCHDOG_PID: "1" }],
    ["nothing is watched", {}],
    ["the period is none", { WATCHDOG_USEC: "0" }, /^WATCHDOG_USEC=0: want microseconds/],
    ["the period is no number", { WATCHDOG_USEC: "1s" }, /^WATCHDOG_USEC=1s: want microseconds/],
    ["a period without end is no flood", { WATCHDOG_USEC: "9999999999999999" }],
  ];
  for (const [why, env, warning] of rows) {
    test(`the watchdog is not fed when ${why}`, async () => {
      const name = abstractName();
      const board = await NoticeBoard.listen(name);
      const [systemd, warnings] = await notifierFor({ NOTIFY_SOCKET: name, ...env });
      await new Promise((resolve) => setTimeout(resolve, 60)); // six times half the period
      systemd.ready();
      await board.until(1, any);
      expect(board.texts).toEqual(["READY=1"]);
      expect(warnings).toEqual(warning === undefined ? [] : [expect.stringMatching(warning)]);
    });
  }

  test("the server says that it is ready, lives and stops", async ({ run }) => {
    const name = abstractName();
    const board = await NoticeBoard.listen(name);
    const root = tempFolder();
    put(root, "index.html", "home");
    const program = run({
      words: [root],
      env: {
        SLUICE_PORT: "0",
        SLUICE_ADMIN_PORT: "0",
        NOTIFY_SOCKET: name,
        WATCHDOG_USEC: "100000",
      },
    });
    await board.until(1, (text) => text === "READY=1");
    expect(program.out).toMatch(/^listening on /m);
    await board.until(board.notices.length + 1, isFood);
    program.signal("SIGTERM");
    expect(await program.exit()).toMatchObject({ code: 0, err: "" });
    await board.until(1, (text) => text === "STOPPING=1");
    expect(board.texts.filter((text) => !isFood(text))).toEqual(["READY=1", "STOPPING=1"]);
  });
});

const names: readonly (readonly [why: string, name: string, reason: RegExp])[] = [
  ["a relative path", "run/notify", /: want a path from the root, or @name$/],
  ["a virtual machine's socket", "vsock:2:1234", /: want a path from the root, or @name$/],
  ["a path no socket can have", `/${"a".repeat(107)}`, /: want at most 107 bytes$/],
];
for (const [why, name, reason] of names) {
  test(`${why} is one warning, and the server goes on (${name.slice(0, 20)})`, async () => {
    const [systemd, warnings] = await notifierFor({ NOTIFY_SOCKET: name });
    systemd.ready();
    systemd.stopping();
    expect(warnings).toEqual([expect.stringMatching(reason)]);
  });
}

test("outside systemd nothing is said", async () => {
  const [systemd, warnings] = await notifierFor({ WATCHDOG_USEC: "1s" });
  systemd.ready();
  systemd.reloading();
  systemd.stopping();
  expect(warnings).toEqual([]);
});
