/**
 * The dashboard's script: the feed at one end, the page at the other.
 *
 * 1. take   each message goes into the window; nothing is drawn yet
 * 2. draw   once for each frame that is due, and never in a tab that nobody sees
 */
import type { LiveMessage, NowMessage } from "../../../../metrics/live.js";
import { Charts } from "./charts.js";
import { Feed } from "./feed.js";
import { Look } from "./look.js";
import { PoolView } from "./pool-map.js";
import { Summary } from "./summary.js";
import { Tables } from "./tables.js";
import { TimeWindow } from "./time-window.js";

const seen = new TimeWindow();
const look = new Look(() => {
  charts.redraw();
  pool.redraw();
});
const charts = new Charts(seen, look);
const pool = new PoolView(look);
const summary = new Summary(seen);
const tables = new Tables();

let version: string | undefined;
let latest: NowMessage | undefined;
let isDue = false;

/** A hidden tab gets no animation frames: there the drawing waits until it is seen. */
function drawSoon(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    charts.update();
    if (latest === undefined) return;
    summary.update(latest);
    pool.update(latest.pool, latest.sample);
    tables.update(latest);
  });
}

function take(message: LiveMessage): void {
  if (message.type === "now") {
    seen.add(message.sample);
    latest = message;
  } else {
    // A server of another version has another page: ours may not know what it says.
    if (version !== undefined && version !== message.version) location.reload();
    version = message.version;
    seen.replace(message.columns);
    summary.meet(message);
  }
  drawSoon();
}

const feed = new Feed({
  open: () => new EventSource("events"),
  onMessage: take,
  onState: (state) => summary.showFeed(state),
  nowMs: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
});

addEventListener("online", () => feed.retryNow());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) feed.retryNow();
});
