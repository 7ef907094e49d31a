/** Fear: one client under two names, or two under one. */
import { expect, test } from "vitest";
import { plainAddress, spellAddress } from "../../../engine/transport/address.js";

const bytes = (hex: string): ArrayBuffer => Uint8Array.from(Buffer.from(hex, "hex")).buffer;

const rows: readonly (readonly [why: string, hex: string, text: string])[] = [
  ["IPv4", "c0000201", "192.0.2.1"],
  ["the smallest IPv4", "00000000", "0.0.0.0"],
  ["the largest IPv4", "ffffffff", "255.255.255.255"],
  ["another IPv4 after it was remembered", "c0000202", "192.0.2.2"],
  ["IPv4 on a socket for both families", "00000000000000000000ffffc0000201", "192.0.2.1"],
  ["loopback of IPv6", "00000000000000000000000000000001", "::1"],
  [
    "the longest run of zeros is the one left out",
    "20010db8000000000001000000000001",
    "2001:db8::1:0:0:1",
  ],
  ["no zeros to leave out", "20010db8000100010001000100010001", "2001:db8:1:1:1:1:1:1"],
  [
    "IPv6 that only begins like a mapped one",
    "00000000000000000000fffec0000201",
    "::fffe:c000:201",
  ],
  ["a peer that has gone", "", ""],
];
for (const [why, hex, text] of rows) {
  test(`spells ${why}`, () => expect(spellAddress(bytes(hex))).toBe(text));
}

test("spells an address the same when it has forgotten all it knew", () => {
  for (let at = 0; at < 10_000; at++) spellAddress(Uint8Array.of(10, 0, at >> 8, at & 255).buffer);
  expect(spellAddress(bytes("c0000201"))).toBe("192.0.2.1");
});

test("takes the mapping off an address that Node wrote", () => {
  expect(["::ffff:192.0.2.1", "::1", "192.0.2.1"].map(plainAddress)).toEqual([
    "192.0.2.1",
    "::1",
    "192.0.2.1",
  ]);
});
