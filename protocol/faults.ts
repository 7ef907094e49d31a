/**
 * Faults: every way a request can fail, what the client is told and how loudly we log it.
 *
 * `errno -> code -> status, words, log level`. Codes are stable: logs and explanations carry them. Faults
 * a client must not tell apart, such as a hidden file and none, share status and words.
 */

interface Fault {
  /** RFC 9110 section 15. */
  readonly status: number;
  /** One sentence for a person. Sent to clients: it never holds a path, an errno or a name. */
  readonly says: string;
  readonly log: "silent" | "warn" | "error";
  /** `Retry-After` in whole seconds, RFC 9110 section 10.2.3; absent where trying again is no use. */
  readonly retryAfterSec?: number;
  /** The connection cannot be used again: its next request might start anywhere, or never. */
  readonly closes?: true;
}

const NOTHING_HERE = "There is nothing at this address.";
const NOT_OPEN = "This address is not open to visitors.";
const TRY_AGAIN = "The server is busy right now. Please try again in a moment.";
const WENT_WRONG = "Something went wrong on our side.";

/**
 * Long enough for a burst of opens to drain, short enough for a person to wait. Under a lasting
 * overload each refusal costs one error page every so many seconds per client.
 */
const RETRY_AFTER_SEC = 2;

const TABLE = {
  BAD_PATH: { status: 400, says: "This address is not written correctly.", log: "silent" },
  BAD_HOST: {
    status: 400,
    says: "The request does not say which site it is for.",
    log: "silent",
  },
  BAD_FRAMING: {
    status: 400,
    says: "The request does not say clearly where it ends, or for which site it is.",
    log: "warn",
    closes: true,
  },
  FILE_FORBIDDEN: { status: 403, says: NOT_OPEN, log: "warn" },
  OUTSIDE_ROOT: { status: 403, says: NOT_OPEN, log: "warn" },
  FILE_MISSING: { status: 404, says: NOTHING_HERE, log: "silent" },
  FILE_HIDDEN: { status: 404, says: NOTHING_HERE, log: "silent" },
  METHOD_NOT_ALLOWED: {
    status: 405,
    says: "This address can only be read.",
    log: "silent",
  },
  PRECONDITION_FAILED: {
    status: 412,
    says: "The file is not the version this request was made for.",
    log: "silent",
  },
  CONTENT_TOO_LARGE: {
    status: 413,
    says: "The request is larger than this server reads.",
    log: "silent",
    closes: true,
  },
  RANGE_NOT_SATISFIABLE: {
    status: 416,
    says: "The file ends before the part that was asked for.",
    log: "silent",
  },
  MISDIRECTED: { status: 421, says: "This server does not answer for that name.", log: "silent" },
  DISK_FAILED: { status: 500, says: WENT_WRONG, log: "error" },
  SERVER_BUG: { status: 500, says: WENT_WRONG, log: "error" },
  UNKNOWN_METHOD: {
    status: 501,
    says: "This server does not know the method of this request.",
    log: "silent",
  },
  READERS_BUSY: { status: 503, says: TRY_AGAIN, log: "warn", retryAfterSec: RETRY_AFTER_SEC },
  NO_DESCRIPTORS: { status: 503, says: TRY_AGAIN, log: "warn", retryAfterSec: RETRY_AFTER_SEC },
  NO_MEMORY: { status: 503, says: TRY_AGAIN, log: "error", retryAfterSec: RETRY_AFTER_SEC },
  FILE_CHANGED: { status: 503, says: TRY_AGAIN, log: "warn", retryAfterSec: RETRY_AFTER_SEC },
  READ_TIMED_OUT: { status: 503, says: TRY_AGAIN, log: "error", retryAfterSec: RETRY_AFTER_SEC },
  SHUTTING_DOWN: {
    status: 503,
    says: TRY_AGAIN,
    log: "silent",
    retryAfterSec: RETRY_AFTER_SEC,
    closes: true,
  },
} as const satisfies Record<string, Fault>;

/** The stable name of a fault. */
export type FaultCode = keyof typeof TABLE;

/** What each fault means to the client and to the log. */
export const FAULTS: Readonly<Record<FaultCode, Fault>> = TABLE;

const BY_ERRNO: ReadonlyMap<string, FaultCode> = new Map<string, FaultCode>([
  ["ENOENT", "FILE_MISSING"],
  ["ENOTDIR", "FILE_MISSING"],
  ["EISDIR", "FILE_MISSING"],
  ["ENAMETOOLONG", "FILE_MISSING"],
  ["EILSEQ", "FILE_MISSING"], // a name this file system cannot hold
  ["ENXIO", "FILE_MISSING"], // a socket, or a pipe nobody writes to
  ["EACCES", "FILE_FORBIDDEN"],
  ["EPERM", "FILE_FORBIDDEN"],
  ["ELOOP", "FILE_FORBIDDEN"],
  ["EMFILE", "NO_DESCRIPTORS"],
  ["ENFILE", "NO_DESCRIPTORS"],
  ["ENOMEM", "NO_MEMORY"],
  ["EAGAIN", "READERS_BUSY"],
  ["ETIMEDOUT", "READ_TIMED_OUT"],
]);

/**
 * The one place an errno becomes a fault. Running out of descriptors or memory is busy, not
 * missing; an errno nobody listed is the disk's fault, loudly.
 *
 * @param errno the symbolic name, such as `ENOENT`
 */
export const faultOf = (errno: string): FaultCode => BY_ERRNO.get(errno) ?? "DISK_FAILED";
