/**
 * The process behind the floor: one answer, prepared before the first request.
 *
 * Its head is a single prebuilt block and its body one buffer: the least that uWebSockets.js can be
 * asked to do. Whatever a file server does beyond this, it pays for.
 */

import uws, { type HttpResponse, type TemplatedApp } from "uWebSockets.js";
import { readFileSync } from "node:fs";
import type { Certificate } from "../certificate.js";

/** What the process is told, in a JSON file named on its command line. */
export interface ConstantAnswer {
  readonly host: string;
  readonly port: number;
  readonly certificate?: Certificate | undefined;
  readonly status: number;
  readonly isHead: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for an answer without a body, or with a short text of its own. */
  readonly bodyPath: string | undefined;
}

/** Up to here one call sends head and body in one piece; beyond, the socket decides how much it takes. */
const ONE_PIECE_BYTES = 128 * 1024;

const answer: ConstantAnswer = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const lines = Buffer.from(linesOf(answer));
const body =
  answer.bodyPath === undefined ? Buffer.from("nothing here") : readFileSync(answer.bodyPath);

openApp()
  .any("/*", pickHandler())
  .listen(answer.host, answer.port, (socket) => {
    if (!socket) throw new Error(`port ${answer.port} is taken`);
  });

function openApp(): TemplatedApp {
  if (answer.certificate === undefined) return uws.App();
  const { certPath, keyPath } = answer.certificate;
  return uws.SSLApp({ cert_file_name: certPath, key_file_name: keyPath });
}

function pickHandler(): (res: HttpResponse) => void {
  if (answer.status === 304 || answer.isHead) return (res) => head(res).endWithoutBody();
  if (body.length <= ONE_PIECE_BYTES) return (res) => head(res).end(body);
  return sendLarge;
}

const head = (res: HttpResponse): HttpResponse => res.writeStatus(lines);

function sendLarge(res: HttpResponse): void {
  let isGone = false;
  res.onAborted(() => {
    isGone = true;
  });
  const [, isDone] = head(res).tryEnd(body, body.length);
  if (isDone) return;
  res.onWritable((offset) => {
    if (isGone) return true;
    const [isTaken] = res.tryEnd(body.subarray(offset), body.length);
    return isTaken;
  });
}

/** Status and all fields in one: uWebSockets.js writes it as it is. The values are ours alone. */
function linesOf({ status, headers }: ConstantAnswer): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${status}`, ...fields].join("\r\n");
}
