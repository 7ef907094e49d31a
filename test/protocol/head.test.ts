import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildHead,
  buildLines,
  extendHead,
  type Field,
  linesWithLength,
} from "../../protocol/head.js";

const ALL_BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

describe("buildHead", () => {
  test("RFC 9112 5 puts the fields behind the status, and ends lines between them only", () => {
    const head = buildHead(200, [
      ["Content-Type", "text/plain"],
      ["ETag", '"a"'],
      ["Vary", "Accept"],
    ]);
    expect(head.status).toBe(200);
    expect(head.statusLine).toBe("200 OK");
    expect(head.lines.toString()).toBe(
      '200 OK\r\nContent-Type: text/plain\r\nETag: "a"\r\nVary: Accept',
    );
    expect(head.fields).toEqual([
      ["Content-Type", "text/plain"],
      ["ETag", '"a"'],
      ["Vary", "Accept"],
    ]);
  });

  test("without fields there is the status", () =>
    expect(buildHead(304, []).lines.toString()).toBe("304 Not Modified"));

  test("an empty value may go out", () =>
    expect(buildHead(200, [["X", ""]]).lines.toString()).toBe("200 OK\r\nX: "));

  test("5.5 obs-text goes out as the byte it is", () =>
    expect(buildHead(200, [["X", "\u00e9\u00ff"]]).lines.subarray(-2)).toEqual(
      Buffer.from([0xe9, 0xff]),
    ));

  test("a list changed afterwards changes nothing", () => {
    const fields: Field[] = [["X", "1"]];
    const head = buildHead(200, fields);
    fields.push(["Y", "2"]);
    expect(head.fields).toEqual([["X", "1"]]);
  });

  test("refuses a status that is not in the table", () =>
    expect(() => buildHead(299, [["X", "1"]])).toThrow("299"));
});

describe("what may not go on the wire", () => {
  const rows: readonly (readonly [why: string, name: string, value: string])[] = [
    ["5.5 a line end in a value", "X", "a\r\nSet-Cookie: b"],
    ["5.5 a bare CR in a value", "X", "a\rb"],
    ["5.5 a bare LF in a value", "X", "a\nb"],
    ["5.5 a LF behind a value", "X", "a\n"],
    ["5.5 NUL in a value", "X", "a\0b"],
    ["5.5 DEL in a value", "X", "a\x7fb"],
    ["5.5 a character whose low byte is LF", "X", "a\u010ab"],
    ["5.5 a character whose low byte is CR", "X", "a\u010db"],
    ["5.5 the first character beyond latin1", "X", "\u0100"],
    ["5.5 a line separator", "X", "\u2028"],
    ["5.1 no name", "", "a"],
    ["5.1 a space in a name", "X Y", "a"],
    ["5.1 a colon in a name", "X:", "a"],
    ["5.1 a line end in a name", "X\r\nY", "a"],
    ["5.1 a line end behind a name", "X\n", "a"],
    ["5.1 a letter beyond ASCII in a name", "\u00c4", "a"],
    ["8.6 Content-Length belongs to the transport", "Content-Length", "5"],
    ["6.6.1 Date belongs to the transport", "date", "now"],
    ["7.6.1 Connection belongs to the transport", "CONNECTION", "close"],
    ["RFC 9112 6.1 Transfer-Encoding belongs to the transport", "Transfer-Encoding", "chunked"],
  ];
  for (const [why, name, value] of rows) {
    test(`${why} (${JSON.stringify([name, value])})`, () => {
      expect(() => buildHead(200, [[name, value]])).toThrow();
      expect(() =>
        buildHead(200, [
          ["A", "b"],
          [name, value],
        ]),
      ).toThrow();
      expect(() => buildLines([[name, value]])).toThrow();
    });
  }

  test("5.6.2 of all bytes a name takes token characters and nothing else", () => {
    const taken = ALL_BYTES.filter((char) => isTaken(() => buildHead(200, [[`a${char}`, ""]])));
    expect(taken.join("")).toBe(
      "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~",
    );
  });

  test("5.5 of all bytes a value takes tab, space, visible ASCII and obs-text", () => {
    const taken = ALL_BYTES.filter((char) => isTaken(() => buildHead(200, [["a", char]])));
    const codes = taken.map((char) => char.charCodeAt(0));
    const span = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, n) => from + n);
    expect(codes).toEqual([0x09, ...span(0x20, 0x7e), ...span(0x80, 0xff)]);
  });

  test("a refusal does not repeat the value, which may be secret", () =>
    expect(() => buildHead(200, [["X", "secret\n"]])).toThrow(/^header "X": [^s]*the value holds/));

  test("response splitting: whatever it is given, a head has a line for each field, or throws", () => {
    const wild = fc.string({
      unit: fc.constantFrom("\r", "\n", "\u010a", "\u010d", ":", " ", "a", "\0", "é"),
    });
    const field = fc.tuple(fc.oneof(fc.constant("X"), wild), wild);
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 4 }), (fields) => {
        let bytes: Buffer;
        try {
          bytes = buildHead(200, fields).lines;
        } catch {
          return;
        }
        const lines = bytes.toString("latin1").split("\r\n");
        expect(lines).toEqual(["200 OK", ...fields.map(([name, value]) => `${name}: ${value}`)]);
        expect(lines.join("")).not.toMatch(/[\r\n\0]/);
      }),
      { numRuns: 2000 },
    );
  });
});

test("RFC 2046 5.1 lines inside a body all end, the last one too", () => {
  expect(
    buildLines([
      ["A", "b"],
      ["C", "d"],
    ]),
  ).toBe("A: b\r\nC: d\r\n");
  expect(buildLines([])).toBe("");
});

function isTaken(build: () => unknown): boolean {
  try {
    build();
    return true;
  } catch {
    return false;
  }
}

describe("a head with more fields", () => {
  const base = buildHead(200, [
    ["Content-Type", "text/plain"],
    ["ETag", '"a"'],
  ]);

  test("is the head of all fields together", () => {
    const more = [["Content-Range", "bytes 0-1/9"]] as const;
    expect(extendHead(base, 206, more)).toEqual(buildHead(206, [...more, ...base.fields]));
  });
  test("5.5 is refused like any other when a value would end its line", () => {
    expect(() => extendHead(base, 206, [["X", "a\r\nSet-Cookie: b"]])).toThrow(/^header "X"/);
  });
  test("6.1 is refused when it would delimit the message", () => {
    expect(() => extendHead(base, 206, [["Content-Length", "1"]])).toThrow(/transport/);
  });
});

test("a head sent alone says its length, behind all it says anyway", () => {
  const head = buildHead(200, [["ETag", '"a"']]);
  expect(String(linesWithLength(head, 2 ** 53 - 1))).toBe(
    '200 OK\r\nETag: "a"\r\nContent-Length: 9007199254740991',
  );
  expect(String(head.lines)).toBe('200 OK\r\nETag: "a"');
});
