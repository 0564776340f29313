/*
 * A system that is short of memory or threads, for the addon alone. Preloaded, it hands out as many bytes and
 * starts as many threads for nodegrad.node as the test has put into the shared file $SCARCE, and refuses what
 * goes beyond; memory that the addon frees it may have again.
 *
 * Callers are told by their return address: what Node, V8 and the C library ask for never fails. So a crash
 * is the addon's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

/* As in programs/scarce.js. */
struct shared {
  _Atomic int64_t armed;   /* whether anything is short */
  _Atomic int64_t left;    /* bytes that may still be handed out */
  _Atomic int64_t threads; /* threads that may still be started */
  _Atomic int64_t refused; /* requests that were not granted */
  _Atomic int64_t taken;   /* bytes handed out in all */
};

static struct shared none, *shared = &none;
static _Atomic uintptr_t code_start, code_end;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("SCARCE");
  const int file = path == NULL ? -1 : open(path, O_RDWR);
  if (file < 0) return;
  void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory != MAP_FAILED) shared = memory;
}

static int note_addon(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size, (void)data;
  if (strstr(info->dlpi_name, "nodegrad.node") == NULL) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    if (header->p_type != PT_LOAD || !(header->p_flags & PF_X)) continue;
    atomic_store(&code_end, info->dlpi_addr + header->p_vaddr + header->p_memsz);
    atomic_store(&code_start, info->dlpi_addr + header->p_vaddr);
  }
  return 1;
}

static int concerns(const void *caller) {
  if (!atomic_load(&shared->armed)) return 0;
  if (atomic_load(&code_start) == 0) dl_iterate_phdr(note_addon, NULL);
  const uintptr_t address = (uintptr_t)caller;
  return address >= atomic_load(&code_start) && address < atomic_load(&code_end);
}

/* Whether the caller may have so many bytes. */
static int granted(const void *caller, size_t bytes) {
  if (!concerns(caller)) return 1;
  if (atomic_fetch_sub(&shared->left, (int64_t)bytes) >= (int64_t)bytes) {
    atomic_fetch_add(&shared->taken, (int64_t)bytes);
    return 1;
  }
  atomic_fetch_add(&shared->left, (int64_t)bytes);
  atomic_fetch_add(&shared->refused, 1);
  return 0;
}

void *malloc(size_t bytes) {
  if (granted(__builtin_return_address(0), bytes)) return __libc_malloc(bytes);
  errno = ENOMEM;
  return NULL;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  if (granted(__builtin_return_address(0), bytes)) return __libc_memalign(alignment, bytes);
  errno = ENOMEM;
  return NULL;
}

int posix_memalign(void **result, size_t alignment, size_t bytes) {
  if (!granted(__builtin_return_address(0), bytes)) return ENOMEM;
  void *block = __libc_memalign(alignment, bytes);
  if (block == NULL) return ENOMEM;
  *result = block;
  return 0;
}

void free(void *block) {
  if (block != NULL && concerns(__builtin_return_address(0))) {
    atomic_fetch_add(&shared->left, (int64_t)malloc_usable_size(block));
  }
  __libc_free(block);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                   void *argument) {
  typedef int Create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (concerns(__builtin_return_address(0)) && atomic_fetch_sub(&shared->threads, 1) <= 0) {
    atomic_fetch_add(&shared->refused, 1);
    return EAGAIN;
  }
  Create *create = NULL;
  *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
  return create(thread, attributes, main, argument);
}
