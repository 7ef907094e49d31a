/** A reader pool for tests: started, stopped afterwards, and asked with promises. */
import { closeSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import {
  type FileIdentity,
  type Opened,
  ReaderPool,
  type ReaderPoolSettings,
  type ReadTarget,
} from "../../fs/reader-pool.js";

export const SMALL_BYTES = 1024;
const SLAB_BYTES = 64 * 1024;

export interface TestPool {
  readonly pool: ReaderPool;
  readonly slab: Buffer;
  open(path: string, known?: FileIdentity, root?: string): Promise<Opened>;
  read(file: Opened, offset: number, lengthBytes: number): Promise<number>;
}

/** A pool of its own, stopped when the test has ended. */
export async function startPool(settings: Partial<ReaderPoolSettings> = {}): Promise<TestPool> {
  const started = createPool(settings);
  onTestFinished(() => started.pool.stop());
  await started.pool.start();
  return started;
}

/** A pool for all tests of a file: a thread costs more to start than most tests to run. */
export function sharePool(): TestPool {
  const shared = createPool();
  beforeAll(() => shared.pool.start());
  afterAll(() => shared.pool.stop());
  return shared;
}

function createPool(settings: Partial<ReaderPoolSettings> = {}): TestPool {
  const memory = new SharedArrayBuffer(SLAB_BYTES);
  const defaults = { readers: 2, smallFileBytes: SMALL_BYTES };
  const pool = new ReaderPool({ ...defaults, ...settings }, memory);
  return {
    pool,
    slab: Buffer.from(memory),
    open: (path, known, root = dirname(path)) =>
      new Promise((resolve) => {
        pool.open({ root, path, known, siblings: false }, (opened) => {
          if (opened.fd >= 0) onTestFinished(() => closeSync(opened.fd));
          resolve(opened);
        });
      }),
    read: (file, offset, lengthBytes) =>
      new Promise((resolve) => {
        pool.read(targetOf(file), offset, lengthBytes, 0, resolve);
      }),
  };
}

/** An open file, as a read names it. */
export const targetOf = ({ fd, identity }: Opened): ReadTarget => ({
  fd,
  identity: identity!,
  path: "file",
});

/** What the file system says, in the words of the pool. */
export function identityOf(path: string): FileIdentity {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return { dev, ino, sizeBytes: Number(size), mtimeNs, ctimeNs };
}
