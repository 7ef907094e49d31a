/**
 * The answers of the floor, one way for each of its kinds.
 *
 *   constant   one head and one body, prepared before the first request
 *   kept       one look-up by the raw target, one body
 *   opened     open, look, read, close: what a file costs that nobody keeps
 *   sliced     one read: what a part of a large file costs that nobody keeps
 *
 * The calls to the kernel are those of Sluice, made as Sluice makes them: see fs/kernel.ts. Whatever is
 * asked for amiss is answered with 404: the bench compares bytes before it times anything.
 */
import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import { constants as fsConstants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Kernel, O_PATH } from "../../fs/kernel.js";
import type { FloorPlan } from "./floor-app.js";

type Answerer = (res: HttpResponse, req: HttpRequest) => void;

/** Up to here one call sends head and body in one piece; beyond, the socket decides how much it takes. */
const ONE_PIECE_BYTES = 128 * 1024;

/** @throws Error where a file of the plan cannot be read, or the kernel cannot be called */
export function createAnswerer(plan: FloorPlan): Answerer {
  switch (plan.kind) {
    case "constant":
      return answerConstantly(plan);
    case "kept":
      return answerFromMemory(plan);
    case "opened":
      return answerByOpening(plan);
    case "sliced":
      return answerBySlicing(plan);
  }
}

function answerConstantly(plan: FloorPlan): Answerer {
  const lines = Buffer.from(linesOf(plan));
  const { filePath } = plan;
  const body =
    filePath === undefined ? Buffer.from("nothing here") : readFileSync(join(plan.root, filePath));
  if (plan.status === 304 || plan.isHead) return (res) => res.writeStatus(lines).endWithoutBody();
  if (body.length <= ONE_PIECE_BYTES) return (res) => res.writeStatus(lines).end(body);
  return (res) => sendLarge(res, lines, body);
}

function answerFromMemory(plan: FloorPlan): Answerer {
  const lines = Buffer.from(linesOf(plan));
  const bodies = new Map<string, Buffer>();
  return (res, req) => {
    const target = req.getUrl();
    const body = bodies.get(target) ?? learn(target);
    if (body === undefined) refuse(res);
    else res.writeStatus(lines).end(body);
  };

  function learn(target: string): Buffer | undefined {
    try {
      const body = readFileSync(join(plan.root, target));
      bodies.set(target, body);
      return body;
    } catch {
      return undefined;
    }
  }
}

function answerByOpening(plan: FloorPlan): Answerer {
  const kernel = loadKernel();
  const lines = Buffer.from(linesOf(plan));
  const root = openSync(plan.root, O_PATH | fsConstants.O_DIRECTORY);
  const bytes = Buffer.allocUnsafeSlow(ONE_PIECE_BYTES);
  const address = kernel.addressOf(bytes);
  return (res, req) => {
    const fd = kernel.open(root, req.getUrl().slice(1), fsConstants.O_RDONLY);
    if (fd < 0) return refuse(res);
    kernel.look(fd);
    const size = kernel.sizeBytes;
    const got = size > bytes.length ? -1 : kernel.read(fd, address, size, 0);
    kernel.close(fd);
    if (got !== size) refuse(res);
    else res.writeStatus(lines).end(bytes.subarray(0, size));
  };
}

function answerBySlicing(plan: FloorPlan): Answerer {
  const kernel = loadKernel();
  const lines = linesOf(plan);
  const fd = openSync(join(plan.root, plan.filePath ?? ""), "r");
  const { size } = fstatSync(fd);
  const bytes = Buffer.allocUnsafeSlow(ONE_PIECE_BYTES);
  const address = kernel.addressOf(bytes);
  return (res, req) => {
    const range = req.getHeader("range"); // bytes=FIRST-LAST
    const dash = range.indexOf("-");
    const first = Number(range.slice("bytes=".length, dash));
    const length = Number(range.slice(dash + 1)) - first + 1;
    if (!(length > 0 && length <= bytes.length)) return refuse(res);
    if (kernel.read(fd, address, length, first) !== length) return refuse(res);
    const where = `\r\nContent-Range: bytes ${first}-${first + length - 1}/${size}`;
    res.writeStatus(lines + where).end(bytes.subarray(0, length));
  };
}

function loadKernel(): Kernel {
  const kernel = Kernel.load();
  if (kernel === undefined) throw new Error("koffi does not load here");
  return kernel;
}

function sendLarge(res: HttpResponse, lines: Buffer, body: Buffer): void {
  let isGone = false;
  res.onAborted(() => {
    isGone = true;
  });
  const [, isDone] = res.writeStatus(lines).tryEnd(body, body.length);
  if (isDone) return;
  res.onWritable((offset) => {
    if (isGone) return true;
    const [isTaken] = res.tryEnd(body.subarray(offset), body.length);
    return isTaken;
  });
}

const refuse = (res: HttpResponse): void => {
  res.writeStatus("404 Not Found").end();
};

/** Status and all fields in one: uWebSockets.js writes it as it is. The values are ours alone. */
function linesOf({ status, headers }: FloorPlan): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${status}`, ...fields].join("\r\n");
}
