/** Fear: a small range of a cold archive makes the disk read far more than anybody asked for. */
import { afterAll, describe, expect, vi } from "vitest";
import { get } from "../support/client.js";
import { Folder, KIB, MIB, Random } from "../support/folder.js";
import { canForget, forget, rememberedBytes } from "../support/forget.js";
import { TRANSPORTS, test } from "../support/server.js";

const archive = new Random(7).bytes(16 * MIB);
const site = new Folder({ "archive.bin": archive });
const path = site.at("archive.bin");
afterAll(() => site.remove());

const FIRST = 9 * MIB + 300 * KIB;
const LAST = FIRST + 64 * KIB - 1;
/** What the kernel reads around it of its own accord, and less than the chunk of 1 MiB it lies in. */
const MOST = 512 * KIB;

/** The kernel forgets when it likes. */
const LONG = { timeout: 30_000 };

describe.runIf(canForget).each(TRANSPORTS)("through %s", (transport) => {
  test("a range of 64 KiB leaves the rest of its chunk on the disk", async ({ serve }) => {
    const server = await serve({ transport, folder: site });
    await vi.waitUntil(() => {
      forget(path);
      return rememberedBytes(path) === 0;
    }, LONG);
    const answer = await get(server.port, "/archive.bin", `Range: bytes=${FIRST}-${LAST}`);
    expect(answer.status).toBe(206);
    expect(answer.body.equals(archive.subarray(FIRST, LAST + 1))).toBe(true);
    expect(rememberedBytes(path)).toBeGreaterThan(0);
    expect(rememberedBytes(path)).toBeLessThan(MOST);
  });
});
