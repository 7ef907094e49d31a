/**
 * What a client sees of a fault: one page with one look, or JSON for programs.
 *
 * 1. every fault is rendered once, in both shapes, when the server starts
 * 2. a request picks a shape by its `Accept`
 * 3. only an answer with fields of its own, such as the size in a 416, gets a head of its own
 *
 * Both shapes come from the fault table alone: nothing of the request or the disk can get in.
 */

import { prefersJson } from "./accept.js";
import { type Answer, createAnswer } from "./answer.js";
import { NO_STORE } from "./cache-policy.js";
import { FAULTS, type FaultCode } from "./faults.js";
import { buildHead, type Field } from "./head.js";
import { LOOK, PAGE_POLICY } from "./look.js";
import { ALLOWED_METHODS } from "./methods.js";
import { reasonOf } from "./status.js";

/**
 * Answers a fault.
 *
 * @param accept the request's `Accept`, "" when absent
 * @param extra fields of this one answer; with none a prebuilt answer is returned
 */
export type ErrorPages = (code: FaultCode, accept: string, extra?: readonly Field[]) => Answer;

/**
 * Renders every fault.
 *
 * @param everywhere fields that each answer of this server carries, such as `nosniff`
 * @throws Error when one of them cannot go on the wire
 */
export function createErrorPages(everywhere: readonly Field[]): ErrorPages {
  const codes = Object.keys(FAULTS) as FaultCode[];
  const html = new Map(codes.map((code) => [code, render(code, toHtml, everywhere)]));
  const json = new Map(codes.map((code) => [code, render(code, toJson, everywhere)]));
  return (code, accept, extra = []) => {
    const prebuilt = (prefersJson(accept) ? json : html).get(code)!;
    return extra.length === 0 ? prebuilt : withFields(prebuilt, extra);
  };
}

/** A body and its `Content-Type`. */
interface Shape {
  readonly mediaType: string;
  readonly text: string;
}

function render(
  code: FaultCode,
  toShape: (code: FaultCode) => Shape,
  everywhere: readonly Field[],
) {
  const { mediaType, text } = toShape(code);
  const about: Field[] = [["Content-Type", mediaType], ...faultFields(code), ...OF_OUR_PAGE];
  const head = buildHead(FAULTS[code].status, [...about, ...everywhere]);
  return createAnswer(head, [{ kind: "literal", bytes: Buffer.from(text) }]);
}

const withFields = ({ head, body }: Answer, extra: readonly Field[]): Answer =>
  createAnswer(buildHead(head.status, [...head.fields, ...extra]), body);

/**
 * What is said of a fault, whoever wrote the page. `no-store`: it may be gone with the next request,
 * and must not outlive its cause.
 */
export function faultFields(code: FaultCode): Field[] {
  const { retryAfterSec } = FAULTS[code];
  const fields: Field[] = [["Cache-Control", NO_STORE]];
  if (code === "METHOD_NOT_ALLOWED") fields.push(["Allow", ALLOWED_METHODS]);
  if (retryAfterSec !== undefined) fields.push(["Retry-After", `${retryAfterSec}`]);
  return fields;
}

/** It has two shapes, and loads nothing. */
const OF_OUR_PAGE: readonly Field[] = [
  ["Vary", "Accept"],
  ["Content-Security-Policy", PAGE_POLICY],
];

function toJson(code: FaultCode): Shape {
  const { status } = FAULTS[code];
  const text = `${JSON.stringify({ status, error: reasonOf(status) })}\n`;
  return { mediaType: "application/json", text };
}

/** On top of the look of all our pages. Readable in any width, and without a second request. */
const STYLE = `${LOOK}main{max-width:32rem;margin:16vh auto 0;padding:0 1.5rem}
p{margin:0}
.code{font-weight:600;letter-spacing:.1em;color:var(--accent)}
h1{margin:.25rem 0 .75rem;font-size:2.25rem;line-height:1.15}
`;

function toHtml(code: FaultCode): Shape {
  const { status, says } = FAULTS[code];
  const reason = reasonOf(status);
  const text = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${status} ${reason}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="code">${status}</p>
<h1>${reason}</h1>
<p>${says}</p>
</main>
</body>
</html>
`;
  return { mediaType: "text/html; charset=utf-8", text };
}
