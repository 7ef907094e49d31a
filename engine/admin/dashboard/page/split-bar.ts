/** Where time went, as a bar of four parts: in line, disk, loop, client. One set of colors everywhere. */
import type { PhaseTimes } from "../../../../metrics/phases.js";
import { make, setAttribute } from "./dom.js";
import { showMs } from "./words.js";

/** The phases in the order they are drawn, with the words for them. */
export const PARTS = [
  { field: "queueMs", name: "queue", label: "In line" },
  { field: "diskMs", name: "disk", label: "Disk" },
  { field: "loopMs", name: "loop", label: "Loop" },
  { field: "drainMs", name: "client", label: "Client" },
] as const satisfies readonly {
  readonly field: keyof PhaseTimes;
  readonly name: string;
  readonly label: string;
}[];

/** Draws into an element that holds nothing else, or a bar from before. */
export function drawSplit(bar: HTMLElement, times: PhaseTimes): void {
  if (bar.childElementCount === 0) {
    bar.classList.add("split");
    bar.setAttribute("role", "img");
    bar.append(...PARTS.map(({ name }) => make("i", name)));
  }
  PARTS.forEach(({ field }, at) => {
    (bar.children[at] as HTMLElement).style.flexGrow = `${times[field]}`;
  });
  const words = PARTS.map(({ field, label }) => `${label.toLowerCase()} ${showMs(times[field])}`);
  setAttribute(bar, "aria-label", words.join(", "));
  setAttribute(bar, "title", words.join(", "));
}
