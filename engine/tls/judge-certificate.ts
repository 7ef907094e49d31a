/**
 * Is a certificate fit to be served with?
 *
 * 1. read     certificates and the key, whole; an encrypted key is refused: nobody is there to ask
 * 2. key      it is the certificate's own, and of a kind that clients and both transports take
 * 3. time     begun and not over, for every certificate of the file
 * 4. chain    each certificate was issued by the one after it
 * 5. use      it names hosts, and is for servers
 *
 * Whether clients trust who issued it is theirs to say. Pure but for OpenSSL's parser: the clock is
 * passed in. Nothing throws; every complaint is a whole line and holds nothing of the key.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { PairPlace, PairText } from "../../fs/key-files.js";

/** A certificate that is fit to be served with. */
export interface Certificate extends PairPlace {
  /** Leaf first, then its issuers. */
  readonly certPem: string;
  readonly keyPem: string;
  /** Lower case, as in `protocol/certificate-names.ts`. */
  readonly names: readonly string[];
  /** The last moment it is valid, milliseconds since the epoch. */
  readonly notAfterMs: number;
}

export type CertificateVerdict =
  | { readonly kind: "fit"; readonly certificate: Certificate }
  | { readonly kind: "unfit"; readonly complaints: readonly string[] };

type Chain = readonly [X509Certificate, ...X509Certificate[]];

export function judgeCertificate(text: PairText, nowMs: number): CertificateVerdict {
  const { certPath, keyPath, certPem, keyPem } = text;
  const chain = readChain(certPem);
  const key = readKey(keyPem);
  const complaints = [
    ...(typeof chain === "string" ? [chain] : complainOfChain(chain, nowMs)).map(
      (complaint) => `${certPath}: ${complaint}`,
    ),
    ...(typeof key === "string" ? [`${keyPath}: ${key}`] : []),
    ...(typeof chain !== "string" && typeof key !== "string"
      ? complainOfKey(chain[0], key).map((complaint) => `${keyPath}: ${complaint}`)
      : []),
  ];
  if (complaints.length > 0 || typeof chain === "string") return { kind: "unfit", complaints };
  const names = namesOf(chain[0]);
  const notAfterMs = Math.min(...chain.map(({ validTo }) => Date.parse(validTo)));
  return { kind: "fit", certificate: { certPath, keyPath, certPem, keyPem, names, notAfterMs } };
}

// --- reading: a string is what is wrong ---

/** RFC 7468 section 5. What stands between the blocks is for people. */
const PEM_BEGIN = /-----BEGIN CERTIFICATE-----/g;
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const BROKEN = "holds a certificate that cannot be read: cut off, or damaged";

function readChain(pem: string): Chain | string {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  if (blocks.length !== (pem.match(PEM_BEGIN) ?? []).length) return BROKEN;
  try {
    const [leaf, ...issuers] = blocks.map((block) => new X509Certificate(block));
    return leaf === undefined ? "holds no certificate in PEM" : [leaf, ...issuers];
  } catch {
    return BROKEN;
  }
}

function readKey(pem: string): KeyObject | string {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) return "holds no private key in PEM";
  if (/ENCRYPTED/.test(pem)) return "is encrypted: want a key without a passphrase";
  try {
    return createPrivateKey(pem);
  } catch {
    return "holds a private key that cannot be read: cut off, or damaged";
  }
}

// --- the key ---

/** Less can be broken; OpenSSL refuses it at its default security level, too. */
const LEAST_RSA_BITS = 2048;
/** The curves of RFC 8446 section 4.2.3, by the names OpenSSL has for them. */
const CURVES: readonly (string | undefined)[] = ["prime256v1", "secp384r1", "secp521r1"];

function complainOfKey(leaf: X509Certificate, key: KeyObject): string[] {
  return [
    ...(leaf.checkPrivateKey(key) ? [] : ["is not the key of the certificate"]),
    ...(isTaken(key)
      ? []
      : [`want RSA of ${LEAST_RSA_BITS} bits or more, ECDSA P-256, P-384 or P-521, or Ed25519`]),
  ];
}

function isTaken({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === "rsa") {
    return (asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_RSA_BITS;
  }
  if (asymmetricKeyType === "ec") return CURVES.includes(asymmetricKeyDetails?.namedCurve);
  return asymmetricKeyType === "ed25519";
}

// --- the certificates ---

function complainOfChain(chain: Chain, nowMs: number): string[] {
  return [
    ...chain.flatMap((one, at) => complainOfTime(one, at, nowMs)),
    ...chain.flatMap((one, at) => {
      const issuer = chain[at + 1];
      if (issuer === undefined || (one.checkIssued(issuer) && one.verify(issuer.publicKey))) {
        return [];
      }
      return `certificate ${at + 2} did not issue certificate ${at + 1}: want the server's first, then its issuer, and so on`;
    }),
    ...complainOfUse(chain[0]),
  ];
}

function complainOfTime({ validFrom, validTo }: X509Certificate, at: number, nowMs: number) {
  const which = at === 0 ? "" : `certificate ${at + 1} `;
  if (nowMs > Date.parse(validTo)) return [`${which}expired on ${showDate(validTo)}`];
  if (nowMs < Date.parse(validFrom)) return [`${which}is not valid before ${showDate(validFrom)}`];
  return [];
}

/** `Nov 24 14:41:23 2026 GMT` -> `2026-11-24T14:41:23Z`. */
const showDate = (date: string): string => `${new Date(date).toISOString().slice(0, 19)}Z`;

/** RFC 5280 section 4.2.1.12. */
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

function complainOfUse(leaf: X509Certificate): string[] {
  const { keyUsage: uses } = leaf; // the extended one, in spite of its name; undefined is any
  return [
    ...(namesOf(leaf).length > 0
      ? []
      : ["names no host (subjectAltName): no client would take it"]),
    ...(uses === undefined || uses.includes(SERVER_AUTH)
      ? []
      : ["is not for servers (serverAuth)"]),
  ];
}

/** `DNS:a.example, IP Address:0:0:0:0:0:0:0:1`; what holds a comma or worse is quoted, and no name. */
function namesOf({ subjectAltName = "" }: X509Certificate): string[] {
  return subjectAltName.split(", ").flatMap((entry) => {
    const [, kind, value = ""] = /^(DNS|IP Address):([\w.*:-]+)$/.exec(entry) ?? [];
    if (kind === undefined) return [];
    return value.includes(":") ? spellV6(value) : value.toLowerCase();
  });
}

/** As `parseHost` has it, brackets included. */
const spellV6 = (address: string): string => new URL(`http://[${address}]`).hostname;
