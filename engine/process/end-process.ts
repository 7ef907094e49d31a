/**
 * Ends this process, whatever its threads wait for.
 *
 * `process.exit` waits for all of them, and one that waits for a disk that has died ends when that disk
 * answers. So the C library's _exit(2) is called, which waits for nobody. A signal would not do: process 1
 * of a container gets none from inside that it has no handler for, not even SIGKILL.
 */

/** The library comes from a disk, too. */
const LOAD_MS = 1000;

type Exit = (code: number) => void;

/** What listens to `exit` is told; what has to be written is to be written before. */
export async function endProcess(code: number): Promise<void> {
  const late = new Promise<Exit>((resolve) => setTimeout(resolve, LOAD_MS, killUs));
  const exit = await Promise.race([loadExit(), late]);
  if (exit !== process.exit) process.emit("exit", code);
  exit(code);
}

/** `process.exit` where the library does not load: another system, or no descriptor left. */
async function loadExit(): Promise<Exit> {
  try {
    const { default: koffi } = await import("koffi");
    return koffi.load(null).func("void _exit(int status)");
  } catch {
    return process.exit;
  }
}

const killUs: Exit = () => void process.kill(process.pid, "SIGKILL");
