/** A server's configuration as a text to read: what the report shows beside its numbers. */
import type { ServerInfo } from "../results.js";
import type { Contender, Site } from "./contender.js";

/** Stand-ins for what differs from start to start. */
const SHOWN: Omit<Site, "workers"> = {
  root: "ROOT",
  host: "127.0.0.1",
  port: 8080,
  adminPort: 8081,
  workDir: "WORK",
  hasAccessLog: false,
  hasDefaultTrust: false,
  settings: {},
  floor: {
    kind: "constant",
    firstAsk: { method: "GET", target: "/", headers: {}, status: 200, body: { kind: "none" } },
  },
};

export function describeServer(contender: Contender, workers: number): ServerInfo {
  const { name, family } = contender;
  const { command, args, env = {}, files = {} } = contender.plan({ ...SHOWN, workers });
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const line = [...variables, command, ...args].join(" ");
  const texts = Object.entries(files).map(([file, text]) => `# ${file}\n${text.trim()}`);
  return {
    name,
    family,
    version: contender.version(),
    configuration: [line, ...texts].join("\n\n"),
  };
}
