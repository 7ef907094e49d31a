/*
 * Sockets as readers far away have them, for clients on the loopback device.
 *
 * Loopback segments are 64 KiB, and the kernel sizes a connection's buffers by its segments: five
 * thousand stalled downloads would hold gigabytes of the kernel's memory, and whoever is served
 * beside them would starve in the kernel, not in the server. With the segment of an Ethernet and a
 * small window each holds about a hundred KiB, as over a real network.
 *
 * Preloaded into the load generator only.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

#define SEGMENT_BYTES 1460
#define WINDOW_BYTES (16 * 1024)

int connect(int fd, const struct sockaddr *address, socklen_t length) {
  static int (*real)(int, const struct sockaddr *, socklen_t);
  if (real == NULL) real = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
  if (address->sa_family == AF_INET) {
    const int segment = SEGMENT_BYTES, window = WINDOW_BYTES;
    setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
  }
  return real(fd, address, length);
}
