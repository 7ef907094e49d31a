/** Fear: of two servers that start together on one folder, one takes away what the other has opened. */
import fs from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { findDamage } from "../../fs/leveldb-check.js";
import { StateStore } from "../../fs/state-store.js";
import { tempFolder } from "../support/temp-folder.js";

/** Happens while the second server has read the files, and has not judged them yet. */
const race = {
  meanwhile: async (): Promise<void> => {},
  /** What it read in the middle of a write of the first. */
  damage: undefined as string | undefined,
};

vi.mock("../../fs/leveldb-check.js", async (original) => {
  const real = (await original()) as { findDamage: typeof findDamage };
  return {
    findDamage: async (folder: string) => {
      const found = await real.findDamage(folder);
      const { meanwhile, damage } = race;
      race.meanwhile = async () => {};
      race.damage = undefined;
      await meanwhile();
      return damage ?? found;
    },
  };
});

const COLUMNS = 2;
const ROW = { name: "/a", counts: [1, 2] };
let folder: string;

async function openFirst(): Promise<StateStore> {
  const { store } = await StateStore.open(folder, COLUMNS);
  onTestFinished(() => store.close());
  return store;
}

beforeEach(async () => {
  folder = join(tempFolder(), "downloads");
  const { store } = await StateStore.open(folder, COLUMNS);
  await store.save({ removed: [], changed: [ROW] });
  await store.close();
});

const breakIt = (): void => fs.writeFileSync(join(folder, "CURRENT"), "garbage");
const others = (): string[] =>
  fs.readdirSync(join(folder, "..")).filter((it) => it !== "downloads");
const expectInUse = (): Promise<void> =>
  expect(StateStore.open(folder, COLUMNS)).rejects.toThrow(
    `${folder} is in use by another process`,
  );

describe("what looked broken is left where it is when", () => {
  test("another has opened it while it was read: what it writes looks broken", async () => {
    let first: StateStore | undefined;
    race.damage = "000005.ldb is missing";
    race.meanwhile = async () => {
      first = await openFirst();
    };
    await expectInUse();
    expect(others()).toEqual([]);
    await first!.save({ removed: [], changed: [ROW] });
  });

  test("another has put it aside, and opened a new one", async () => {
    breakIt();
    let first: StateStore | undefined;
    race.meanwhile = async () => {
      first = await openFirst();
    };
    await expectInUse();
    expect(others()).toHaveLength(1);
    await first!.save({ removed: [], changed: [ROW] });
  });

  test("another has put it aside, and not opened the new one yet", async () => {
    breakIt();
    race.meanwhile = async () => {
      fs.renameSync(folder, `${folder}.broken`);
      fs.mkdirSync(folder);
    };
    await expectInUse();
    expect(others()).toEqual(["downloads.broken"]);
    expect(fs.existsSync(folder)).toBe(true);
  });

  test("another has put it aside, and made no new one yet", async () => {
    breakIt();
    race.meanwhile = async () => fs.renameSync(folder, `${folder}.broken`);
    await expectInUse();
    expect(others()).toEqual(["downloads.broken"]);
  });
});
