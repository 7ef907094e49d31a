import { expect, test } from "vitest";
import { loaderWords } from "../../../engine/transport/uws.js";

const LIBRARY = "This version of uWS.js supports only Node.js versions 16, 18, 20, 22 on Linux.";

test.each([
  [
    "an old C library",
    `${LIBRARY}\n\nError: /lib/libc.so.6: version \`GLIBC_2.38' not found (required by /a/uws.node)`,
    "/lib/libc.so.6: version `GLIBC_2.38' not found (required by /a/uws.node)",
  ],
  [
    "a Node it has no binary for",
    `${LIBRARY}\n\nError: Cannot find module './uws_linux_x64_131.node'\nRequire stack:\n- /a/uws.js`,
    "Cannot find module './uws_linux_x64_131.node'",
  ],
  [
    "no such package",
    "Cannot find package 'uWebSockets.js' imported from /a.js",
    /^Cannot find package/,
  ],
  ["another's words", "first\nsecond", "first"],
])("%s is told in the loader's words", (_, message, said) => {
  expect(loaderWords(message)).toEqual(said instanceof RegExp ? expect.stringMatching(said) : said);
});
