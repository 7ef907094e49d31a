/**
 * What the scheduler needs of a socket.
 *
 * The transports implement it; tests bring a fake. Nothing here knows HTTP: the head of an answer
 * travels inside the sink and leaves with the first bytes offered.
 */

/** A socket that takes body bytes under backpressure. */
export interface Sink {
  /** Who is asking, for fair sharing: one value per client address. */
  readonly client: string;
  /**
   * Of bytes that the socket refused, how many have to be the first of the next offer, whatever else
   * may follow them. 0 as a rule; a record over TLS, which was encrypted before the socket was asked.
   */
  readonly repeatedBytes: number;
  /** Set by the scheduler: the socket may take bytes again. May be called with nothing to do. */
  onDrained: () => void;
  /** Set by the scheduler: the socket is gone, nothing may be offered any more. Called at most once. */
  onGone: () => void;
  /**
   * Takes what fits of the next body bytes and copies it; `bytes` may be overwritten on return.
   * The first call also sends the head.
   *
   * @param bytes the body from the offset reached so far; never empty
   * @param totalBytes length of the whole body, the same at every call
   * @returns body bytes taken since the answer began, 0 to `totalBytes`
   */
  offer(bytes: Uint8Array, totalBytes: number): number;
}
