/**
 * `sluice doctor`: looks at the machine, the folder and the settings, and says what to change.
 *
 * 1. gather   facts, from settings, disk and kernel; starts nothing, changes nothing
 * 2. examine  doctor.ts judges them
 * 3. tell     as text for a terminal, or as JSON on one line
 *
 * Never throws. Does not print or exit.
 */
import { tmpdir } from "node:os";
import { dirname, resolve } from "node:path";
import { readMachineFacts } from "../../fs/machine-facts.js";
import { isWritableFolder, readRootFacts } from "../../fs/root-facts.js";
import { printableJson } from "../../metrics/printable.js";
import type { Environment } from "../settings/config.js";
import { readConfiguration } from "../settings/configuration.js";
import { type Config, hasTls } from "../settings/settings.js";
import { Certificates } from "../tls/certificates.js";
import { loadUws } from "../transport/uws.js";
import { examine } from "./doctor.js";
import { doctorText } from "./doctor-text.js";
import type { CertificateFacts, DoctorFacts, LibraryFacts, WriteFacts } from "./finding.js";

export interface Diagnosis {
  readonly text: string;
  /** Whether something does not work. */
  readonly hasErrors: boolean;
}

export interface DoctorWishes {
  /** ROOT of the command line. */
  readonly root: string | undefined;
  readonly asJson: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly width: number | undefined;
}

/** A pipe or a file is read later, mostly on more than the narrowest terminal. */
const PIPE_COLUMNS = 100;

/** @param env `process.env` */
export async function diagnose(
  env: Environment,
  { root, asJson, width = PIPE_COLUMNS }: DoctorWishes,
): Promise<Diagnosis> {
  const findings = examine(await gatherFacts(env, root));
  const hasErrors = findings.some(({ verdict }) => verdict === "error");
  const text = asJson
    ? `${printableJson(JSON.stringify({ ok: !hasErrors, findings }))}\n`
    : doctorText(findings, width);
  return { text, hasErrors };
}

async function gatherFacts(env: Environment, root: string | undefined): Promise<DoctorFacts> {
  const { config, site, complaints } = await readConfiguration(env, root);
  const served = site.hostsDir || site.root;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const glibc = header.glibcVersionRuntime;
  return {
    config,
    complaints,
    machine: readMachineFacts(),
    node: `Node ${process.versions.node}`,
    libc: glibc === undefined ? undefined : `glibc ${glibc}`,
    uws: await tryUws(),
    root: served === "" ? undefined : readRootFacts(served, config.index),
    writes: findWrites(config),
    certificates: hasTls(config) ? await lookAtCertificates(config) : undefined,
  };
}

async function lookAtCertificates(config: Config): Promise<CertificateFacts> {
  const nowMs = Date.now();
  const { certificates, complaints, warnings } = await Certificates.open(config, () => nowMs);
  return { complaints, warnings, fit: certificates.figures().certificates, nowMs };
}

/** Loading the binary listens nowhere. */
async function tryUws(): Promise<LibraryFacts> {
  try {
    await loadUws();
    return { loads: true };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { loads: false, why };
  }
}

function findWrites({
  listing,
  stateDir,
  metrics,
  accessLog,
  accessLogFile,
}: Config): WriteFacts[] {
  const places: [name: string, folder: string][] = [];
  if (listing) places.push(["TMPDIR", tmpdir()]);
  if (metrics && stateDir !== "") places.push(["SLUICE_STATE_DIR", resolve(stateDir)]);
  if (accessLog !== "off" && accessLogFile !== "") {
    places.push(["SLUICE_ACCESS_LOG_FILE", dirname(resolve(accessLogFile))]);
  }
  return places.map(([name, folder]) => ({ name, folder, isWritable: isWritableFolder(folder) }));
}
