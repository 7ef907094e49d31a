/** Fear: a client that writes lines of its own into the log, or a flood that fills the disk. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLog, oncePer } from "../../engine/log.js";

function createRecorder() {
  const out: string[] = [];
  const err: string[] = [];
  const log = createLog({ out: (line) => out.push(line), err: (line) => err.push(line) });
  return { out, err, log };
}

describe("createLog", () => {
  test("sends news to standard output and trouble to standard error", () => {
    const { out, err, log } = createRecorder();
    log.info("listening");
    log.warn("slow disk");
    log.error("no disk");
    expect(out).toEqual(["listening\n"]);
    expect(err).toEqual(["warning: slow disk\n", "error: no disk\n"]);
  });

  const rows: readonly (readonly [why: string, line: string, want: string])[] = [
    ["a line feed", "a\nerror: forged", "a\\u{a}error: forged"],
    ["a carriage return", "a\rb", "a\\u{d}b"],
    ["a terminal's escape sequence", "\x1b[2J", "\\u{1b}[2J"],
    ["a C1 control", "a\x9bb", "a\\u{9b}b"],
    ["a NUL", "\0", "\\u{0}"],
    ["a line separator", "a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
    ["a change of writing direction", "a\u202eb", "a\\u{202e}b"],
    ["a lone surrogate", "a\ud800b", "a\\u{d800}b"],
  ];
  for (const [why, line, want] of rows) {
    test(`escapes ${why}`, () => {
      const { out, err, log } = createRecorder();
      for (const say of [log.info, log.warn, log.error]) say(line);
      expect(out).toEqual([`${want}\n`]);
      expect(err).toEqual([`warning: ${want}\n`, `error: ${want}\n`]);
    });
  }

  test("leaves words in any script alone", () => {
    const { out, log } = createRecorder();
    log.info('/é/日本/🌊 is "here"');
    expect(out).toEqual(['/é/日本/🌊 is "here"\n']);
  });

  test("writes to the standard streams when none are given", () => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    createLog().info("listening");
    expect(write).toHaveBeenCalledWith("listening\n");
    write.mockRestore();
  });

  test("outlives a reader that went away", () => {
    createLog();
    const gone = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    expect(() => process.stdout.emit("error", gone)).not.toThrow();
    expect(() => process.stderr.emit("error", gone)).not.toThrow();
  });
});

describe("oncePer", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function createSpeaker() {
    const said: string[] = [];
    return { said, say: oncePer(10_000, (line) => said.push(line)) };
  }

  test("tells a single event at once, and nothing after it", () => {
    const { said, say } = createSpeaker();
    say("a");
    expect(said).toEqual(["a"]);
    vi.advanceTimersByTime(60_000);
    expect(said).toEqual(["a"]);
  });

  test("tells of a flood one line at its start and one for each period", () => {
    const { said, say } = createSpeaker();
    for (let event = 0; event < 30; event++) {
      say(`event ${event}`);
      vi.advanceTimersByTime(1000);
    }
    expect(said).toEqual([
      "event 0",
      "event 9 (the last of 9 more within 10s)",
      "event 19 (the last of 10 more within 10s)",
      "event 29 (the last of 10 more within 10s)",
    ]);
  });

  test("tells the next event at once after a quiet period", () => {
    const { said, say } = createSpeaker();
    say("a");
    vi.advanceTimersByTime(10_000);
    say("b");
    expect(said).toEqual(["a", "b"]);
  });

  test("stays quiet for a period after it has told a number", () => {
    const { said, say } = createSpeaker();
    say("a");
    say("b");
    vi.advanceTimersByTime(10_000);
    say("c");
    expect(said).toEqual(["a", "b (the last of 1 more within 10s)"]);
    vi.advanceTimersByTime(10_000);
    expect(said).toHaveLength(3);
  });

  test("keeps no process alive", () => {
    vi.useRealTimers();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout");
    const before = timers().length;
    createSpeaker().say("a");
    expect(timers()).toHaveLength(before);
  });
});
