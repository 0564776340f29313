// A matrix product by a BLAS library: blas THREADS openblas|blis matmul NN|NT|TN|TT M N K, C (M×N) = A·B in
// rows.
//
// A product of one row is a product of a matrix and a vector. T says that a factor is stored transposed.

#include <dlfcn.h>

#include "protocol.h"

#if defined(__x86_64__)
#define DEBIAN "/usr/lib/x86_64-linux-gnu/"
#elif defined(__aarch64__)
#define DEBIAN "/usr/lib/aarch64-linux-gnu/"
#else
#define DEBIAN "/usr/lib/"
#endif

enum { ROWS = 101, PLAIN = 111, TRANSPOSED = 112 };

typedef void Gemm(int order, int transA, int transB, int m, int n, int k, float alpha, const float* a,
                  int lda, const float* b, int ldb, float beta, float* c, int ldc);
typedef void Gemv(int order, int trans, int rows, int columns, float alpha, const float* a, int lda,
                  const float* x, int incx, float beta, float* y, int incy);

struct Product {
  Gemm* gemm;
  Gemv* gemv;
  int m, n, k, transposedA, transposedB;
  const float *a, *b;
  float* c;
};

static void multiply(void* state) {
  const struct Product* p = (const struct Product*)state;
  p->gemm(ROWS, p->transposedA ? TRANSPOSED : PLAIN, p->transposedB ? TRANSPOSED : PLAIN, p->m, p->n, p->k, 1,
          p->a, p->transposedA ? p->m : p->k, p->b, p->transposedB ? p->k : p->n, 0, p->c, p->n);
}

static void multiply_vector(void* state) {
  const struct Product* p = (const struct Product*)state;
  const int rows = p->transposedB ? p->n : p->k, columns = p->transposedB ? p->k : p->n;
  p->gemv(ROWS, p->transposedB ? PLAIN : TRANSPOSED, rows, columns, 1, p->b, columns, p->a, 1, 0, p->c, 1);
}

// These libraries choose AVX-512 kernels for processors that they know only; they read the choice when they
// are loaded.
static void choose_kernels(void) {
#if defined(__AVX512F__)
  setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
  setenv("BLIS_ARCH_TYPE", "skx", 0);  // BLIS 0.9 reads a number, and 0 where there is none: skx too
#endif
}

// Debian's build for OpenMP, whose threads meet faster than its others, or whatever the system has.
static void* open_library(const char* name) {
  void* library;
  if (strcmp(name, "blis") == 0) {
    library = dlopen(DEBIAN "blis-openmp/libblis.so.4", RTLD_NOW);
    return library ? library : dlopen("libblis.so.4", RTLD_NOW);
  }
  library = dlopen(DEBIAN "openblas-openmp/libopenblas.so.0", RTLD_NOW);
  return library ? library : dlopen("libopenblas.so.0", RTLD_NOW);
}

static const char* version_of(void* library) {
  const char* (*version)(void) = (const char* (*)(void))dlsym(library, "bli_info_get_version_str");
  if (version == NULL) version = (const char* (*)(void))dlsym(library, "openblas_get_config");
  return version != NULL ? version() : "";
}

int main(int argc, char** argv) {
  if (argc != 8) return 1;
  choose_kernels();
  void* library = open_library(argv[2]);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  const int m = atoi(argv[5]), n = atoi(argv[6]), k = atoi(argv[7]);
  float* c = numbers((long)m * n, 3);
  struct Product product = {(Gemm*)dlsym(library, "cblas_sgemm"),
                            (Gemv*)dlsym(library, "cblas_sgemv"),
                            m,
                            n,
                            k,
                            argv[4][0] == 'T',
                            argv[4][1] == 'T',
                            numbers((long)m * k, 1),
                            numbers((long)k * n, 2),
                            c};
  if (product.gemm == NULL || product.gemv == NULL) {
    fprintf(stderr, "%s has no cblas_sgemm\n", argv[2]);
    return 1;
  }
  return serve(version_of(library), m == 1 ? multiply_vector : multiply, &product,
               (struct Result){c, (long)m * n});
}
