#!/usr/bin/env node
/**
 * The program: reads its words and its environment, starts the server, and ends it on a signal.
 *
 * Every complaint is one line on standard error, all of them at once, and the exit code is 1. What a
 * command does not need is not loaded: help comes at once.
 */
import { helpText, readCommandLine, versionText } from "./command-line.js";
import { readConfig } from "./config.js";
import { createLog } from "./log.js";
import type { Notifier } from "./process/systemd.js";
import type { Running } from "./process/worker.js";
import { type Config, hasTls } from "./settings.js";
import { judgeSite } from "./site.js";
import type { Opened } from "./tls/certificates.js";
import { showAddress } from "./transport/listen.js";
import { showMs } from "./units.js";

/** Whoever reads a log may have a narrow window, but no short lines. */
const LOG_COLUMNS = 120;

const log = createLog();
process.exitCode = await main(process.argv.slice(2));

/** @returns the exit code; 0 also when the server has been started and goes on by itself */
async function main(words: readonly string[]): Promise<number> {
  const command = readCommandLine(words);
  if (command.kind === "help") return print(helpText());
  if (command.kind === "version") return print(`${versionText()}\n`);
  if (command.kind === "refused") return refuse(command.complaints);
  if (command.kind === "report") return report(command.asJson);
  if (command.kind === "doctor") return doctor(command.root, command.asJson);
  if (command.kind === "health") return health(command.isForRequests);
  if (command.kind === "dev-cert") return makeDevCert(command.folder);

  const { config, settings, complaints, differences } = readConfig(process.env, {
    root: command.root,
  });
  const site = judgeSite(config);
  const tls = hasTls(config) ? await openCertificates(config) : undefined;
  const all = [...complaints, ...site.complaints, ...(tls?.complaints ?? [])];
  if (all.length > 0) return refuse(all);
  for (const warning of tls?.warnings ?? []) log.warn(warning);
  if (command.kind === "check") return print(checked(tls !== undefined));
  const certificates = tls?.certificates;

  try {
    const { createNotifier } = await import("./process/systemd.js");
    const systemd = await createNotifier(process.env, log.warn);
    const { startServer } = await import("./process/worker.js");
    const { reportText } = await import("../metrics/report-text.js");
    const running = await startServer({ config, settings, site, certificates, log });
    // First: whoever reads that we listen may send one at once.
    heedSignals(running, config.drainMs, systemd, reportText);
    announce(running, config, site.hostsDir || site.root, differences);
    for (const one of certificates?.describe() ?? []) log.info(`certificate for ${one}`);
    systemd.ready();
    return 0;
  } catch (error) {
    return refuse([error instanceof Error ? error.message : String(error)]);
  }
}

function checked(hasCertificates: boolean): string {
  return hasCertificates
    ? "settings, root, rules and certificates are fine\n"
    : "settings, root and rules are fine\n";
}

async function openCertificates(config: Config): Promise<Opened> {
  const { Certificates } = await import("./tls/certificates.js");
  return Certificates.open(config);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function refuse(complaints: readonly string[]): number {
  for (const complaint of complaints) log.error(complaint);
  return 1;
}

async function report(asJson: boolean): Promise<number> {
  const { tellReport } = await import("./report-command.js");
  const told = await tellReport(process.env, { asJson, width: process.stdout.columns });
  return told.kind === "told" ? print(told.text) : refuse(told.complaints);
}

async function makeDevCert(folder: string | undefined): Promise<number> {
  const { writeDevCert } = await import("./tls/dev-cert.js");
  const made = await writeDevCert(folder);
  return made.kind === "made" ? print(made.text) : refuse(made.complaints);
}

async function doctor(root: string | undefined, asJson: boolean): Promise<number> {
  const { diagnose } = await import("./doctor-command.js");
  const wishes = { root, asJson, width: process.stdout.columns };
  const { text, hasErrors } = await diagnose(process.env, wishes);
  print(text);
  return hasErrors ? 1 : 0;
}

async function health(isForRequests: boolean): Promise<number> {
  const { tellHealth } = await import("./health-command.js");
  const told = await tellHealth(process.env, isForRequests);
  return told.kind === "told" ? print(told.text) : refuse(told.complaints);
}
type ReportText = typeof import("../metrics/report-text.js").reportText;

interface Difference {
  readonly name: string;
  readonly value: string;
}

function announce(
  { listener, redirectListener, adminListener }: Running,
  { host, adminHost, ...config }: Config,
  root: string,
  differences: readonly Difference[],
): void {
  log.info(`${versionText()} serves ${root}`);
  const scheme = hasTls(config) ? "https" : "http";
  log.info(`listening on ${scheme}://${showAddress(host, listener.port)} through ${listener.name}`);
  if (redirectListener !== undefined) {
    log.info(`sends http://${showAddress(host, redirectListener.port)} to https`);
  }
  if (adminListener !== undefined) {
    log.info(`dashboard on http://${showAddress(adminHost, adminListener.port)}`);
  }
  for (const { name, value } of differences) log.info(`setting ${name}=${value}`);
}

/**
 * For people, then in one line for programs: what `sluice report` and its --json say. Loads nothing:
 * it may be asked for when there is no descriptor left.
 */
function logReport(running: Running, reportText: ReportText): void {
  const full = running.report();
  for (const line of reportText(full, LOG_COLUMNS).trimEnd().split("\n")) log.info(line);
  log.info(JSON.stringify(full));
}

/** The first signal drains, a second one does not wait. SIGUSR1 reopens the access log, SIGUSR2 reports. */
function heedSignals(
  running: Running,
  drainMs: number,
  systemd: Notifier,
  reportText: ReportText,
): void {
  let isEnding = false;
  const end = async (signal: string): Promise<void> => {
    if (isEnding) process.exit(1);
    isEnding = true;
    systemd.stopping();
    log.info(`${signal}: no new connections, transfers may go on for ${showMs(drainMs)}`);
    const how = await running.drain(drainMs);
    log.info(how === "drained" ? "all transfers ended" : "transfers were cut");
    process.exit(0);
  };
  process.on("SIGTERM", () => void end("SIGTERM"));
  process.on("SIGINT", () => void end("SIGINT"));
  process.on("SIGUSR1", () => running.reopenLogs());
  process.on("SIGUSR2", () => logReport(running, reportText));
}
