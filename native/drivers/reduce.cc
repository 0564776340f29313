// The instruction `reduce`: a micro-program, then sum, product, extremum or its position over any axes.
//
// Seen from the memory of the first input, one axis is innermost. If it is reduced, blocks are matrices whose
// rows are reduced; if it is kept, matrices that are reduced down their columns. Either way a block gives a
// short vector of partial results, one for each of its positions on the kept axis (the "lanes" here), which
// is folded into the totals of these lanes. A unit of work is such a run of lanes over (a part of) everything
// reduced.
//
// Float sums and products: partial results of some thousand elements at most in float32, folded in float64.
// Where there are too few units to share out, the reduced range is cut into parts, by shape only, whose
// totals a second step combines in order.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../kernels/kernels.h"
#include "arith.h"
#include "grid.h"
#include "micro.h"

namespace ng {
namespace {

constexpr int64_t kChunk = 16 * 1024;  // elements of a chunk, at least
constexpr int64_t kShortAxis = 256;    // innermost axes up to here are taken whole, several at a time
constexpr int64_t kMaxLanes = 512;     // of a unit
constexpr int64_t kDirectRow = 2048;   // elements of a row reduced at once in float32
constexpr int64_t kAbreast = 16;       // rows that the widest vectors reduce at once
constexpr int64_t kDirectRows = 64;    // rows reduced at once down their columns in float32

// An axis of a block: its length, how much of it a block takes, and every view's step in elements.
struct BlockAxis {
  int64_t length = 1, tile = 1;
  std::vector<int64_t> strides;

  int64_t tiles() const { return (length + tile - 1) / tile; }
};

struct ReducePlan {
  const Kernels* kernels;
  ReduceKind kind;
  Lane lane;
  int32_t identity;  // as a lane
  bool is_arg;
  bool in_double;                  // totals are float64
  bool along_rows;                 // the reduced axis is innermost
  std::vector<const View*> views;  // inputs, then the output with steps of 0 along reduced axes
  View output;
  std::vector<int64_t> sizes;  // bytes of their elements
  Grid kept, reduced;          // axes outside the blocks
  BlockAxis lanes, range;      // the kept and the reduced axis of blocks
  int64_t group;               // blocks folded at once
  bool direct;                 // blocks are read where they are; else the micro-program makes them
  bool two_axes;               // the micro-program makes whole matrices, not one row at a time
  MicroProgram micro;
  ReduceFn reduce, combine;  // combine: down columns, for parts
  ArgReduceFn arg_reduce;
  int64_t parts, part_blocks;  // the reduced range in parts, and the blocks of one
  int64_t units, chunk_units;
  int64_t outputs;    // lanes of all units
  int64_t workspace;  // totals of parts, [part][unit][lane]

  int inputs() const { return static_cast<int>(views.size()) - 1; }
  int64_t total_bytes() const { return in_double ? 8 : 4; }
  int64_t blocks() const { return reduced.size() * range.tiles(); }
};

// Private memory of a thread.
struct ReduceScratch {
  char** base;     // addresses of the unit in every view
  char** at;       // moved over the reduced axes
  char** block;    // of the block, then `values`
  char* totals;    // 8 bytes a lane
  char* partial;   // 4 bytes a lane
  int32_t* where;  // positions of extrema
  char* values;    // what the micro-program makes
  char* micro;

