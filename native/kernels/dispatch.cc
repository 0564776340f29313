#include "dispatch.h"

#include <cstdint>
#include <cstring>

#include "kernels.h"

// clang takes the GNU way on Windows too.
#if defined(_MSC_VER) && !defined(__clang__)
#define NG_MSVC 1
#endif

#if defined(NG_MSVC) && defined(_M_X64)
#include <intrin.h>
#elif defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ng {

namespace base {
extern const Kernels kernels;
}
#if NG_HAVE_AVX2
namespace avx2 {
extern const Kernels kernels;
}
#endif
#if NG_HAVE_AVX512
namespace avx512 {
extern const Kernels kernels;
}
#endif
#if NG_HAVE_NEON
namespace neon {
extern const Kernels kernels;
}
#endif

namespace {

#if NG_HAVE_AVX2 || NG_HAVE_AVX512

struct Registers {
  uint32_t eax, ebx, ecx, edx;
};

Registers cpuid(uint32_t leaf) {
  Registers r = {};
#if defined(NG_MSVC)
  int values[4];
  __cpuid(values, 0);
  if (static_cast<uint32_t>(values[0]) < leaf) return r;
  __cpuidex(values, static_cast<int>(leaf), 0);
  memcpy(&r, values, sizeof r);
#else
  __get_cpuid_count(leaf, 0, &r.eax, &r.ebx, &r.ecx, &r.edx);
#endif
  return r;
}

// Which registers the operating system saves when it switches threads. To be read only with OSXSAVE set.
uint64_t xcr0() {
#if defined(NG_MSVC)
  return _xgetbv(0);
#else
  uint32_t low;
  uint32_t high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
#endif
}

bool has(uint32_t flags, uint32_t bits) { return (flags & bits) == bits; }

struct Features {
  bool avx2 = false;    // and FMA, F16C, BMI2, which kernels of this set may use
  bool avx512 = false;  // F, DQ, BW, VL
};

Features detect() {
  constexpr uint32_t kFma = 1u << 12, kOsxsave = 1u << 27, kAvx = 1u << 28, kF16c = 1u << 29;  // leaf 1, ecx
  constexpr uint32_t kAvx2 = 1u << 5, kBmi2 = 1u << 8;                                         // leaf 7, ebx
  constexpr uint32_t kAvx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW and VL of leaf 7, ebx
  constexpr uint64_t kYmm = 0x6;                                           // state of xmm and ymm
  constexpr uint64_t kZmm = 0xe6;                                          // and of masks and zmm
  Features features;
  const uint32_t leaf1 = cpuid(1).ecx;
  if (!has(leaf1, kOsxsave | kAvx | kFma | kF16c)) return features;
  const uint64_t saved = xcr0();
  const uint32_t leaf7 = cpuid(7).ebx;
  features.avx2 = has(leaf7, kAvx2 | kBmi2) && (saved & kYmm) == kYmm;
  features.avx512 = features.avx2 && has(leaf7, kAvx512) && (saved & kZmm) == kZmm;
  return features;
}

#endif

}  // namespace

std::vector<const Kernels*> available_kernels() {
  std::vector<const Kernels*> available;
#if NG_HAVE_AVX2 || NG_HAVE_AVX512
  const Features features = detect();
#endif
#if NG_HAVE_AVX512
  if (features.avx512) available.push_back(&avx512::kernels);
#endif
#if NG_HAVE_AVX2
  if (features.avx2) available.push_back(&avx2::kernels);
#endif
#if NG_HAVE_NEON
  available.push_back(&neon::kernels);  // part of every AArch64 processor
#endif
  available.push_back(&base::kernels);
  return available;
}

const Kernels* select_kernels(const char* target, std::string* error) {
  const std::vector<const Kernels*> available = available_kernels();
  if (target == nullptr || target[0] == '\0') return available[0];
  std::string names;
  for (const Kernels* kernels : available) {
    if (strcmp(kernels->target, target) == 0) return kernels;
    names += (names.empty() ? "" : ", ") + std::string(kernels->target);
  }
  *error = "target \"" + std::string(target) + "\" does not exist on this machine; available: " + names;
  return nullptr;
}

}  // namespace ng
