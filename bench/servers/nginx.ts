/**
 * nginx, tuned five ways. The best of them in a cell is the opponent there: no single
 * configuration wins everywhere, and beating the defaults proves nothing.
 */
import { filesKeptOpen } from "../machine.js";
import { findProgram, isInstalled, versionOf } from "../programs.js";
import { ACCESS_LOG, type Contender, type Site } from "./contender.js";

/**
 * Each way of moving a body that may win somewhere, by name. `at once` sends a head without waiting for
 * its body: two packets, and two system calls less for each answer. Of what else guides advise,
 * `sendfile_max_chunk` is 2m by itself, more than a socket takes at once, and `directio` and reading
 * ahead are for files that are not in the kernel's memory.
 */
const WAYS: Readonly<Record<string, string>> = {
  sendfile: "sendfile on; tcp_nopush on;",
  "sendfile at once": "sendfile on; tcp_nopush off;",
  "buffers 256k": "sendfile off; output_buffers 1 256k;",
  "buffers 1m": "sendfile off; output_buffers 1 1m;",
  threads: "sendfile on; tcp_nopush on; aio threads;",
};

export const NGINX: readonly Contender[] = Object.entries(WAYS).map(([name, way]) => ({
  name: `nginx ${name}`,
  family: "nginx",
  missing: () => (isInstalled("nginx") ? undefined : "nginx"),
  version: () => versionOf("nginx", ["-v"]),
  plan: (site) => ({
    command: findProgram("nginx") ?? "nginx",
    args: [
      "-p",
      site.workDir,
      "-c",
      `${site.workDir}/nginx.conf`,
      "-e",
      `${site.workDir}/error.log`,
    ],
    files: { "nginx.conf": configure(site, way) },
  }),
  abstains: {},
}));

/**
 * Everything that helps nginx and changes no answer: no request limit per connection, facts of all
 * fixtures kept open, errors remembered too, no line in the error log for a file that is not there, lines
 * of the access log written in batches. Workers keep our user, or a temporary folder of root's would be
 * closed to them.
 */
function configure(site: Site, way: string): string {
  const path = `${site.workDir}/${ACCESS_LOG}`;
  const log = site.hasAccessLog ? `${path} combined buffer=64k flush=1s` : "off";
  const user = process.getuid?.() === 0 ? "user root;\n" : "";
  return `${user}daemon off;
worker_processes ${site.workers};
worker_rlimit_nofile 65535;
pid ${site.workDir}/nginx.pid;
error_log ${site.workDir}/error.log error;
events { use epoll; worker_connections 32768; multi_accept on; }
http {
  types { text/html html; text/javascript js; application/octet-stream bin; }
  access_log ${log};
  log_not_found off;
  ${way}
  tcp_nodelay on;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
${site.hasDefaultTrust ? "" : configureTrust()}  gzip_static on;
  client_body_temp_path ${site.workDir}/t1;
  proxy_temp_path ${site.workDir}/t2;
  fastcgi_temp_path ${site.workDir}/t3;
  uwsgi_temp_path ${site.workDir}/t4;
  scgi_temp_path ${site.workDir}/t5;
  server {
    listen ${site.host}:${site.port}${site.certificate === undefined ? "" : " ssl"} backlog=4096 reuseport;
${configureTls(site)}    root ${site.root};
    index index.html;
  }
}
`;
}

const configureTrust = (): string => `  open_file_cache max=${filesKeptOpen()} inactive=600s;
  open_file_cache_valid 60s;
  open_file_cache_min_uses 1;
  open_file_cache_errors on;
`;

/** Without the kernel's TLS (off unless asked for), which not every kernel and library has. */
const configureTls = ({ certificate }: Site): string =>
  certificate === undefined
    ? ""
    : `    ssl_certificate ${certificate.certPath};
    ssl_certificate_key ${certificate.keyPath};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:bench:10m;
`;
