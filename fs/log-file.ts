/**
 * The descriptor that lines go to: a file that may be opened anew while it is written, or standard
 * output.
 *
 * Owns: descriptors, and when each is closed. Does not know what is written.
 */
import fs from "node:fs";

/**
 * Appends, so that several processes share a file. Not to block matters for a named pipe: without a
 * reader, to open it would wait for one.
 */
const FLAGS =
  fs.constants.O_WRONLY |
  fs.constants.O_CREAT |
  fs.constants.O_APPEND |
  fs.constants.O_NOCTTY |
  fs.constants.O_NONBLOCK;

/** Who may read about the visitors of a site: its owner and the group, nobody else. */
const MODE = 0o640;

const NONE = -1;

export class LogFile {
  readonly #path: string;
  readonly #say: (line: string) => void;
  readonly #onFresh: () => void;
  #fd: number;
  #isRegular: boolean;
  /** Opened anew; takes the place of `#fd` at the next `turnOver`. */
  #freshFd = NONE;
  #isFreshRegular = false;
  #isOpening = false;
  #mustReopen = false;
  #isClosed = false;

  /**
   * Opens the file; blocks.
   *
   * @param path "" is standard output
   * @param say hears of what went wrong later
   * @param onFresh `turnOver` has something to do
   * @throws Error when it cannot be opened
   */
  constructor(path: string, say: (line: string) => void, onFresh: () => void) {
    this.#path = path;
    this.#say = say;
    this.#onFresh = onFresh;
    // Node makes a pipe non-blocking when it is asked for the stream. Else a write that nobody
    // reads would hold a thread of libuv for ever, and the process could not even exit.
    this.#fd = path === "" ? process.stdout.fd : fs.openSync(path, FLAGS, MODE);
    this.#isRegular = fs.fstatSync(this.#fd).isFile();
  }

  get fd(): number {
    return this.#fd;
  }

  /** What is appended to one stays whole, however long. A pipe or a terminal mixes what several write. */
  get isRegular(): boolean {
    return this.#isRegular;
  }

  /** Opens the path anew. One signal while that goes on is one more time: the name may have moved. */
  reopen(): void {
    if (this.#path === "" || this.#isClosed) return;
    this.#mustReopen = this.#isOpening;
    if (this.#isOpening) return;
    this.#isOpening = true;
    fs.open(this.#path, FLAGS, MODE, (error, fd) => {
      if (error !== null) this.#endOpening(error, NONE, false);
      else fs.fstat(fd, (_, stats) => this.#endOpening(null, fd, stats?.isFile() === true));
    });
  }

  /** Lets go of the old file when a fresh one is there. Not while a write is under way. */
  turnOver(): boolean {
    if (this.#freshFd === NONE) return false;
    // One that somebody else closed may have come back as the fresh one.
    if (this.#fd !== this.#freshFd) this.#letGo(this.#fd);
    this.#fd = this.#freshFd;
    this.#isRegular = this.#isFreshRegular;
    this.#freshFd = NONE;
    return true;
  }

  /** @param isWriting a write still holds the descriptor, which must outlive it: it stays open */
  close(isWriting: boolean): void {
    this.#isClosed = true;
    this.#letGo(this.#freshFd);
    this.#freshFd = NONE;
    if (!isWriting && this.#path !== "") this.#letGo(this.#fd);
  }

  #endOpening(error: NodeJS.ErrnoException | null, fd: number, isRegular: boolean): void {
    this.#isOpening = false;
    if (error !== null) this.#say(`the file stays as it is: ${error.message}`);
    else if (this.#isClosed) this.#letGo(fd);
    else this.#offer(fd, isRegular);
    if (this.#mustReopen) this.reopen();
  }

  #offer(fd: number, isRegular: boolean): void {
    this.#letGo(this.#freshFd);
    this.#freshFd = fd;
    this.#isFreshRegular = isRegular;
    this.#onFresh();
  }

  /** Some file systems tell only now that they could not keep what was written. */
  #letGo(fd: number): void {
    if (fd === NONE) return;
    fs.close(fd, (error) => {
      if (error instanceof Error) this.#say(`lines may be lost: ${error.message}`);
    });
  }
}
