/** Fear: a picture whose curves do not belong together, or that grows for ever. */
import { expect, test } from "vitest";
import { SAMPLE_FIELDS, SAMPLES_KEPT, type Sample, Samples } from "../../metrics/samples.js";

/** Every field tells which sample it belongs to, and which field it is. */
const sample = (n: number): Sample =>
  Object.fromEntries(SAMPLE_FIELDS.map((field, at) => [field, n * 100 + at])) as Sample;

test("gives back what it was given, the oldest first, field by field", () => {
  const samples = new Samples();
  for (const n of [1, 2, 3]) samples.add(sample(n));
  const columns = samples.columns();
  SAMPLE_FIELDS.forEach((field, at) => {
    expect(columns[field], field).toEqual([100 + at, 200 + at, 300 + at]);
  });
  expect(samples.latest).toEqual(sample(3));
});

test("keeps the last ten minutes and no more", () => {
  const samples = new Samples();
  for (let n = 0; n < SAMPLES_KEPT + 5; n++) samples.add(sample(n));
  const { atMs } = samples.columns();
  expect([atMs.length, atMs[0], atMs.at(-1)]).toEqual([600, 500, 60_400]);
});

test("gives as many of the latest as are wanted, or there are", () => {
  const samples = new Samples();
  expect(samples.columns(5).atMs).toEqual([]);
  for (const n of [1, 2, 3]) samples.add(sample(n));
  expect([samples.columns(2).atMs, samples.columns(9).atMs.length]).toEqual([[200, 300], 3]);
});

test("knows nothing before the first second is over", () => {
  expect(new Samples().latest).toBeUndefined();
});
