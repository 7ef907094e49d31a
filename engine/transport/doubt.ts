/**
 * Is it clear whom a request is for, and where it ends? Asked of the fields one by one.
 *
 * By its name a field is found only once, and an empty one is like one that is not there: so a second
 * `Host` goes unseen, and behind an empty `Content-Length` another that a proxy may have believed. The
 * body that it saw would be our next request.
 */
export class Doubt {
  /** Two fields name the host (RFC 9112, section 3.2), or one that frames is empty (section 6.3). */
  isFound = false;
  #hosts = 0;

  /** Before the fields of another request. */
  forget(): void {
    this.isFound = false;
    this.#hosts = 0;
  }

  /** @param name in any case */
  take(name: string, value: string): void {
    if (name.length === HOST.length) {
      if (name.toLowerCase() === HOST) this.isFound ||= ++this.#hosts > 1;
    } else if (value === "" && FRAMING.has(name.toLowerCase())) {
      this.isFound = true;
    }
  }
}

const HOST = "host";
const FRAMING: ReadonlySet<string> = new Set(["content-length", "transfer-encoding"]);
