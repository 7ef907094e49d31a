/** Fear: a percentile of all processes that none of their requests had. */
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createHistogram, LONGEST_US, percentilesOf } from "../../metrics/histogram.js";
import { addRise, RiseWatch } from "../../metrics/histogram-rise.js";

const values = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.integer({ min: LONGEST_US - 10, max: LONGEST_US }),
  ),
  { maxLength: 40 },
);

/** Through the channel between processes. */
const sent = <Value>(value: Value): Value => deserialize(serialize(value)) as Value;

const record = (histogram: ReturnType<typeof createHistogram>, us: readonly number[]): void => {
  for (const value of us) histogram.recordValue(value);
};

test("every rise together is the histogram, whenever it was looked at", () => {
  fc.assert(
    fc.property(fc.array(values, { maxLength: 6 }), (seconds) => {
      const here = createHistogram();
      const there = createHistogram();
      const watch = new RiseWatch(here);
      for (const second of seconds) {
        record(here, second);
        const rise = watch.take();
        expect(rise === undefined).toBe(second.length === 0);
        if (rise !== undefined) addRise(there, sent(rise));
      }
      expect(percentilesOf(there)).toEqual(percentilesOf(here));
    }),
  );
});

test("a rise is of what came since the last look, to the histogram's own precision", () => {
  fc.assert(
    fc.property(values, values, (before, since) => {
      const here = createHistogram();
      const watch = new RiseWatch(here);
      record(here, before);
      watch.take();
      record(here, since);
      const rise = watch.take();
      const got = createHistogram();
      if (rise !== undefined) addRise(got, rise);
      const want = createHistogram();
      record(want, since);
      const { maxUs: wantMax, ...wanted } = percentilesOf(want);
      const { maxUs: gotMax, ...others } = percentilesOf(got);
      // What lies at the upper end of a count may be told as its end.
      for (const [name, us] of Object.entries(wanted)) {
        const figure = others[name as keyof typeof others];
        expect(Math.abs(figure - us), name).toBeLessThanOrEqual(us * 0.01 + 1);
      }
      expect(gotMax).toBeGreaterThanOrEqual(wantMax);
      expect(gotMax).toBeLessThanOrEqual(wantMax * 1.01);
    }),
  );
});

test("only counts that moved are told", () => {
  const here = createHistogram();
  const watch = new RiseWatch(here);
  record(here, [5, 5, 70, 1_000_000]);
  expect(watch.take()).toMatchObject({ counts: Uint32Array.of(2, 1, 1), maxUs: 1_000_000 });
  record(here, [70, 70]);
  // Up to 255 µs each value has a count of its own.
  const rise = { places: Uint16Array.of(70), counts: Uint32Array.of(2), maxUs: 70 };
  expect(watch.take()).toEqual(rise);
  expect(watch.take()).toBeUndefined();
});
