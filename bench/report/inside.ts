/**
 * Where Sluice's time went, by its own report: the parts of its requests' time, and how late its
 * event loop was. Words for both reports, and the picture for the page: one bar cut in parts.
 */
import { PHASES, type Phase } from "../../metrics/phases.js";
import { formatFigure } from "../figure-names.js";
import type { Inside } from "../servers/inside.js";
import { escapeHtml, px } from "./markup.js";

export const INSIDE_NOTE =
  "Where its time went is what Sluice says of itself since its start, check and warm-up included; of several rounds, the one of the middle lag.";

/** What a request waited for, as on the dashboard. */
const LABELS: Readonly<Record<Phase, string>> = {
  queue: "queue",
  disk: "disk",
  loop: "event loop",
  drain: "client",
};

interface Share {
  readonly phase: Phase;
  readonly label: string;
  /** 0 to 100. */
  readonly width: number;
  /** As a text: `0%` is nothing at all, `<1%` is something. */
  readonly percent: string;
}

export const sharesOf = ({ shares }: Inside): Share[] =>
  PHASES.map((phase) => {
    const width = 100 * shares[phase];
    return { phase, label: LABELS[phase], width, percent: formatShare(width) };
  });

const formatShare = (percent: number): string =>
  percent > 0 && percent < 1 ? "<1%" : `${percent.toFixed(0)}%`;

export const describeLag = ({ lagP99Ms, lagMaxMs }: Inside): string =>
  `event loop late by ${formatFigure(lagP99Ms)} ms at p99, ${formatFigure(lagMaxMs)} ms at most`;

export function drawInside(server: string, inside: Inside): string {
  const shares = sharesOf(inside);
  const pieces = shares.map(
    ({ phase, width }) => `<i class="p-${phase}" style="width:${px(width)}%"></i>`,
  );
  const legend = shares.map(
    ({ phase, label, percent }) => `<li><i class="p-${phase}"></i>${label} ${percent}</li>`,
  );
  const caption = `Where ${escapeHtml(server)}'s time went <span>${describeLag(inside)}</span>`;
  return `<figure class="inside"><figcaption>${caption}</figcaption>
<div class="track" aria-hidden="true">${pieces.join("")}</div><ul>${legend.join("")}</ul></figure>`;
}
