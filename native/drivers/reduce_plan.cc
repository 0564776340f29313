// How a reduction is cut into blocks, units and parts, see reduce.h.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "reduce.h"

namespace ng {
namespace {

constexpr int64_t kChunk = 16 * 1024;  // elements of a chunk, at least
constexpr int64_t kShortAxis = 256;    // innermost axes up to here are taken whole, several at a time
constexpr int64_t kDirectRow = 2048;   // elements of a row reduced at once in float32
constexpr int64_t kAbreast = 16;       // rows that the widest vectors reduce at once
constexpr int64_t kDirectRows = 64;    // rows reduced at once down their columns in float32
constexpr int64_t kSpreadRows = 128;   // and of a variance, which has more to do with the results of a block

int32_t bits_of(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

// The value that changes nothing when combined with any other of a dtype, as a lane.
int32_t identity_of(ReduceKind kind, DType dtype) {
  const bool is_float = dtype == DType::kFloat32;
  if (kind == ReduceKind::kSum || kind == ReduceKind::kVariance) return 0;
  if (kind == ReduceKind::kProd) return is_float ? bits_of(1) : 1;
  const bool wants_least = kind == ReduceKind::kMax || kind == ReduceKind::kArgMax;
  if (is_float) return bits_of(wants_least ? -INFINITY : INFINITY);
  if (dtype == DType::kInt32) return wants_least ? INT32_MIN : INT32_MAX;
  if (wants_least) return 0;
  return dtype == DType::kBool ? 1 : UINT8_MAX;
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

// The input whose elements a result is, read where they lie side by side; or -1.
int find_in_place(const Micro& micro, int32_t result, const ReducePlan& plan, const BlockAxis& inner) {
  if (result >= plan.inputs() || plan.sizes[result] != 4 || inner.strides[result] != 1) return -1;
  for (const MicroInstruction& step : micro.code) {
    if (step.dst == result) return -1;
  }
  return result;
}

// Chooses the tiles of a block and prepares the micro-program for them.
std::string prepare_blocks(const Instruction& instruction, const Builder& builder, ReducePlan* plan) {
  BlockAxis& inner = plan->along_rows ? plan->range : plan->lanes;
  BlockAxis& outer = plan->along_rows ? plan->lanes : plan->range;
  std::vector<int32_t> results = instruction.micro.results;
  if (plan->is_variance) results.resize(1);
  Micro micro = instruction.micro;
  micro.results.clear();  // but for those that must be made
  for (int32_t result : results) {
    plan->in_place.push_back(find_in_place(micro, result, *plan, inner));
    if (plan->in_place.back() < 0) micro.results.push_back(result);
  }
  plan->made = static_cast<int>(micro.results.size());
  const bool two_axes = plan->two_axes = inner.length <= kShortAxis && outer.length > 1;
  if (plan->made == 0) {
    inner.tile = std::min(inner.length, plan->along_rows ? kDirectRow : kMaxLanes);
    // Rows in multiples of what kernels reduce abreast.
    const int64_t rows =
        round_up(std::max<int64_t>(1, kDirectRow / std::max<int64_t>(1, inner.tile)), kAbreast);
    outer.tile = std::min(outer.length, plan->along_rows    ? rows
                                        : plan->is_variance ? kSpreadRows
                                                            : kDirectRows);
  } else {
    inner.tile = std::min(inner.length, plan->along_rows ? kMicroBlock : kMaxLanes);
    outer.tile = two_axes ? std::min(outer.length, kMicroBlock / std::max<int64_t>(1, inner.length)) : 1;
  }
  inner.tile = std::max<int64_t>(1, inner.tile);
  outer.tile = std::max<int64_t>(1, std::min(outer.tile, kMaxLanes));
  plan->group = plan->along_rows ? 1 : std::max<int64_t>(1, kDirectRows / outer.tile);
  if (plan->made == 0) return "";

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
  const std::vector<MicroOperand> outputs(plan->made, values);
  return plan->micro.prepare(micro, inputs, outputs, axes, builder);
}

// The dtype of what is reduced: that of the registers the micro-program ends with, or one as wide.
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
  const int kind = static_cast<int>(plan->is_variance ? ReduceKind::kSum : plan->kind);
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

// The views that are walked, and the axes that all of them have in common.
void plan_views(const Instruction& instruction, ReducePlan* plan) {
  // Outputs are seen with the shape of the inputs; a value without inputs is reduced over nothing but its
  // shape.
  plan->views = instruction.inputs;
  const View& source = *plan->views[0];
  for (const View* result : instruction.outputs) {
    View output = *result;
    for (int axis = 0; axis < output.rank; axis++) {
      output.shape[axis] = source.shape[axis];
      if (result->shape[axis] == 1) output.strides[axis] = 0;
    }
    plan->outputs.push_back(output);
  }
  for (const View& output : plan->outputs) plan->views.push_back(&output);
  for (const View* view : plan->views) plan->sizes.push_back(size_of(view->dtype));

  const Grid grid = make_sorted_grid(plan->views, 0);
  std::vector<bool> is_reduced;
  for (int axis = 0; axis < grid.rank; axis++) {
    is_reduced.push_back(grid.stride(axis, plan->inputs()) == 0);
  }
  split_axes(grid, is_reduced, plan);
}

}  // namespace

std::string plan_reduce(const Instruction& instruction, const Builder& builder, ReducePlan* plan) {
  plan->kernels = &builder.kernels;
  plan->kind = static_cast<ReduceKind>(instruction.attributes[0]);
  plan->is_arg = gives_positions(plan->kind);
  plan->is_variance = plan->kind == ReduceKind::kVariance;
  if (instruction.outputs[0]->dtype == DType::kFloat64) return "float64 exists on the reference backend only";
  const DType dtype = dtype_of_result(instruction);
  plan->lane = dtype == DType::kFloat32 ? Lane::kFloat : Lane::kInt;
  plan->identity = identity_of(plan->kind, dtype);
  plan->in_double = plan->lane == Lane::kFloat &&
                    (plan->kind == ReduceKind::kSum || plan->kind == ReduceKind::kProd || plan->is_variance);
  plan_views(instruction, plan);
  const std::string problem = prepare_blocks(instruction, builder, plan);
  if (!problem.empty() || instruction.outputs[0]->size() == 0) return problem;
  choose_kernels(plan);
  share_out(plan);
  return "";
}

}  // namespace ng
