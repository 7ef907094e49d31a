/**
 * What a site says of its files, and where it counts them: the last steps before a file is sent.
 */
import { contentTypeOf } from "../fs/mime.js";
import type { OpenFile } from "../fs/open-file.js";
import type { DownloadCounter } from "../metrics/download-counter.js";
import type { Downloads } from "../metrics/downloads.js";
import type { Field } from "../protocol/head.js";
import type { Coding } from "../protocol/negotiation.js";
import { type PreparedFile, prepareFile } from "./prepared.js";
import { type Circumstances, FieldBook, type FieldSettings } from "./site-fields.js";

export interface PreparerSettings {
  /** Absolute; "" when there is one root for all hosts. */
  readonly hostsDir: string;
  readonly fields: FieldSettings;
}

export class Preparer {
  readonly #hostsDir: string;
  readonly #fields: FieldBook;
  readonly #downloads: Downloads | undefined;

  /** @param downloads undefined: nothing is counted */
  constructor({ hostsDir, fields }: PreparerSettings, downloads: Downloads | undefined) {
    this.#hostsDir = hostsDir;
    this.#fields = new FieldBook(fields);
    this.#downloads = downloads;
  }

  /**
   * @param file the one that is sent: that of `about`, or a sibling in another coding
   * @param more fields of this answer alone
   */
  prepare(
    file: OpenFile,
    coding: Coding,
    about: Circumstances,
    more: readonly Field[] = NO_FIELDS,
  ): PreparedFile {
    const { filePath, effects, isStandIn } = about;
    // What a rule says of a type is about the file it names, not about what stands in for one.
    const mediaType = (isStandIn ? undefined : effects.mediaType) ?? contentTypeOf(filePath);
    const common = this.#fields.forFile(about, mediaType);
    const fields = more.length === 0 ? common : [...common, ...more];
    return prepareFile(file, { mediaType, coding, fields });
  }

  /** Files are counted by their path below the root, those of a host with its folder in front. */
  counterOf(filePath: string, root: string): DownloadCounter | undefined {
    const base = this.#hostsDir || root;
    return this.#downloads?.counterOf(base === "/" ? filePath : filePath.slice(base.length));
  }
}

const NO_FIELDS: readonly Field[] = [];
