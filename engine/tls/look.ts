/**
 * One look at the files of all certificates: what is fit, and what is wrong with the rest.
 */
import { type Listed, listPairs, type PairPlace, readPair } from "../../fs/key-files.js";
import type { Config } from "../settings/settings.js";
import { type Certificate, judgeCertificate } from "./judge-certificate.js";

/** Where to look; "" for none. */
export type Places = Pick<Config, "tlsCert" | "tlsKey" | "tlsDir">;

/** What there is. Complaints and warnings are whole lines. */
export interface Look {
  /** Fit, in the order of their places; no two of them have a name in common. */
  readonly certificates: readonly Certificate[];
  /** Of what is not fit. Where it was fit before, what was there before is among the certificates. */
  readonly complaints: readonly string[];
  /** Of what is fit all the same, and of what is passed over. */
  readonly warnings: readonly string[];
}

interface Finding {
  readonly certificate?: Certificate | undefined;
  readonly complaints: readonly string[];
  readonly warnings?: readonly string[];
}

/**
 * Never rejects.
 *
 * @param before what was fit the last time: unchanged it is not judged again, so what has expired
 *   meanwhile stays, as nothing better is there
 * @param nowMs milliseconds since the epoch
 */
export async function look(
  places: Places,
  before: readonly Certificate[],
  nowMs: number,
): Promise<Look> {
  const listed = await listPlaces(places, before);
  const findings = await Promise.all(
    listed.places.map((place) =>
      lookAt(
        place,
        before.find(({ certPath }) => certPath === place.certPath),
        nowMs,
      ),
    ),
  );
  const { certificates, clashes } = withoutClashes(
    findings.flatMap(({ certificate }) => certificate ?? []),
    before,
  );
  return {
    certificates,
    complaints: [
      ...listed.complaints,
      ...findings.flatMap(({ complaints }) => complaints),
      ...clashes,
    ],
    warnings: [...listed.warnings, ...findings.flatMap(({ warnings = [] }) => warnings)],
  };
}

async function listPlaces(
  { tlsCert, tlsKey, tlsDir }: Places,
  before: readonly Certificate[],
): Promise<Listed> {
  // One without the other is complained of where the settings are judged.
  const isPair = tlsCert !== "" && tlsKey !== "";
  const own = isPair ? [{ certPath: tlsCert, keyPath: tlsKey }] : [];
  if (tlsDir === "") return { places: own, complaints: [], warnings: [] };
  const known = before.filter(({ certPath }) => certPath !== tlsCert);
  const listed = await listPairs(tlsDir, known);
  return { ...listed, places: [...own, ...listed.places] };
}

async function lookAt(
  place: PairPlace,
  before: Certificate | undefined,
  nowMs: number,
): Promise<Finding> {
  const text = await readPair(place);
  if (text.kind === "refused") return { certificate: before, complaints: text.complaints };
  if (text.certPem === before?.certPem && text.keyPem === before.keyPem) {
    return { certificate: before, complaints: [] };
  }
  const verdict = judgeCertificate(text, nowMs);
  if (verdict.kind === "unfit") return { certificate: before, complaints: verdict.complaints };
  const warnings = text.isKeyOpen
    ? [`${place.keyPath}: any user of this machine may read this key; chmod o-r closes it`]
    : [];
  return { certificate: verdict.certificate, complaints: [], warnings };
}

/**
 * Who is served with a name keeps it as long as its file has it; else the first that has it. Who
 * would take it goes on with what it was served with, or is not served.
 */
function withoutClashes(found: readonly Certificate[], before: readonly Certificate[]) {
  const certificates = [...found];
  const clashes: string[] = [];
  const servedAt = (path: string) => before.find(({ certPath }) => certPath === path);
  for (let clash = findClash(certificates); clash !== undefined; clash = findClash(certificates)) {
    const { name, first, second } = clash;
    const isSeconds = servedAt(second.certPath)?.names.includes(name) === true;
    const [owner, taker] = isSeconds ? [second, first] : [first, second];
    clashes.push(
      `${taker.certPath}: is for ${name}, and so is ${owner.certPath}: want one of them`,
    );
    const served = servedAt(taker.certPath);
    const isOther = served !== undefined && served !== taker; // else this would never end
    certificates.splice(certificates.lastIndexOf(taker), 1, ...(isOther ? [served] : []));
  }
  return { certificates, clashes };
}

interface Clash {
  readonly name: string;
  readonly first: Certificate;
  readonly second: Certificate;
}

function findClash(all: readonly Certificate[]): Clash | undefined {
  const owners = new Map<string, Certificate>();
  for (const second of all) {
    for (const name of second.names) {
      const first = owners.get(name);
      if (first !== undefined && first !== second) return { name, first, second };
      owners.set(name, second);
    }
  }
  return undefined;
}
