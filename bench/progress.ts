/** How far the run is: one line rewritten on a terminal, plain lines anywhere else. */

export interface Progress {
  /** Call before each step. */
  readonly step: (what: string) => void;
  /** A line that must stay, such as a disqualification. */
  readonly say: (line: string) => void;
  readonly end: () => void;
}

const CLEAR_LINE = "\r\u001b[K";

/** @param total number of `step` calls to expect */
export function createProgress(
  total: number,
  out: NodeJS.WriteStream = process.stderr,
  nowMs: () => number = Date.now,
): Progress {
  const startedMs = nowMs();
  const clear = out.isTTY ? CLEAR_LINE : "";
  let done = 0;
  return {
    step(what) {
      const left =
        done === 0 ? "" : `, ${formatLeft((nowMs() - startedMs) / done, total - done)} left`;
      const line = `[${++done}/${total}${left}] ${what}`;
      out.write(out.isTTY ? `${clear}${line}` : `${line}\n`);
    },
    say: (line) => void out.write(`${clear}${line}\n`),
    end: () => void out.write(clear),
  };
}

function formatLeft(stepMs: number, steps: number): string {
  const seconds = Math.ceil((stepMs * steps) / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
