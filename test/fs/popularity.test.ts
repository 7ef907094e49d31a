/** Fear: a popular file is held for a rare one, a rare one for popular, or yesterday's for today's. */
import { describe, expect, test } from "vitest";
import { type Counted, HALVE_AFTER, Popularity } from "../../fs/popularity.js";
import { Random } from "../support/folder.js";

const counted = (path: string): Counted => ({ path, timesAsked: 0, age: 0 });

/** So many requests, for one file that nobody else looks at. */
function ask(popularity: Popularity, times: number): void {
  const other = counted("/other");
  popularity.keep(other);
  for (let n = 0; n < times; n++) popularity.hit(other);
}

describe("of what is not kept", () => {
  test("each request counts, up to 65,535", () => {
    const popularity = new Popularity();
    for (let n = 1; n <= 65_535; n++)
      if (popularity.count("/srv/a") !== n) expect.unreachable(`${n}`);
    expect(popularity.count("/srv/a")).toBe(65_535);
    expect(popularity.count("/srv/b")).toBe(1);
  });

  test("no file seems rarer than it is, and few seem more popular", () => {
    const popularity = new Popularity();
    const random = new Random(3);
    const truth = new Map<string, number>();
    let tooMany = 0;
    const FILES = 40_000;
    for (let n = 0; n < 3 * FILES; n++) {
      const path = `/srv/www/d${random.below(100)}/file-${random.below(FILES / 100)}.bin`;
      const times = (truth.get(path) ?? 0) + 1;
      truth.set(path, times);
      const told = popularity.count(path);
      expect(told).toBeGreaterThanOrEqual(times);
      if (told > times) tooMany++;
    }
    expect(tooMany / (3 * FILES)).toBeLessThan(0.02);
  });

  test("the first time of most files looks like a first time, among as many as two halvings see", () => {
    const popularity = new Popularity();
    let seen = 0;
    for (let n = 0; n < 65_536; n++) if (popularity.count(`/f${n}`) > 1) seen++;
    expect(seen / 65_536).toBeLessThan(0.15);
  });

  test("times are halved now and then", () => {
    const popularity = new Popularity();
    for (let n = 0; n < 100; n++) popularity.count("/srv/a");
    ask(popularity, HALVE_AFTER - 101);
    expect(popularity.count("/srv/a")).toBe(51);
    ask(popularity, HALVE_AFTER);
    expect(popularity.count("/srv/a")).toBe(26);
  });
});

test("nothing is left of what was asked for once", () => {
  const popularity = new Popularity();
  for (let n = 0; n < 50_000; n++) popularity.count(`/once-${n}`);
  ask(popularity, HALVE_AFTER - 50_000);
  for (let n = 0; n < 100; n++) expect(popularity.count(`/once-${n}`)).toBe(1);
});

describe("of what is kept", () => {
  test("counting goes on where it was", () => {
    const popularity = new Popularity();
    for (let n = 0; n < 3; n++) popularity.count("/srv/a");
    const file = counted("/srv/a");
    popularity.keep(file);
    expect(popularity.timesOf(file)).toBe(3);
    for (let n = 0; n < 1000; n++) popularity.hit(file);
    expect(popularity.timesOf(file)).toBe(1003);
  });

  test("and what it came to is not forgotten when it is kept no more", () => {
    const popularity = new Popularity();
    const [popular, rare] = [counted("/srv/a"), counted("/srv/b")];
    popularity.keep(popular);
    for (let n = 1; n < 1000; n++) popularity.hit(popular);
    popularity.leave(popular);
    expect(popularity.count("/srv/a")).toBe(1001);
    for (let n = 0; n < 9; n++) popularity.count("/srv/b");
    popularity.leave(rare); // others have asked for it since
    expect(popularity.count("/srv/b")).toBe(10);
  });

  test("one that was looked up was asked for once", () => {
    const popularity = new Popularity();
    ask(popularity, 2 * HALVE_AFTER);
    const file = counted("/srv/a");
    popularity.keep(file);
    expect(popularity.timesOf(file)).toBe(1);
  });

  test("times are halved as often as those of others", () => {
    const popularity = new Popularity();
    const file = counted("/srv/a");
    popularity.keep(file);
    for (let n = 1; n < 80; n++) popularity.hit(file);
    ask(popularity, 3 * HALVE_AFTER);
    expect(popularity.timesOf(file)).toBe(10);
    popularity.hit(file);
    expect(popularity.timesOf(file)).toBe(11);
  });
});
