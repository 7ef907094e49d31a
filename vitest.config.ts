import { defineConfig, type Plugin } from "vitest/config";

/**
 * A thread is a Worker, which runs JavaScript only, while tests run the sources: the threads they
 * start come from `dist`, which `npm test` builds first.
 */
const THREADS: Readonly<Record<string, string>> = {
  "/fs/reader-threads.ts": "reader-thread.js",
  "/engine/listing-writer.ts": "listing-thread.js",
};

const builtThreads: Plugin = {
  name: "built-threads",
  transform: (code, id) => {
    const source = Object.keys(THREADS).find((name) => id.endsWith(name));
    if (source === undefined) return undefined;
    const room = source.split("/")[1];
    return code.replace(`"./${THREADS[source]}"`, `"../dist/${room}/${THREADS[source]}"`);
  },
};

export default defineConfig({
  plugins: [builtThreads],
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    // On two cores Vitest would run one file after the other, though most of them wait: for a
    // server, a clock or a browser.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", "./test/support/plain-count.ts"],
  },
});
