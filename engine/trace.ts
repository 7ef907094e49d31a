/**
 * What the steps of a request tell whoever follows one of them: see explain.ts.
 *
 * On the real road there is no trace, and a step costs one comparison more. It is told what was
 * decided and what it was decided on, never asked.
 */
import type { PathVerdict } from "../fs/paths.js";
import type { BodyPart } from "../protocol/answer.js";
import type { FaultCode } from "../protocol/faults.js";
import type { Coding, SiblingCoding } from "../protocol/negotiation.js";
import type { Representation } from "../protocol/respond.js";
import type { Found, FoundFile, Place } from "./finder.js";
import type { FileRequest } from "./request.js";
import type { Circumstances } from "./site-fields.js";

export interface Trace {
  /** A root for this host, or none. */
  hosted(host: string, root: string | FaultCode): void;
  /** The path that was asked for, at the gate. */
  asked(wire: string, verdict: PathVerdict): void;
  /** @param path decoded, as rules see it */
  ruled(path: string): void;
  /** The path that a rule put in its place, at the same gate. */
  rewritten(wire: string, verdict: PathVerdict): void;
  found(found: Found, place: Place, root: string): void;
  /** The app's page in place of what is missing; undefined when none stands in. */
  stoodIn(page: FoundFile | undefined, path: string): void;
  /** @param wanted codings that the client would rather have, the best first: those before the one sent are of no use */
  negotiated(found: FoundFile, wanted: readonly SiblingCoding[], coding: Coding): void;
  prepared(about: Circumstances, representation: Representation): void;
  /** Preconditions and `Range` are weighed. Of a file that is asked for with neither, not told. */
  weighed(request: FileRequest, representation: Representation, nowMs: number): void;
  /** The operator's page for a fault; undefined when it is not there. */
  paged(code: FaultCode, wire: string, page: FoundFile | undefined): void;
  /** The file has changed, or its descriptor is closed: all is looked up once more. */
  looksAgain(): void;
  /** @param path of the file whose stretches are in the body; "" for a listing */
  sends(body: readonly BodyPart[], path: string): void;
}
