/** TCP handshakes that have begun and are not over, as Linux tells of them (proc(5), /proc/net/tcp). */
import { readFile } from "node:fs/promises";

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/**
 * Is somebody about to connect to this port? Off the loop. False also where nothing can be known.
 *
 * Cost: the kernel writes 150 bytes for each connection of the machine.
 */
export async function hasHandshakes(port: number): Promise<boolean> {
  const tables = await Promise.all(TABLES.map((path) => readFile(path, "latin1").catch(() => "")));
  return tables.some((table) => showsHandshake(table, port));
}

/** `  12: 0100007F:1F90 0100007F:C350 03 ...`: local address and port, remote ones, the state. */
export const showsHandshake = (table: string, port: number): boolean =>
  new RegExp(`: [0-9A-F]+:${hex4(port)} [0-9A-F]+:[0-9A-F]{4} ${SYN_RECV} `).test(table);

/** include/net/tcp_states.h. */
const SYN_RECV = "03";

const hex4 = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");
