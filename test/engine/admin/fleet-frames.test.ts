/** Fear: a second that is missed in one frame and counted double in the next. */
import { describe, expect, test } from "vitest";
import { Frames } from "../../../engine/admin/fleet-frames.js";
import type { WorkerSecond } from "../../../engine/process/worker-talk.js";

/** Words in order: `1` tells a second, `-1` is gone, `|` is a clock that closes the frame. */
function framesOf(words: string): string[] {
  const frames: string[] = [];
  const told = new Map<string, number>();
  const state = new Frames((seconds) => {
    frames.push(seconds.map(({ transport }) => transport).join(" "));
  });
  for (const word of words.split(" ")) {
    if (word === "|") state.close();
    else if (word.startsWith("-")) state.forget(Number(word.slice(1)));
    else {
      const nth = (told.get(word) ?? 0) + 1;
      told.set(word, nth);
      state.makeRoom(Number(word));
      state.take(Number(word), { transport: `${word}.${nth}` } as WorkerSecond);
    }
  }
  return frames;
}

const rows: readonly (readonly [why: string, words: string, frames: readonly string[]])[] = [
  ["one worker alone is a frame each time", "1 1", ["1.1", "1.2"]],
  ["of two, the later one closes it", "1 2 1 2 1", ["1.1", "2.1 1.2", "2.2 1.3"]],
  [
    "that they change places costs nothing",
    "1 2 1 2 1 1 2 1 2",
    ["1.1", "2.1 1.2", "2.2 1.3", "1.4 2.3", "1.5 2.4"],
  ],
  ["one that hangs is waited for once", "1 2 1 1 1 1", ["1.1", "2.1 1.2", "1.3", "1.4", "1.5"]],
  [
    "and comes in again when it is back",
    "1 2 1 1 1 2 1 2 1",
    ["1.1", "2.1 1.2", "1.3", "1.4", "2.2 1.5", "2.3 1.6"],
  ],
  ["one that dies is not waited for", "1 2 1 2 -1", ["1.1", "2.1 1.2", "2.2"]],
  ["one that dies when it has told is in the frame", "1 2 1 1 -1 2", ["1.1", "2.1 1.2", "1.3 2.2"]],
  ["where all die there are frames of nothing", "1 -1 | |", ["1.1", "", ""]],
];

describe("frames", () => {
  for (const [why, words, frames] of rows) {
    test(`${why}: ${words}`, () => expect(framesOf(words)).toEqual(frames));
  }
});
