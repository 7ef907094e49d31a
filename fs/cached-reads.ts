/**
 * Reads of what the kernel has in memory, into the slab, on the event loop.
 *
 * They never wait for a disk: bytes that are in memory cost no trip to another thread, and others go
 * that way as before. Owns: which devices cannot answer so.
 */
import { EOPNOTSUPP, type Kernel } from "./kernel.js";
import type { FileIdentity } from "./reader-pool.js";

interface OpenedFile {
  readonly fd: number;
  readonly identity: FileIdentity;
}

export class CachedReads {
  readonly #kernel: Kernel;
  readonly #slabAddress: number;
  readonly #unable = new Set<bigint>();

  constructor(kernel: Kernel, slab: Uint8Array) {
    this.#kernel = kernel;
    this.#slabAddress = kernel.addressOf(slab);
  }

  /**
   * Fills a piece of the slab from an open file, if all of it lies in memory. What was written to the
   * slab means nothing when it does not.
   */
  read(
    { fd, identity }: OpenedFile,
    offset: number,
    lengthBytes: number,
    slabOffset: number,
  ): boolean {
    if (this.#unable.size > 0 && this.#unable.has(identity.dev)) return false;
    const address = this.#slabAddress + slabOffset;
    const got = this.#kernel.readCached(fd, address, lengthBytes, offset);
    if (got === -EOPNOTSUPP) this.#unable.add(identity.dev);
    return got === lengthBytes;
  }

  /**
   * Is an open file still the one it was? To be asked after its bytes were read: a writer moves the
   * time stamp before it copies its bytes.
   */
  isUnchanged({ fd, identity }: OpenedFile): boolean {
    const kernel = this.#kernel;
    if (!kernel.look(fd)) return false;
    return kernel.sizeBytes === identity.sizeBytes && kernel.mtimeNs === identity.mtimeNs;
  }
}
