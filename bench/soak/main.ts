/**
 * `npm run soak`: does the server survive the internet, for as long as one likes?
 *
 * A mixed load with a verdict on what grew; with `--attacks` slow clients of every kind, with
 * `--connections` what a connection costs. The exit code is 1 when it does not endure.
 */
import { writeFileSync } from "node:fs";
import { KIB } from "../fixtures.js";
import { describeMachine, machineLine } from "../machine.js";
import { createTemporary } from "../temporary.js";
import { runAttacks } from "./attack-run.js";
import { measureIdle, measureSlow } from "./connections.js";
import { runMixed } from "./mixed-run.js";
import { parseSoakOptions, type SoakOptions, soakHelpText } from "./options.js";
import type { SubjectOptions } from "./subject.js";

const IDLE_CONNECTIONS = 10_000;
const SLOW_CONNECTIONS = 5000;

const parsed = parseSoakOptions(process.argv.slice(2));
if (parsed.kind === "complaints") {
  process.stderr.write(`${parsed.complaints.join("\n")}\n`);
  process.exitCode = 2;
} else if (parsed.options.action === "help") {
  say(soakHelpText());
} else {
  await judge(parsed.options);
}

async function judge(options: SoakOptions): Promise<void> {
  say(machineLine(describeMachine()));
  const reasons = await run(options);
  for (const line of reasons.length === 0 ? ["It endures."] : ["It does not endure:", ...reasons]) {
    say(line);
  }
  process.exitCode = reasons.length === 0 ? 0 : 1;
}

async function run(options: SoakOptions): Promise<readonly string[]> {
  const { transport, workers, jsonPath } = options;
  const subject = { tempDir: createTemporary(), transport, workers };
  if (options.action === "attacks") return runAttacks(subject, say);
  if (options.action === "connections") return costOfConnections(subject);
  const result = await runMixed(options.minutes, subject, say);
  if (jsonPath !== undefined) writeFileSync(jsonPath, JSON.stringify(result));
  return result.reasons;
}

async function costOfConnections(subject: SubjectOptions): Promise<string[]> {
  const costs = [
    await measureIdle(IDLE_CONNECTIONS, subject),
    await measureSlow(SLOW_CONNECTIONS, subject),
  ];
  for (const { kind, connections, seen, serverBytesEach, kernelBytesEach } of costs) {
    const each = `${kib(serverBytesEach)} in the server and ${kib(kernelBytesEach)} in the kernel`;
    say(`${connections} ${kind} connections, ${seen} of them open: ${each}, each`);
  }
  return costs.flatMap(({ kind, reasons }) => reasons.map((reason) => `${kind}: ${reason}`));
}

function kib(bytes: number): string {
  return `${(bytes / KIB).toFixed(1)} KiB`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
