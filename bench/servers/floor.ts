/**
 * The floor: the least that an answer costs on uWebSockets.js. No rules, no validator, no clock, and
 * nothing is weighed that a client sent.
 *
 * What a server reaches of it is its share of what this kernel and this socket library leave to win.
 */
import { join } from "node:path";
import type { WantedBody } from "../cell.js";
import { builtFile } from "../places.js";
import type { Contender, Site } from "./contender.js";
import type { FloorPlan } from "./floor-app.js";

export const FLOOR: Contender = {
  name: "floor",
  family: "floor",
  missing: () => undefined,
  version: () => `on Node ${process.version}`,
  plan: (site) => ({
    command: process.execPath,
    args: [builtFile("servers/floor-app.js"), join(site.workDir, "floor.json")],
    files: { "floor.json": JSON.stringify(planFor(site), undefined, 2) },
  }),
  abstains: {},
};

function planFor({ floor, root, host, port, certificate }: Site): FloorPlan {
  const { kind, firstAsk } = floor!; // measure.ts starts it for no other cell
  const { status, body, method, answerHeaders } = firstAsk;
  const ofThisAnswer = kind === "constant" ? answerHeaders : {};
  return {
    host,
    port,
    certificate,
    kind,
    status,
    isHead: method === "HEAD",
    headers: { "Content-Type": "application/octet-stream", ETag: '"floor"', ...ofThisAnswer },
    root,
    filePath: filePathOf(body),
  };
}

/** Below the root; undefined where the answer is not from one file. */
function filePathOf(body: WantedBody): string | undefined {
  if (body.kind === "file") return body.path;
  return body.kind === "slice" ? body.slice.path : undefined;
}
