/** Fear: whoever serves the folder it was started in serves no longer when that is built anew. */
import fs from "node:fs";
import { expect, vi } from "vitest";
import { get } from "../support/client.js";
import { Folder } from "../support/folder.js";
import { type Server, test } from "../support/server.js";

const PATIENCE = { timeout: 20_000, interval: 20 };

for (const workers of ["0", "1"]) {
  test(`with SLUICE_WORKERS=${workers}, what starts after that starts`, async ({ serve }) => {
    const folder = new Folder({ "a.txt": "old" });
    const env = { SLUICE_WORKERS: workers, SLUICE_LISTING: "on", SLUICE_REVALIDATE_MS: "0" };
    const server = await serve({ transport: "uws", folder, root: ".", cwd: folder.path, env });
    expect(await bodyOf(server, "/a.txt")).toBe("old");
    folder.remove();
    fs.mkdirSync(folder.path);
    folder.write("a.txt", "new");

    expect(await bodyOf(server, "/")).toContain("a.txt"); // by a thread of its own
    for (const worker of server.workers()) {
      process.kill(worker, "SIGKILL");
      await vi.waitUntil(() => !server.workers().includes(worker), PATIENCE);
    }
    await vi.waitFor(async () => expect(await bodyOf(server, "/a.txt")).toBe("new"), PATIENCE);
    expect(server.err).not.toMatch(/ENOENT|DISK_FAILED/);
    folder.remove();
  });
}

const bodyOf = async ({ port }: Server, path: string): Promise<string> =>
  (await get(port, path)).body.toString();
