// Weight gradients: dw[o, c, tap] = sum over images and pixels of dy[o, pixel] · x[c, pixel + tap].
//
// The long sum over pixels is cut into a fixed number of parts. Chunks of a first step write the sums of a
// part for some of the weights to the workspace; a second step adds the parts in their order and ends with
// the micro-program, which may update the weights. Where there is one part only, chunks can end their weights
// themselves, while the sums are in a cache. There are three first steps: by register tiles of sums of
// products (conv_weight_tiles.cc), by dot products (conv_weight_dots.cc), and for depthwise convolutions
// (conv_depthwise.cc).

#ifndef NODEGRAD_DRIVERS_CONV_WEIGHT_H_
#define NODEGRAD_DRIVERS_CONV_WEIGHT_H_

#include <cstdint>
#include <string>

#include "../kernels/gemm.h"
#include "conv.h"
#include "epilogue.h"

namespace ng {

// The parts of a sum over pixels are at most so many.
constexpr int64_t kMostParts = 16;

// The sums of every part, and the step that adds them.
class WeightSums {
 public:
  // Returns an empty string, or why the micro-program of `instruction` cannot run.
  std::string prepare(const Instruction& instruction, const Builder& builder);

  // Reserves memory for the sums; to be called once. The taps of a channel are side by side, or the channels
  // of a tap. `finishes`: chunks hand the sums of one part to finish() instead of writing them to part().
  void add_parts(int64_t parts, Builder& builder, bool channels_last = false, bool finishes = false);

  // Ends rows [row, row + rows) with their sums, in finish_bytes() of private memory.
  void finish(const Run& run, int64_t row, int64_t rows, const float* sums, char* scratch) const;
  int64_t finish_bytes() const { return epilogue_at_ + epilogue_.scratch_bytes(); }

  // Adds the second step.
  void add_step(Builder& builder);

  // Where the sums of an output channel and those after it are: [row][channel, row tap, column tap], or [row]
  // [row tap, column tap, channel].
  float* part(const Run& run, int64_t part, int64_t row) const {
    return reinterpret_cast<float*>(run.workspace + sums_at_) + (part * dw_.shape[0] + row) * taps_;
  }

 private:
  static void combine(const void* opaque, const Run& run, int64_t chunk, Worker& worker);
  void place();  // in private memory
  // Adds the parts of at most chunk_rows_ rows, the first of them at `parts`, and ends these rows.
  void end(const Run& run, int64_t row, int64_t rows, const float* parts, char* scratch) const;

  View dw_;
  const GemmKernels* gemm_;
  const MoveKernels* move_;
  Epilogue epilogue_;
  int64_t window_taps_, taps_;  // of a channel, of all
  int64_t chunk_rows_;          // output channels of a chunk
  int64_t parts_ = 0;
  bool channels_last_ = false, finishes_ = false;
  int64_t sums_at_ = 0;                      // in the workspace
  int64_t turned_at_ = 0, epilogue_at_ = 0;  // in private memory
};

// The first steps, for a dy that is not empty, and what they cost (conv.h).
double cost_of_weight_tiles(const Instruction& instruction, const Builder& builder);
void add_weight_tiles(const Instruction& instruction, WeightSums* sums, Builder& builder);
double cost_of_weight_dots(const Instruction& instruction, const Builder& builder);
void add_weight_dots(const Instruction& instruction, WeightSums* sums, Builder& builder);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_WEIGHT_H_
