/** Fear: one client's requests under another's address. */
import { expect, test } from "vitest";
import { Peers } from "../../../engine/transport/peers.js";

test("one address is known as long as all have it", () => {
  const peers = new Peers();
  expect(peers.only).toBe("");
  for (const address of ["::1", "::1", "::1"]) peers.came(address);
  peers.left();
  expect([peers.only, peers.count]).toEqual(["::1", 2]);
});

test("a second address makes all unknown, also when it has left", () => {
  const peers = new Peers();
  for (const address of ["::1", "192.0.2.1"]) peers.came(address);
  expect(peers.only).toBe("");
  peers.left();
  expect([peers.only, peers.count]).toEqual(["", 1]);
  peers.came("::1");
  expect(peers.only).toBe("");
});

test("whoever comes when nobody is there is the only one", () => {
  const peers = new Peers();
  for (const address of ["::1", "192.0.2.1"]) peers.came(address);
  for (let left = 2; left > 0; left--) peers.left();
  peers.came("192.0.2.7");
  expect([peers.only, peers.count]).toEqual(["192.0.2.7", 1]);
});

test("an address that could not be had is no address of others", () => {
  const peers = new Peers();
  for (const address of ["", "192.0.2.1"]) peers.came(address);
  expect(peers.only).toBe("");
});
