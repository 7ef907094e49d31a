/** Fear: of memory that several share, the bytes of one are sent with those of all others. */
import { expect, test } from "vitest";
import { bareOf, viewOf } from "../../fs/bytes.js";

test.each([
  ["of a pool", Buffer.from("pooled")],
  ["of a part", Buffer.from(new Uint8Array([1, 2, 3]).buffer, 1)],
  ["of a part at the beginning", new Uint8Array(new ArrayBuffer(9), 0, 8)],
  ["of memory that threads share", new Uint8Array(new SharedArrayBuffer(4))],
])("a view %s stays one", (_, view) => {
  expect(bareOf(view)).toBe(view);
  expect(viewOf(view)).toBe(view);
});

test("memory that nothing else lies in stands for its view", () => {
  const view = Buffer.from(new Uint8Array([1, 2, 3]).buffer);
  const bare = bareOf(view);
  expect(bare).toBe(view.buffer);
  expect([...viewOf(bare)]).toEqual([1, 2, 3]);
});
