/**
 * wrk, the closed-loop load generator: each connection asks again as soon as it is answered.
 *
 * A Lua script of ours names the requests and prints wrk's own figures as JSON. The slowest answer
 * is kept beside the percentiles: in a closed loop a pause of the server holds the questions back
 * too, so a percentile may not show it, but the slowest answer does.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "../certificate.js";
import type { Door, ReadyAsk } from "../check.js";
import { startChild } from "../children.js";
import { type Cores, pinned } from "../cores.js";
import { findProgram } from "../programs.js";
import { HOST } from "../servers/launch.js";

/** What one closed-loop run counted. */
export interface ClosedLoopResult {
  readonly durationSec: number;
  readonly requests: number;
  /** Everything read from the sockets, heads included. */
  readonly bytes: number;
  /** Connections refused, cut or silent. */
  readonly socketErrors: number;
  /** Answers of 400 and above. */
  readonly statusErrors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface WrkPlan {
  readonly server: Door;
  readonly asks: readonly ReadyAsk[];
  readonly connections: number;
  /** The n-th question comes 1/n as often as the first; else all come alike. */
  readonly isByPopularity?: boolean;
  readonly durationSec: number;
  readonly cores: Cores;
  /** Where the script may be written. */
  readonly workDir: string;
}

/**
 * wrk counts whole seconds, so a run is ended with SIGINT, after which it still reports. It listens
 * to that signal only from its first line of output on, which `stdbuf` lets us see at once.
 */
export async function runWrk(plan: WrkPlan): Promise<ClosedLoopResult> {
  const script = join(plan.workDir, "wrk.lua");
  writeFileSync(script, createScript(plan.asks, plan.isByPopularity === true));
  const [command, ...args] = commandLine(plan, script);
  const child = startChild(command!, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...clientTls(plan.server.certificate) },
  });
  let output = "";
  let timer: NodeJS.Timeout | undefined;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    timer ??= setTimeout(() => child.kill("SIGINT"), plan.durationSec * 1000);
  });
  await once(child, "close");
  clearTimeout(timer);
  return parseReport(output);
}

function commandLine(
  { cores, connections, durationSec, server }: WrkPlan,
  script: string,
): string[] {
  const threads = Math.min(cores.loadCount, connections);
  const longer = Math.ceil(durationSec) + 1;
  const scheme = server.certificate === undefined ? "http" : "https";
  const url = `${scheme}://${HOST}:${server.port}/`;
  const options = [`-t${threads}`, `-c${connections}`, `-d${longer}s`, "-s", script, url];
  return pinned(cores.load, "stdbuf", ["-oL", findProgram("wrk") ?? "wrk", ...options]);
}

/** Debian's wrk uses the system's OpenSSL, which is told by its environment. */
const clientTls = (certificate: Certificate | undefined): Record<string, string> =>
  certificate === undefined ? {} : { OPENSSL_CONF: certificate.clientConfigPath };

/** The line that `done` prints in `createScript`. */
function parseReport(output: string): ClosedLoopResult {
  const line = /^sluice-bench (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk said nothing to read: ${output.slice(0, 200)}`);
  return JSON.parse(line);
}

function createScript(asks: readonly ReadyAsk[], isByPopularity: boolean): string {
  const [first] = asks;
  if (first === undefined) throw new Error("no request to send");
  return `${asks.length === 1 ? createSingle(first) : createMany(asks, isByPopularity)}${REPORT}`;
}

/** One request: wrk builds it once and Lua is never called. */
const createSingle = (ask: ReadyAsk): string => `
wrk.method = ${quote(ask.method)}
wrk.path = ${quote(ask.target)}
${luaHeaders("wrk.headers", ask)}`;

/** More than any machine has cores: seeds of one second's threads are none of the next second's. */
const MOST_THREADS = 1024;
/** What a power of evenly spread exponents comes to is n with a probability near 1/n. */
const ZIPF = "floor((count + 1) ^ random())";

/**
 * Many: each formatted once at the start, then drawn at random, in each run in another order and in each
 * thread too. Threads have a Lua of their own: seeded alike they would all ask for the same at the same
 * time, and whoever reads a file once for all who wait for it would look faster than it is.
 */
function createMany(asks: readonly ReadyAsk[], isByPopularity: boolean): string {
  const rows = asks.map((ask) => {
    const table = `{${Object.entries(ask.headers)
      .map(([name, value]) => `[${quote(name)}]=${quote(value)}`)
      .join(",")}}`;
    return `{${quote(ask.method)},${quote(ask.target)},${table}}`;
  });
  return `
local asks = {${rows.join(",\n")}}
local ready = {}
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end
function init(args)
  math.randomseed(os.time() * ${MOST_THREADS} + number)
  for at, ask in ipairs(asks) do
    local headers = ask[3]
    headers["Host"] = wrk.headers["Host"]
    ready[at] = wrk.format(ask[1], ask[2], headers)
  end
end
local count, random, floor = #asks, math.random, math.floor
function request() return ready[${isByPopularity ? ZIPF : "random(count)"}] end
`;
}

const REPORT = `
function done(summary, latency, requests)
  local errors = summary.errors
  local line = '{"durationSec":%.6f,"requests":%d,"bytes":%d,"socketErrors":%d,"statusErrors":%d,'
    .. '"p50Ms":%.3f,"p99Ms":%.3f,"p999Ms":%.3f,"maxMs":%.3f}'
  io.write("\\nsluice-bench " .. line:format(
    summary.duration / 1e6, summary.requests, summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency:percentile(99.9) / 1e3, latency.max / 1e3) .. "\\n")
end
`;

const luaHeaders = (table: string, ask: ReadyAsk): string =>
  Object.entries(ask.headers)
    .map(([name, value]) => `${table}[${quote(name)}] = ${quote(value)}\n`)
    .join("");

/** A Lua string literal. JSON's escapes for quotes and backslashes are Lua's too. */
const quote = (text: string): string => JSON.stringify(text);
