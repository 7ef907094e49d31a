/**
 * How long a request is read past that was answered before all of it had come, RFC 9112 section 9.6.
 * Who is closed on while sending is reset, and many a client then never looks at the answer. Shorter:
 * who sends all before reading must have a faster line. Longer: an upload that nobody asked for keeps
 * its connection, though no longer than one that is idle.
 */
export const LINGER_MS = 5000;
