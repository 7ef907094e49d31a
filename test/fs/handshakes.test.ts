/** Fear: a listener closes while somebody connects, or never closes because nobody does. */
import { expect, test } from "vitest";
import { hasHandshakes, showsHandshake } from "../../fs/handshakes.js";
import { freePort } from "../support/free-port.js";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid";
const LISTEN = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000";
const SYN_RECV = "   1: 0100007F:1F90 0100007F:C350 03 00000000:00000000 01:00000063 00000000";
const SYN_RECV6 =
  "   2: 0000000000000000FFFF00000100007F:01BB 0000000000000000FFFF00000100007F:C350 03 00000000";
const table = (...lines: string[]): string => [HEAD, ...lines, ""].join("\n");

test("handshakes: one to the port is one", () => {
  expect(showsHandshake(table(LISTEN, SYN_RECV), 8080)).toBe(true);
  expect(showsHandshake(table(SYN_RECV6), 443)).toBe(true);
});

test("handshakes: listening is none, nor is one to another port, nor one of ours to that port", () => {
  expect(showsHandshake(table(LISTEN), 8080)).toBe(false);
  expect(showsHandshake(table(SYN_RECV), 8081)).toBe(false);
  expect(showsHandshake(table(SYN_RECV), 50_000)).toBe(false);
});

test("handshakes: a port nobody knows has none", async () => {
  expect(await hasHandshakes(await freePort())).toBe(false);
});
