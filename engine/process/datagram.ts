/**
 * A Unix datagram socket to send from. Node has none: the C library is called.
 *
 * Linux only: the numbers below are its own. Knows bytes and names, not who listens.
 */
import { endianness } from "node:os";

export interface DatagramSocket {
  /**
   * Sends one datagram, whole or not at all. Never blocks, never raises a signal.
   *
   * @returns the name of the errno, such as EAGAIN where the receiver is full; "" when it was sent
   */
  send(text: string): string;
}

// socket(2) and send(2), as of Linux on every processor that Node runs on.
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2_000_000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** unix(7): `sun_path` has 108 bytes, and a path ends with a NUL. */
const MAX_NAME_BYTES = 107;

/**
 * Opens a socket that sends to one address. One descriptor, for as long as the process lives.
 *
 * @param name a path from the root, or `@` and a name in the abstract namespace (unix(7))
 * @throws Error whose message is for the operator: the name, or a library that does not load
 */
export async function openDatagramSocket(name: string): Promise<DatagramSocket> {
  const address = addressOf(name);
  if (process.platform !== "linux") throw new Error("only Linux has such sockets");
  const { default: koffi } = await import("koffi");
  const libc = koffi.load(null);
  const socket = libc.func("int socket(int domain, int type, int protocol)");
  const sendto = libc.func(
    "long sendto(int fd, const uint8_t *bytes, size_t size, int flags, const uint8_t *address, uint32_t addressSize)",
  );
  const errnoName = (): string => {
    const errno = koffi.errno();
    const known = Object.entries(koffi.os.errno).find(([, value]) => value === errno);
    return known?.[0] ?? `errno ${errno}`;
  };

  const fd: number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error(`no socket can be had: ${errnoName()}`);
  return {
    send(text) {
      const bytes = Buffer.from(text);
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      return sendto(fd, bytes, bytes.length, flags, address, address.length) < 0 ? errnoName() : "";
    },
  };
}

/** `struct sockaddr_un`. An abstract name is all bytes up to the given length: no NUL ends it. */
function addressOf(name: string): Buffer {
  const isAbstract = name.startsWith("@");
  const bytes = Buffer.from(name);
  if (!isAbstract && !name.startsWith("/")) throw new Error("want a path from the root, or @name");
  if (bytes.length > MAX_NAME_BYTES) throw new Error(`want at most ${MAX_NAME_BYTES} bytes`);
  const family = endianness() === "LE" ? [AF_UNIX, 0] : [0, AF_UNIX];
  return isAbstract
    ? Buffer.from([...family, 0, ...bytes.subarray(1)])
    : Buffer.from([...family, ...bytes, 0]);
}
