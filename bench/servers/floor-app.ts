/**
 * The process behind the floor: an app that answers every request in the same way.
 *
 * How it answers is floor-answers.ts. Whatever a file server does beyond that, it pays for.
 */
import uws, { type TemplatedApp } from "uWebSockets.js";
import { readFileSync } from "node:fs";
import type { FloorKind } from "../cell.js";
import type { Certificate } from "../certificate.js";
import { createAnswerer } from "./floor-answers.js";

/** What the process is told, in a JSON file named on its command line. */
export interface FloorPlan {
  readonly host: string;
  readonly port: number;
  readonly certificate?: Certificate | undefined;
  readonly kind: FloorKind;
  readonly status: number;
  readonly isHead: boolean;
  /** The same in all answers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly root: string;
  /**
   * Below the root: what is sent, or of which a part is sent. Undefined for an answer without a body, or
   * with a short text of its own, and where it is the file that is asked for.
   */
  readonly filePath?: string | undefined;
}

const plan: FloorPlan = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));

openApp(plan)
  .any("/*", createAnswerer(plan))
  .listen(plan.host, plan.port, (socket) => {
    if (!socket) throw new Error(`port ${plan.port} is taken`);
  });

function openApp({ certificate }: FloorPlan): TemplatedApp {
  if (certificate === undefined) return uws.App();
  const { certPath, keyPath } = certificate;
  return uws.SSLApp({ cert_file_name: certPath, key_file_name: keyPath });
}
