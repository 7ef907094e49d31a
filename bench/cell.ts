/**
 * What a cell is: one question put to every server in the same way, and how the answer is judged.
 *
 * Types only. The table of cells is cells.ts; who runs them is measure.ts.
 */
import type { Fixture } from "./fixtures.js";

/** Bytes `first` to `last`, inclusive as on the wire, of a file below the document root. */
export interface Slice {
  readonly path: string;
  readonly first: number;
  readonly last: number;
}

/** What a right answer looks like. A server that answers anything else is not timed. */
export type WantedBody =
  | { readonly kind: "file"; readonly path: string } // every byte of this file
  | { readonly kind: "slice"; readonly slice: Slice } // these bytes and no others
  | { readonly kind: "parts"; readonly slices: readonly Slice[] } // multipart/byteranges, in order
  | { readonly kind: "none" } // no byte at all
  | { readonly kind: "any" }; // the server's own words, as in a 404 page

/** One request and what must come back. */
export interface Ask {
  readonly method: "GET" | "HEAD";
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Send the validators this server gave for the target, as a browser does on its second visit. */
  readonly revalidates?: boolean;
  readonly status: number;
  readonly body: WantedBody;
  /** Header fields that must be in the answer, names in lower case. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
}

/** How a cell loads the server. Connections are keep-alive throughout. */
export type Load =
  /** wrk: each connection asks again as soon as it is answered. */
  | {
      readonly kind: "closed";
      readonly connections: number;
      /**
       * Before the warm-up each question is put so often, in order: once, and whoever remembers has seen
       * all; twice, and so has who remembers only what comes again.
       */
      readonly asksEachFirst?: number;
      /** Questions come by Zipf's law, the n-th 1/n as often as the first; else all alike. */
      readonly isByPopularity?: boolean;
    }
  /** Our sockets, same rule, for what wrk cannot parse: it waits for the body of a HEAD. */
  | { readonly kind: "closed-raw"; readonly connections: number }
  /** Each target is asked for once, for the first time; the asks of the cell are the warm-up. */
  | {
      readonly kind: "first-touch";
      readonly connections: number;
      readonly targets: readonly string[];
    }
  /** Requests at fixed times, whether or not the last one was answered. */
  | { readonly kind: "paced"; readonly connections: number; readonly perSec: number }
  /** `paced` on hot files beside clients that ask for files of the slow disk. */
  | {
      readonly kind: "stalling";
      readonly connections: number;
      readonly perSec: number;
      readonly coldClients: number;
      /** Each is asked for once: what was read once is in somebody's memory. The first is a probe. */
      readonly coldTargets: readonly string[];
    }
  /** Many readers that take a little each second, and one fast client. */
  | {
      readonly kind: "slow-readers";
      readonly readers: number;
      readonly bytesPerSec: number;
      readonly target: string;
    };

export type LoadOf<Kind extends Load["kind"]> = Extract<Load, { kind: Kind }>;

/** What can be read off one timed run. Absent where a load does not measure it. */
export interface Figures {
  readonly requestsPerSec?: number;
  readonly mibPerSec?: number;
  /** Server processor time, whole process tree. */
  readonly cpuUsPerRequest?: number;
  readonly cpuMsPerGib?: number;
  /** Of one core, 100 for each worker. Far below that: the load generator was the limit. */
  readonly busyPercent?: number;
  readonly peakMib?: number;
  /** Of all cores of the machine: what neither the server nor the bench used. */
  readonly othersPercent?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly p999Ms?: number;
  readonly maxMs?: number;
  readonly coldPerSec?: number;
  /** Speed of one fast client beside the slow readers, percent of its speed alone. */
  readonly keptPercent?: number;
  /** Resident growth of the server per slow reader. */
  readonly kibPerReader?: number;
  /** Slow readers the server cut off during the run. */
  readonly readersCut?: number;
}

export type FigureName = keyof Figures;

/** The least that can be done for an answer, with the library and the calls to the kernel that Sluice has. */
export type FloorKind =
  /** One for all requests, prepared before the first. */
  | "constant"
  /** Each file found by its target and sent from memory. */
  | "kept"
  /** Each file opened, looked at, read and closed. */
  | "opened"
  /** The range asked for is read from a file that stays open. */
  | "sliced";

/** One question, asked of every server. */
export interface Cell {
  readonly name: string;
  /** For people: what is asked, how big, how many clients. */
  readonly title: string;
  readonly load: Load;
  readonly fixtures: readonly Fixture[];
  /** Made on demand: some cells have twenty thousand. At least one. */
  readonly asks: () => readonly Ask[];
  /** What decides, first the figure of the verdict, then what else the report compares. */
  readonly judgedBy: readonly FigureName[];
  /** Settings of Sluice for this cell, where its defaults ask another question. In the report. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Every server writes a line per request. */
  readonly hasAccessLog?: boolean;
  /**
   * Every server believes what it knows of a file as long as it does by default, which for nginx is
   * not at all; else all that can be told to do so for a minute, which h2o and Caddy cannot.
   */
  readonly hasDefaultTrust?: boolean;
  /** Every server speaks TLS, and nothing else on that port. */
  readonly isTls?: boolean;
  /** Every server runs over the slow disk. */
  readonly hasSlowDisk?: boolean;
  /** What the floor does in this cell; undefined: it takes no part. */
  readonly floor: FloorKind | undefined;
}
