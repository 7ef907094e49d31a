/**
 * lighttpd: the small single-threaded server in C, with its own stat cache, tuned two ways. The best of
 * them in a cell is the opponent there.
 */
import { existsSync } from "node:fs";
import { findProgram, isInstalled, versionOf } from "../programs.js";
import { ACCESS_LOG, abstainFromTls, type Contender, type Site } from "./contender.js";

/** How it moves a body that it does not copy anyway, as it does with small ones, and how it knows a file. */
interface Way {
  readonly backend: "sendfile" | "writev";
  /** `simple` looks at a file again after a second; `inotify` waits for word from the kernel. */
  readonly statCache: "simple" | "inotify";
}

/** First what it does by itself. Where files are large the one tells them apart, else the other. */
const WAYS: Readonly<Record<string, Way>> = {
  lighttpd: { backend: "sendfile", statCache: "simple" },
  "lighttpd writev": { backend: "writev", statCache: "inotify" },
};

/** Where packages put its modules. */
const MODULE_FOLDERS = ["/usr/lib/lighttpd", "/usr/lib64/lighttpd", "/usr/local/lib"];
const hasTls = MODULE_FOLDERS.some((folder) => existsSync(`${folder}/mod_openssl.so`));

export const LIGHTTPD: readonly Contender[] = Object.entries(WAYS).map(([name, way]) => ({
  name,
  family: "lighttpd",
  missing: () => (isInstalled("lighttpd") ? undefined : "lighttpd"),
  version: () => versionOf("lighttpd", ["-v"]),
  plan: (site) => ({
    command: findProgram("lighttpd") ?? "lighttpd",
    args: ["-D", "-f", `${site.workDir}/lighttpd.conf`],
    files: { "lighttpd.conf": configure(site, way) },
  }),
  abstains: {
    precompressed: "it serves no file.gz beside a file",
    "range-16": "it answers at most 10 ranges of a request",
    ...(hasTls
      ? {}
      : abstainFromTls("its TLS module is a package of its own, lighttpd-mod-openssl")),
  },
}));

/** One worker is its normal mode; `server.max-worker` adds a watcher process, so only for more. */
function configure(site: Site, { backend, statCache }: Way): string {
  const workers = site.workers > 1 ? `server.max-worker = ${site.workers}\n` : "";
  const trust = site.hasDefaultTrust ? "" : `server.stat-cache-engine = "${statCache}"\n`;
  const log = `server.modules += ( "mod_accesslog" )
accesslog.filename = "${site.workDir}/${ACCESS_LOG}"
`;
  return `server.document-root = "${site.root}"
server.bind = "${site.host}"
server.port = ${site.port}
server.errorlog = "${site.workDir}/error.log"
server.network-backend = "${backend}"
server.max-fds = 20000
server.max-connections = 16000
server.listen-backlog = 4096
server.max-keep-alive-requests = 1000000000
server.max-keep-alive-idle = 600
server.max-read-idle = 600
server.max-write-idle = 600
index-file.names = ( "index.html" )
mimetype.assign = ( ".html" => "text/html", ".js" => "text/javascript", "" => "application/octet-stream" )
${workers}${trust}${configureTls(site)}${site.hasAccessLog ? log : ""}`;
}

const configureTls = ({ certificate }: Site): string =>
  certificate === undefined
    ? ""
    : `server.modules += ( "mod_openssl" )
ssl.engine = "enable"
ssl.pemfile = "${certificate.certPath}"
ssl.privkey = "${certificate.keyPath}"
`;
