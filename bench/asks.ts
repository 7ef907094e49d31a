/** The questions of the cells, and what a right answer to each looks like. */
import type { Ask, Slice } from "./cell.js";
import { createNoise, type Fixture, KIB } from "./fixtures.js";

/** Offsets of the range cell: enough that no server can hold one answer ready. */
const RANGE_OFFSETS = 256;
const RANGE_BYTES = 64 * KIB;
/** Of the answer in parts. */
export const PARTS_PER_ANSWER = 16;
const PART_BYTES = 4 * KIB;

const sliceOf = (file: Fixture, first: number, lengthBytes: number): Slice => ({
  path: file.path,
  first,
  last: first + lengthBytes - 1,
});

/** The file, from its first byte to its last. */
export function whole(file: Fixture): Ask {
  const { path } = file;
  return {
    method: "GET",
    target: `/${path}`,
    headers: {},
    status: 200,
    body: { kind: "file", path },
  };
}

/** 304: it is known already. */
export const unchanged = (file: Fixture): Ask => ({
  ...whole(file),
  revalidates: true,
  status: 304,
  body: { kind: "none" },
});

/** 404: there is no such file, and was none. */
export const missing = (): Ask => ({
  method: "GET",
  target: "/hot/nothing-here.bin",
  headers: {},
  status: 404,
  body: { kind: "any" },
});

/** HEAD: its length, and no byte of it. */
export const headOnly = (file: Fixture): Ask => ({
  ...whole(file),
  method: "HEAD",
  body: { kind: "none" },
  answerHeaders: { "content-length": `${file.sizeBytes}` },
});

/** The file beside it that was compressed before. */
export const compressed = (file: Fixture): Ask => ({
  ...whole(file),
  headers: { "Accept-Encoding": "gzip" },
  body: { kind: "file", path: `${file.path}.gz` },
  answerHeaders: { "content-encoding": "gzip" },
});

/** 206: parts of one size from all over a file. */
export function ranges(file: Fixture): Ask[] {
  const next = createNoise(file.sizeBytes);
  return Array.from({ length: RANGE_OFFSETS }, () => {
    const slice = sliceOf(file, next() % (file.sizeBytes - RANGE_BYTES), RANGE_BYTES);
    return {
      ...whole(file),
      headers: { Range: `bytes=${slice.first}-${slice.last}` },
      status: 206,
      body: { kind: "slice", slice } as const,
      answerHeaders: { "content-range": `bytes ${slice.first}-${slice.last}/${file.sizeBytes}` },
    };
  });
}

/** 206: several parts of a file in one answer. */
export function multiRange(file: Fixture): Ask {
  const stride = Math.floor(file.sizeBytes / PARTS_PER_ANSWER);
  const slices = Array.from({ length: PARTS_PER_ANSWER }, (_, at) =>
    sliceOf(file, at * stride, PART_BYTES),
  );
  const list = slices.map((slice) => `${slice.first}-${slice.last}`).join(",");
  const headers = { Range: `bytes=${list}` };
  return { ...whole(file), headers, status: 206, body: { kind: "parts", slices } };
}
