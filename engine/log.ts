/**
 * What the server says while it runs: one event, one line.
 *
 * News goes to standard output, trouble to standard error with its level in front. No time stamps:
 * whoever collects the lines (systemd, a container, a terminal) knows when they came. Text from
 * clients cannot forge a line: whatever could break or disguise one is escaped.
 */
import { printable } from "../metrics/printable.js";
import { showMs } from "./settings/units.js";

export interface Log {
  readonly info: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly error: (line: string) => void;
}

/** What there is to say about a transport is said of the port that files are served on. */
export const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** Where lines go. Each call gets one whole line, line feed included. */
export interface Streams {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

export function createLog({ out, err }: Streams = standardStreams()): Log {
  return {
    info: (line) => out(`${printable(line)}\n`),
    warn: (line) => err(`warning: ${printable(line)}\n`),
    error: (line) => err(`error: ${printable(line)}\n`),
  };
}

/**
 * Lets one line through, then counts the ones that follow and tells their number at the end of
 * each period: a flood costs one line per `periodMs`, a single event is told at once. Make one for
 * each kind of event; lines need not be equal. Holds one line and one timer that keeps no process
 * alive.
 */
export function oncePer(periodMs: number, say: (line: string) => void): (line: string) => void {
  let isQuiet = false;
  let latest = "";
  let held = 0;

  const endPeriod = (): void => {
    if (held === 0) {
      isQuiet = false;
      return;
    }
    say(`${latest} (the last of ${held} more within ${showMs(periodMs)})`);
    held = 0;
    startPeriod();
  };
  const startPeriod = (): void => {
    isQuiet = true;
    setTimeout(endPeriod, periodMs).unref();
  };

  return (line) => {
    if (isQuiet) {
      latest = line;
      held++;
      return;
    }
    say(line);
    startPeriod();
  };
}

/** A reader that went away (`sluice | head`) must not end the server: there is nobody to tell. */
function standardStreams(): Streams {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    out: (line) => process.stdout.write(line),
    err: (line) => process.stderr.write(line),
  };
}