  static int64_t bytes(const ReducePlan& plan) {
    return table_bytes(plan) + kMaxLanes * (8 + 4 + 4) + kMicroBlock * 4 + plan.micro.scratch_bytes();
  }
  static int64_t table_bytes(const ReducePlan& plan) {
    return (3 * (static_cast<int64_t>(plan.views.size()) + 1) * static_cast<int64_t>(sizeof(char*)) + 63) /
           64 * 64;
  }
  ReduceScratch(const ReducePlan& plan, char* memory) {
    base = reinterpret_cast<char**>(memory);
    at = base + plan.views.size() + 1;
    block = at + plan.views.size() + 1;
    totals = memory + table_bytes(plan);
    partial = totals + kMaxLanes * 8;
    where = reinterpret_cast<int32_t*>(partial + kMaxLanes * 4);
    values = partial + kMaxLanes * 8;
    micro = values + kMicroBlock * 4;
  }
};

int32_t bits_of(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

// The value that changes nothing when combined with any other of a dtype, as a lane.
int32_t identity_of(ReduceKind kind, DType dtype) {
  const bool is_float = dtype == DType::kFloat32;
  if (kind == ReduceKind::kSum) return 0;
  if (kind == ReduceKind::kProd) return is_float ? bits_of(1) : 1;
  const bool wants_least = kind == ReduceKind::kMax || kind == ReduceKind::kArgMax;
  if (is_float) return bits_of(wants_least ? -INFINITY : INFINITY);
  if (dtype == DType::kInt32) return wants_least ? INT32_MIN : INT32_MAX;
  if (wants_least) return 0;
  return dtype == DType::kBool ? 1 : UINT8_MAX;
}

void set_identity(const ReducePlan& plan, char* partial, int64_t count) {
  std::fill_n(reinterpret_cast<int32_t*>(partial), count, plan.identity);
}

// Reduces one block into `partial`. `tile` is its number along the reduced axis.
void reduce_block(const ReducePlan& plan, const ReduceScratch& s, int64_t tile, int64_t lanes) {
  const int64_t first = tile * plan.range.tile, length = std::min(plan.range.tile, plan.range.length - first);
  for (int v = 0; v < plan.inputs(); v++) {
    s.block[v] = s.at[v] + first * plan.range.strides[v] * plan.sizes[v];
  }
  const int64_t rows = plan.along_rows ? lanes : length, columns = plan.along_rows ? length : lanes;
  const void* source = s.values;
  int64_t stride = columns;
  if (plan.direct) {
    source = s.block[0];
    stride = plan.along_rows ? plan.lanes.strides[0] : plan.range.strides[0];
  } else {
    s.block[plan.inputs()] = s.values;
    plan.micro.run(s.block, plan.two_axes ? rows : columns, s.micro);
  }
  if (plan.is_arg) {
    plan.arg_reduce(s.partial, s.where, source, stride, rows, columns, first);
  } else {
    plan.reduce(s.partial, source, stride, rows, columns);
  }
}

void fold(const ReducePlan& plan, const ReduceScratch& s, int64_t lanes) {
  const ReduceKernels& kernels = *plan.kernels->reduce;
  const auto add = plan.kind == ReduceKind::kSum ? kernels.add_to_double : kernels.mul_to_double;
  add(reinterpret_cast<double*>(s.totals), reinterpret_cast<const float*>(s.partial), lanes);
  set_identity(plan, s.partial, lanes);
}

// Reduces blocks [begin, end) of the unit at s.base; leaves totals (in double) or partial.
void reduce_unit(const ReducePlan& plan, const ReduceScratch& s, int64_t begin, int64_t end, int64_t lanes) {
  set_identity(plan, s.partial, lanes);
  if (plan.is_arg) std::fill_n(s.where, lanes, 0);
  if (plan.in_double) {
    std::fill_n(reinterpret_cast<double*>(s.totals), lanes, plan.kind == ReduceKind::kSum ? 0.0 : 1.0);
  }
  if (begin >= end) return;
  const int64_t tiles = plan.range.tiles();
  std::copy(s.base, s.base + plan.views.size(), s.at);
  GridCursor cursor(plan.reduced, plan.reduced.rank, plan.sizes.data(), s.at, begin / tiles);
  int64_t tile = begin % tiles;
  for (int64_t i = begin; i < end; i++) {
    reduce_block(plan, s, tile, lanes);
    if (plan.in_double && ((i - begin) % plan.group == plan.group - 1 || i + 1 == end)) fold(plan, s, lanes);
    if (++tile == tiles) {
      tile = 0;
      cursor.next();
    }
  }
}

// Writes the results of a unit: float64 totals are rounded here.
void store_unit(const ReducePlan& plan, const ReduceScratch& s, char* address, int64_t lanes) {
  const MapKernels& moves = *plan.kernels->map;
  const void* results = plan.is_arg ? static_cast<const void*>(s.where) : s.partial;
  if (plan.in_double) {
    const double* totals = reinterpret_cast<const double*>(s.totals);
    float* rounded = reinterpret_cast<float*>(s.partial);
    for (int64_t i = 0; i < lanes; i++) rounded[i] = static_cast<float>(totals[i]);
  }
  const auto store = size_of(plan.output.dtype) == 1 ? moves.store_bytes : moves.store_words;
  store(address, results, plan.lanes.strides[plan.inputs()], lanes);
}

// The unit's addresses in every view, and how many lanes it has.
int64_t place_unit(const ReducePlan& plan, const Run& run, int64_t unit, const ReduceScratch& s) {
  const int64_t tiles = plan.lanes.tiles(), first = unit % tiles * plan.lanes.tile;
  for (size_t v = 0; v < plan.views.size(); v++) {
    const View& view = *plan.views[v];
    s.base[v] = run.buffers[view.buffer] + (view.offset + first * plan.lanes.strides[v]) * plan.sizes[v];
  }
  GridCursor(plan.kept, plan.kept.rank, plan.sizes.data(), s.base, unit / tiles);
  return std::min(plan.lanes.tile, plan.lanes.length - first);
}

void run_reduce(const void* data, const Run& run, int64_t chunk, Worker& worker) {
  const ReducePlan& plan = *static_cast<const ReducePlan*>(data);
  const ReduceScratch s(plan, worker.scratch);
  if (!plan.direct) plan.micro.begin(run, s.micro);
  const int64_t end = std::min(plan.units * plan.parts, (chunk + 1) * plan.chunk_units);
  for (int64_t i = chunk * plan.chunk_units; i < end; i++) {
    const int64_t unit = i / plan.parts, part = i % plan.parts, begin = part * plan.part_blocks;
    const int64_t lanes = place_unit(plan, run, unit, s);
    reduce_unit(plan, s, begin, std::min(begin + plan.part_blocks, plan.blocks()), lanes);
    if (plan.parts == 1) {
      store_unit(plan, s, s.base[plan.inputs()], lanes);
    } else {
      const int64_t row = plan.lanes.tile * plan.total_bytes();
      std::memcpy(run.workspace + plan.workspace + i * row, plan.in_double ? s.totals : s.partial,
                  lanes * plan.total_bytes());
    }
  }
}

// Combines the parts of one unit, in order.
void run_combine(const void* data, const Run& run, int64_t unit, Worker& worker) {
  const ReducePlan& plan = *static_cast<const ReducePlan*>(data);
  const ReduceScratch s(plan, worker.scratch);
  const int64_t lanes = place_unit(plan, run, unit, s);
  const char* parts =
      run.workspace + plan.workspace + unit * plan.parts * plan.lanes.tile * plan.total_bytes();
  if (plan.in_double) {
    double* totals = reinterpret_cast<double*>(s.totals);
    const double* row = reinterpret_cast<const double*>(parts);
    std::copy(row, row + lanes, totals);
    for (int64_t part = 1; part < plan.parts; part++) {
      row += plan.lanes.tile;
      for (int64_t i = 0; i < lanes; i++)
        totals[i] = plan.kind == ReduceKind::kSum ? totals[i] + row[i] : totals[i] * row[i];
    }
  } else {
    set_identity(plan, s.partial, lanes);
    plan.combine(s.partial, parts, plan.lanes.tile, plan.parts, lanes);
  }
  store_unit(plan, s, s.base[plan.inputs()], lanes);
}

// Sorts the axes into those of blocks and those outside. `is_reduced`: by axis of the grid.
void split_axes(const Grid& grid, const std::vector<bool>& is_reduced, ReducePlan* plan) {
  plan->along_rows = grid.rank > 0 && is_reduced[grid.rank - 1];
  plan->kept.views = plan->reduced.views = grid.views;
  plan->lanes.strides.assign(grid.views, 1);
  plan->range.strides.assign(grid.views, 1);
  bool has_lanes = false, has_range = false;
  std::vector<int> kept, reduced;
  for (int axis = grid.rank - 1; axis >= 0; axis--) {
    bool& taken = is_reduced[axis] ? has_range : has_lanes;
    if (taken) {
      (is_reduced[axis] ? reduced : kept).insert((is_reduced[axis] ? reduced : kept).begin(), axis);
      continue;
    }
    taken = true;
    BlockAxis& block = is_reduced[axis] ? plan->range : plan->lanes;
    block.length = grid.shape[axis];
    const auto steps = grid.strides.begin() + axis * grid.views;
    block.strides.assign(steps, steps + grid.views);
  }
  for (int axis : kept) plan->kept.append(grid.shape[axis], &grid.strides[axis * grid.views]);
  for (int axis : reduced) plan->reduced.append(grid.shape[axis], &grid.strides[axis * grid.views]);
}

// Chooses the tiles of a block and prepares the micro-program for them.
std::string prepare_blocks(const Instruction& instruction, const Builder& builder, ReducePlan* plan) {
  BlockAxis& inner = plan->along_rows ? plan->range : plan->lanes;
  BlockAxis& outer = plan->along_rows ? plan->lanes : plan->range;
  const Micro& micro = instruction.micro;
  plan->direct = micro.code.empty() && plan->inputs() == 1 && plan->sizes[0] == 4 && inner.strides[0] == 1;
  const bool two_axes = plan->two_axes = inner.length <= kShortAxis && outer.length > 1;
  if (plan->direct) {
    inner.tile = std::min(inner.length, plan->along_rows ? kDirectRow : kMaxLanes);
    // Rows in multiples of what kernels reduce abreast.
    const int64_t rows =
        round_up(std::max<int64_t>(1, kDirectRow / std::max<int64_t>(1, inner.tile)), kAbreast);
    outer.tile = std::min(outer.length, plan->along_rows ? rows : kDirectRows);
  } else {
    inner.tile = std::min(inner.length, kMicroBlock);
    outer.tile = two_axes ? std::min(outer.length, kMicroBlock / std::max<int64_t>(1, inner.length)) : 1;
  }
  inner.tile = std::max<int64_t>(1, inner.tile);
  outer.tile = std::max<int64_t>(1, std::min(outer.tile, kMaxLanes));
  plan->group = plan->along_rows ? 1 : std::max<int64_t>(1, kDirectRows / outer.tile);

  BlockAxes axes;
  axes.rank = two_axes ? 2 : 1;
  if (two_axes) axes.shape[1] = inner.length;
  std::vector<MicroOperand> inputs;
  for (int v = 0; v < plan->inputs(); v++) {
    const int64_t step = inner.strides[v];
    MicroOperand operand = {plan->views[v]->buffer, plan->views[v]->dtype, {step}};
    if (two_axes) {
      operand.strides[0] = outer.strides[v];
      operand.strides[1] = step;
    }
    inputs.push_back(operand);
  }
  // Values leave the micro-program as lanes; narrowing waits until the end.
  const DType dtype = plan->lane == Lane::kFloat ? DType::kFloat32 : DType::kInt32;
  MicroOperand values = {MicroOperand::kPrivate, dtype, {1}};
  if (two_axes) {
    values.strides[0] = inner.length;
    values.strides[1] = 1;
  }
  return plan->micro.prepare(micro, inputs, {values}, axes, builder);
}

// The dtype of what is reduced: that of the register the micro-program ends with.
DType dtype_of_result(const Instruction& instruction) {
  std::vector<DType> registers(std::max<size_t>(instruction.micro.registers, instruction.inputs.size()));
  for (size_t i = 0; i < instruction.inputs.size(); i++) registers[i] = instruction.inputs[i]->dtype;
  for (const MicroInstruction& in : instruction.micro.code) {
    const bool compares = in.op >= MicroOp::kEq && in.op <= MicroOp::kGe;
    registers[in.dst] = compares ? DType::kBool : in.dtype;
  }
  return registers[instruction.micro.results[0]];
}

void choose_kernels(ReducePlan* plan) {
  const ReduceKernels& kernels = *plan->kernels->reduce;
  const int kind = static_cast<int>(plan->kind);
  if (plan->is_arg) {
    plan->arg_reduce =
        (plan->along_rows ? kernels.find_arg_rows : kernels.find_arg_columns)(kind, plan->lane);
  } else {
    plan->reduce = (plan->along_rows ? kernels.find_rows : kernels.find_columns)(kind, plan->lane);
    plan->combine = kernels.find_columns(kind, plan->lane);
  }
}

// Cuts the work into chunks: several small units to one, or one large unit into parts.
void share_out(ReducePlan* plan) {
  plan->units = plan->kept.size() * plan->lanes.tiles();
  const int64_t blocks = plan->blocks(), block = plan->lanes.tile * plan->range.tile;
  plan->parts = 1;
  plan->part_blocks = blocks;
  if (!plan->is_arg && plan->units < 16 && blocks * block > 2 * kChunk) {
    // Whole groups, so that parts do not change what is folded together.
    const int64_t groups = std::max<int64_t>(1, 2 * kChunk / (block * plan->group));
    plan->part_blocks = groups * plan->group;
    plan->parts = (blocks + plan->part_blocks - 1) / plan->part_blocks;
  }
  plan->chunk_units = std::max<int64_t>(1, kChunk / std::max<int64_t>(1, plan->part_blocks * block));
}

}  // namespace

std::string prepare_kReduce(const Instruction& instruction, Builder& builder) {
  ReducePlan* plan = builder.make_plan<ReducePlan>();
  plan->kernels = &builder.kernels;
  plan->kind = static_cast<ReduceKind>(instruction.attributes[0]);
  plan->is_arg = plan->kind == ReduceKind::kArgMax || plan->kind == ReduceKind::kArgMin;
  const DType dtype = dtype_of_result(instruction);
  plan->lane = dtype == DType::kFloat32 ? Lane::kFloat : Lane::kInt;
  plan->identity = identity_of(plan->kind, dtype);
  plan->in_double =
      plan->lane == Lane::kFloat && (plan->kind == ReduceKind::kSum || plan->kind == ReduceKind::kProd);

  // The output, seen with the shape of the inputs; a value without inputs is reduced over nothing but its
  // shape.
  const View& result = *instruction.outputs[0];
  if (result.dtype == DType::kFloat64) return "float64 exists on the reference backend only";
  plan->output = result;
  plan->views = instruction.inputs;
  plan->views.push_back(&plan->output);
  const View& source = *plan->views[0];
  for (int axis = 0; axis < result.rank; axis++) {
    plan->output.shape[axis] = source.shape[axis];
    if (result.shape[axis] == 1) plan->output.strides[axis] = 0;
  }
  for (const View* view : plan->views) plan->sizes.push_back(size_of(view->dtype));

  const Grid grid = make_sorted_grid(plan->views, 0);
  std::vector<bool> is_reduced;
  for (int axis = 0; axis < grid.rank; axis++) {
    is_reduced.push_back(grid.stride(axis, plan->inputs()) == 0);
  }
  split_axes(grid, is_reduced, plan);
  const std::string problem = prepare_blocks(instruction, builder, plan);
  if (!problem.empty() || result.size() == 0) return problem;
  choose_kernels(plan);
  share_out(plan);
  builder.reserve_scratch(ReduceScratch::bytes(*plan));

  const int64_t work = plan->units * plan->parts;
  const int64_t elements = grid.size();
  const double cost = elements * (0.1 + plan->micro.cost()) + 20.0 * work;
  if (plan->parts > 1) {
    plan->workspace = builder.reserve_workspace(work * plan->lanes.tile * plan->total_bytes());
  }
  builder.add_step(run_reduce, plan, (work + plan->chunk_units - 1) / plan->chunk_units, cost);
  if (plan->parts > 1) builder.add_step(run_combine, plan, plan->units, 10.0 * work);
  return "";
}

}  // namespace ng
