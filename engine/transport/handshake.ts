/**
 * The opening handshake of a WebSocket, RFC 6455 section 4.2.1: is this request one?
 *
 * 1. it asks for a WebSocket, in the one version there is     else 426
 * 2. it brings a key, and no body: after the answer the       else 400
 *    connection carries frames, whatever a proxy may think
 *
 * The socket library looks at nothing but the length of the key.
 */
import { buildHead, type Field } from "../../protocol/head.js";
import type { Ask, Refusal } from "./exchange.js";

/** What to answer with: the key goes into it. */
export type HandshakeVerdict =
  | { readonly kind: "accept"; readonly key: string }
  | { readonly kind: "refuse"; readonly refusal: Refusal };

const VERSION = "13";

/** 16 bytes in Base64. */
const KEY = /^[0-9A-Za-z+/]{22}==$/;

const refuse = (status: number, says: string, ...fields: Field[]): HandshakeVerdict => ({
  kind: "refuse",
  refusal: createRefusal(status, says, fields),
});

const UPGRADE_REQUIRED = refuse(
  426,
  "This address speaks WebSocket, version 13 (RFC 6455).",
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", VERSION],
);
const BAD_KEY = refuse(400, "The handshake has no Sec-WebSocket-Key of 16 bytes in Base64.");
const HAS_BODY = refuse(400, "The handshake announces a body.");

/** Judges a GET. */
export function judgeHandshake(ask: Ask): HandshakeVerdict {
  const fields = joinFields(ask.fields());
  const isAsked = lists(fields, "upgrade", "websocket") && lists(fields, "connection", "upgrade");
  if (!isAsked || fields.get("sec-websocket-version") !== VERSION) return UPGRADE_REQUIRED;
  if (fields.has("content-length") || fields.has("transfer-encoding")) return HAS_BODY;
  const key = fields.get("sec-websocket-key") ?? "";
  return KEY.test(key) ? { kind: "accept", key } : BAD_KEY;
}

/** @param says one sentence for a person */
export function createRefusal(status: number, says: string, fields: readonly Field[]): Refusal {
  const head = buildHead(status, [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Cache-Control", "no-store"],
    ["X-Content-Type-Options", "nosniff"],
    ...fields,
  ]);
  return { head, body: Buffer.from(`${says}\n`) };
}

/** By lower-case name. RFC 9110 section 5.3: what is said twice is one list, and no valid key. */
function joinFields(fields: readonly Field[]): ReadonlyMap<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return joined;
}

/** RFC 9110 section 7.8: names of protocols and connection options are compared without case. */
const lists = (fields: ReadonlyMap<string, string>, name: string, wanted: string): boolean =>
  (fields.get(name) ?? "").split(",").some((one) => one.trim().toLowerCase() === wanted);
