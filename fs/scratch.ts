/**
 * A scratch file: a place for bytes that are made once and sent to many, and then forgotten.
 *
 * It has no name from the moment it is made, so nobody else can open it, and whatever becomes of
 * the process, the last descriptor to close takes the bytes along. Blocking: for use in a thread.
 */
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileIdentity } from "./reader-pool.js";

const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
const ONLY_US = 0o600;

export class Scratch {
  /** Open for reading and writing; whose it is in the end is the caller's to decide. */
  readonly fd: number;

  /**
   * Cost: one open, one unlink.
   *
   * @param folder on a disk, as a rule: in /dev/shm the bytes would count as the process's memory,
   *   of which a container may grant 64 MiB, and could never be written back under pressure. What
   *   was just written is still in the page cache when it is read.
   * @throws Error with an errno as `code`
   */
  constructor(folder: string = tmpdir()) {
    const path = join(folder, `sluice-${randomUUID()}`);
    this.fd = fs.openSync(path, O_RDWR | O_CREAT | O_EXCL, ONLY_US);
    try {
      fs.unlinkSync(path);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Adds bytes at the end, all of them. @throws Error with an errno as `code` */
  write(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) {
      written += fs.writeSync(this.fd, bytes, written, bytes.length - written);
    }
  }

  /** Of what has been written so far. Ask when no more will be: readers compare it at every read. */
  identity(): FileIdentity {
    const { dev, ino, size, mtimeNs, ctimeNs } = fs.fstatSync(this.fd, { bigint: true });
    return { dev, ino, sizeBytes: Number(size), mtimeNs, ctimeNs };
  }

  /** Closes it, and with that its bytes are gone. */
  discard(): void {
    fs.closeSync(this.fd);
  }
}
