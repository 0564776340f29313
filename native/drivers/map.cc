// The instruction `map`: a micro-program over all elements of its views.

#include <algorithm>

#include "../kernels/kernels.h"
#include "grid.h"
#include "micro.h"

namespace ng {
namespace {

// Elements a chunk has at least: tens of microseconds of memory traffic, so that claiming it costs nothing.
constexpr int64_t kChunk = 16 * 1024;

// An innermost axis of this length makes good blocks by itself; shorter ones are taken together with their
// neighbours.
constexpr int64_t kLongAxis = 128;

struct MapPlan {
  std::vector<const View*> views;  // inputs, then outputs
  std::vector<int64_t> sizes;      // bytes of their elements
  Grid grid;
  int outer;           // axes [0, outer) are walked; a block lies in the others
  int64_t length;      // of a block along the axis `outer`
  int64_t per_row;     // blocks along that axis
  int64_t blocks;      // in all
  int64_t chunk_size;  // blocks of a chunk
  MicroProgram micro;
  void (*drain)();  // after streamed results; null where there are none

  int64_t block_elements() const {
    int64_t n = length;
    for (int axis = outer + 1; axis < grid.rank; axis++) n *= grid.shape[axis];
    return n;
  }
};

// Splits `length` into equal parts of at most `limit`, in whole cache lines.
int64_t even_part(int64_t length, int64_t limit) {
  const int64_t parts = (length + limit - 1) / limit;
  return std::min(limit, ((length + parts - 1) / parts + 15) / 16 * 16);
}

// Chooses the axes of a block: the innermost alone if it is long, else as many as fill a block.
void choose_axes(MapPlan* plan) {
  const Grid& grid = plan->grid;
  int axis = grid.rank - 1;
  int64_t inner = 1;
  if (grid.shape[axis] < kLongAxis) {
    while (axis > 0 && inner * grid.shape[axis] <= kMicroBlock / 2) inner *= grid.shape[axis--];
  }
  plan->outer = axis;
  plan->length = std::min(grid.shape[axis], std::max<int64_t>(1, kMicroBlock / inner));
}

BlockAxes block_axes(const MapPlan& plan) {
  BlockAxes axes;
  axes.rank = plan.grid.rank - plan.outer;
  for (int i = 0; i < axes.rank; i++) axes.shape[i] = plan.grid.shape[plan.outer + i];
  return axes;
}

MicroOperand operand_of(const MapPlan& plan, int view) {
  MicroOperand operand = {plan.views[view]->buffer, plan.views[view]->dtype, {}};
  for (int axis = plan.outer; axis < plan.grid.rank; axis++) {
    operand.strides[axis - plan.outer] = plan.grid.stride(axis, view);
  }
  return operand;
}

void run_map(const void* data, const Run& run, int64_t chunk, Worker& worker) {
  const MapPlan& plan = *static_cast<const MapPlan*>(data);
  const int views = static_cast<int>(plan.views.size());
  const int64_t table = views * static_cast<int64_t>(sizeof(char*));
  char** addresses = reinterpret_cast<char**>(worker.scratch);
  char** block = addresses + views;
  char* scratch = worker.scratch + (2 * table + 63) / 64 * 64;
  for (int v = 0; v < views; v++) {
    addresses[v] = run.buffers[plan.views[v]->buffer] + plan.views[v]->offset * plan.sizes[v];
  }
  plan.micro.begin(run, scratch);
  int64_t index = chunk * plan.chunk_size;
  const int64_t end = std::min(plan.blocks, index + plan.chunk_size);
  int64_t part = index % plan.per_row;
  GridCursor cursor(plan.grid, plan.outer, plan.sizes.data(), addresses, index / plan.per_row);
  const int64_t axis_length = plan.grid.shape[plan.outer];
  for (; index < end; index++) {
    const int64_t at = part * plan.length;
    for (int v = 0; v < views; v++) {
      block[v] = addresses[v] + at * plan.grid.stride(plan.outer, v) * plan.sizes[v];
    }
    plan.micro.run(block, std::min(plan.length, axis_length - at), scratch);
    if (++part == plan.per_row) {
      part = 0;
      cursor.next();
    }
  }
  if (plan.drain != nullptr) plan.drain();
}

// Marks the outputs that are streamed: in large instructions, those that are not written over an input, which
// has just brought their memory into the cache.
void choose_streams(const Instruction& instruction, const Builder& builder, MapPlan* plan,
                    std::vector<MicroOperand>* operands) {
  int64_t moved = 0;
  for (size_t v = 0; v < plan->views.size(); v++) {
    int64_t bytes = plan->sizes[v];
    for (int axis = 0; axis < plan->grid.rank; axis++) {
      if (plan->grid.stride(axis, static_cast<int>(v)) != 0) bytes *= plan->grid.shape[axis];
    }
    moved += bytes;
  }
  if (moved < kStreamBytes) return;
  const size_t inputs = instruction.inputs.size();
  for (size_t v = inputs; v < operands->size(); v++) {
    bool is_new = true;
    for (size_t i = 0; i < inputs; i++) is_new &= plan->views[i]->buffer != plan->views[v]->buffer;
    (*operands)[v].streamed = is_new;
    if (is_new) plan->drain = builder.kernels.map->drain;
  }
}

}  // namespace

std::string prepare_kMap(const Instruction& instruction, Builder& builder) {
  MapPlan* plan = builder.make_plan<MapPlan>();
  plan->views = instruction.inputs;
  plan->views.insert(plan->views.end(), instruction.outputs.begin(), instruction.outputs.end());
  const int inputs = static_cast<int>(instruction.inputs.size()),
            views = static_cast<int>(plan->views.size());
  for (const View* view : plan->views) plan->sizes.push_back(size_of(view->dtype));
  plan->grid = make_sorted_grid(plan->views, inputs);
  const int64_t elements = plan->grid.size();
  if (plan->grid.rank == 0 || elements == 0) {  // one element, or none
    plan->grid.rank = 1;
    plan->grid.shape[0] = 1;
    plan->grid.strides.assign(views, 1);
  }
  choose_axes(plan);

  std::vector<MicroOperand> operands;
  for (int v = 0; v < views; v++) operands.push_back(operand_of(*plan, v));
  choose_streams(instruction, builder, plan, &operands);
  const std::string problem = plan->micro.prepare(
      instruction.micro, std::vector<MicroOperand>(operands.begin(), operands.begin() + inputs),
      std::vector<MicroOperand>(operands.begin() + inputs, operands.end()), block_axes(*plan), builder);
  if (!problem.empty() || elements == 0) return problem;

  const int64_t axis_length = plan->grid.shape[plan->outer];
  if (plan->outer == plan->grid.rank - 1) {
    plan->length = even_part(axis_length, plan->micro.needs_arrays() ? kMicroBlock : kChunk);
  }
  plan->per_row = (axis_length + plan->length - 1) / plan->length;
  plan->blocks = plan->per_row;
  for (int axis = 0; axis < plan->outer; axis++) plan->blocks *= plan->grid.shape[axis];
  plan->chunk_size = std::max<int64_t>(1, kChunk / plan->block_elements());
  const int64_t chunks = (plan->blocks + plan->chunk_size - 1) / plan->chunk_size;
  builder.reserve_scratch((2 * views * static_cast<int64_t>(sizeof(char*)) + 63) / 64 * 64 +
                          plan->micro.scratch_bytes());
  builder.add_step(run_map, plan, chunks, 20.0 + elements * (0.05 + plan->micro.cost()));
  return "";
}

}  // namespace ng
