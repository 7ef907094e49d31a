/** Fear: a row that contradicts itself, and so a default, a help line or a README that lies. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../../../engine/settings/config.js";
import { readValue, type Setting, showValue } from "../../../engine/settings/setting-kinds.js";
import { SETTINGS } from "../../../engine/settings/settings.js";
import {
  parseBytes,
  parseMs,
  parseWhole,
  showBytes,
  showMs,
} from "../../../engine/settings/units.js";

const rows: readonly (readonly [key: string, setting: Setting])[] = Object.entries(SETTINGS);

describe.each(rows)("%s", (key, setting) => {
  test("is named as its variable is", () => {
    const snake = key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    expect(setting.name).toBe(`SLUICE_${snake}`);
  });
  test("takes its own default, as it is shown", () => {
    if (setting.default === "") return; // not set, which is nothing one can write
    expect(readValue(setting, showValue(setting, setting.default))).toBe(setting.default);
  });
  test("says what it does in one short line", () => {
    expect(setting.says).toMatch(/^[^\n]{10,72}$/);
    expect(setting.says).not.toMatch(/\.$/);
  });
  test("says its unit in its name", () => {
    if (setting.kind === "ms") expect(setting.name).toMatch(/_MS$/);
    if (setting.kind === "bytes") expect(setting.name).toMatch(/_BYTES$/);
  });
  test("takes its least and greatest value, and nothing beyond", () => {
    if (!("min" in setting)) return;
    const { min, max, step = 1 } = setting;
    for (const value of [min, max]) expect(readValue(setting, String(value))).toBe(value);
    for (const value of [min - step, max + step]) {
      expect(readValue(setting, String(value))).toBeUndefined();
    }
  });
  test("waits no longer than a timer can", () => {
    if (setting.kind === "ms") expect(setting.max).toBeLessThan(2 ** 31);
  });
});

test("no two settings share a variable", () => {
  expect(new Set(rows.map(([, { name }]) => name)).size).toBe(rows.length);
});

test("settings of one group stand together, so that each heading is printed once", () => {
  const groups = Object.values(SETTINGS).map(({ group }) => group);
  const starts = groups.filter((group, at) => group !== groups[at - 1]);
  expect(starts).toEqual([...new Set(groups)]);
});

test("the defaults agree with one another", () => expect(readConfig({}).complaints).toEqual([]));

describe("units", () => {
  const sizes = [0, 1, 1023, 1024, 1536, 4096, 2 ** 20, 3 * 2 ** 30, 2 ** 40, 2 ** 53 - 1];
  test.each(sizes)("%d bytes are read back as they are shown", (bytes) => {
    expect(parseBytes(showBytes(bytes))).toBe(bytes);
  });
  const times = [0, 1, 999, 1000, 1500, 60_000, 90_000, 3_600_000, 86_400_000];
  test.each(times)("%d ms are read back as they are shown", (ms) => {
    expect(parseMs(showMs(ms))).toBe(ms);
  });
  test("a unit is read in any case, apart or not", () => {
    expect(["64KiB", "64kib", "64 KIB"].map(parseBytes)).toEqual([65_536, 65_536, 65_536]);
    expect(["2M", "2 m"].map(parseMs)).toEqual([120_000, 120_000]);
  });
  test("a number that would be rounded is refused", () => {
    expect(parseWhole("9007199254740991")).toBe(2 ** 53 - 1);
    expect(parseWhole("9007199254740993")).toBeUndefined();
    expect(parseBytes("8192TiB")).toBeUndefined();
  });
  test("the largest unit that divides evenly is shown", () => {
    expect([1536, 2 ** 20, 5].map(showBytes)).toEqual(["1536B", "1MiB", "5B"]);
    expect([90_000, 7_200_000, 1500].map(showMs)).toEqual(["90s", "2h", "1500ms"]);
  });
});
