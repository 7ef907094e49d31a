/**
 * What a server is made of: what its operator says of the site, and whom it asks.
 */
import type { FileTable } from "../fs/file-table.js";
import type { OpenFile } from "../fs/open-file.js";
import type { Downloads } from "../metrics/downloads.js";
import type { RequestRecorder } from "../metrics/request-recorder.js";
import type { Policy } from "../protocol/respond.js";
import type { Rule } from "../protocol/rules.js";
import type { Scheduler } from "./chunks/scheduler.js";
import type { DeliveryParts } from "./delivery.js";
import type { Listings } from "./listings/listings.js";
import type { RequestLog } from "./operations/access-log.js";
import type { FieldSettings } from "./site-fields.js";
import type { AddressSet } from "./transport/proxies.js";

/** What the operator says of a site. */
export interface SiteSettings {
  /** Absolute, without a slash at its end, unless it is "/". Unused when there are hosts. */
  readonly root: string;
  /** A folder of roots, one for each host name; "" when there is one root for all. */
  readonly hostsDir: string;
  /** Name of the file that answers for its folder. */
  readonly index: string;
  /** Wire path of the single-page app's page; "" when there is none. */
  readonly appPage: string;
  readonly hasCleanUrls: boolean;
  /** Each answer says how long it took to find. */
  readonly hasServerTiming: boolean;
  readonly rules: readonly Rule[];
  readonly fields: FieldSettings;
}

/** What the server asks of the file table. */
export type Table = Pick<
  FileTable,
  | "find"
  | "glance"
  | "takeLoan"
  | "isFresh"
  | "lookUp"
  | "startedMs"
  | "hold"
  | "release"
  | "distrustFile"
>;

/** Whom a server asks, and what it goes by. */
export interface ServerParts extends Omit<DeliveryParts, "errorPageFor"> {
  readonly table: Table;
  readonly scheduler: Pick<Scheduler<OpenFile>, "start" | "atHand" | "wholeAtHand">;
  /** Undefined: a folder without an index is a miss. */
  readonly listings: Listings | undefined;
  readonly site: SiteSettings;
  readonly policy: Policy;
  /** Undefined: nothing is measured, and nothing is counted as a download. */
  readonly recorder: RequestRecorder | undefined;
  readonly downloads: Downloads | undefined;
  readonly accessLog: RequestLog | undefined;
  /** Proxies that are believed who the client is. */
  readonly trusts: AddressSet;
  /** Something that cannot happen did: for the log. */
  readonly onBug: (error: unknown, path: string) => void;
  /** The table's clock. */
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}
