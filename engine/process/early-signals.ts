/**
 * Signals that come before there is anything to do about them. By default SIGHUP and SIGUSR2 end a
 * process, and SIGUSR1 opens Node's debugger on a port of loopback, for every user of the machine.
 *
 * SIGTERM and SIGINT keep their default until the server is on the air: what has not started has
 * nothing to finish. Process 1 of a container has no default, it gets only what it handles: there, they
 * end it all the same.
 *
 * The first import of a program, and with next to none of its own: it is to be there before all else.
 */
import { endProcess } from "./end-process.js";

type Signal = "SIGHUP" | "SIGUSR1" | "SIGUSR2";

const early = new Set<Signal>();
let hear = (signal: Signal): void => void early.add(signal);

for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
  process.on(signal, () => hear(signal));
}

const ENDS = ["SIGTERM", "SIGINT"] as const;
/** As a shell has it of who was ended by a signal. */
const endAtOnce = (_: string, number: number): void => endProcess(128 + number);
if (process.pid === 1) for (const signal of ENDS) process.on(signal, endAtOnce);

/**
 * What each of them does from now on; what has come before is done at once, and once. Who calls this
 * has handlers of its own for those that end the process.
 */
export function actOnSignals(acts: Readonly<Record<Signal, () => void>>): void {
  for (const signal of ENDS) process.off(signal, endAtOnce);
  hear = (signal) => acts[signal]();
  for (const signal of early) hear(signal);
}
