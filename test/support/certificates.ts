/** Certificates made for a test: fit in every respect but the one that is asked for. */
import "reflect-metadata"; // the library wants it to be there first
import { webcrypto } from "node:crypto";
import fs from "node:fs";
import { isIP } from "node:net";
import { dirname } from "node:path";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { afterAll, beforeAll } from "vitest";
import { Folder } from "./folder.js";

const { subtle } = webcrypto;
const { clientAuth, serverAuth } = ExtendedKeyUsage;
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;
const DAY_MS = 86_400_000;

export interface Wishes {
  /** Hosts and addresses it is for. */
  readonly names?: readonly string[];
  /** Milliseconds since the epoch; a day ago and a day from now unless said. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** Signed by this one, and not by itself. */
  readonly issuer?: Issued;
  readonly isAuthority?: boolean;
  /** In place of ECDSA P-256. */
  readonly rsaBits?: number;
  /** And not for servers. */
  readonly isForClients?: boolean;
}

/** In PEM. */
export interface Issued {
  readonly certPem: string;
  readonly keyPem: string;
  /** What the certificate was issued to. */
  readonly subject: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** One for a file of tests, as the settings of a server that speaks TLS with it. */
export function sharedCertificate(): Record<"SLUICE_TLS_CERT" | "SLUICE_TLS_KEY", string> {
  const keys = new Folder();
  const env = { SLUICE_TLS_CERT: keys.at("c.pem"), SLUICE_TLS_KEY: keys.at("k.pem") };
  beforeAll(async () => writePair(await issue(), env.SLUICE_TLS_CERT, env.SLUICE_TLS_KEY));
  afterAll(() => keys.remove());
  return env;
}

let serial = 0;

export async function issue(wishes: Wishes = {}): Promise<Issued> {
  const { names = ["localhost"], issuer, isAuthority = false, rsaBits } = wishes;
  const algorithm = rsaBits === undefined ? ECDSA : { ...RSA, modulusLength: rsaBits };
  const keys = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const subject = `CN=${isAuthority ? "authority" : "server"} ${++serial}`;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial.toString(16).padStart(8, "0"),
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date(wishes.notBeforeMs ?? Date.now() - DAY_MS),
    notAfter: new Date(wishes.notAfterMs ?? Date.now() + DAY_MS),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: issuer === undefined ? algorithm : ECDSA,
    extensions: [
      ...(names.length === 0
        ? []
        : [
            new SubjectAlternativeNameExtension(
              names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
            ),
          ]),
      new BasicConstraintsExtension(isAuthority, undefined, true),
      new ExtendedKeyUsageExtension([wishes.isForClients ? clientAuth : serverAuth]),
    ],
  });
  const pkcs8 = Buffer.from(await subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    certPem: `${certificate.toString("pem")}\n`,
    keyPem: `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)!.join("\n")}\n-----END PRIVATE KEY-----\n`,
    subject,
    keys,
  };
}

/** Writes both files, the key for its owner alone, and says where they are. */
export function writePair(
  { certPem, keyPem }: Pick<Issued, "certPem" | "keyPem">,
  certPath: string,
  keyPath: string,
): void {
  for (const path of [certPath, keyPath]) fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(certPath, certPem);
  fs.writeFileSync(keyPath, keyPem, { mode: 0o600 });
}
