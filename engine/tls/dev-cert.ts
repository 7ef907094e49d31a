/**
 * `sluice dev-cert`: a certificate for trying https on this machine. Signed by itself, so browsers
 * warn once; nothing is put into any store of trusted ones.
 *
 * 1. make    an ECDSA key and a certificate for this machine's names
 * 2. write   cert.pem and key.pem, and never over what is there
 * 3. tell    the command that serves with them
 *
 * Never throws: every failure is one line for the operator. Does not print or exit.
 */
import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import { writeNewFiles } from "../../fs/new-files.js";

/** What there is to print, or why there is nothing. */
export type Made =
  | { readonly kind: "made"; readonly text: string }
  | { readonly kind: "refused"; readonly complaints: readonly string[] };

/** What browsers take at most, so that nobody gets used to a lasting exception: 397 days. */
const DAYS = 397;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of the machines that try it may be late. */
const EARLY_MS = 60 * 60 * 1000;

/** Outside of what is usually served: a key below the root is refused. "" where there is no home. */
function defaultFolder(): string {
  const home = homeOfUser();
  return home === "" ? "" : join(home, ".config", "sluice", "dev-cert");
}

function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return ""; // no HOME, and no line for this user in the system's list of them
  }
}

/** @param given a folder, made where it is not there; undefined for one in the home of this user */
export async function writeDevCert(given: string | undefined): Promise<Made> {
  const named = given ?? defaultFolder();
  if (named === "") {
    const lacks = given === undefined ? "this user has no home" : "the name of the folder is empty";
    return { kind: "refused", complaints: [`${lacks}: want sluice dev-cert FOLDER`] };
  }
  const folder = resolve(named);
  const { certPem, keyPem } = await createDevCert(namesHere(), Date.now());
  const complaints = await writeNewFiles(folder, [
    { name: "key.pem", text: keyPem, mode: 0o600 },
    { name: "cert.pem", text: certPem, mode: 0o644 },
  ]);
  if (complaints.length > 0) return { kind: "refused", complaints };
  const cert = quote(join(folder, "cert.pem"));
  const key = quote(join(folder, "key.pem"));
  return {
    kind: "made",
    text: `a certificate for ${namesHere().join(", ")}, for ${DAYS} days. Serve with it:\n\n  SLUICE_TLS_CERT=${cert} SLUICE_TLS_KEY=${key} sluice\n`,
  };
}

/** For a shell of POSIX. */
const quote = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

const namesHere = (): string[] => {
  const own = hostname().toLowerCase();
  const isName = /^[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?$/.test(own) && own !== "localhost";
  return ["localhost", "127.0.0.1", "::1", ...(isName ? [own] : [])];
};

interface Pair {
  readonly certPem: string;
  readonly keyPem: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** @param names hosts and addresses; the first one names the certificate, too */
async function createDevCert(names: readonly string[], nowMs: number): Promise<Pair> {
  await import("reflect-metadata"); // the library wants it to be there first
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `00${randomBytes(15).toString("hex")}`, // positive, RFC 5280 section 4.1.2.2
    name: `CN=${names[0]}`,
    notBefore: new Date(nowMs - EARLY_MS),
    notAfter: new Date(nowMs + DAYS * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) !== 0 ? "ip" : "dns", value })),
      ),
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const lines = pkcs8
    .toString("base64")
    .match(/.{1,64}/g)!
    .join("\n");
  return {
    certPem: `${certificate.toString("pem")}\n`,
    keyPem: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
  };
}
