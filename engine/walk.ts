/**
 * A request on its way through the steps of the main road: what was found out so far.
 */
import type { Effects } from "../protocol/rules.js";
import type { Place } from "./finder.js";
import type { FileRequest } from "./request.js";
import type { Trail } from "./ticket.js";
import type { Reply } from "./transport/exchange.js";

/** All there is to know before anything is looked for. */
export interface Walk {
  readonly request: FileRequest;
  readonly reply: Reply;
  readonly trail: Trail;
  readonly startMs: number;
  /** So often it may be looked up again, should the file change. */
  readonly moreLooks: number;
  readonly root: string;
  /** Where the client's path leads. */
  readonly asked: Place;
  /** The same, or where a rule leads in its place. */
  readonly place: Place;
  readonly effects: Effects;
}

/** What is needed to say no. */
export type Refused = Pick<Walk, "request" | "reply" | "trail" | "root" | "effects">;

/** What is needed to say where else. */
export type Redirected = Pick<Walk, "request" | "reply" | "effects">;
