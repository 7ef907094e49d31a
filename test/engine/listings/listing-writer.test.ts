/** Fear: a system that grants no more threads ends the process, or leaves somebody waiting. */
import { expect, test, vi } from "vitest";
import { startListingWriter } from "../../../engine/listings/listing-writer.js";
import type { ListingOrder } from "../../../engine/listings/listings.js";

vi.mock("node:worker_threads", () => ({
  Worker: class {
    constructor() {
      throw new Error("no more threads");
    }
  },
}));

test("a thread that cannot be started dies later, when its order has been noted", async () => {
  const replied = vi.fn();
  const died = vi.fn();
  const writer = startListingWriter({ replied, died });
  writer.write({} as ListingOrder, false);
  expect(died).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(died).toHaveBeenCalledOnce());
  expect(died.mock.calls[0]![0].message).toBe("no more threads");
  writer.end();
  expect(replied).not.toHaveBeenCalled();
});
