// A reduction made ready: what it reduces, how it is cut into blocks, units and parts. See reduce.cc.

#ifndef NODEGRAD_DRIVERS_REDUCE_H_
#define NODEGRAD_DRIVERS_REDUCE_H_

#include <string>
#include <vector>

#include "../kernels/kernels.h"
#include "arith.h"
#include "grid.h"
#include "micro.h"

namespace ng {

constexpr int64_t kMaxLanes = 512;  // of a unit

// An axis of a block: its length, how much of it a block takes, and every view's step in elements.
struct BlockAxis {
  int64_t length = 1, tile = 1;
  std::vector<int64_t> strides;

  int64_t tiles() const { return ceil_div(length, tile); }
};

struct ReducePlan {
  const Kernels* kernels;
  ReduceKind kind;
  Lane lane;
  int32_t identity;  // as a lane
  bool is_arg, is_variance;
  bool in_double;                  // totals are float64
  bool along_rows;                 // the reduced axis is innermost
  std::vector<const View*> views;  // inputs, then the outputs with steps of 0 along reduced axes
  std::vector<View> outputs;
  std::vector<int64_t> sizes;  // bytes of the views' elements
  Grid kept, reduced;          // axes outside the blocks
  BlockAxis lanes, range;      // the kept and the reduced axis of blocks
  int64_t group;               // blocks folded at once
  // Of each result, the input that holds it as it is, read in place; or -1: the micro-program makes it.
  std::vector<int> in_place;
  int made;       // results that the micro-program makes
  bool two_axes;  // it makes whole matrices, not one row at a time
  MicroProgram micro;
  ReduceFn reduce, combine;  // combine: down columns, for parts
  ArgReduceFn arg_reduce;
  int64_t parts, part_blocks;  // the reduced range in parts, and the blocks of one
  int64_t units, chunk_units;
  int64_t workspace;  // totals of parts, [unit][part][total][lane]

  int inputs() const { return static_cast<int>(views.size() - outputs.size()); }
  // What the micro-program hands over; a variance is of one value, whatever its outputs.
  int results() const { return static_cast<int>(in_place.size()); }
  // What is kept of each lane: of a variance the sum and the sum of squares.
  int totals() const { return is_variance ? 2 : results(); }
  int64_t total_bytes() const { return in_double ? 8 : 4; }
  int64_t part_bytes() const { return totals() * lanes.tile * total_bytes(); }
  int64_t blocks() const { return reduced.size() * range.tiles(); }
  // How many elements of each lane lie in the first blocks.
  int64_t elements(int64_t blocks) const {
    if (blocks == 0) return 0;
    return blocks / range.tiles() * range.length + blocks % range.tiles() * range.tile;
  }
};

// Fills a plan. Returns an empty string, or why this machine cannot run the instruction.
std::string plan_reduce(const Instruction& instruction, const Builder& builder, ReducePlan* plan);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_REDUCE_H_
