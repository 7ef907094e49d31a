/**
 * The bytes of LevelDB's files, with their checksums compared: what leveldb-check.ts reads with.
 *
 *   log      blocks of 32 KiB: | crc 4 | length 2 | type 1 | payload |...   also the MANIFEST
 *   block    contents | type 1 | crc 4                                      tables are made of these
 *
 * Formats: doc/log_format.md and doc/table_format.md of LevelDB. Reads bytes, opens nothing.
 */

/** Says what is wrong with a file, without its name. */
export class Damage extends Error {}

/** Where a block lies in its table; `size` is without type and checksum. */
export interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

const LOG_BLOCK = 32 * 1024;
const LOG_HEADER = 7;
const BLOCK_TRAILER = 5;
const FULL = 1;
const FIRST = 2;
const LAST = 4; // 3 is one in the middle

/**
 * The records of a log, in order. Ends where the file ends, also in the middle of a record: so it
 * is left by a writer that was killed, who has not said that it was written.
 *
 * @throws Damage at anything else that is not a record
 */
export function* logRecords(bytes: Buffer): Generator<Buffer> {
  let begun: Buffer[] = [];
  for (const { type, payload } of fragments(bytes)) {
    const begins = type === FULL || type === FIRST;
    const ends = type === FULL || type === LAST;
    if (begins !== (begun.length === 0)) throw new Damage("holds a part of a record");
    begun.push(payload);
    if (!ends) continue;
    yield Buffer.concat(begun);
    begun = [];
  }
}

interface Fragment {
  readonly type: number;
  readonly payload: Buffer;
}

function* fragments(bytes: Buffer): Generator<Fragment> {
  for (let start = 0; start < bytes.length; start += LOG_BLOCK) {
    const block = bytes.subarray(start, start + LOG_BLOCK);
    let at = 0;
    while (at + LOG_HEADER <= block.length) {
      const length = block.readUInt16LE(at + 4);
      const type = block.readUInt8(at + 6);
      // A file that grew before its bytes arrived, as after a power cut, ends in zeros.
      if (type === 0 && isZeros(bytes.subarray(start + at))) return;
      const end = at + LOG_HEADER + length;
      if (end > LOG_BLOCK || type < FULL || type > LAST) throw new Damage("holds no record");
      if (end > block.length && !holdsRecord(block.subarray(at + 1))) return;
      if (!isRecord(block.subarray(at, end), length)) throw new Damage("has a wrong checksum");
      yield { type, payload: block.subarray(at + LOG_HEADER, end) };
      at = end;
    }
  }
}

const isRecord = (bytes: Buffer, length: number): boolean =>
  bytes.length === LOG_HEADER + length && matchesCrc(bytes.subarray(6), bytes.readUInt32LE(0));

/** What follows the begin of a record that is cut off is nothing; behind a wrong length is more. */
function holdsRecord(bytes: Buffer): boolean {
  for (let at = 0; at + LOG_HEADER <= bytes.length; at++) {
    const type = bytes.readUInt8(at + 6);
    if (type < FULL || type > LAST) continue;
    const length = bytes.readUInt16LE(at + 4);
    if (isRecord(bytes.subarray(at, at + LOG_HEADER + length), length)) return true;
  }
  return false;
}

/** The contents of a block that is not compressed. @throws Damage */
export function blockAt(table: Buffer, { offset, size }: BlockHandle): Buffer {
  const end = offset + size;
  if (end + BLOCK_TRAILER > table.length) throw new Damage("is cut off");
  if (!matchesCrc(table.subarray(offset, end + 1), table.readUInt32LE(end + 1))) {
    throw new Damage("has a wrong checksum");
  }
  if (table[end] !== 0) throw new Damage("is compressed, which is not of our doing");
  return table.subarray(offset, end);
}

/** Reads one field after the other. Each method throws Damage where there is none. */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Is what has not been read all zeros? */
  get isPaddedToEnd(): boolean {
    return isZeros(this.#bytes.subarray(this.#at));
  }

  /** Seven bits a byte, lowest first. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 53; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new Damage("holds no number");
  }

  bytes(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new Damage("is cut off");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  handle(): BlockHandle {
    return { offset: this.varint(), size: this.varint() };
  }
}

const isZeros = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

/** CRC-32C (RFC 3720, appendix B.4), which neither Node nor zlib has, a byte at a time. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** LevelDB stores it turned by 15 bits, and adds this: a checksum of checksums would be weak. */
const MASK = 0xa282ead8;

function matchesCrc(bytes: Buffer, stored: number): boolean {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[at]!) & 255]!;
  }
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + MASK) >>> 0 === stored;
}
