/**
 * The real server, as a child process on a free port of loopback.
 *
 * 1. start   from dist/, with nothing of our own environment but what a program needs to run
 * 2. look    counts by signal, memory, descriptors and processor time from /proc
 * 3. stop    by its process id, whatever state it is in
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test as plainTest, vi } from "vitest";
import type { FullReport } from "../../engine/process/single.js";
import type { Stats } from "../../engine/process/worker.js";
import { type Files, Folder } from "./folder.js";

/** Both are to behave the same: most tests run once for each. */
export const TRANSPORTS = ["uws", "node"] as const;
type Transport = (typeof TRANSPORTS)[number];

const MAIN = fileURLToPath(new URL("../../dist/engine/main.js", import.meta.url));

/** A busy machine takes its time; a server that has not answered by then never will. */
const PATIENCE_MS = 20_000;

export interface ProgramOptions {
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
}

export interface ServerOptions extends Omit<ProgramOptions, "words"> {
  readonly transport: Transport | "auto";
  /** What to serve: a folder of its own, removed with the server... */
  readonly files?: Files;
  /** ...or one that others use too, and that stays. */
  readonly folder?: Folder;
  /** Serves this in place of the folder of `files`. */
  readonly root?: string;
}

/** How a program ended: `code` is null when a signal ended it. */
export interface Exit {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Should the tests themselves be ended, nothing of theirs goes on. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** The program, whatever it was told to do. */
class Program {
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;
  out = "";
  err = "";

