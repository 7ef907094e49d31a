/** From a cell's load to the generator that makes it. */
import type { Load } from "../cell.js";
import type { Outcome } from "../sample.js";
import { timeClosed } from "./closed.js";
import { timeClosedRaw, timeFirstTouch } from "./closed-raw-timing.js";
import type { LoadContext } from "./context.js";
import { timePaced } from "./paced.js";
import { timeSlowReaders } from "./slow-readers-timing.js";
import { timeStalling } from "./stalling.js";

export function loadServer(load: Load, context: LoadContext): Promise<Outcome> {
  switch (load.kind) {
    case "closed":
      return timeClosed(load, context);
    case "closed-raw":
      return timeClosedRaw(load, context);
    case "first-touch":
      return timeFirstTouch(load, context);
    case "paced":
      return timePaced(load, context);
    case "stalling":
      return timeStalling(load, context);
    case "slow-readers":
      return timeSlowReaders(load, context);
  }
}
