/** Fear: one client under two names, or two under one. */
import { expect, test } from "vitest";
import { plainAddress, spellAddress } from "../../../engine/transport/address.js";

const bytes = (hex: string): ArrayBuffer => Uint8Array.from(Buffer.from(hex, "hex")).buffer;

const rows: readonly (readonly [why: string, hex: string, text: string])[] = [
  ["IPv4", "c0000201", "192.0.2.1"],
  ["the smallest IPv4", "00000000", "0.0.0.0"],
  ["the largest IPv4", "ffffffff", "255.255.255.255"],
  ["another IPv4 after it was remembered", "c0000202", "192.0.2.2"],
  ["IPv4 whose halves are those of another", "00010a00", "0.1.10.0"],
  ["that other", "0a000001", "10.0.0.1"],
  ["IPv4 on a socket for both families", "00000000000000000000ffffc0000201", "192.0.2.1"],
  ["the same of one that is new", "00000000000000000000ffffc6336407", "198.51.100.7"],
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
  ["IPv6 with one bit before a mapping", "00000000000000000001ffffc0000201", "::1:ffff:c000:201"],
  ["IPv6 with half a mapping", "0000000000000000000000ffc0000201", "::ff:c000:201"],
  ["a peer that has gone", "", ""],
];
for (const [why, hex, text] of rows) {
  test(`spells ${why}`, () => expect(spellAddress(bytes(hex))).toBe(text));
}

test.each([
  ["IPv4", "c0000201", "192.0.2.1"],
  ["IPv6", "20010db8000000000000000000000001", "2001:db8::1"],
])("spells %s the same when it is remembered, and when all was forgotten", (_, hex, text) => {
  const known = bytes(hex);
  const others = new Set<string>();
  for (let round = 0; round < 2; round++) {
    expect([spellAddress(known), spellAddress(known)]).toEqual([text, text]);
    for (let n = 0; n < 10_000; n++) {
      const other = Buffer.from(known.slice(0));
      other.writeUInt16BE(n, other.length - 4);
      others.add(spellAddress(Uint8Array.from(other).buffer));
    }
  }
  expect(others.size).toBe(10_000);
});

test("takes the mapping off an address that Node wrote", () => {
  expect(["::ffff:192.0.2.1", "::1", "192.0.2.1"].map(plainAddress)).toEqual([
    "192.0.2.1",
    "::1",
    "192.0.2.1",
  ]);
});
