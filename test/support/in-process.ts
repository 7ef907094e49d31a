/**
 * A server in this very process, with real readers and a real disk, and without a socket: requests
 * are handed to it, and answers are collected.
 */
import { afterAll, beforeAll, vi } from "vitest";
import { createMachine, type Machine, siteParts } from "../../engine/process/machine.js";
import { FileServer } from "../../engine/server.js";
import type { ServerParts } from "../../engine/server-parts.js";
import { readConfig } from "../../engine/settings/config.js";
import { shareOf } from "../../engine/settings/shares.js";
import type { Ask, Reply } from "../../engine/transport/exchange.js";
import type { Field, Head } from "../../protocol/head.js";
import { parseRules } from "../../protocol/rules-file.js";

export interface InProcess {
  readonly machine: Machine;
  readonly parts: ServerParts;
  readonly server: FileServer;
  /** What the log would have been told. */
  readonly told: string[];
}

const AN_HOUR_MS = 3_600_000;

interface Setup {
  readonly root?: string;
  readonly hostsDir?: string;
  readonly rules?: readonly object[];
  /** Settings by their variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Descriptors this process may have, in place of the truth. */
  readonly openFilesLimit?: number;
}

/** One for all tests of a group. Call it inside `describe`; the result inside a test. */
export function shareInProcess(setup: Setup): () => InProcess {
  let shared: InProcess | undefined;
  beforeAll(async () => {
    letFilesBeOld();
    shared = create(setup);
    await shared.machine.readers.start();
  });
  afterAll(async () => {
    shared?.machine.listings.stop();
    await shared?.machine.readers.stop();
    vi.spyOn(Date, "now").mockRestore();
  });
  return () => shared!;
}

/** What a test has just written would be believed for moments only: nobody can set its ctime. */
const letFilesBeOld = (): void => {
  vi.spyOn(Date, "now").mockImplementation(() => Math.floor(laterMs()));
};

const laterMs = (): number => performance.timeOrigin + performance.now() + AN_HOUR_MS;

function create({ root = "", hostsDir = "", rules = [], env = {}, ...setup }: Setup): InProcess {
  const { config, complaints } = readConfig({ SLUICE_READERS: "2", ...env });
  const verdict = parseRules(
    { rules },
    () => undefined,
    () => undefined,
  );
  const all = [...complaints, ...verdict.complaints];
  if (all.length > 0) throw new Error(all.join("\n"));
  const told: string[] = [];
  const tell = (line: unknown): void => {
    told.push(String(line));
  };
  const say = { trouble: tell, fault: tell, bug: tell, slow: tell };
  const site = { root, hostsDir, rules: verdict.rules };
  const connections = (): number => 0;
  const trusts = (): boolean => false;
  const machine = createMachine({
    config: shareOf(config, 1, setup.openFilesLimit),
    site,
    say,
    accessLog: undefined,
    trusts,
    connections,
  });
  const ofSite = siteParts(config, site);
  const parts: ServerParts = {
    ...machine,
    listings: config.listing ? machine.listings : undefined,
    accessLog: {
      callerOf: () => {
        tell("the access log was asked for a caller");
        return NOBODY;
      },
      write: () => tell("the access log was written"),
    },
    trusts,
    site: ofSite.site,
    policy: { ...ofSite.policy, createBoundary: () => "boundary" },
    report: tell,
    onBug: tell,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  };
  return { machine, parts, server: new FileServer(parts), told };
}

const NOBODY = { method: "", target: "", version: "", client: "", referer: "", userAgent: "" };

/** An answer as a transport would have sent it. */
export interface Collected {
  readonly statusLine: string;
  /** Of the head, and what the transport adds: all but `Date`. */
  readonly fields: readonly Field[];
  readonly body: Buffer;
}

/** Asks on the main road, and collects the whole answer. */
export function answerTo(server: FileServer, ask: Ask): Promise<Collected> {
  return new Promise((resolve, reject) => {
    server.handle(ask, new CollectingReply(resolve, () => reject(new Error("was cut"))));
  });
}

/** A socket that takes everything. */
class CollectingReply implements Reply {
  readonly client = "192.0.2.1";
  readonly repeatedBytes = 0;
  onDrained: () => void = () => {};
  onGone: () => void = () => {};
  isOver = false;
  hasBegun = false;
  readonly cut: () => void;
  readonly #done: (collected: Collected) => void;
  readonly #pieces: Buffer[] = [];
  #taken = 0;
  #head: Head | undefined;

  constructor(done: (collected: Collected) => void, onCut: () => void) {
    this.#done = done;
    this.cut = onCut;
  }

  sendHead(head: Head, lengthBytes: number | undefined): void {
    this.#end(head, lengthBytes === undefined ? [] : [["Content-Length", String(lengthBytes)]]);
  }

  sendAndClose(head: Head, body: Buffer, hasBody: boolean): void {
    if (hasBody) this.#pieces.push(body);
    const length: Field[] = hasBody ? [["Content-Length", String(body.length)]] : [];
    this.#end(head, [["Connection", "close"], ...length]);
  }

  sendWhole(head: Head, body: Uint8Array): number {
    this.begin(head);
    return this.offer(body, body.length);
  }

  openStream(): never {
    throw new Error("files are no streams");
  }

  begin(head: Head): void {
    this.#head = head;
  }

  offer(bytes: Uint8Array, totalBytes: number): number {
    this.hasBegun = true;
    this.#pieces.push(Buffer.from(bytes));
    this.#taken += bytes.length;
    if (this.#taken === totalBytes) this.#end(this.#head!, [["Content-Length", `${totalBytes}`]]);
    return this.#taken;
  }

  #end({ statusLine, fields }: Head, added: readonly Field[]): void {
    this.isOver = true;
    const body = Buffer.concat(this.#pieces);
    this.#done({ statusLine, fields: [...fields, ...added], body });
  }
}
