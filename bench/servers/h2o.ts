/** h2o: HTTP/2 server in C whose HTTP/1.1 path is the fastest of the peers for small files. */
import { findProgram, isInstalled, versionOf } from "../programs.js";
import { ACCESS_LOG, type Contender, type Site } from "./contender.js";

export const H2O: Contender = {
  name: "h2o",
  family: "h2o",
  missing: () => (isInstalled("h2o") ? undefined : "h2o"),
  version: () => versionOf("h2o", ["--version"]),
  plan: (site) => ({
    command: findProgram("h2o") ?? "h2o",
    args: ["-c", `${site.workDir}/h2o.conf`],
    files: { "h2o.conf": configure(site) },
  }),
  abstains: {},
};

function configure(site: Site): string {
  const log = site.hasAccessLog ? `access-log: ${site.workDir}/${ACCESS_LOG}\n` : "";
  const user = process.getuid?.() === 0 ? "user: root\n" : "";
  return `${user}num-threads: ${site.workers}
max-connections: 32768
http1-request-timeout: 600
file.send-compressed: ON
file.index: [ 'index.html' ]
error-log: ${site.workDir}/error.log
${log}listen:
  host: ${site.host}
  port: ${site.port}
${configureTls(site)}hosts:
  default:
    paths:
      "/":
        file.dir: ${site.root}
`;
}

const configureTls = ({ certificate }: Site): string =>
  certificate === undefined
    ? ""
    : `  ssl:
    certificate-file: ${certificate.certPath}
    key-file: ${certificate.keyPath}
    minimum-version: TLSv1.2
`;
