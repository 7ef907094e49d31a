/** Fear: material that no client would take is served, or good material is refused. */
import { createPrivateKey } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { judgeCertificate } from "../../../engine/tls/judge-certificate.js";
import { type Issued, issue } from "../../support/certificates.js";

const NOW = Date.parse("2026-06-01T12:00:00Z");
const HOUR = 3_600_000;
const TIMES = { notBeforeMs: NOW - HOUR, notAfterMs: NOW + HOUR } as const;

const judge = (certPem: string, keyPem: string, nowMs = NOW) =>
  judgeCertificate(
    { certPath: "c.pem", keyPath: "k.pem", certPem, keyPem, isKeyOpen: false },
    nowMs,
  );
const complaints = (certPem: string, keyPem: string, nowMs = NOW): readonly string[] => {
  const verdict = judge(certPem, keyPem, nowMs);
  return verdict.kind === "fit" ? [] : verdict.complaints;
};

/** Made once: each costs some milliseconds. */
interface Made {
  readonly root: Issued;
  readonly middle: Issued;
  readonly leaf: Issued;
  readonly other: Issued;
  readonly namesake: Issued;
}
let made: Made;
beforeAll(async () => {
  const root = await issue({ ...TIMES, isAuthority: true });
  const middle = await issue({
    ...TIMES,
    isAuthority: true,
    issuer: root,
    notAfterMs: NOW + HOUR / 2,
  });
  const names = ["A.example", "*.b.example", "127.0.0.1", "::1"];
  const leaf = await issue({ ...TIMES, names, issuer: middle });
  const other = await issue(TIMES);
  const stranger = await issue({ ...TIMES, isAuthority: true });
  // Signed by somebody who only has the issuer's name.
  const namesake = await issue({ ...TIMES, issuer: { ...stranger, subject: middle.subject } });
  made = { root, middle, leaf, other, namesake };
});

describe("a certificate is fit", () => {
  test("with its issuers behind it, as fit as the first of them to end", () => {
    const { leaf, middle, root } = made;
    const certPem = leaf.certPem + middle.certPem + root.certPem;
    expect(judge(certPem, leaf.keyPem)).toEqual({
      kind: "fit",
      certificate: {
        certPath: "c.pem",
        keyPath: "k.pem",
        certPem,
        keyPem: leaf.keyPem,
        names: ["a.example", "*.b.example", "127.0.0.1", "[::1]"],
        notAfterMs: NOW + HOUR / 2,
      },
    });
  });
  test("without them, if all clients have them", () => {
    expect(complaints(made.leaf.certPem, made.leaf.keyPem)).toEqual([]);
  });
  test("with words for people between the blocks, and the key beside it", () => {
    const { certPem, keyPem } = made.other;
    const both = `This is it:\n${certPem}and its key\n${keyPem}`;
    expect(complaints(both, both)).toEqual([]);
  });
  test("with an RSA key of 2048 bits", async () => {
    const { certPem, keyPem } = await issue({ ...TIMES, rsaBits: 2048 });
    expect(complaints(certPem, keyPem)).toEqual([]);
  });
  test("in its very last second", () => {
    expect(complaints(made.other.certPem, made.other.keyPem, NOW + HOUR)).toEqual([]);
  });
});

describe("a certificate is refused", () => {
  test("with everything that is wrong, at once", async () => {
    const { certPem } = await issue({
      names: [],
      notAfterMs: NOW - HOUR,
      notBeforeMs: NOW - 2 * HOUR,
      isForClients: true,
    });
    expect(complaints(certPem, made.other.keyPem)).toEqual([
      "c.pem: expired on 2026-06-01T11:00:00Z",
      "c.pem: names no host (subjectAltName): no client would take it",
      "c.pem: is not for servers (serverAuth)",
      "k.pem: is not the key of the certificate",
    ]);
  });
  test("before it begins", () => {
    expect(complaints(made.other.certPem, made.other.keyPem, NOW - 2 * HOUR)).toEqual([
      "c.pem: is not valid before 2026-06-01T11:00:00Z",
    ]);
  });
  test("when one of its issuers has expired", () => {
    const { leaf, middle } = made;
    expect(complaints(leaf.certPem + middle.certPem, leaf.keyPem, NOW + HOUR * 0.75)).toEqual([
      "c.pem: certificate 2 expired on 2026-06-01T12:30:00Z",
    ]);
  });
  test("behind its issuer", () => {
    const { leaf, middle } = made;
    expect(complaints(middle.certPem + leaf.certPem, leaf.keyPem)).toEqual([
      expect.stringContaining("certificate 2 did not issue certificate 1"),
      "k.pem: is not the key of the certificate",
    ]);
  });
  test("before an issuer that has the right name and did not sign it", () => {
    const { namesake, middle } = made;
    expect(complaints(namesake.certPem + middle.certPem, namesake.keyPem)).toEqual([
      expect.stringContaining("certificate 2 did not issue certificate 1"),
    ]);
  });
  test("with a key that can be guessed", async () => {
    const { certPem, keyPem } = await issue({ ...TIMES, rsaBits: 1024 });
    expect(complaints(certPem, keyPem)).toEqual([
      "k.pem: want RSA of 2048 bits or more, ECDSA P-256, P-384 or P-521, or Ed25519",
    ]);
  });

  const half = (pem: string): string => pem.slice(0, pem.length / 2);
  test.each<[string, string, (made: Made) => readonly [string, string]]>([
    [
      "k.pem: is encrypted: want a key without a passphrase",
      "an encrypted key",
      ({ other }) => [
        other.certPem,
        String(
          createPrivateKey(other.keyPem).export({
            type: "pkcs8",
            format: "pem",
            cipher: "aes-256-cbc",
            passphrase: "secret",
          }),
        ),
      ],
    ],
    [
      "k.pem: is encrypted: want a key without a passphrase",
      "one of the older form",
      ({ other }) => [
        other.certPem,
        String(
          createPrivateKey(other.keyPem).export({
            type: "sec1",
            format: "pem",
            cipher: "aes-256-cbc",
            passphrase: "secret",
          }),
        ),
      ],
    ],
    [
      "k.pem: holds no private key in PEM",
      "a certificate for a key",
      ({ other }) => [other.certPem, other.certPem],
    ],
    [
      "k.pem: holds a private key that cannot be read: cut off, or damaged",
      "half a key",
      ({ other }) => [other.certPem, half(other.keyPem)],
    ],
    ["c.pem: holds no certificate in PEM", "an empty file", ({ other }) => ["", other.keyPem]],
    [
      "c.pem: holds a certificate that cannot be read: cut off, or damaged",
      "half an issuer",
      ({ leaf, middle }) => [leaf.certPem + half(middle.certPem), leaf.keyPem],
    ],
    [
      "c.pem: holds a certificate that cannot be read: cut off, or damaged",
      "half a certificate before a whole one",
      ({ leaf, middle }) => [half(leaf.certPem) + middle.certPem, leaf.keyPem],
    ],
    [
      "c.pem: holds a certificate that cannot be read: cut off, or damaged",
      "half a certificate",
      ({ other }) => [half(other.certPem), other.keyPem],
    ],
    [
      "c.pem: holds a certificate that cannot be read: cut off, or damaged",
      "a damaged one",
      ({ other }) => [other.certPem.replace(/^M/m, "N"), other.keyPem],
    ],
  ])("%s (%s)", (want, _why, of) => {
    expect(complaints(...of(made))).toEqual([want]);
  });
});
