/**
 * The figures of this second, at the top of the page. Pure: no DOM.
 *
 * A value is a quantity as words.ts writes them, or what stands for none.
 */
import type { NowMessage } from "../../../../metrics/live.js";
import type { TimeWindow } from "./time-window.js";
import { countOf, NOTHING, showBytes, showCount, showRate, showShare, showTime } from "./words.js";

interface Figure {
  readonly label: string;
  readonly value: (now: NowMessage) => string;
  readonly note: (now: NowMessage, seen: TimeWindow) => string;
  readonly isBad?: (now: NowMessage) => boolean;
}

/** What was not measured took no known time, not none. */
function whyNoLatency({ isMeasuring, sample }: NowMessage): string | undefined {
  if (!isMeasuring) return "not measured";
  return sample.requests === 0 ? "no requests" : undefined;
}

/** From left to right. */
export const FIGURES: readonly Figure[] = [
  {
    label: "Requests",
    value: ({ sample: { requests } }) => `${showCount(requests)} /s`,
    note: ({ sample: { serverErrors, aborted } }) =>
      `${showCount(serverErrors)} failed, ${showCount(aborted)} aborted`,
    isBad: ({ sample: { serverErrors } }) => serverErrors > 0,
  },
  {
    label: "Sent",
    value: ({ sample: { sentBytes } }) => showRate(sentBytes),
    note: (_, seen) => `peak ${showRate(Math.max(...seen.column("sentBytes")))}`,
  },
  {
    label: "Latency p99",
    value: (now) => (whyNoLatency(now) === undefined ? showTime(now.sample.p99Us) : NOTHING),
    note: (now) => whyNoLatency(now) ?? `p50 ${showTime(now.sample.p50Us)}`,
  },
  {
    label: "In progress",
    value: ({ sample: { inProgress } }) => showCount(inProgress),
    note: ({ sample: { transfersInLine } }) => `${showCount(transfersInLine)} in line`,
  },
  {
    label: "Connections",
    value: ({ sample: { connections } }) => showCount(connections),
    note: ({ sample: { openFds } }) => `${countOf(openFds, "descriptor")}`,
  },
  {
    label: "Readers busy",
    value: ({ sample: { readers, readersBusy } }) =>
      `${showCount(readersBusy)} of ${showCount(readers)}`,
    note: ({ sample: { jobsWaiting } }) => `${countOf(jobsWaiting, "job")} in line`,
  },
  {
    label: "Loop lag p99",
    value: ({ sample: { loopLagP99Us } }) => showTime(loopLagP99Us),
    note: ({ sample: { loopUtilization } }) => `loop ${showShare(loopUtilization)} busy`,
  },
  {
    label: "Memory",
    value: ({ sample: { rssBytes } }) => showBytes(rssBytes),
    note: ({ sample: { slabBytes } }) => `slab ${showBytes(slabBytes)}`,
  },
];
