/** The status codes this server sends and their reason phrases (RFC 9110 section 15). */

const REASONS: ReadonlyMap<number, string> = new Map([
  [200, "OK"],
  [204, "No Content"],
  [206, "Partial Content"],
  [301, "Moved Permanently"],
  [302, "Found"],
  [304, "Not Modified"],
  [307, "Temporary Redirect"],
  [308, "Permanent Redirect"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [408, "Request Timeout"],
  [412, "Precondition Failed"],
  [413, "Content Too Large"],
  [414, "URI Too Long"],
  [416, "Range Not Satisfiable"],
  [421, "Misdirected Request"],
  [426, "Upgrade Required"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [501, "Not Implemented"],
  [503, "Service Unavailable"],
]);

/** @throws Error for a code that is not in the table: a bug of ours, or a rule refused at start */
export function reasonOf(status: number): string {
  const reason = REASONS.get(status);
  if (reason === undefined) throw new Error(`${status} is not a status this server sends`);
  return reason;
}
