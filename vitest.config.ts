import { basename } from "node:path";
import {
  configDefaults,
  defineConfig,
  type Plugin,
  type TestProjectInlineConfiguration,
} from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * A thread is a Worker, which runs JavaScript only, while tests run the sources: the threads they
 * start come from `dist`, which `npm test` builds first.
 */
const THREADS: Readonly<Record<string, string>> = {
  "/fs/reader-threads.ts": "reader-thread.js",
  "/engine/listing-writer.ts": "listing-thread.js",
};

const filesIn = (...rooms: string[]): string[] => rooms.map((room) => `test/${room}/**/*.test.ts`);

const builtThreads: Plugin = {
  name: "built-threads",
  transform: (code, id) => {
    const source = Object.keys(THREADS).find((name) => id.endsWith(name));
    if (source === undefined) return undefined;
    const room = source.split("/")[1];
    return code.replace(`"./${THREADS[source]}"`, `"../dist/${room}/${THREADS[source]}"`);
  },
};

/**
 * Files without mocks and clocks of their own, which leave nothing to the next: functions, and clients
 * of servers that are other processes. They may share a process; one for each would cost more than
 * the tests in it, half a second of processor time.
 */
const PURE = filesIn("support", "protocol", "metrics", "engine/chunks", "engine/admin/dashboard");
const CLIENTS = filesIn("e2e");

/** Those that take longest, the longest first: started last, one of them would run on alone. */
const LONG = [
  "bytes-are-right",
  "clients-stop-reading",
  "listing",
  "noise",
  "disk-is-slow",
  "patience",
  "stop",
  "dashboard-is-live",
  "blame",
  "file-changes",
  "client-leaves",
  "statistics-survive",
  "admin-port",
  "stream-patience",
  "line-writer",
  "other-nodes",
  "state-store",
  "killed-while-counting",
];

/** Those that share come one after the other, which is what lets them. */
const PROJECTS = ["clients", "alone", "pure"];

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  const at = LONG.indexOf(basename(moduleId, ".test.ts"));
  return PROJECTS.indexOf(project.name) * 100 + (at < 0 ? LONG.length : at);
}

/** Has what all files share. `extends: true` would hide `--maxWorkers` from them. */
const project = (test: TestProjectInlineConfiguration["test"]): TestProjectInlineConfiguration => ({
  plugins: [builtThreads],
  test: { testTimeout: 60_000, hookTimeout: 60_000, ...test },
});

export default defineConfig({
  test: {
    // On two cores Vitest would run one file after the other, though most of them wait: for a
    // server, a clock or a browser.
    maxWorkers: 3,
    sequence: { sequencer: LongOnesFirst },
    reporters: ["default", "./test/support/plain-count.ts"],
    projects: [
      project({ name: "clients", include: CLIENTS, isolate: false }),
      project({
        name: "alone",
        include: ["test/**/*.test.ts"],
        exclude: [...configDefaults.exclude, ...CLIENTS, ...PURE],
      }),
      project({ name: "pure", include: PURE, isolate: false }),
    ],
  },
});
