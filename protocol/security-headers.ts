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

/**
 * RFC 6797 section 6.1: one year. Neither `includeSubDomains` nor `preload`: they bind hosts this
 * server knows nothing of, and cannot be taken back in time.
 */
const STRICT_TRANSPORT: readonly Field[] = [["Strict-Transport-Security", "max-age=31536000"]];

/**
 * The fields of a preset.
 *
 * @param isSecure the connection is TLS: section 7.2 forbids the transport field on any other
 */
export function securityFields(preset: SecurityPreset, isSecure: boolean): readonly Field[] {
  if (preset === "off") return [];
  const fields = preset === "strict" ? STRICT : BASIC;
  return isSecure ? [...fields, ...STRICT_TRANSPORT] : fields;
}
