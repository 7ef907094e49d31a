/**
 * Reads of what the kernel has in memory, into the slab, on the event loop.
 *
 * They never wait for a disk: bytes that are in memory cost no trip to another thread, and others go
 * that way as before. Owns: which devices cannot answer so, and which files need not be asked about.
 */
import { EOPNOTSUPP, type Kernel } from "./kernel.js";
import { hasSameBytes } from "./open-file.js";
import type { FileIdentity } from "./reader-pool.js";

interface OpenedFile {
  readonly fd: number;
  readonly identity: FileIdentity;
}

export class CachedReads {
  readonly #kernel: Kernel;
  readonly #slabAddress: number;
  readonly #byte = new Uint8Array(new ArrayBuffer(1));
  readonly #byteAddress: number;
  readonly #unable = new Set<bigint>();
  /** Files that lie on tmpfs, once one read has told. */
  readonly #inMemory = new WeakSet<OpenedFile>();

  /** @param slab offsets of `read` count from its first byte */
  constructor(kernel: Kernel, slab: SharedArrayBuffer) {
    this.#kernel = kernel;
    this.#slabAddress = kernel.addressOf(new Uint8Array(slab));
    this.#byteAddress = kernel.addressOf(this.#byte);
  }

  /**
   * Fills a piece of the slab from an open file, if all of it lies in memory. What was written to the
   * slab means nothing when it does not.
   */
  read(file: OpenedFile, offset: number, lengthBytes: number, slabOffset: number): boolean {
    return this.#has(file, this.#slabAddress + slabOffset, lengthBytes, offset);
  }

  /** Can its file system tell what lies in memory? True until it said that it cannot. */
  canRead({ identity }: OpenedFile): boolean {
    return this.#isAble(identity);
  }

  /** Do the first and the last of these bytes lie in memory? Cost: 3 µs. */
  isAtHand(file: OpenedFile, offset: number, lengthBytes: number): boolean {
    const last = offset + lengthBytes - 1;
    return (
      this.#has(file, this.#byteAddress, 1, offset) && this.#has(file, this.#byteAddress, 1, last)
    );
  }

  /**
   * Are an open file's bytes what they were? To be asked after some were read: a writer moves the time
   * stamp before it copies its bytes.
   */
  isUnchanged({ fd, identity }: OpenedFile): boolean {
    return this.#kernel.look(fd) && hasSameBytes(this.#kernel, identity);
  }

  #isAble({ dev }: FileIdentity): boolean {
    return this.#unable.size === 0 || !this.#unable.has(dev);
  }

  #has(file: OpenedFile, address: number, lengthBytes: number, offset: number): boolean {
    if (this.#inMemory.has(file)) return this.#read(file, address, lengthBytes, offset);
    if (!this.#isAble(file.identity)) return false;
    const got = this.#kernel.readCached(file.fd, address, lengthBytes, offset);
    if (got !== -EOPNOTSUPP) return got === lengthBytes;
    if (this.#kernel.isInMemory(file.fd)) {
      this.#inMemory.add(file);
      return this.#read(file, address, lengthBytes, offset);
    }
    this.#unable.add(file.identity.dev);
    return false;
  }

  #read({ fd }: OpenedFile, address: number, lengthBytes: number, offset: number): boolean {
    return this.#kernel.read(fd, address, lengthBytes, offset) === lengthBytes;
  }
}
