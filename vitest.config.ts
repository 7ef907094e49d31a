import { defineConfig, type Plugin } from "vitest/config";

/**
 * A reader thread is a Worker, which runs JavaScript only, while tests run the sources: the threads
 * they start come from `dist`, which `npm test` builds first.
 */
const builtReaderThread: Plugin = {
  name: "built-reader-thread",
  transform: (code, id) =>
    id.endsWith("/fs/reader-threads.ts")
      ? code.replace('"./reader-thread.js"', '"../dist/fs/reader-thread.js"')
      : undefined,
};

export default defineConfig({
  plugins: [builtReaderThread],
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", "./test/support/plain-count.ts"],
  },
});
