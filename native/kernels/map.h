// Kernels of element-wise work: one tight loop per micro-op, and what moves elements in and out of its
// arrays.
//
// The arrays hold 4-byte lanes: float32, or int32 for int32, uint8 and bool (widened). No alignment is
// needed.

#ifndef NODEGRAD_KERNELS_MAP_H_
#define NODEGRAD_KERNELS_MAP_H_

#include <stdint.h>

namespace ng {

// out[i] = op(a[i], b[i], c[i]) for i < n. Operands that were declared uniform have one element only. `out`
// may be the memory of an operand, element for element.
using MicroFn = void (*)(void* out, const void* a, const void* b, const void* c, int64_t n);

enum class Lane : int { kFloat, kInt };

// What a conversion makes of a lane.
enum class LaneCast : int { kFloatToInt, kFloatToByte, kFloatToBool, kIntToFloat, kIntToByte, kIntToBool };

struct MapKernels {
  // The loop of a micro-op (its number in opcodes.inc) on lanes of a type; bit j of `uniform` says that
  // operand j is a single element, which not all operands may be. Null for `constant`, `scalar` and `cast`,
  // and for what does not exist on the type.
  MicroFn (*find)(int op, Lane lane, int uniform);
  // On floats, max(op(…), 0) in one loop; null for most.
  MicroFn (*find_rectified)(int op, int uniform);
  MicroFn (*find_cast)(LaneCast cast);

  MicroFn fill;  // out[i] = a[0], of 4-byte lanes
  MicroFn copy;  // out[i] = a[i]

  // lanes[i] = memory[i * stride] for i < n, and the reverse; strides in elements of the memory. The byte
  // versions widen uint8 to int32, and keep the low byte of an int32.
  void (*load_words)(void* lanes, const void* memory, int64_t stride, int64_t n);
  void (*load_bytes)(void* lanes, const void* memory, int64_t stride, int64_t n);
  void (*store_words)(void* memory, const void* lanes, int64_t stride, int64_t n);
  void (*store_bytes)(void* memory, const void* lanes, int64_t stride, int64_t n);
  // store_words past the caches, where memory allows that; drain() after the last of a chunk, before other
  // threads read.
  void (*stream_words)(void* memory, const void* lanes, int64_t stride, int64_t n);
  void (*drain)();
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_MAP_H_
