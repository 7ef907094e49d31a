/**
 * System calls that Node has no function for: those that refuse where they would have to wait.
 *
 *   openCached   openat2(2), RESOLVE_CACHED (Linux 5.12): only if the whole way is in the kernel's memory
 *   readCached   preadv2(2), RWF_NOWAIT (Linux 4.14): only what lies in memory
 *   look         statx(2) on an open descriptor
 *
 * On tmpfs nothing waits, yet those refuse what they could do: `open` and `read` are for what is known
 * to lie there. koffi makes the calls: one for which the kernel has nothing to do costs 0.3 to 0.7 µs.
 * Results are as the kernel gives them: negative numbers are errors. Owns: the memory the kernel
 * writes to. Judges nothing.
 */
import { createRequire } from "node:module";
import { constants } from "node:os";

const RWF_NOWAIT = 0x8;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;

const SYS_OPENAT2 = 437; // the same number on every machine
const RESOLVE_NO_XDEV = 0x1;
const RESOLVE_NO_MAGICLINKS = 0x2;
const RESOLVE_BENEATH = 0x8;
const RESOLVE_CACHED = 0x20;
const RESOLVE = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH;
const OPEN_HOW_BYTES = 24;
const W_FLAGS = 0;
const W_RESOLVE = 4;

const STATFS_WORDS = 15;
/** In place of a folder, where the path is absolute (AT_FDCWD). */
const NO_FOLDER = -100;

/** A flag of open(2) that Node has no name for: only the place, and not what stands there. */
export const O_PATH = 0o10000000;

/** The type of tmpfs (statfs(2)). */
export const TMPFS = 0x01021994;

// `struct statx` is the same on every machine. Places of its fields, counted in their own width.
const STATX_WORDS = 32;
const Q_INO = 4;
const Q_SIZE = 5;
const Q_CTIME_SEC = 12;
const Q_MTIME_SEC = 14;
const L_CTIME_NSEC = 26;
const L_MTIME_NSEC = 30;
const L_DEV_MAJOR = 34;
const L_DEV_MINOR = 35;
const H_MODE = 14;
const NS_PER_SEC = 1_000_000_000n;

type Koffi = typeof import("koffi");
/** Addresses are numbers: no system gives a process more than 2^52 bytes, and a bigint is an object. */
type Address = number;
type Preadv2 = (
  fd: number,
  vector: Address,
  count: number,
  offset: number,
  flags: number,
) => number;
type Fstatfs = (fd: number, into: Address) => number;
type Close = (fd: number) => number;
type Statx = (fd: number, path: Address, flags: number, mask: number, into: Address) => number;
type OpenAt2 = (nr: number, dir: number, path: string, how: Address, bytes: number) => number;

export class Kernel {
  readonly #koffi: Koffi;
  readonly #preadv2: Preadv2;
  readonly #fstatfs: Fstatfs;
  readonly #close: Close;
  readonly #statx: Statx;
  readonly #openat2: OpenAt2;
  /** One `struct iovec`, in halves, the lower one first: address, length. */
  readonly #vector = new Uint32Array(4);
  readonly #vectorAddress: Address;
  readonly #facts = new BigInt64Array(STATX_WORDS);
  readonly #factLongs = new Uint32Array(this.#facts.buffer);
  readonly #factHalves = new Uint16Array(this.#facts.buffer);
  readonly #factsAddress: Address;
  /** A `struct statfs`, which begins with the type. */
  readonly #fileSystem = new BigUint64Array(STATFS_WORDS);
  readonly #fileSystemAddress: Address;
  readonly #noPath = new Uint8Array(8);
  readonly #noPathAddress: Address;
  /** A `struct open_how`, in halves, the lower one first: flags, mode, resolve. */
  readonly #how = new Uint32Array(OPEN_HOW_BYTES / 4);
  readonly #howAddress: Address;

  /** Undefined where the system, or koffi's binary, has no such calls. */
  static load(): Kernel | undefined {
    try {
      return new Kernel(createRequire(import.meta.url)("koffi"));
    } catch {
      return undefined;
    }
  }

  private constructor(koffi: Koffi) {
    const system = koffi.load(null);
    this.#koffi = koffi;
    this.#preadv2 = system.func("preadv2", "int64", ["int", "uint64", "int", "int64", "int"]);
    this.#fstatfs = system.func("fstatfs", "int", ["int", "uint64"]);
    this.#close = system.func("close", "int", ["int"]);
    this.#statx = system.func("statx", "int", ["int", "uint64", "int", "uint", "uint64"]);
    this.#openat2 = system.func("syscall", "int64", ["int64", "int", "str", "uint64", "size_t"]);
    this.#vectorAddress = this.addressOf(this.#vector);
    this.#factsAddress = this.addressOf(this.#facts);
    this.#fileSystemAddress = this.addressOf(this.#fileSystem);
    this.#noPathAddress = this.addressOf(this.#noPath);
    this.#howAddress = this.addressOf(this.#how);
  }

