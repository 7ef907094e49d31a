/** Joins many short texts into few long ones, so that a long body is never in memory at once. */

/**
 * Characters after which a piece is passed on.
 *
 * Smaller: more trips through the transport for a long listing. Larger: more memory for each
 * listing on its way out. Mostly ASCII, so about as many bytes.
 */
const PIECE_CHARS = 32 * 1024;

/** Lazy: reads on only when asked for the next piece. Never yields an empty one. */
export function* joinPieces(texts: Iterable<string>): Generator<string> {
  let piece = "";
  for (const text of texts) {
    piece += text;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}
