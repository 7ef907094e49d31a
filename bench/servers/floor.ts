/**
 * The floor: uWebSockets.js answering one constant from memory. No path, no file, no validator.
 *
 * What a server reaches of it is its share of what this kernel and this socket library leave to win.
 */
import { join } from "node:path";
import { builtFile } from "../places.js";
import type { Contender, Site } from "./contender.js";
import type { ConstantAnswer } from "./floor-app.js";

export const FLOOR: Contender = {
  name: "floor",
  family: "floor",
  missing: () => undefined,
  version: () => `on Node ${process.version}`,
  plan: (site) => ({
    command: process.execPath,
    args: [builtFile("servers/floor-app.js"), join(site.workDir, "floor.json")],
    files: { "floor.json": JSON.stringify(constantFor(site), undefined, 2) },
  }),
  abstains: {},
};

function constantFor({ firstAsk, root, host, port, certificate }: Site): ConstantAnswer {
  const { status, body, method, answerHeaders } = firstAsk;
  return {
    host,
    port,
    certificate,
    status,
    isHead: method === "HEAD",
    headers: { "Content-Type": "application/octet-stream", ETag: '"floor"', ...answerHeaders },
    bodyPath: body.kind === "file" ? join(root, body.path) : undefined,
  };
}
