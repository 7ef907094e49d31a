#!/usr/bin/env node
/**
 * The program: reads its words and its environment, starts the server, and heeds signals.
 *
 * Every complaint is one line on standard error, all of them at once, and the exit code is 1. What a
 * command does not need is not loaded: help comes at once.
 */
import "./process/early-signals.js";
import { hasWorkingFolder } from "../fs/working-folder.js";
import { helpText, hintAt, readCommandLine, versionText } from "./commands/command-line.js";
import { createLog } from "./log.js";
import { actOnSignals } from "./process/early-signals.js";
import { endProcess, prepareEnd } from "./process/end-process.js";
import type { Reloaded, Running } from "./process/running.js";
import type { Notifier } from "./process/systemd.js";
import { type Configuration, readConfiguration } from "./settings/configuration.js";
import { type Config, hasTls } from "./settings/settings.js";
import { complainOfLimit, countWorkers } from "./settings/shares.js";
import { showMs } from "./settings/units.js";
import { showAddress } from "./transport/listen.js";

/** Whoever reads a log may have a narrow window, but no short lines. */
const LOG_COLUMNS = 120;

/**
 * More than anybody corrects in one go. The end of a process does not wait for who reads its pipe, which
 * holds 64 KiB: what is longer would be cut within a line.
 */
const MOST_COMPLAINTS = 100;

const log = createLog();
process.exitCode = await main(process.argv.slice(2));

/** @returns the exit code; 0 also when the server has been started and goes on by itself */
async function main(words: readonly string[]): Promise<number> {
  const command = readCommandLine(words);
  if (command.kind === "help") return print(helpText());
  if (command.kind === "version") return print(`${versionText()}\n`);
  if (command.kind === "refused") return refuse(command.complaints);
  if (command.kind === "report") return report(command.asJson);
  if (command.kind === "health") return health(command.isForRequests);

  const lacks = [...complainOfFolder(), ...complainOfLimit()];
  if (lacks.length > 0) return refuse(lacks);
  if (command.kind === "doctor") return doctor(command.root, command.asJson);
  if (command.kind === "dev-cert") return makeDevCert(command.folder);

  const configuration = await readAll(command.root);
  const complaints = [...configuration.complaints, ...configuration.unwritable];
  if (complaints.length > 0) {
    const hasRoot = command.root === undefined || configuration.site.root !== "";
    const hint = hasRoot ? [] : hintAt(command.root);
    endProcess(refuse([...complaints, ...hint])); // a disk that does not answer would keep it
    return 1;
  }
  for (const warning of configuration.warnings) log.warn(warning);
  if (command.kind === "check") return print(checked(configuration));

  try {
    const { createNotifier } = await import("./process/systemd.js");
    const systemd = await createNotifier(process.env, log.warn);
    const { reportText } = await import("../metrics/report-text.js");
    const running = await start(configuration);
    // First: whoever reads that we listen may send one at once.
    heedSignals({ running, systemd, reportText }, configuration, command.root);
    announce(running, configuration);
    systemd.ready();
    prepareEnd();
    return 0;
  } catch (error) {
    return refuse([error instanceof Error ? error.message : String(error)]);
  }
}

/** @throws Error whose message is for the operator */
async function start(configuration: Configuration): Promise<Running> {
  if (countWorkers(configuration.config) === 0) {
    const { startSingle } = await import("./process/single.js");
    return startSingle(configuration, log);
  }
  const { startFleet } = await import("./process/fleet.js");
  return startFleet(configuration, log, (reason) => endProcess(refuse([reason])));
}

function checked({ certificates }: Configuration): string {
  return certificates === undefined
    ? "settings, root and rules are fine\n"
    : "settings, root, rules and certificates are fine\n";
}

function complainOfFolder(): string[] {
  return hasWorkingFolder() ? [] : ["the current folder was removed: change to another one"];
}

/** The certificates too. */
async function readAll(root: string | undefined): Promise<Configuration> {
  const configuration = await readConfiguration(process.env, root);
  if (!hasTls(configuration.config)) return configuration;
  const { Certificates } = await import("./tls/certificates.js");
  const { certificates, complaints, warnings } = await Certificates.open(configuration.config);
  const all = [...configuration.complaints, ...complaints];
  return { ...configuration, certificates, complaints: all, warnings };
}

/**
 * Of a full disk it tells: a script would take what it has got for the whole. The last byte goes by
 * itself, because Node takes a write that was cut short for a whole one, and only the next one fails.
 */
async function print(text: string): Promise<number> {
  const failure = (await write(text.slice(0, -1))) ?? (await write(text.slice(-1)));
  return failure === undefined ? 0 : refuse([`standard output: ${failure}`]);
}

/** @returns why it could not be written; a reader that has seen enough (`| head`) is no failure */
function write(text: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    process.stdout.write(text, (error?: NodeJS.ErrnoException | null) =>
      resolve(error?.code === "EPIPE" ? undefined : error?.message),
    );
  });
}

/** Those that follow are only counted. */
function refuse(complaints: readonly string[]): number {
  for (const complaint of complaints.slice(0, MOST_COMPLAINTS)) log.error(complaint);
  const others = complaints.length - MOST_COMPLAINTS;
  if (others > 0) log.error(`and ${others} more`);
  return 1;
}

