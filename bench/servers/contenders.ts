/** Everyone who can take part, and who does: chosen on the command line, or whatever is installed. */
import { CADDY } from "./caddy.js";
import type { Contender } from "./contender.js";
import { FLOOR } from "./floor.js";
import { H2O } from "./h2o.js";
import { LIGHTTPD } from "./lighttpd.js";
import { NGINX } from "./nginx.js";
import { createSluice } from "./sluice.js";

/** Sluice and the floor take part always; these are the choice of `--against`. */
const PEERS: readonly Contender[] = [...NGINX, H2O, ...LIGHTTPD, CADDY];

/** The bench exists to compare with nginx: without it a full run has no opponent. */
const DEFAULT_OPPONENT = "nginx";

/** In a quick run one configuration stands for all of nginx: the bench is on trial, not nginx. */
const QUICK_PEERS = ["nginx buffers 256k"];

export const FAMILIES: readonly string[] = [...new Set(PEERS.map((one) => one.family))];

export interface Field {
  readonly contenders: readonly Contender[];
  /** Packages without which the run makes no sense. Not empty: stop. */
  readonly packages: readonly string[];
  /** Peers that would take part if they were installed. */
  readonly absent: readonly string[];
  /** Names that mean nothing. */
  readonly unknown: readonly string[];
}

/** @param against families to compare with; undefined for every one that is installed */
export function pickField(against: readonly string[] | undefined, isQuick: boolean): Field {
  const wanted = against?.filter((name) => name !== "none");
  const unknown = (wanted ?? []).filter((name) => !FAMILIES.includes(name));
  const peers = PEERS.filter((one) => wanted === undefined || wanted.includes(one.family));
  const subject = createSluice();
  const isNeeded = (one: Contender) => wanted !== undefined || one.family === DEFAULT_OPPONENT;
  const missing = peers.filter((one) => one.missing() !== undefined);
  const packagesOf = (some: readonly Contender[]) => [
    ...new Set(some.map((one) => one.missing() ?? "")),
  ];
  const present = peers.filter((one) => one.missing() === undefined);
  const trimmed =
    isQuick && against === undefined
      ? present.filter((one) => QUICK_PEERS.includes(one.name))
      : present;
  return {
    contenders: [subject, ...trimmed, FLOOR].filter((one) => one.missing() === undefined),
    packages: packagesOf(missing.filter(isNeeded)),
    absent: packagesOf([subject, ...missing.filter((one) => !isNeeded(one))]).filter(Boolean),
    unknown,
  };
}
