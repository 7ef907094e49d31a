/**
 * `sluice report`: asks the running server how it performs, and puts it into words: as text, or as
 * JSON on one line.
 *
 * Never throws: every failure is one line for the operator. Does not print or exit.
 */
import { printableJson } from "../../metrics/printable.js";
import type { Report } from "../../metrics/report.js";
import { isReport } from "../../metrics/report-shape.js";
import { reportText } from "../../metrics/report-text.js";
import type { Environment } from "../settings/config.js";
import { askAdmin, describeStranger, refused, type Told } from "./admin-client.js";

export interface Wishes {
  readonly asJson: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly width: number | undefined;
  /** How long the server may take over its whole answer. */
  readonly deadlineMs?: number;
}

/** A pipe or a file is read later, mostly on more than the narrowest terminal. */
const PIPE_COLUMNS = 100;

/** An event loop that is later than this is news of its own. */
const DEADLINE_MS = 5000;

/** @param env `process.env`; settings that are not of the admin port may be wrong in it */
export async function tellReport(
  env: Environment,
  { asJson, width = PIPE_COLUMNS, deadlineMs = DEADLINE_MS }: Wishes,
): Promise<Told> {
  const asked = await askAdmin(env, "/report.json", deadlineMs);
  if (asked.kind === "refused") return asked;
  const { address, status, body } = asked;
  if (status !== 200) return refused(describeStranger(address, `status ${status}`));
  const report = parseReport(body);
  if (report === undefined) return refused(describeStranger(address, "no report"));
  const text = asJson ? `${printableJson(JSON.stringify(report))}\n` : reportText(report, width);
  return { kind: "told", text };
}

function parseReport(body: string): Report | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isReport(value) ? value : undefined;
  } catch {
    return undefined; // not JSON: the only error JSON.parse has
  }
}