async function report(asJson: boolean): Promise<number> {
  const { tellReport } = await import("./commands/report-command.js");
  const told = await tellReport(process.env, { asJson, width: process.stdout.columns });
  return told.kind === "told" ? print(told.text) : refuse(told.complaints);
}

async function makeDevCert(folder: string | undefined): Promise<number> {
  const { writeDevCert } = await import("./tls/dev-cert.js");
  const made = await writeDevCert(folder);
  return made.kind === "made" ? print(made.text) : refuse(made.complaints);
}

async function doctor(root: string | undefined, asJson: boolean): Promise<number> {
  const { diagnose } = await import("./doctor/doctor-command.js");
  const wishes = { root, asJson, width: process.stdout.columns };
  const { text, hasErrors } = await diagnose(process.env, wishes);
  const printed = await print(text);
  return hasErrors ? 1 : printed;
}

async function health(isForRequests: boolean): Promise<number> {
  const { tellHealth } = await import("./commands/health-command.js");
  const told = await tellHealth(process.env, isForRequests);
  return told.kind === "told" ? print(told.text) : refuse(told.complaints);
}

function announce(
  running: Running,
  { config, site, certificates, differences }: Configuration,
): void {
  const { address, redirectPort, adminPort } = running;
  const { host } = address;
  log.info(`${versionText()} serves ${site.hostsDir || site.root}`);
  log.info(describeListening(running, config));
  for (const one of certificates?.describe() ?? []) log.info(`certificate for ${one}`);
  if (redirectPort !== undefined) {
    log.info(`sends http://${showAddress(host, redirectPort)} to https`);
  }
  if (adminPort !== undefined) {
    log.info(`dashboard on http://${showAddress(config.adminHost, adminPort)}`);
  }
  for (const { name, value } of differences) log.info(`setting ${name}=${value}`);
}

function describeListening({ address, transport }: Running, config: Config): string {
  const scheme = hasTls(config) ? "https" : "http";
  return `listening on ${scheme}://${showAddress(address.host, address.port)} through ${transport}`;
}

/**
 * For people, then in one line for programs: what `sluice report` and its --json say. Loads nothing:
 * it may be asked for when there is no descriptor left.
 */
async function logReport({ running, reportText }: OnTheAir): Promise<void> {
  const full = await running.report();
  for (const line of reportText(full, LOG_COLUMNS).trimEnd().split("\n")) log.info(line);
  log.info(JSON.stringify(full));
}

/** What signals reach. */
interface OnTheAir {
  readonly running: Running;
  readonly systemd: Notifier;
  readonly reportText: typeof import("../metrics/report-text.js").reportText;
}

/**
 * SIGTERM and SIGINT drain, and a second one does not wait. SIGHUP reads the configuration anew,
 * SIGUSR1 reopens the access log, SIGUSR2 reports.
 */
function heedSignals(onTheAir: OnTheAir, first: Configuration, root: string | undefined): void {
  const { running, systemd } = onTheAir;
  let { drainMs } = first.config;
  let listening = describeListening(running, first.config);
  let isEnding = false;
  const end = async (signal: string): Promise<void> => {
    if (isEnding) {
      running.abandon();
      return endProcess(1);
    }
    isEnding = true;
    systemd.stopping();
    log.info(`${signal}: no new connections, transfers may go on for ${showMs(drainMs)}`);
    const how = await running.drain(drainMs);
    log.info(how === "drained" ? "all transfers ended" : "transfers were cut");
    endProcess(0);
  };
  const reload = async (): Promise<void> => {
    if (isEnding) return;
    systemd.reloading();
    const next = await readAll(root);
    const reloaded = await take(running, next);
    if (isEnding) return; // cut short by the end: nothing is served on
    if (tells(reloaded, next)) {
      drainMs = next.config.drainMs;
      const now = describeListening(running, next.config);
      if (now !== listening) log.info(now);
      listening = now;
    }
    systemd.ready(); // also when it was refused: what was served before is served on
  };
  const reloadInTurn = inTurn(reload);
  process.on("SIGTERM", () => void end("SIGTERM"));
  process.on("SIGINT", () => void end("SIGINT"));
  actOnSignals({
    // Of a terminal that closes: what it was told there ends with it.
    SIGHUP: process.stdin.isTTY ? () => void end("SIGHUP") : reloadInTurn,
    SIGUSR1: () => running.reopenLogs(),
    SIGUSR2: () => void logReport(onTheAir),
  });
}

async function take(running: Running, next: Configuration): Promise<Reloaded> {
  const { complaints } = next;
  return complaints.length > 0 ? { kind: "refused", complaints } : running.reload(next);
}

/** Says what has become of a new configuration; true when it is served. */
function tells(reloaded: Reloaded, next: Configuration): boolean {
  if (reloaded.kind === "refused") {
    refuse(reloaded.complaints);
    log.error("reload refused: what was served before is served on");
    return false;
  }
  for (const warning of next.warnings) log.warn(warning);
  const { names } = reloaded;
  log.info(`reloaded: ${names.length === 0 ? "settings are as before" : names.join(", ")}`);
  return true;
}

/** One run at a time; whatever asks meanwhile gets one more, which sees what it asked about. */
function inTurn(run: () => Promise<void>): () => void {
  let isRunning = false;
  let isWanted = false;
  const go = async (): Promise<void> => {
    isWanted = true;
    if (isRunning) return;
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      await run();
    }
    isRunning = false;
  };
  return () => void go();
}
