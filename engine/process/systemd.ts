/**
 * What systemd is told of the server: the protocol of sd_notify(3).
 *
 *   ready()       READY=1       it listens; systemd starts what comes after it
 *   reloading()   RELOADING=1   with the time, until the next `ready`
 *   stopping()    STOPPING=1    it drains
 *   by a timer    WATCHDOG=1    twice in WATCHDOG_USEC: a stuck event loop sends none
 *
 * Where NOTIFY_SOCKET is not set all of it does nothing, and nothing is loaded. One process speaks
 * for the service: systemd believes the main one (NotifyAccess=main).
 */
import { type DatagramSocket, openDatagramSocket } from "./datagram.js";

export interface Notifier {
  ready(): void;
  reloading(): void;
  stopping(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Warn = (line: string) => void;

const NOBODY: Notifier = { ready() {}, reloading() {}, stopping() {} };

/** A full receiver is the system's first process at work: it reads again in a moment. */
const RETRY_MS = 50;

/**
 * Opens the socket and starts the watchdog's timer. Never rejects: a server that cannot tell
 * systemd still serves, and a warning says why systemd will not know.
 *
 * @param env `process.env`; NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID as systemd.exec(5) says
 */
export async function createNotifier(env: Environment, warn: Warn): Promise<Notifier> {
  const { NOTIFY_SOCKET: name = "" } = env;
  if (name === "") return NOBODY;
  try {
    const notices = new Notices(await openDatagramSocket(name), warn);
    startWatchdog(env, notices, warn);
    return notices;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    warn(`NOTIFY_SOCKET=${name}: systemd cannot be told how the server is: ${reason}`);
    return NOBODY;
  }
}

/** Notices in the order they were given. Those that a full receiver did not take wait their turn. */
class Notices implements Notifier {
  readonly #socket: DatagramSocket;
  readonly #warn: Warn;
  readonly #waiting: string[] = [];

  constructor(socket: DatagramSocket, warn: Warn) {
    this.#socket = socket;
    this.#warn = warn;
  }

  ready(): void {
    this.#give("READY=1");
  }

  /** sd_notify(3): the time tells this reload from an earlier one, by CLOCK_MONOTONIC. */
  reloading(): void {
    this.#give(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): void {
    this.#give("STOPPING=1");
  }

  /** Says that the event loop runs. While other notices wait it would only make the line longer. */
  feedWatchdog(): void {
    if (this.#waiting.length === 0) this.#give("WATCHDOG=1");
  }

  #give(notice: string): void {
    this.#waiting.push(notice);
    if (this.#waiting.length === 1) this.#sendWaiting();
  }

  #sendWaiting(): void {
    for (const notice of [...this.#waiting]) {
      const errno = this.#socket.send(notice);
      if (errno === "EAGAIN") {
        setTimeout(() => this.#sendWaiting(), RETRY_MS).unref();
        return;
      }
      if (errno !== "") this.#warn(`systemd was not told ${notice.split("\n", 1)[0]}: ${errno}`);
      this.#waiting.shift();
    }
  }
}

/** sd_watchdog_enabled(3): meant for us when WATCHDOG_PID is ours or not set. */
function startWatchdog(env: Environment, notices: Notices, warn: Warn): void {
  const { WATCHDOG_USEC: period, WATCHDOG_PID: pid = `${process.pid}` } = env;
  if (period === undefined || pid !== `${process.pid}`) return;
  if (!/^[1-9]\d{0,15}$/.test(period)) {
    warn(`WATCHDOG_USEC=${period}: want microseconds; the watchdog is not fed`);
    return;
  }
  const halfMs = Math.min(Number(period) / 2000, MAX_TIMER_MS);
  setInterval(() => notices.feedWatchdog(), halfMs).unref();
}

/** Node fires a timer at once when it is set past this. */
const MAX_TIMER_MS = 2 ** 31 - 1;
