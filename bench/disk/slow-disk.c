/*
 * A disk that takes its time: preloaded into a server, it delays every read of a file below a
 * folder called cold/ by DELAY_MS, and nothing else.
 *
 * 1. open*   remember descriptors whose path lies below cold/: one flag each
 * 2. read*   a flagged descriptor is looked up once more (it may have been closed and reused by a
 *            socket), and if it still is a cold file the calling thread sleeps, then reads
 * 3. preadv2 always looks the descriptor up: who reads without waiting may have opened by a raw
 *            system call, which step 1 does not see. It is told EAGAIN, as by a disk, each time
 *
 * Reaches servers that call the C library: nginx with every way of sending, sendfile included, and
 * also from its threads; h2o; lighttpd; Node.js. Does not reach programs that make system calls
 * themselves (Go), io_uring, or a file that was mapped into memory.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef DELAY_MS
#error "compile with -DDELAY_MS=50"
#endif

/* Descriptors above this are never slow. Servers here are started with far fewer. */
#define MAX_FLAGGED 65536

static atomic_uchar flagged[MAX_FLAGGED];

static int is_below_cold(const char *path) {
  return strncmp(path, "cold/", 5) == 0 || strstr(path, "/cold/") != NULL;
}

static int remember(int fd, const char *path) {
  if (fd >= 0 && fd < MAX_FLAGGED) atomic_store(&flagged[fd], path && is_below_cold(path));
  return fd;
}

/* Whether a descriptor is a cold file now; its flag says so from here on. */
static int look_up(int fd) {
  if (fd < 0 || fd >= MAX_FLAGGED) return 0;
  const int before = errno;
  char link[64], target[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, target, sizeof target - 1);
  if (length > 0) target[length] = '\0';
  const int is_cold = length > 0 && is_below_cold(target);
  atomic_store(&flagged[fd], is_cold);
  errno = before;
  return is_cold;
}

/* The slow part runs only for flagged descriptors, so hot reads cost one load. */
static void wait_for_disk(int fd) {
  if (fd < 0 || fd >= MAX_FLAGGED || !atomic_load(&flagged[fd]) || !look_up(fd)) return;
  const int before = errno;
  struct timespec delay = {DELAY_MS / 1000, (DELAY_MS % 1000) * 1000000L};
  while (nanosleep(&delay, &delay) != 0 && errno == EINTR) {
  }
  errno = before;
}

/* Looked up at the first call: a constructor may run after somebody else's first read. */
#define REAL(result, name, ...)                                   \
  static result (*real)(__VA_ARGS__);                             \
  if (real == NULL) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define MODE_AFTER(last)                        \
  mode_t mode = 0;                              \
  if (flags & (O_CREAT | __O_TMPFILE)) {        \
    va_list rest;                               \
    va_start(rest, last);                       \
    mode = va_arg(rest, mode_t);                \
    va_end(rest);                               \
  }

#define OPEN(name)                                            \
  int name(const char *path, int flags, ...) {                \
    REAL(int, #name, const char *, int, mode_t);              \
    MODE_AFTER(flags)                                         \
    return remember(real(path, flags, mode), path);           \
  }

#define OPENAT(name)                                          \
  int name(int folder, const char *path, int flags, ...) {    \
    REAL(int, #name, int, const char *, int, mode_t);         \
    MODE_AFTER(flags)                                         \
    return remember(real(folder, path, flags, mode), path);   \
  }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* What a compiler makes of open() with _FORTIFY_SOURCE, as Debian builds its servers. */
int __open_2(const char *path, int flags) {
  REAL(int, "__open_2", const char *, int);
  return remember(real(path, flags), path);
}

int __open64_2(const char *path, int flags) {
  REAL(int, "__open64_2", const char *, int);
  return remember(real(path, flags), path);
}

int __openat_2(int folder, const char *path, int flags) {
  REAL(int, "__openat_2", int, const char *, int);
  return remember(real(folder, path, flags), path);
}

int __openat64_2(int folder, const char *path, int flags) {
  REAL(int, "__openat64_2", int, const char *, int);
  return remember(real(folder, path, flags), path);
}

ssize_t read(int fd, void *buffer, size_t count) {
  REAL(ssize_t, "read", int, void *, size_t);
  wait_for_disk(fd);
  return real(fd, buffer, count);
}

ssize_t __read_chk(int fd, void *buffer, size_t count, size_t size) {
  REAL(ssize_t, "__read_chk", int, void *, size_t, size_t);
  wait_for_disk(fd);
  return real(fd, buffer, count, size);
}

ssize_t readv(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "readv", int, const struct iovec *, int);
  wait_for_disk(fd);
  return real(fd, parts, count);
}

#define PREAD(name, offset_type)                                              \
  ssize_t name(int fd, void *buffer, size_t count, offset_type at) {          \
    REAL(ssize_t, #name, int, void *, size_t, offset_type);                   \
    wait_for_disk(fd);                                                        \
    return real(fd, buffer, count, at);                                       \
  }

#define PREAD_CHECKED(name, offset_type)                                              \
  ssize_t name(int fd, void *buffer, size_t count, offset_type at, size_t size) {     \
    REAL(ssize_t, #name, int, void *, size_t, offset_type, size_t);                   \
    wait_for_disk(fd);                                                                \
    return real(fd, buffer, count, at, size);                                         \
  }

#define PREADV(name, offset_type)                                                     \
  ssize_t name(int fd, const struct iovec *parts, int count, offset_type at) {        \
    REAL(ssize_t, #name, int, const struct iovec *, int, offset_type);                \
    wait_for_disk(fd);                                                                \
    return real(fd, parts, count, at);                                                \
  }

#define PREADV2(name, offset_type)                                                          \
  ssize_t name(int fd, const struct iovec *parts, int count, offset_type at, int flags) {   \
    REAL(ssize_t, #name, int, const struct iovec *, int, offset_type, int);                 \
    if (look_up(fd) && (flags & RWF_NOWAIT)) {                                              \
      errno = EAGAIN;                                                                       \
      return -1;                                                                            \
    }                                                                                       \
    wait_for_disk(fd);                                                                      \
    return real(fd, parts, count, at, flags);                                               \
  }

#define SENDFILE(name, offset_type)                                           \
  ssize_t name(int to, int from, offset_type *at, size_t count) {             \
    REAL(ssize_t, #name, int, int, offset_type *, size_t);                    \
    wait_for_disk(from);                                                      \
    return real(to, from, at, count);                                         \
  }

PREAD(pread, off_t)
PREAD(pread64, off64_t)
PREAD_CHECKED(__pread_chk, off_t)
PREAD_CHECKED(__pread64_chk, off64_t)
PREADV(preadv, off_t)
PREADV(preadv64, off64_t)
PREADV2(preadv2, off_t)
PREADV2(preadv64v2, off64_t)
SENDFILE(sendfile, off_t)
SENDFILE(sendfile64, off64_t)
