/** lighttpd: the small single-threaded server in C, with its own stat cache. */
import { findProgram, isInstalled, versionOf } from "../programs.js";
import { ACCESS_LOG, abstainFromTls, type Contender, type Site } from "./contender.js";

export const LIGHTTPD: Contender = {
  name: "lighttpd",
  family: "lighttpd",
  missing: () => (isInstalled("lighttpd") ? undefined : "lighttpd"),
  version: () => versionOf("lighttpd", ["-v"]),
  plan: (site) => ({
    command: findProgram("lighttpd") ?? "lighttpd",
    args: ["-D", "-f", `${site.workDir}/lighttpd.conf`],
    files: { "lighttpd.conf": configure(site) },
  }),
  abstains: {
    precompressed: "it serves no file.gz beside a file",
    "range-16": "it answers at most 10 ranges of a request",
    ...abstainFromTls("its TLS module is a package of its own, lighttpd-mod-openssl"),
  },
};

/** One worker is its normal mode; `server.max-worker` adds a watcher process, so only for more. */
function configure(site: Site): string {
  const workers = site.workers > 1 ? `server.max-worker = ${site.workers}\n` : "";
  const log = `server.modules += ( "mod_accesslog" )
accesslog.filename = "${site.workDir}/${ACCESS_LOG}"
`;
  return `server.document-root = "${site.root}"
server.bind = "${site.host}"
server.port = ${site.port}
server.errorlog = "${site.workDir}/error.log"
server.max-fds = 20000
server.max-connections = 16000
server.listen-backlog = 4096
server.max-keep-alive-requests = 1000000000
server.max-keep-alive-idle = 600
server.max-read-idle = 600
server.max-write-idle = 600
index-file.names = ( "index.html" )
mimetype.assign = ( ".html" => "text/html", ".js" => "text/javascript", "" => "application/octet-stream" )
${workers}${site.hasAccessLog ? log : ""}`;
}
