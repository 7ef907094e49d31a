/**
 * The words of the contract between reader-pool and reader-thread: what a job asks for, flags of an
 * open, and results.
 */

/** What a job asks for. Opens, checks and closes travel in the meta lane, reads in the bulk lane. */
export const OP_OPEN = 1;
export const OP_CLOSE = 2;
export const OP_READ = 3;
export type Op = typeof OP_OPEN | typeof OP_CLOSE | typeof OP_READ;

/** Flags of an open job. */
export const WITH_KNOWN = 1; // the record holds an identity: answer OPEN_UNCHANGED while it stands
export const WITH_SIBLINGS = 2; // look for precompressed siblings: F_SIBLINGS

/** Results of an open job. */
export const OPEN_FILE = 0; // a regular file; F_FD is open and the caller's
export const OPEN_BODY = 1; // a small regular file, whole in the landing buffer, closed again
export const OPEN_UNCHANGED = 2; // still what the caller knows
export const OPEN_DIRECTORY = 3;
export const OPEN_IRREGULAR = 4; // a device or FIFO; a socket is OPEN_FAILED with ENXIO
export const OPEN_OUTSIDE = 5; // a link led out of the root
export const OPEN_FAILED = 6; // F_ERRNO says why

/** Results of a read job. */
export const READ_DONE = 0;
export const READ_FILE_CHANGED = 1;
export const READ_REFUSED = 2; // F_ERRNO says why

/** How precompressed siblings end, in the order of preference; F_SIBLINGS tells them by place. */
export const SIBLING_SUFFIXES = [".br", ".zst", ".gz"] as const;