  /** Where bytes lie, for `readCached`. They must not move: not true of what Node's pool lends. */
  addressOf(bytes: ArrayBufferView): Address {
    return Number(this.#koffi.address(bytes));
  }

  /**
   * Reads what lies in memory. Cost: 7 µs for 64 KiB, 2 µs for a refusal.
   *
   * @returns bytes read, fewer than asked for where memory or the file ends; or a negative errno:
   *   -EAGAIN when the disk is needed, -EOPNOTSUPP when this file system cannot answer
   */
  readCached(fd: number, address: Address, lengthBytes: number, offset: number): number {
    return this.#read(fd, address, lengthBytes, offset, RWF_NOWAIT);
  }

  /** The same, and waits where it has to. */
  read(fd: number, address: Address, lengthBytes: number, offset: number): number {
    return this.#read(fd, address, lengthBytes, offset, 0);
  }

  /**
   * Opens a path below an open folder, never through a link that leads out of it and never on
   * another mount. Cost: 3 µs.
   *
   * @param path relative; UTF-8 on the wire to the kernel
   * @param flags as in open(2); O_CLOEXEC is added
   * @returns a descriptor, or a negative errno: -EAGAIN when the disk is needed, -EXDEV when a link
   *   or a mount leads elsewhere
   */
  openCached(folderFd: number, path: string, flags: number): number {
    return this.#open(folderFd, path, flags, RESOLVE | RESOLVE_CACHED);
  }

  /** The same, and waits where it has to. */
  open(folderFd: number, path: string, flags: number): number {
    return this.#open(folderFd, path, flags, RESOLVE);
  }

  /**
   * Opens the place that an absolute path leads to, by whatever links and mounts. Cost: 3 µs.
   *
   * @returns as of `openCached`
   */
  openPlaceCached(path: string): number {
    return this.#open(NO_FOLDER, path, O_PATH, RESOLVE_CACHED);
  }

  /** Does an open file, or folder, lie on tmpfs? Its pages stay, or are swapped out as our own do. */
  isInMemory(fd: number): boolean {
    return (
      this.#fstatfs(fd, this.#fileSystemAddress) === 0 && Number(this.#fileSystem[0]) === TMPFS
    );
  }

  /** For what was opened here; nothing was written through it, so nothing can be lost. */
  close(fd: number): void {
    this.#close(fd);
  }

  /** Looks at an open descriptor; what was seen is in the getters until the next look. Cost: 2 µs. */
  look(fd: number): boolean {
    const into = this.#factsAddress;
    return this.#statx(fd, this.#noPathAddress, AT_EMPTY_PATH, STATX_BASIC_STATS, into) === 0;
  }

  get sizeBytes(): number {
    return Number(this.#facts[Q_SIZE]);
  }

  get mtimeNs(): bigint {
    return this.#facts[Q_MTIME_SEC]! * NS_PER_SEC + BigInt(this.#factLongs[L_MTIME_NSEC]!);
  }

  /** When the file was last changed in any way: of a folder, when a name came or went. */
  get ctimeNs(): bigint {
    return this.#facts[Q_CTIME_SEC]! * NS_PER_SEC + BigInt(this.#factLongs[L_CTIME_NSEC]!);
  }

  get ino(): bigint {
    return BigInt.asUintN(64, this.#facts[Q_INO]!);
  }

  /** As stat(2) puts it together (makedev(3)). */
  get dev(): bigint {
    const major = BigInt(this.#factLongs[L_DEV_MAJOR]!);
    const minor = BigInt(this.#factLongs[L_DEV_MINOR]!);
    return (
      ((major & 0xfffff000n) << 32n) |
      ((major & 0xfffn) << 8n) |
      ((minor & 0xffffff00n) << 12n) |
      (minor & 0xffn)
    );
  }

  /** File type and permissions, as in stat(2). */
  get mode(): number {
    return this.#factHalves[H_MODE]!;
  }

  #open(folderFd: number, path: string, flags: number, resolve: number): number {
    this.#how[W_FLAGS] = flags | O_CLOEXEC;
    this.#how[W_RESOLVE] = resolve;
    const fd = this.#openat2(SYS_OPENAT2, folderFd, path, this.#howAddress, OPEN_HOW_BYTES);
    return fd < 0 ? -this.#koffi.errno() : fd;
  }

  #read(fd: number, address: Address, lengthBytes: number, offset: number, flags: number): number {
    this.#vector[0] = address; // a Uint32Array keeps the lower half of what it is given
    this.#vector[1] = address / TWO_TO_32;
    this.#vector[2] = lengthBytes;
    const got = this.#preadv2(fd, this.#vectorAddress, 1, offset, flags);
    return got < 0 ? -this.#koffi.errno() : got;
  }
}

const TWO_TO_32 = 2 ** 32;
const O_CLOEXEC = 0o2000000;

export const { ENOENT, EOPNOTSUPP } = constants.errno;
