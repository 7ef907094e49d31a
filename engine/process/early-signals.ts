/**
 * Signals that come before there is anything to do about them. By default SIGHUP and SIGUSR2 end a
 * process, and SIGUSR1 opens Node's debugger on a port of loopback, for every user of the machine.
 *
 * SIGTERM and SIGINT keep their default until the server is on the air: what has not started has
 * nothing to finish.
 *
 * The first import of a program, and without one of its own: it is to be there before all else.
 */
type Signal = "SIGHUP" | "SIGUSR1" | "SIGUSR2";

const early = new Set<Signal>();
let hear = (signal: Signal): void => void early.add(signal);

for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
  process.on(signal, () => hear(signal));
}

/** What each of them does from now on; what has come before is done at once, and once. */
export function actOnSignals(acts: Readonly<Record<Signal, () => void>>): void {
  hear = (signal) => acts[signal]();
  for (const signal of early) hear(signal);
}
