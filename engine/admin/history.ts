/** The first message of a live picture: who speaks, and the seconds up to now. */
import type { HistoryMessage } from "../../metrics/live.js";
import { readVersion } from "../commands/command-line.js";

export const historyOf = (columns: HistoryMessage["columns"]): HistoryMessage => ({
  type: "history",
  version: readVersion(),
  pid: process.pid,
  startedAtMs: Math.round(performance.timeOrigin),
  columns,
});
