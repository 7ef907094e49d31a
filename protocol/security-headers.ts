/**
 * Security headers by preset: what each one is worth, and what it may break.
 *
 * | preset   | for                                                                          |
 * | -------- | ---------------------------------------------------------------------------- |
 * | `off`    | a proxy in front adds its own                                                |
 * | `basic`  | anything: nothing that works today stops working                             |
 * | `strict` | a site of its own: not framed, not embedded, not read by other sites         |
 *
 * A Content-Security-Policy for scripts belongs to who wrote them: write it in the rules file.
 */
import type { Field } from "./head.js";

/** The values of `SLUICE_SECURITY_HEADERS`. */
export const SECURITY_PRESETS = ["off", "basic", "strict"] as const;
export type SecurityPreset = (typeof SECURITY_PRESETS)[number];

/**
 * `nosniff`: a file is what its Content-Type says; an uploaded picture is never run as a script.
 * `Referrer-Policy`: other sites learn the origin, not the path. Browsers default to it by now;
 * older ones leaked the path.
 */
const BASIC: readonly Field[] = [
  ["X-Content-Type-Options", "nosniff"],
  ["Referrer-Policy", "strict-origin-when-cross-origin"],
];

/**
 * `frame-ancestors`, and `X-Frame-Options` for browsers that do not know it: no click-jacking.
 * `object-src` and `base-uri`: two holes in every script policy, and no site needs them open.
 * COOP: a page that was opened from elsewhere has no handle on its opener; pop-ups still work.
 * CORP: other sites cannot embed the files. This is what breaks a CDN: hence not in `basic`.
 */
const STRICT: readonly Field[] = [
  ...BASIC,
  ["Content-Security-Policy", "base-uri 'self'; frame-ancestors 'self'; object-src 'none'"],
  ["X-Frame-Options", "SAMEORIGIN"],
  ["Cross-Origin-Opener-Policy", "same-origin-allow-popups"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
];

const PRESETS: Readonly<Record<SecurityPreset, readonly Field[]>> = {
  off: [],
  basic: BASIC,
  strict: STRICT,
};

/**
 * RFC 6797 section 6.1, in the order everybody writes it. `preload` is not in the RFC: the lists that
 * browsers are shipped with ask for it, for all below the name and for a year.
 */
const STRICT_TRANSPORT =
  /^max-age=(\d{1,10})(?<all>; ?includeSubDomains)?(?<preload>; ?preload)?$/i;
const YEAR_SEC = 31_536_000;

/** Whether a text may be the value of Strict-Transport-Security. */
export function isStrictTransport(text: string): boolean {
  const [, seconds, all, preload] = STRICT_TRANSPORT.exec(text) ?? [];
  if (seconds === undefined) return false;
  return preload === undefined || (all !== undefined && Number(seconds) >= YEAR_SEC);
}

/**
 * The fields of a preset.
 *
 * @param strictTransport judged by `isStrictTransport`; "" for none, and on any connection but TLS:
 *   RFC 6797 section 7.2 forbids it there
 */
export function securityFields(preset: SecurityPreset, strictTransport: string): readonly Field[] {
  const fields = PRESETS[preset];
  return strictTransport === ""
    ? fields
    : [...fields, ["Strict-Transport-Security", strictTransport]];
}
