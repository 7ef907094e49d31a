/**
 * The certificates that are served with, and their renewal.
 *
 *   files ── look ──▶ fit ── take ──▶ the transport ──▶ new connections
 *     ▲
 *     └ watched; looked at each minute too, where nothing is told of changes
 *
 * At start every complaint counts, and nothing is served. Later nothing is given up because something
 * is wrong: of a pair that is half written the one before stays, with a warning. A pair whose files
 * are gone from a folder is dropped.
 *
 * Owns: what is current, and when it is looked at. Knows no sockets.
 */
import { createHash } from "node:crypto";
import { readPair, watchPairs } from "../../fs/key-files.js";
import type { TlsFigures } from "../../metrics/machine-metrics.js";
import type { Log } from "../log.js";
import type { TlsMaterial } from "../transport/exchange.js";
import type { Certificate } from "./judge-certificate.js";
import { type Look, look, type Places } from "./look.js";

/** A renewal writes several files, one after the other: what stands between them is not looked at. */
const QUIET_MS = 500;

/** For folders of other machines, and for links that lead to what changes. */
const LOOK_MS = 60_000;

export interface Opened {
  readonly certificates: Certificates;
  /** One line each. With any, the certificates are not to be used. */
  readonly complaints: readonly string[];
  readonly warnings: readonly string[];
}

/** Serves new connections with these; rejects where it cannot. The digest is theirs. */
type Take = (material: TlsMaterial, digest: string) => Promise<void>;

export class Certificates {
  #places: Places;
  readonly #nowMs: () => number;
  #current: readonly Certificate[];
  #take: Take = async () => {};
  #log: Pick<Log, "info" | "warn"> = { info: () => {}, warn: () => {} };
  /** The look under way: of two at once, the older could win. */
  #looking: Promise<readonly string[]> = Promise.resolve([]);
  #said: readonly string[] = [];
  #warned: readonly string[];
  /** The last offer failed: of several who serve, some may have taken it. */
  #isHalfTaken = false;
  #renewals = 0;
  #refusals = 0;
  #endWatch = (): void => {};
  #quiet: NodeJS.Timeout | undefined;
  #clock: NodeJS.Timeout | undefined;

  private constructor(
    places: Places,
    { certificates, warnings }: Pick<Look, "certificates" | "warnings">,
    nowMs: () => number,
  ) {
    this.#places = places;
    this.#current = certificates;
    this.#warned = warnings;
    this.#nowMs = nowMs;
  }

  /**
   * Never rejects.
   *
   * @param nowMs milliseconds since the epoch
   */
  static async open(places: Places, nowMs: () => number = Date.now): Promise<Opened> {
    const first = await look(places, [], nowMs());
    const { complaints, warnings } = first;
    return { certificates: new Certificates(places, first, nowMs), complaints, warnings };
  }

  /** What new connections are to be served with. */
  get material(): TlsMaterial {
    return this.#materialOf(this.#current);
  }