  constructor({ words = [], env = {}, cwd, node = process.execPath }: ProgramOptions = {}) {
    if (!fs.existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build makes it`);
    const { PATH = "", HOME = "" } = process.env;
    this.#child = spawn(node, [MAIN, ...words], { env: { PATH, HOME, ...env }, cwd });
    this.#child.stdout!.on("data", (text) => (this.out += text));
    this.#child.stderr!.on("data", (text) => (this.err += text));
    running.add(this.#child);
    this.#exit = once(this.#child, "close").then(([code]) => {
      running.delete(this.#child);
      return { code, out: this.out, err: this.err };
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when it has ended by itself. */
  exit(): Promise<Exit> {
    return this.#exit;
  }

  /** Waits until either stream holds this. */
  untilSays(pattern: RegExp): Promise<RegExpExecArray> {
    return vi.waitUntil(() => pattern.exec(this.out) ?? pattern.exec(this.err), {
      timeout: PATIENCE_MS,
      interval: 5,
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async stop(): Promise<void> {
    this.signal("SIGKILL");
    await this.#exit;
  }
}

/** No fixed port, no workers, and no warning because the tests' machine is busy. */
const DEFAULTS = {
  SLUICE_PORT: "0",
  SLUICE_ADMIN_PORT: "0",
  SLUICE_SLOW_MS: "1h",
  SLUICE_WORKERS: "0",
};

/** The program on the air. */
export class Server extends Program {
  readonly folder: Folder;
  readonly #ownsFolder: boolean;
  port = 0;

  constructor({ transport, files, folder, root, env, ...options }: ServerOptions) {
    const served = folder ?? new Folder(files);
    const settings = { ...DEFAULTS, SLUICE_TRANSPORT: transport, ...env };
    super({ ...options, words: [root ?? served.path], env: settings });
    this.folder = served;
    this.#ownsFolder = folder === undefined;
  }

  /** @throws Error with what the program said, when it does not come to listen */
  async untilListening(): Promise<void> {
    await vi.waitUntil(() => this.hasExited || this.#readPort(), {
      timeout: PATIENCE_MS,
      interval: 10,
    });
    if (this.port === 0) throw new Error(`the server did not start: ${this.err}`);
  }

  /** What the parts of the server count. */
  async stats(): Promise<Stats> {
    return (await this.report()).machine;
  }

  /** What the server has to report, asked for by signal. */
  async report(): Promise<FullReport> {
    const from = this.out.length;
    this.signal("SIGUSR2");
    const line = await vi.waitUntil(() => /^\{.*\}$/m.exec(this.out.slice(from)), {
      timeout: PATIENCE_MS,
      interval: 5,
    });
    return JSON.parse(line[0]);
  }

  /** Waits until the counts say so. */
  async until(holds: (stats: Stats) => boolean): Promise<void> {
    await vi.waitUntil(async () => holds(await this.stats()), {
      timeout: PATIENCE_MS,
      interval: 50,
    });
  }

  /** Waits until nothing is going on, then proves that nothing stayed behind. */
  async untilIdle(): Promise<void> {
    await vi.waitFor(async () => expect(leftOver(await this.stats())).toEqual(NOTHING), {
      timeout: PATIENCE_MS,
      interval: 50,
    });
  }

  /** Process ids of its workers, the oldest first; those that retire among them. */
  workers(): number[] {
    const ids = fs.readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8").trim();
    return ids === "" ? [] : ids.split(" ").map(Number);
  }

  /** Resident memory, bytes. */
  rssBytes(): number {
    return Number(/VmRSS:\s+(\d+) kB/.exec(this.#proc("status"))![1]) * 1024;
  }

  /** The most it ever was. */
  peakRssBytes(): number {
    return Number(/VmHWM:\s+(\d+) kB/.exec(this.#proc("status"))![1]) * 1024;
  }

  /** Descriptors of connections and of files that are served; not those of threads and timers. */
  openFds(): number {
    const links = fs.readdirSync(`/proc/${this.pid}/fd`).map((fd) => this.#targetOf(fd));
    const { path } = this.folder;
    return links.filter((to) => to.startsWith("socket:") || to.startsWith(path)).length;
  }

  /** Processor time used so far by all threads, in ticks of 10 ms (proc(5), fields 14 and 15). */
  cpuTicks(): number {
    const afterName = this.#proc("stat").split(") ")[1]!.split(" ");
    return Number(afterName[11]) + Number(afterName[12]);
  }

  override async stop(): Promise<void> {
    await super.stop();
    if (this.#ownsFolder) this.folder.remove();
  }

  /** "" when it was closed while we looked. */
  #targetOf(fd: string): string {
    try {
      return fs.readlinkSync(`/proc/${this.pid}/fd/${fd}`);
    } catch {
      return "";
    }
  }

  #proc(name: string): string {
    return fs.readFileSync(`/proc/${this.pid}/${name}`, "utf8");
  }

  #readPort(): boolean {
    const line = /^listening on https?:\/\/.*:(\d+) /m.exec(this.out);
    this.port = Number(line?.[1] ?? 0);
    return line !== null;
  }
}

/** Whatever a request holds while it goes on. */
const leftOver = ({ connections, inProgress, scheduler, pool, readers }: Stats) => ({
  connections,
  inProgress,
  transfers:
    scheduler.ready + scheduler.inLine + scheduler.reading + scheduler.pushing + scheduler.blocked,
  clients: scheduler.clients,
  loads: pool.loading + scheduler.loads.waitingForSlot,
  pinnedSlots: pool.pinned,
  jobs: readers.inFlight + readers.inLine,
});

const NOTHING: ReturnType<typeof leftOver> = {
  connections: 0,
  inProgress: 0,
  transfers: 0,
  clients: 0,
  loads: 0,
  pinnedSlots: 0,
  jobs: 0,
};

async function startServer(options: ServerOptions): Promise<Server> {
  const server = new Server(options);
  try {
    await server.untilListening();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** One server for all tests of a group. Call it inside `describe`; the result inside a test. */
export function sharedServer(options: ServerOptions): () => Server {
  let server: Server | undefined;
  beforeAll(async () => {
    server = await startServer(options);
    return () => server?.stop();
  });
  return () => server!;
}

interface Fixtures {
  /** Starts a server for this test alone. */
  readonly serve: (options: ServerOptions) => Promise<Server>;
  /** Runs the program for this test alone. */
  readonly run: (options?: ProgramOptions) => Program;
}

/** `test`, with servers that end with the test, also when it fails or takes too long. */
export const test = plainTest.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of the fixtures from it
  serve: async ({}, use) => {
    const servers: Server[] = [];
    await use(async (options) => {
      const server = await startServer(options);
      servers.push(server);
      return server;
    });
    await Promise.all(servers.map((server) => server.stop()));
  },
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of the fixtures from it
  run: async ({}, use) => {
    const programs: Program[] = [];
    await use((options) => {
      const program = new Program(options);
      programs.push(program);
      return program;
    });
    await Promise.all(programs.map((program) => program.stop()));
  },
});
