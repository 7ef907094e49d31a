/**
 * What the doctor is told, and what he says.
 */
import type { MachineFacts } from "../../fs/machine-facts.js";
import type { RootFacts } from "../../fs/root-facts.js";
import type { Config } from "../settings/settings.js";

/** ok: as it should be. note: good to know. warning: it costs something. error: it does not work. */
export const VERDICTS = ["ok", "note", "warning", "error"] as const;
type Verdict = (typeof VERDICTS)[number];

export interface Finding {
  /** What was looked at, in one or two words. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do about it, as a command or a setting where there is one. Never with "ok". */
  readonly change?: string;
  readonly why?: string;
}

/** A binary that loads, or the first line of why it does not. */
export type LibraryFacts =
  | { readonly loads: true }
  | { readonly loads: false; readonly why: string };

/** A place that a setting wants to write to. */
export interface WriteFacts {
  /** The variable that names it. */
  readonly name: string;
  /** Absolute; of a file, the folder it lies in. */
  readonly folder: string;
  readonly isWritable: boolean;
}

export interface CertificateFacts {
  /** What a start would complain of, and warn of. */
  readonly complaints: readonly string[];
  readonly warnings: readonly string[];
  readonly fit: readonly { readonly name: string; readonly notAfterMs: number }[];
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

export interface DoctorFacts {
  readonly config: Config;
  /** What a start would complain of. */
  readonly complaints: readonly string[];
  readonly machine: MachineFacts;
  /** Versions, for people: `Node 24.1.0`, `glibc 2.41`. */
  readonly node: string;
  readonly libc: string | undefined;
  readonly uws: LibraryFacts;
  /** Undefined when there is no root that could be looked at. */
  readonly root: RootFacts | undefined;
  readonly writes: readonly WriteFacts[];
  /** Undefined: files are served by plain HTTP. */
  readonly certificates: CertificateFacts | undefined;
}

export type Check = (facts: DoctorFacts) => readonly Finding[];
