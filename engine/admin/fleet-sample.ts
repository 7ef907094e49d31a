/**
 * One sample of several processes: how each field of theirs becomes one of all.
 *
 * Percentiles are none of these: they come from merged histograms. Pure.
 */
import type { Percentiles } from "../../metrics/histogram.js";
import type { Sample, SampleField } from "../../metrics/samples.js";

/** What happened in the second: added up over the processes that told it. */
const FLOWS = [
  "requests",
  "serverErrors",
  "aborted",
  "sentBytes",
  "queueMs",
  "diskMs",
  "loopMs",
  "drainMs",
] as const satisfies readonly SampleField[];

/** What there is at its end: added up over all that live, with the last that each told. */
const STATES = [
  "inProgress",
  "connections",
  "slabBytes",
  "slotsFree",
  "slotsLoading",
  "slotsCached",
  "slotsPinned",
  "readers",
  "readersBusy",
  "jobsWaiting",
  "transfersInLine",
] as const satisfies readonly SampleField[];

/** The same, and the supervisor has some as well. */
const RESOURCES = [
  "rssBytes",
  "heapUsedBytes",
  "externalBytes",
  "openFds",
] as const satisfies readonly SampleField[];

export type Resources = Readonly<Record<(typeof RESOURCES)[number], number>>;

export interface SecondParts {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** The samples that belong to this second. */
  readonly told: readonly Sample[];
  /** The last sample of every worker that lives. */
  readonly standing: readonly Sample[];
  /** Of the supervisor. */
  readonly own: Resources;
  /** Of the second, over all workers. */
  readonly total: Percentiles;
  readonly lag: Percentiles;
}

/** The busiest loop stands for all: a mean would hide the one that clients wait for. */
export function sumSamples({ atMs, told, standing, own, total, lag }: SecondParts): Sample {
  return {
    atMs,
    ...sumOf(FLOWS, told),
    ...sumOf(STATES, standing),
    ...sumOf(RESOURCES, [...standing, own]),
    openFds: sumOfKnown([...standing, own].map(({ openFds }) => openFds)),
    p50Us: total.p50Us,
    p90Us: total.p90Us,
    p99Us: total.p99Us,
    p999Us: total.p999Us,
    maxUs: total.maxUs,
    loopLagP50Us: lag.p50Us,
    loopLagP99Us: lag.p99Us,
    loopLagMaxUs: lag.maxUs,
    loopUtilization: Math.max(0, ...standing.map(({ loopUtilization }) => loopUtilization)),
  };
}

const sumOf = <Field extends SampleField>(
  fields: readonly Field[],
  samples: readonly Readonly<Record<Field, number>>[],
): Readonly<Record<Field, number>> =>
  Object.fromEntries(
    fields.map((field) => [field, samples.reduce((sum, sample) => sum + sample[field], 0)]),
  ) as Record<Field, number>;

/** Of descriptors, which cannot be counted everywhere: -1 when one of them is that, as it is alone. */
export const sumOfKnown = (counts: readonly number[]): number =>
  counts.some((count) => count < 0) ? -1 : counts.reduce((sum, count) => sum + count, 0);
