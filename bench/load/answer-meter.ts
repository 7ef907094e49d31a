/**
 * Counts the answers in a stream of bytes from a server, however the stream is cut.
 *
 *   HTTP/1.1 200 OK␍␊Content-Length: 5␍␊␍␊hello HTTP/1.1 304 ...
 *   └──────────── head, kept as text ────┘└body┘ └ the next head
 *
 * Knows status, Content-Length and `Connection: close`, all that static servers need; an answer without a
 * length is counted as a fault, since its end cannot be told from a pause.
 */

/** RFC 9110 section 6.4.1: these never have a body, whatever their Content-Length says. */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);
/** Longer heads are no head of a file server. */
const HEAD_LIMIT_BYTES = 16 * 1024;

/** Status of an answer that could not be understood. */
const UNREADABLE = 0;

/** RFC 9112 section 9.6. */
const CLOSES = /\r\nconnection: *close *\r\n/i;

export interface AnswerMeter {
  /** Takes the next bytes of the stream. They may be overwritten on return. */
  readonly feed: (bytes: Buffer) => void;
}

/**
 * @param isHead the answers are to HEAD requests: no bodies
 * @param onAnswer called at the last byte of each answer; `isLast`: the server closes after it
 */
export function createAnswerMeter(
  isHead: boolean,
  onAnswer: (status: number, isLast: boolean) => void,
): AnswerMeter {
  let head = "";
  let status = UNREADABLE;
  let isLast = false;
  let bodyLeft = 0;

  /** @returns bytes used; sets `bodyLeft` when a head is complete */
  const takeHead = (bytes: Buffer, from: number): number => {
    const before = head.length;
    head += bytes.toString("latin1", from, Math.min(bytes.length, from + HEAD_LIMIT_BYTES));
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (head.length > HEAD_LIMIT_BYTES) onAnswer(UNREADABLE, false);
      return bytes.length - from;
    }
    const whole = head.slice(0, end + 2);
    [status, bodyLeft] = readHead(whole, isHead);
    isLast = CLOSES.test(whole);
    head = "";
    if (bodyLeft === 0) onAnswer(status, isLast);
    return end + 4 - before;
  };

  return {
    feed(bytes) {
      let at = 0;
      while (at < bytes.length) {
        if (bodyLeft === 0) {
          at += takeHead(bytes, at);
          continue;
        }
        const taken = Math.min(bodyLeft, bytes.length - at);
        at += taken;
        bodyLeft -= taken;
        if (bodyLeft === 0) onAnswer(status, isLast);
      }
    },
  };
}

function readHead(head: string, isHead: boolean): [status: number, bodyBytes: number] {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? UNREADABLE);
  if (isHead || BODILESS.has(status)) return [status, 0];
  const length = /\r\ncontent-length: *(\d+) *\r\n/i.exec(head)?.[1];
  return length === undefined ? [UNREADABLE, 0] : [status, Number(length)];
}
