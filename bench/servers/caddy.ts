/** Caddy: the server in Go that many newcomers choose, with its defaults but for TLS and admin. */
import { findProgram, isInstalled, versionOf } from "../programs.js";
import { ACCESS_LOG, type Contender, type Site } from "./contender.js";

export const CADDY: Contender = {
  name: "caddy",
  family: "caddy",
  missing: () => (isInstalled("caddy") ? undefined : "caddy"),
  version: () => versionOf("caddy", ["version"]),
  plan: (site) => ({
    command: findProgram("caddy") ?? "caddy",
    args: ["run", "--adapter", "caddyfile", "--config", `${site.workDir}/Caddyfile`],
    env: { GOMAXPROCS: `${site.workers}`, HOME: site.workDir, XDG_DATA_HOME: site.workDir },
    files: { Caddyfile: configure(site) },
  }),
  abstains: {
    "slow-disk": "Go makes its system calls itself, so a preloaded library cannot slow them",
  },
};

function configure(site: Site): string {
  const log = `log {\n    output file ${site.workDir}/${ACCESS_LOG}\n  }`;
  return `{
  admin off
  auto_https off
}
${site.certificate === undefined ? "http" : "https"}://${site.host}:${site.port} {
${configureTls(site)}  root * ${site.root}
  file_server {
    precompressed br gzip
  }
  ${site.hasAccessLog ? log : ""}
}
`;
}

const configureTls = ({ certificate }: Site): string =>
  certificate === undefined ? "" : `  tls ${certificate.certPath} ${certificate.keyPath}\n`;
