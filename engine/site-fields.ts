/**
 * The fields of an answer that come from the operator: caching, security, cross-origin, rules.
 */
import { contentTypeOf } from "../fs/mime.js";
import { cacheControlFor, NO_CACHE, NO_STORE } from "../protocol/cache-policy.js";
import { type AllowedOrigins, corsFields } from "../protocol/cors.js";
import { mergeFields } from "../protocol/fields.js";
import type { Field } from "../protocol/head.js";
import type { ListingFormat } from "../protocol/listing-query.js";
import { PAGE_POLICY } from "../protocol/look.js";
import type { Effects } from "../protocol/rules.js";

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
  /** Path of the file that answers, without the suffix of a sibling. */
  readonly filePath: string;
  readonly effects: Effects;
  readonly origin: string;
  /** The file has siblings, so the answer depends on Accept-Encoding, whichever is sent. */
  readonly isNegotiated: boolean;
  /** The single-page app's page, in place of a file that is not there. */
  readonly isStandIn: boolean;
}

/** All of them for a file, rules first: what a rule says replaces what we would have said. */
export function fieldsFor(settings: FieldSettings, about: Circumstances): Field[] {
  const { cacheControl, origins, everywhere } = settings;
  const { effects, path, filePath } = about;
  const named = { path, mediaType: contentTypeOf(filePath) };
  const caching: Field[] = [
    ["Cache-Control", effects.cacheControl ?? cacheControlFor(named, cacheControl)],
  ];
  return mergeFields(
    about.isStandIn ? STAND_IN : [],
    caching,
    about.isNegotiated ? BY_CODING : [],
    effects.headers,
    corsFields(origins, about.origin),
    everywhere,
  );
}

/** All of them for a folder's listing. It is a page of ours, so what it may load is known: nothing. */
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
  return mergeFields(about, effects.headers, policy, corsFields(origins, origin), everywhere);
}
