import { basename, dirname } from "node:path";
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
  "/engine/listings/listing-writer.ts": "listing-thread.js",
};

const filesIn = (...rooms: string[]): string[] => rooms.map((room) => `test/${room}/**/*.test.ts`);

const builtThreads: Plugin = {
  name: "built-threads",
  transform: (code, id) => {
    const source = Object.keys(THREADS).find((name) => id.endsWith(name));
    if (source === undefined) return undefined;
    const folder = dirname(source);
    const up = folder.replace(/[^/]+/g, "..").slice(1);
    return code.replace(`"./${THREADS[source]}"`, `"${up}/dist${folder}/${THREADS[source]}"`);
  },
};

/** Clients of servers that are other processes. */
const CLIENTS = filesIn("e2e");

/**
 * Files that put another module in the place of one, or count what their process holds: descriptors,
 * threads, timers. All others share processes, and clean up after themselves: one for each file would
 * cost more than most of the tests in it, half a second of processor time.
 */
const ALONE = [
  "engine/listings/listing-writer",
  "engine/log",
  "engine/no-reader-is-free",
  "engine/tls/certificates",
  "fs/cached-opens",
  "fs/changed-while-read",
  "fs/directory",
  "fs/line-writer",
  "fs/links-leave-the-root",
  "fs/losses",
  "fs/reader-pool",
  "fs/root-facts",
  "fs/root-watch",
  "fs/sibling-folders",
  "fs/stuck-disk",
  "fs/two-on-one-store",
].map((name) => `test/${name}.test.ts`);

/** Those that take longest, the longest first: started last, one of them would run on alone. */
const LONG = [
  "listing",
  "other-nodes",
  "bytes-are-right",
  "fleet",
  "disk-is-slow",
  "first-looks",
  "dashboard-is-live",
  "stop",
  "clients-stop-reading",
  "noise",
  "patience",
  "tls",
  "slow-attacks",
  "soak",
  "blame",
  "small-ranges",
  "out-of-descriptors",
  "file-changes",
  "client-leaves",
  "statistics-survive",
  "admin-port",
  "line-writer",
  "state-store",
  "killed-while-counting",
  "cpu-accounting",
  "generator-is-honest",
];

/** Those that share come one after the other, which is what lets them; the shortest last. */
const PROJECTS = ["alone", "clients", "shared"];

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  const at = LONG.indexOf(basename(moduleId, ".test.ts"));
  return PROJECTS.indexOf(project.name) * 100 + (at < 0 ? LONG.length : at);
}

/** What is asked for again and again may take its time on a machine that is busy with other files. */
const POLL_MS = 20_000;

/** Has what all files share. `extends: true` would hide `--maxWorkers` from them. */
const project = (test: TestProjectInlineConfiguration["test"]): TestProjectInlineConfiguration => ({
  plugins: [builtThreads],
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: POLL_MS } },
    ...test,
  },
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
      project({ name: "alone", include: ALONE }),
      project({
        name: "shared",
        include: ["test/**/*.test.ts"],
        exclude: [...configDefaults.exclude, ...CLIENTS, ...ALONE],
        isolate: false,
      }),
    ],
  },
});
