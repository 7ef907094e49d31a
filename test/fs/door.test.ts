/** Fear: a listener closes while somebody connects, or never closes because nobody does. */
import { once } from "node:events";
import net from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../../bench/servers/launch.js";
import { Door, findListeners, showsHandshake } from "../../fs/door.js";

const table = (...lines: string[]): string =>
  ["  sl  local_address rem_address", ...lines, ""].join("\n");
const listening = (port: string, waiting: string): string =>
  `   0: 0100007F:${port} 00000000:0000 0A 00000000:${waiting} 00:00000000 00000000     0        0 79411 1 0 100`;
const SYN_RECV =
  "   1: 0100007F:1F90 0100007F:C350 03 00000000:00000000 01:00000063 00000000     0";
const SYN_RECV6 =
  "   2: 0000000000000000FFFF00000100007F:01BB 0000000000000000FFFF00000100007F:C350 03 00000000";

test("door: a handshake with the port is one", () => {
  expect(showsHandshake(table(listening("1F90", "00000000"), SYN_RECV), 8080)).toBe(true);
  expect(showsHandshake(table(SYN_RECV6), 443)).toBe(true);
});

test("door: listening is none, nor is one with another port, nor one of ours with that port", () => {
  expect(showsHandshake(table(listening("1F90", "00000000")), 8080)).toBe(false);
  expect(showsHandshake(table(SYN_RECV), 8081)).toBe(false);
  expect(showsHandshake(table(SYN_RECV), 50_000)).toBe(false);
});

test("door: who waits is counted by listener, in hexadecimal", () => {
  const two = table(listening("1F90", "0000001A"), listening("1F91", "00000001"), SYN_RECV);
  expect(findListeners(two, 8080)).toEqual([{ inode: "79411", waiting: 26 }]);
  expect(findListeners(two, 8082)).toEqual([]);
});

test("door: is clear when nobody waits, and where nobody listens", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const door = new Door(port);
  expect(door.isClear()).toBe(true);
  const nobody = new Door(await freePort());
  expect([nobody.isClear(), await nobody.hasHandshakes()]).toEqual([true, false]);
});
