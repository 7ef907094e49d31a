/**
 * The fields of an answer that come from the operator: caching, security, cross-origin, rules.
 */
import { cacheControlFor, NO_CACHE, NO_STORE } from "../protocol/cache-policy.js";
import { type AllowedOrigins, corsFields } from "../protocol/cors.js";
import { faultFields } from "../protocol/error-page.js";
import type { FaultCode } from "../protocol/faults.js";
import { mergeFields } from "../protocol/fields.js";
import type { Field } from "../protocol/head.js";
import type { ListingFormat } from "../protocol/listing-query.js";
import { PAGE_POLICY } from "../protocol/look.js";
import { type Effects, NO_EFFECTS } from "../protocol/rules.js";

export interface FieldSettings {
  /** For files that are neither pages nor named by their content. */
  readonly cacheControl: string;
  readonly origins: AllowedOrigins;
  /** On every answer of this server, errors included. */
  readonly everywhere: readonly Field[];
}

const BY_CODING: readonly Field[] = [["Vary", "Accept-Encoding"]];
/** For an answer that stands in for something missing, and depends on who asks. */
const STAND_IN: readonly Field[] = [
  ["Cache-Control", NO_STORE],
  ["Vary", "Accept"],
];

/** What an answer's fields depend on, beside the settings. */
export interface Circumstances {
  /** Decoded path as asked for, with a leading slash. */
  readonly path: string;
  /** The same, or where a rule leads in its place. */
  readonly place: string;
  /** Path of the file that answers, without the suffix of a sibling. */
  readonly filePath: string;
  readonly effects: Effects;
  readonly origin: string;
  /** The file has siblings, so the answer depends on Accept-Encoding, whichever is sent. */
  readonly isNegotiated: boolean;
  /** The single-page app's page, in place of a file that is not there. */
  readonly isStandIn: boolean;
}

/**
 * The fields of files. Most files of a site have the same ones, so they are merged once: opening a
 * small file costs a third less for it.
 */
export class FieldBook {
  readonly #settings: FieldSettings;
  /** For files that no rule speaks about, asked for by nobody's script: by how they are cached. */
  readonly #common = new Map<string, readonly Field[]>();
  /** The same for those that have siblings. */
  readonly #negotiated = new Map<string, readonly Field[]>();

  constructor(settings: FieldSettings) {
    this.#settings = settings;
  }

  /**
   * All of them, rules first: what a rule says replaces what we would have said.
   *
   * @param mediaType of what is asked for
   */
  forFile(about: Circumstances, mediaType: string): readonly Field[] {
    const { effects, path, place, origin, isNegotiated, isStandIn } = about;
    const cacheControl =
      effects.cacheControl ??
      cacheControlFor({ path, place, mediaType }, this.#settings.cacheControl);
    const isSpecial = effects !== NO_EFFECTS || origin !== "" || isStandIn;
    if (isSpecial) return this.#merge(about, cacheControl);

    const known = isNegotiated ? this.#negotiated : this.#common;
    const merged = known.get(cacheControl);
    if (merged !== undefined) return merged;
    const fields = this.#merge(about, cacheControl);
    known.set(cacheControl, fields);
    return fields;
  }

  #merge(about: Circumstances, cacheControl: string): Field[] {
    const { origins, everywhere } = this.#settings;
    return mergeFields(
      about.isStandIn ? STAND_IN : [],
      [["Cache-Control", cacheControl]],
      about.isNegotiated ? BY_CODING : [],
      about.isStandIn ? unsaved(about.effects) : about.effects.headers,
      corsFields(origins, about.origin),
      everywhere,
    );
  }
}

/**
 * All of them for a folder's listing. It is a page of ours, so what it may load is known: nothing. What
 * a rule says of the pages of a site would take its looks away, or let in what it has no use for.
 */
export function listingFields(
  { origins, everywhere }: FieldSettings,
  format: ListingFormat,
  effects: Effects,
  origin: string,
): Field[] {
  const about: Field[] = [
    ["Cache-Control", effects.cacheControl ?? NO_CACHE],
    ["Vary", "Accept"],
  ];
  const policy: Field[] = format === "html" ? [["Content-Security-Policy", PAGE_POLICY]] : [];
  return mergeFields(about, policy, unsaved(effects), corsFields(origins, origin), everywhere);
}

/**
 * All of them for a redirect.
 *
 * @param cacheControl what the rule that redirects says of it; undefined for nothing
 */
export function redirectFields(
  { origins, everywhere }: FieldSettings,
  effects: Effects,
  cacheControl: string | undefined,
  origin: string,
): Field[] {
  const caching: Field[] = cacheControl === undefined ? [] : [["Cache-Control", cacheControl]];
  return mergeFields(caching, unsaved(effects), corsFields(origins, origin), everywhere);
}

/** What a rule says of saving is about the files it names, not about what is sent in place of one. */
const unsaved = ({ headers }: Effects): Field[] =>
  headers.filter(([name]) => name !== "Content-Disposition");

/** All of them for the operator's page about a fault. It represents nothing: no tag, no ranges. */
export const errorPageFields = (
  { origins, everywhere }: FieldSettings,
  code: FaultCode,
  mediaType: string,
  effects: Effects,
  origin: string,
): Field[] =>
  mergeFields(
    [["Content-Type", mediaType]],
    faultFields(code),
    unsaved(effects),
    corsFields(origins, origin),
    everywhere,
  );
