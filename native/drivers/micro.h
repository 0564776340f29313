// Micro-programs: how the element-wise body of a map, a reduction or an epilogue runs over blocks of
// elements.
//
// Every value of a block is an array of 4-byte lanes: float32 or int32 (uint8 and bool are widened to int32).
// The interpreter walks the micro-instructions and calls one tight vector loop for each; with blocks of
// kMicroBlock elements all arrays stay in the L1 cache, which makes up for the loads and stores between the
// loops.
//
// Most values need no array of their own. Inputs whose elements lie one behind the other are read where they
// are. Values that are the same for a whole block ("uniform": constants, scalars, broadcast inputs and what
// is computed from them) are kept once. And the last step of an output writes into the output itself.

#ifndef NODEGRAD_DRIVERS_MICRO_H_
#define NODEGRAD_DRIVERS_MICRO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "../kernels/map.h"
#include "driver.h"

namespace ng {

// Elements of a block, at most, where a micro-program needs arrays of its own.
constexpr int64_t kMicroBlock = 1024;

// The axes of a block, outermost first. A block has all of every axis but the first, of which it may have
// less.
struct BlockAxes {
  int rank = 1;
  int64_t shape[kMaxRank] = {1};
};

// Something a micro-program reads or writes: a view, or memory of the driver.
struct MicroOperand {
  static constexpr int32_t kTile = -1;     // of the driver; outputs may overlap it, element for element
  static constexpr int32_t kPrivate = -2;  // of the driver; nothing else overlaps it

  int32_t buffer;  // number in the Program, or one of the above
  DType dtype;
  int64_t strides[kMaxRank];  // along the axes of the block, in elements
  bool streamed = false;      // an output to be written past the caches; the driver drains them
};

class MicroProgram {
 public:
  // `inputs` are registers 0, 1, …; `outputs` take micro.results. Strides along a block axis of length 1 (all
  // blocks have just 1 of it) should be 1. Returns an empty string, or why this machine cannot run it.
  std::string prepare(const Micro& micro, const std::vector<MicroOperand>& inputs,
                      const std::vector<MicroOperand>& outputs, const BlockAxes& axes,
                      const Builder& builder);

  // Private memory begin() and run() need, in bytes.
  int64_t scratch_bytes() const { return scratch_bytes_; }

  // Whether blocks are limited to kMicroBlock elements: some value needs an array.
  bool needs_arrays() const { return arrays_ > 0; }

  // Rough time for an element, in nanoseconds.
  double cost() const { return cost_; }

  // Fills the part of `scratch` (64-byte aligned) that stays the same from block to block. Once per chunk.
  void begin(const Run& run, char* scratch) const;

  // Runs a block. `addresses`: where it starts in every input, then in every output; `length`: of its first
  // axis. Outputs may overlap inputs of the same strides.
  void run(char* const* addresses, int64_t length, char* scratch) const;

 private:
  friend class MicroCompiler;

  using MoveFn = void (*)(void* to, const void* from, int64_t stride, int64_t n);

  // Brings an operand into an array before the steps, or an array to an output after them.
  struct Move {
    MoveFn fn;
    int32_t operand, slot;
    int64_t element_bytes;
    bool uniform;  // one element will do
    int32_t
        seen_slot;  // >= 0: a load that may serve further blocks; this slot and the next: its address, length
    int rank;       // axes, merged; a block has shape[0] * length of the first
    int64_t shape[kMaxRank], strides[kMaxRank];
  };
  struct Step {
    MicroFn fn;
    int32_t out, a, b, c;  // slots
    bool uniform;
  };
  // A value from outside that is the same for all blocks; `scalar` is its slot in the run, or -1 for `lanes`.
  struct Immediate {
    int32_t slot, scalar;
    DType dtype;
    int32_t lanes;
  };

  void load(const Move& move, char* const* addresses, int64_t length, void** slots) const;

  std::vector<int32_t> in_place_;  // operands whose slot (of the same number) is their address
  std::vector<Move> loads_, stores_;
  std::vector<Step> steps_;
  std::vector<Immediate> immediates_;
  std::vector<int32_t> cell_of_slot_, array_of_slot_;  // -1: none
  int64_t block_inner_ = 1;                            // elements per unit of the first block axis
  int32_t cells_ = 0, arrays_ = 0;
  int64_t scratch_bytes_ = 0;
  double cost_ = 0;
};

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_MICRO_H_
