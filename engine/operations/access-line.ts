/**
 * One request as one line of the access log: Apache's combined format, or JSON.
 *
 *   192.0.2.1 - - [24/Nov/2026:11:00:00 +0000] "GET /a?b HTTP/1.1" 200 1234 "-" "curl/8.5.0"
 *   192.0.2.1 client-gone - [24/Nov/2026:11:00:00 +0000] "GET /big.iso HTTP/1.1" 200 65536 "-" "-"
 *
 * An answer that was cut short says why in the second field. That is where Apache writes what an
 * identity service (RFC 1413) said of the user, which nobody asks any more: every parser takes a
 * word there, while one more field at the end would break some. The status is the one that was
 * sent; 499, as in nginx, when the client left before there was one.
 *
 * A line is ASCII and has one line feed, at its end, whatever the client sent: a byte is a
 * character, and no terminal is told to do anything. Pure but for the time stamps kept.
 */
import { isUtf8 } from "node:buffer";
import type { Outcome } from "../../metrics/operations.js";

/** What a line needs of a request, copied out while the request is there. "" is absent. */
export interface Caller {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly version: string;
  /** Address; see client-address.ts. */
  readonly client: string;
  /** These two as the transports hand fields over: a character is a byte. */
  readonly referer: string;
  readonly userAgent: string;
}

/** What became of it. */
interface Ending {
  /** 0 when the client left before a head went out. */
  readonly status: number;
  /** Body bytes that the socket took. */
  readonly sentBytes: number;
  readonly tookMs: number;
  readonly outcome: Outcome;
}

/** @param nowMs when the request ended, wall clock, milliseconds since the epoch */
export type LineFormat = (caller: Caller, ending: Ending, nowMs: number) => string;

/** nginx's own status for a client that did not wait. It is never sent. */
const CLIENT_LEFT = 499;

/** The second field. One word each, of the letters that parsers expect of a user's name. */
const ENDED: Readonly<Record<Outcome, string>> = {
  sent: "-",
  gone: "client-gone",
  changed: "file-changed",
  "read failed": "read-failed",
  "read timed out": "read-timed-out",
  "client stalled": "client-stalled",
};

/** Costs about 0.5 µs, of which half looks for characters to be escaped. */
export function createCombined(): LineFormat {
  const stampAt = oncePerSecond(clfTime);
  return (caller, { status, sentBytes, outcome }, nowMs) => {
    const who = `${caller.client || "-"} ${ENDED[outcome]} - [${stampAt(nowMs)}]`;
    const target = quotable(caller.target, "utf8");
    const asked = `${quotable(caller.method, "utf8")} ${target} ${caller.version}`;
    const got = `${status || CLIENT_LEFT} ${sentBytes || "-"}`;
    const referer = quotable(caller.referer, "latin1") || "-";
    const userAgent = quotable(caller.userAgent, "latin1") || "-";
    return `${who} "${asked}" ${got} "${referer}" "${userAgent}"\n`;
  };
}

/** As costly as the other. Keys always come in this order. */
export function createJson(): LineFormat {
  const stampAt = oncePerSecond(isoSecond);
  return (caller, { status, sentBytes, tookMs, outcome }, nowMs) => {
    const time = `"time":"${stampAt(nowMs)}.${THREE_DIGITS[nowMs % 1000]}Z"`;
    const who = `"client":"${caller.client}","method":${jsonText(caller.method)}`;
    const asked = `"target":${jsonText(caller.target)},"version":"${caller.version}"`;
    const got = `"status":${status || CLIENT_LEFT},"bytes":${sentBytes}`;
    const how = `"tookMs":${toMicro(tookMs)},"outcome":"${outcome}"`;
    const from = `"referer":${jsonField(caller.referer)},"userAgent":${jsonField(caller.userAgent)}`;
    return `{${time},${who},${asked},${got},${how},${from}}\n`;
  };
}

// --- text ---

/** Printable ASCII without a quote and a backslash: stands in either format as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** As nginx and Apache do: each byte that is not plain as `\xHH`. */
function quotable(text: string, encoding: "utf8" | "latin1"): string {
  return PLAIN.test(text) ? text : escapeBytes(Buffer.from(text, encoding));
}

function escapeBytes(bytes: Buffer): string {
  let escaped = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    escaped += PLAIN.test(char) ? char : `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

const jsonText = (text: string): string => (PLAIN.test(text) ? `"${text}"` : escapeJson(text));

/** Bytes that are UTF-8 are read as such, others as Latin-1. */
function jsonField(field: string): string {
  if (PLAIN.test(field)) return `"${field}"`;
  const bytes = Buffer.from(field, "latin1");
  return escapeJson(isUtf8(bytes) ? bytes.toString() : field);
}

const escapeJson = (text: string): string =>
  JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

// --- numbers and times ---

const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, "0"));

/** 1.5 -> "1.500". Four times as fast as `toFixed`. */
function toMicro(ms: number): string {
  const us = Math.max(0, Math.round(ms * 1000));
  const whole = Math.floor(us / 1000);
  return `${whole}.${THREE_DIGITS[us - whole * 1000]}`;
}

/** Makes a text for a time, and keeps it for the rest of its second. */
function oncePerSecond(show: (date: Date) => string): (nowMs: number) => string {
  let shownSec = Number.NaN;
  let shown = "";
  return (nowMs) => {
    const sec = Math.floor(nowMs / 1000);
    if (sec !== shownSec) {
      shownSec = sec;
      shown = show(new Date(sec * 1000));
    }
    return shown;
  };
}

/** `2026-11-24T11:00:00`. */
const isoSecond = (date: Date): string => date.toISOString().slice(0, 19);

/** `24/Nov/2026:11:00:00 +0000`, from `Tue, 24 Nov 2026 11:00:00 GMT`. */
function clfTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
