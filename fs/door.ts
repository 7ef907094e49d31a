/**
 * Who stands at the door of a port: connections that Linux is making, and those it has made and nobody
 * has accepted yet (proc(5), /proc/net/tcp). Elsewhere nobody is ever seen there.
 */
import fs from "node:fs";
import { readFile } from "node:fs/promises";

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/** Listeners come first in a table: some 400 of them. */
const LISTENERS_BYTES = 64 * 1024;

/** include/net/tcp_states.h. */
const SYN_RECV = "03";
const LISTEN = "0A";

/** The listeners that a port has now: these numbers tell them from others. Blocks for some 50 µs. */
export const inodesOf = (port: number): ReadonlySet<string> =>
  new Set(readListeners(port).map(({ inode }) => inode));

const NOBODY: ReadonlySet<string> = new Set();

/**
 * One listener: what has come to the port since somebody looked. Whoever else came between the look and
 * this counts as the same.
 */
export class Door {
  readonly #port: number;
  readonly #inodes: ReadonlySet<string>;

  /** @param others were there before */
  constructor(port: number, others = NOBODY) {
    this.#port = port;
    this.#inodes = new Set([...inodesOf(port)].filter((inode) => !others.has(inode)));
  }

  /** Do others listen on the port as well? */
  isOneOfMany(): boolean {
    return readListeners(this.#port).length > 1;
  }

  /** Nobody waits to be accepted by them. Blocks for some 50 µs: an answer that comes late is none. */
  isClear(): boolean {
    return readListeners(this.#port).every(
      ({ inode, waiting }) => waiting === 0 || !this.#inodes.has(inode),
    );
  }

  /** Is anybody about to connect, to them or to others? Off the loop: the table may be long. */
  async hasHandshakes(): Promise<boolean> {
    const tables = await Promise.all(
      TABLES.map((path) => readFile(path, "latin1").catch(() => "")),
    );
    return tables.some((table) => showsHandshake(table, this.#port));
  }
}

/** ip-sysctl: whether a listener that closes leaves its connections to others of the same port. */
const MIGRATE = "/proc/sys/net/ipv4/tcp_migrate_req";

/** Will those who stand at the door of a listener that closes be handed over to another? */
export const isHandedOver = (): boolean => readStart(MIGRATE).trim() === "1";

let untilSetBack: NodeJS.Timeout | undefined;

/**
 * Has them handed over for this time, where this user may decide that: it is a setting of the system, or
 * of the container. Set back when the time is over, and when the process exits before.
 */
export function handOverFor(ms: number): void {
  if (untilSetBack === undefined && (isHandedOver() || !setHandOver("1"))) return;
  if (untilSetBack === undefined) process.once("exit", setBack);
  clearTimeout(untilSetBack);
  untilSetBack = setTimeout(setBack, ms).unref();
}

function setBack(): void {
  clearTimeout(untilSetBack);
  untilSetBack = undefined;
  process.off("exit", setBack);
  setHandOver("0");
}

/** Returns false to an ordinary user, and on other systems. */
function setHandOver(value: "0" | "1"): boolean {
  try {
    fs.writeFileSync(MIGRATE, value);
    return true;
  } catch {
    return false;
  }
}

interface Listening {
  readonly inode: string;
  /** Connections that nobody has accepted yet. */
  readonly waiting: number;
}

const readListeners = (port: number): Listening[] =>
  TABLES.flatMap((path) => findListeners(readStart(path), port));

function readStart(path: string): string {
  const bytes = Buffer.alloc(LISTENERS_BYTES);
  try {
    const fd = fs.openSync(path, "r");
    try {
      return bytes.toString("latin1", 0, fs.readSync(fd, bytes));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return ""; // another system
  }
}

/** `  1: 0100007F:1F90 0100007F:C350 03 ...`: number, local and remote address, state. */
export const showsHandshake = (table: string, port: number): boolean =>
  new RegExp(`: [0-9A-F]+:${hex4(port)} [0-9A-F]+:[0-9A-F]{4} ${SYN_RECV} `).test(table);

/** `... 0A SENDING:WAITING TIMER:WHEN RETRANSMITTED USER TIMEOUT INODE ...`. */
export const findListeners = (table: string, port: number): Listening[] =>
  [
    ...table.matchAll(
      new RegExp(
        `: [0-9A-F]+:${hex4(port)} [0-9A-F]+:0000 ${LISTEN} [0-9A-F]+:([0-9A-F]+) \\S+ \\S+ +\\d+ +\\d+ (\\d+) `,
        "g",
      ),
    ),
  ].map(([, waiting, inode]) => ({ inode: inode!, waiting: Number.parseInt(waiting!, 16) }));

const hex4 = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");
