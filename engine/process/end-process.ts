/**
 * Ends this process, whatever its threads wait for.
 *
 * `process.exit` waits for all of them, and one that waits for a disk that has died ends when that disk
 * answers. So the C library's _exit(2) is called, which waits for nobody. A signal would not do: process 1
 * of a container gets none from inside that it has no handler for, not even SIGKILL.
 *
 * What Node writes at its end is not written then. Whether a thread is stuck, only waiting for it tells;
 * so it is who measures the process that is waited for, as by Node.
 */
import { createRequire } from "node:module";

type Exit = (code: number) => void;

let exitAtOnce: Exit | undefined;

/**
 * Loads what the end takes, while there are descriptors and its disk answers. Cost: 15 ms where nothing
 * else has loaded it.
 */
export function prepareEnd(): void {
  exitAtOnce ??= loadExit();
}

/** What listens to `exit` is told; what has to be written is to be written before. */
export function endProcess(code: number): void {
  prepareEnd();
  if (exitAtOnce === undefined || isMeasured()) process.exit(code);
  process.emit("exit", code);
  exitAtOnce(code);
}

/**
 * By `require`: a module that is imported is read by the threads that files are read by, and these may
 * all be stuck. Undefined where it does not load: another system, or no descriptor left.
 */
function loadExit(): Exit | undefined {
  try {
    const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
    return koffi.load(null).func("void _exit(int status)");
  } catch {
    return undefined;
  }
}

const isMeasured = (): boolean =>
  process.env["NODE_V8_COVERAGE"] !== undefined ||
  process.execArgv.some((word) => /^--(cpu|heap)-prof/.test(word));
