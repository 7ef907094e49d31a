/**
 * The program of a worker: serves files as the supervisor orders, and ends with it.
 *
 * Signals are the supervisor's. A terminal sends Ctrl-C to every process of its group, and a service
 * manager may send SIGTERM to all it has started: a worker that obeyed would not wait for the others.
 *
 * When the supervisor is gone, however it went, nobody is left to start a worker anew, to count or to
 * stop it: it drains, as if it had been told to stop.
 */
import "./early-signals.js"; // heard, and left to the supervisor
import cluster from "node:cluster";
import { createLog, SILENT } from "../log.js";
import { type Config, hasTls } from "../settings/settings.js";
import type { Certificates } from "../tls/certificates.js";
import { waitUntil } from "./drain.js";
import { endProcess } from "./end-process.js";
import type { FromWorker, Order, ToWorker } from "./messages.js";
import { openServing, type Serving } from "./worker.js";
import type { Question } from "./worker-talk.js";
import { createVoice, type Voice } from "./worker-voice.js";

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});

const ALIVE_MS = 1000;

const log = createLog();
let serving: Serving | undefined;
/** Looks when it is told to: the supervisor watches the files, and tells of them. */
let certificates: Certificates | undefined;
let voice: Voice | undefined;
/** Settles when it listens, or has been refused. */
let started: Promise<void> = Promise.resolve();
let drainMs = 0;
let isEnding = false;

// Else `cluster` ends the process at once when the supervisor is gone.
cluster.worker!.exitedAfterDisconnect = true;
process.on("message", (message: ToWorker) => void obey(message));
process.on("disconnect", () => {
  log.error(`the supervisor of process ${process.pid} is gone: no new connections`);
  void stop(drainMs);
});

tell({ kind: "here" });

async function obey(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case "serve":
      started = serve(message.order, message.isSpokesman);
      return;
    case "reload":
      await started;
      return reload(message.order);
    case "renew":
      await started;
      return tell({ kind: "renewed", failure: await renew(message.digest) });
    case "retire":
      return retire();
    case "stop":
      return stop(message.limitMs);
    case "reopen logs":
      await started; // the log is opened long before
      return serving?.reopenLogs();
    case "ask":
      return answer(message.number, message.question);
  }
}

async function serve({ config, site }: Order, isSpokesman: boolean): Promise<void> {
  ({ drainMs } = config);
  try {
    certificates = await openCertificates(config);
    const parts = { config, site, certificates, log, isOneOfMany: true, isSpokesman };
    serving = await openServing(parts);
  } catch (error) {
    return exit(1, {
      kind: "refused",
      complaint: error instanceof Error ? error.message : String(error),
    });
  }
  const { machine, root, files, listener, left } = serving;
  voice = createVoice({ machine, config, root, listener });
  voice.onSecond((news) => tell({ kind: "news", news }));
  setInterval(() => tell({ kind: "alive", left: left() }), ALIVE_MS).unref();
  tell({ kind: "listening", transport: files.name });
}

/**
 * Some may have become unfit since all were judged: the supervisor has told. To do without the others
 * for that would be worse; it looks by itself until those are fit again, as no renewal tells of them.
 *
 * @throws Error whose message is for the operator, when none is fit
 */
async function openCertificates(config: Config): Promise<Certificates | undefined> {
  if (!hasTls(config)) return undefined;
  const { Certificates } = await import("../tls/certificates.js");
  const { certificates, complaints } = await Certificates.open(config);
  if (certificates.names.length === 0) throw new Error(complaints.join("; "));
  if (complaints.length > 0) certificates.watch(SILENT);
  return certificates;
}

/** @returns why it does not serve with what the supervisor has found; "" when it does */
async function renew(digest: string): Promise<string> {
  const wrong = (await certificates?.reload()) ?? [];
  if (certificates?.digest === digest) return "";
  return wrong.join("; ") || "the files of the certificates change just now";
}

async function answer(number: number, question: Question): Promise<void> {
  const answer = await voice?.answer(question).catch((error: unknown) => {
    serving?.say.bug(error, `a question: ${question.kind}`);
    return undefined;
  });
  tell({ kind: "answered", number, answer });
}

function reload({ config, site }: Order): void {
  ({ drainMs } = config);
  serving?.reload(config, site);
  tell({ kind: "reloaded" });
}

/** Each client is told to come back elsewhere by its next answer, or leaves by itself. */
async function retire(): Promise<void> {
  await serving?.stopListening(); // until then new ones may come
  await waitUntil(() => serving === undefined || serving.files.connections() === 0, ENDLESS);
  await end("drained");
}

const ENDLESS = Number.POSITIVE_INFINITY;

async function stop(limitMs: number): Promise<void> {
  void serving?.stopListening();
  const isDrained = await waitUntil(() => (serving?.files.pending() ?? 0) === 0, limitMs);
  await end(isDrained ? "drained" : "cut");
}

/** Whichever of the two comes to its end first. */
async function end(how: "drained" | "cut"): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  await serving?.close();
  voice?.tellAll();
  exit(0, { kind: "ended", how });
}

function tell(message: FromWorker): void {
  if (process.connected) process.send!(message, undefined, undefined, () => {});
}

/** The last word is to arrive before the process is gone. */
function exit(code: number, message: FromWorker): void {
  if (!process.connected) return endProcess(code);
  process.send!(message, undefined, undefined, () => endProcess(code));
}
