/**
 * The certificate of the cells over TLS, and how clients of ours trust it.
 *
 * Made for each run and signed by itself: an elliptic key (P-256), as most sites have. Every server
 * gets the same one. The load generator offers one cipher of TLS 1.3, so that no server is faster by
 * its taste in ciphers.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from "node:http";
import { Agent as HttpsAgent, type RequestOptions, request as secureRequest } from "node:https";
import { join } from "node:path";
import { findProgram } from "./programs.js";

/** Paths of PEM files, and of a configuration for clients that use OpenSSL. */
export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  readonly clientConfigPath: string;
}

const DAYS = 2; // no run takes longer
const NAMES = "subjectAltName=IP:127.0.0.1,DNS:localhost";

/** As config(5) and SSL_CONF_cmd(3) describe it. */
const CLIENT_CONFIG = `openssl_conf = start
[start]
ssl_conf = programs
[programs]
system_default = all
[all]
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256
`;

/** @throws Error with what openssl said */
export function makeCertificate(folder: string): Certificate {
  const certPath = join(folder, "cert.pem");
  const keyPath = join(folder, "key.pem");
  const clientConfigPath = join(folder, "client.cnf");
  writeFileSync(clientConfigPath, CLIENT_CONFIG);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = ["-subj", "/CN=localhost", "-addext", NAMES, "-days", `${DAYS}`];
  const files = ["-keyout", keyPath, "-out", certPath];
  const openssl = findProgram("openssl") ?? "openssl";
  const made = spawnSync(openssl, ["req", "-x509", ...key, ...names, ...files]);
  if (made.status === 0) return { certPath, keyPath, clientConfigPath };
  throw new Error(`openssl made no certificate: ${made.error?.message ?? made.stderr}`);
}

/** `request` of node:http, or of node:https trusting this certificate and no other. */
export function openRequest(
  options: RequestOptions,
  certificate: Certificate | undefined,
  onAnswer: (answer: IncomingMessage) => void,
): ClientRequest {
  if (certificate === undefined) return request(options, onAnswer);
  return secureRequest({ ...options, ca: readFileSync(certificate.certPath) }, onAnswer);
}

/** One connection, kept for the next request. */
export function openAgent(certificate: Certificate | undefined): HttpAgent {
  const one = { keepAlive: true, maxSockets: 1 };
  return certificate === undefined ? new HttpAgent(one) : new HttpsAgent(one);
}