  /** The same in every process that serves with the same, and with no other. */
  get digest(): string {
    return digestOf(this.#current);
  }

  /** Every name there is a certificate for. */
  get names(): readonly string[] {
    return this.#current.flatMap(({ names }) => names);
  }

  /** For the log, one line each: `a.example, b.example until 2027-01-31T12:00:00Z`. */
  describe(): string[] {
    return this.#current.map(describe);
  }

  figures(): TlsFigures {
    return {
      certificates: this.#current.map(({ names, notAfterMs }) => ({ name: names[0]!, notAfterMs })),
      renewals: this.#renewals,
      refusals: this.#refusals,
    };
  }

  use(take: Take): void {
    this.#take = take;
  }

  /** Looks by itself from now on, and tells of what it finds. */
  watch(log: Pick<Log, "info" | "warn">): void {
    this.#log = log;
    this.#watchFiles();
    this.#clock = setInterval(() => void this.reload(), LOOK_MS).unref();
  }

  stop(): void {
    this.#endWatch();
    clearTimeout(this.#quiet);
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  /** From the next look on these are where the files are. */
  moveTo(places: Places): void {
    this.#places = places;
  }

  /**
   * Looks at the files and takes what is new and fit. Never rejects.
   *
   * @returns when that is done, what is unfit, and why what is new and fit could not be taken
   */
  reload(): Promise<readonly string[]> {
    this.#looking = this.#looking.then(() => this.#renew());
    return this.#looking;
  }

  #watchFiles(): void {
    this.#endWatch();
    this.#endWatch = watchPairs(this.#current, this.#places.tlsDir, () => this.#lookSoon());
  }

  #lookSoon(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => void this.reload(), QUIET_MS).unref();
  }

  async #renew(): Promise<readonly string[]> {
    const nowMs = this.#nowMs();
    const { certificates, complaints, warnings } = await look(this.#places, this.#current, nowMs);
    const expired = certificates.filter(({ notAfterMs }) => notAfterMs < nowMs);
    this.#warn([...warnings, ...expired.map(describeExpired)]);
    const isNew = !isSame(certificates, this.#current);
    const isDue = isNew || this.#isHalfTaken;
    const refusals = isDue ? await this.#offer(certificates) : [];
    this.#isHalfTaken = refusals.length > 0;
    const wrong = [...complaints, ...refusals];
    this.#complain(wrong);
    if (isNew && refusals.length === 0) this.#adopt(certificates);
    return wrong;
  }

  /** @returns why they are not taken; empty when they are */
  async #offer(certificates: readonly Certificate[]): Promise<string[]> {
    try {
      await this.#take(this.#materialOf(certificates), digestOf(certificates));
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  #adopt(certificates: readonly Certificate[]): void {
    this.#tell(certificates);
    this.#current = certificates;
    this.#renewals++;
    if (this.#clock !== undefined) this.#watchFiles();
  }

  /** Once each, as long as nothing changes. */
  #warn(warnings: readonly string[]): void {
    for (const one of warnings.filter((line) => !this.#warned.includes(line))) this.#log.warn(one);
    this.#warned = warnings;
  }

  /** Once each, as long as nothing changes. */
  #complain(complaints: readonly string[]): void {
    if (complaints.length > 0) this.#refusals++;
    for (const one of complaints.filter((line) => !this.#said.includes(line))) {
      this.#log.warn(`${one}; what was served before goes on`);
    }
    this.#said = complaints;
  }

  #tell(next: readonly Certificate[]): void {
    for (const one of next.filter((certificate) => !this.#current.includes(certificate))) {
      this.#log.info(`new certificate for ${describe(one)}`);
    }
    for (const { certPath } of this.#current) {
      if (!next.some((one) => one.certPath === certPath)) this.#log.info(`${certPath} is gone`);
    }
  }

  #materialOf(certificates: readonly Certificate[]): TlsMaterial {
    const { tlsCert, tlsDir } = this.#places;
    return {
      fallback: certificates.find(({ certPath }) => certPath === tlsCert),
      named: tlsDir === "" ? [] : certificates,
      isStill: async () => (await Promise.all(certificates.map(isStill))).every(Boolean),
    };
  }
}

const describe = ({ names, notAfterMs }: Certificate): string =>
  `${names.join(", ")} until ${showDate(notAfterMs)}`;

/** Nobody renewed it. Clients that refuse it leave no line in any log, so that this is the only one. */
const describeExpired = ({ certPath, notAfterMs }: Certificate): string =>
  `${certPath}: expired on ${showDate(notAfterMs)}, and is served on: clients refuse it`;

const showDate = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;

/** What has not changed is the same object. */
const isSame = (one: readonly Certificate[], other: readonly Certificate[]): boolean =>
  one.length === other.length && one.every((certificate) => other.includes(certificate));

function digestOf(certificates: readonly Certificate[]): string {
  const hash = createHash("sha256");
  for (const { certPath, certPem, keyPem } of certificates) {
    hash.update(JSON.stringify([certPath, certPem, keyPem]));
  }
  return hash.digest("base64");
}

async function isStill(one: Certificate): Promise<boolean> {
  const text = await readPair(one);
  return text.kind === "pair" && text.certPem === one.certPem && text.keyPem === one.keyPem;
}
