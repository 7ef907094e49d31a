#!/usr/bin/env node
/**
 * The program: reads its words and its environment, starts the server, and ends it on a signal.
 *
 * Every complaint is one line on standard error, all of them at once, and the exit code is 1.
 */
import { helpText, readCommandLine, versionText } from "./command-line.js";
import { readConfig } from "./config.js";
import { createLog, type Log } from "./log.js";
import { type Running, startServer } from "./process/worker.js";
import { judgeSite } from "./site.js";
import { showAddress } from "./transport/listen.js";
import { showMs } from "./units.js";

const log = createLog();
process.exitCode = await main(process.argv.slice(2));

/** @returns the exit code; 0 also when the server has been started and goes on by itself */
async function main(words: readonly string[]): Promise<number> {
  const command = readCommandLine(words);
  if (command.kind === "help") return print(helpText());
  if (command.kind === "version") return print(`${versionText()}\n`);
  if (command.kind === "refused") return refuse(command.complaints);

  const { config, complaints, differences } = readConfig(process.env, { root: command.root });
  const site = judgeSite(config);
  const all = [...complaints, ...site.complaints];
  if (all.length > 0) return refuse(all);
  if (command.kind === "check") return print("settings, root and rules are fine\n");

  try {
    const running = await startServer(config, site, log);
    announce(running, config.host, site.hostsDir || site.root, differences, log);
    endOnSignal(running, config.drainMs);
    return 0;
  } catch (error) {
    return refuse([error instanceof Error ? error.message : String(error)]);
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function refuse(complaints: readonly string[]): number {
  for (const complaint of complaints) log.error(complaint);
  return 1;
}

interface Difference {
  readonly name: string;
  readonly value: string;
}

function announce(
  { listener }: Running,
  host: string,
  root: string,
  differences: readonly Difference[],
  { info }: Log,
): void {
  info(`${versionText()} serves ${root}`);
  info(`listening on http://${showAddress(host, listener.port)} through ${listener.name}`);
  for (const { name, value } of differences) info(`setting ${name}=${value}`);
}

/** The first signal drains, a second one does not wait. SIGUSR2 writes a line of counts. */
function endOnSignal(running: Running, drainMs: number): void {
  let isEnding = false;
  const end = async (signal: string): Promise<void> => {
    if (isEnding) process.exit(1);
    isEnding = true;
    log.info(`${signal}: no new connections, transfers may go on for ${showMs(drainMs)}`);
    const how = await running.drain(drainMs);
    log.info(how === "drained" ? "all transfers ended" : "transfers were cut");
    process.exit(0);
  };
  process.on("SIGTERM", () => void end("SIGTERM"));
  process.on("SIGINT", () => void end("SIGINT"));
  process.on("SIGUSR2", () => log.info(JSON.stringify(running.stats())));
}
