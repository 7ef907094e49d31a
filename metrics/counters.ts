/**
 * Plain counts of what happened since start. Recording is one addition; reading is elsewhere.
 */

/** How transfers ended, and what else an operator wants counted. Integers from 0, only rising. */
export class Counters {
  /**
   * Requests that ended, by the class of their status: index 2 counts 2xx, cut ones too. Index 0: those
   * whose client left before an answer.
   */
  readonly answersByClass = [0, 0, 0, 0, 0, 0];
  /** Body bytes that sockets took outside of transfers, which count their own. */
  bytesAtHand = 0;
  /** Bodies that went out whole. */
  bodiesSent = 0;
  /** Clients that left before their last byte. */
  clientsGone = 0;
  /** Clients cut because they took nothing for too long. */
  clientsStalled = 0;
  /** Transfers ended early because their file changed under them. */
  filesChanged = 0;
  /** Transfers ended by a disk that failed. */
  readsFailed = 0;
  /** Transfers ended by a disk that did not answer in time. */
  readsTimedOut = 0;

  /** Precompressed siblings that were older than their original and so not sent. */
  staleSiblings = 0;

  /** @param status 0 when there was no answer */
  answered(status: number): void {
    this.answersByClass[Math.floor(status / 100)]!++;
  }
}
