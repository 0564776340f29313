#include <algorithm>
#include <string>

#include "../kernels/kernels.h"
#include "copy.h"
#include "driver.h"
#include "index_check.h"
#include "walk.h"

namespace ng {
namespace {

// ---- gather.

// The innermost of the lookups, and the steps along it.
struct InnerLookups {
  int64_t length = 1, out = 0, source = 0, index = 0;
};

// Rows up to this length are one tile: chunks are made of whole ones.
constexpr int64_t kLongestPiece = kChunkElements;

// Axes along which the index varies are walked; the others form a row, copied as one piece.
struct GatherPlan {
  const MoveKernels* kernels;
  const View* out;
  const View* source;
  const View* indices;
  int64_t axis_stride;  // of the source, along the axis
  Axes<3> lookups;      // strides of (out, source, index)
  TiledCopy row;
  InnerLookups inner;              // where a row is moved in one piece
  int64_t row_elements;            // of such a row
  bool streamed;                   // such rows are written past the caches
  int64_t units, units_per_chunk;  // a unit is one tile of one row
};

void run_gather(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const auto& plan = *static_cast<const GatherPlan*>(opaque);
  const int64_t bytes = size_of(plan.out->dtype);
  char* out = run.buffers[plan.out->buffer] + plan.out->offset * bytes;
  const char* source = run.buffers[plan.source->buffer] + plan.source->offset * bytes;
  const int32_t* indices = run.at<const int32_t>(*plan.indices);
  const int64_t tiles = plan.row.tiles();
  int64_t unit = chunk * plan.units_per_chunk;
  const int64_t end = std::min(unit + plan.units_per_chunk, plan.units);
  Walk<3> walk(plan.lookups, unit / tiles);
  while (unit < end) {
    const int64_t first = unit % tiles, count = std::min(tiles - first, end - unit);
    const int64_t from = walk[1] + indices[walk[2]] * plan.axis_stride;
    plan.row.run(*plan.kernels, out + walk[0] * bytes, source + from * bytes, first, first + count);
    unit += count;
    walk.next();
  }
}

// The same where a row is one element, or where its elements lie one behind the other: in a loop along the
// innermost of the lookups.
template <typename T>
void run_picks(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const auto& plan = *static_cast<const GatherPlan*>(opaque);
  const InnerLookups& inner = plan.inner;
  int64_t unit = chunk * plan.units_per_chunk;
  const int64_t end = std::min(unit + plan.units_per_chunk, plan.units);
  MovePick pick = {0,           plan.row_elements, inner.out,    inner.source,
                   inner.index, plan.axis_stride,  plan.streamed};
  Walk<3> walk(plan.lookups, unit / inner.length);
  for (; unit < end; unit += pick.rows, walk.next()) {
    const int64_t first = unit % inner.length;
    pick.rows = std::min(inner.length - first, end - unit);
    T* out = run.at<T>(*plan.out) + walk[0] + first * inner.out;
    const T* source = run.at<const T>(*plan.source) + walk[1] + first * inner.source;
    const int32_t* indices = run.at<const int32_t>(*plan.indices) + walk[2] + first * inner.index;
    if constexpr (sizeof(T) == 4) {
      plan.kernels->pick4(pick, out, source, indices);
    } else {
      plan.kernels->pick1(pick, out, source, indices);
    }
  }
  if (plan.streamed) plan.kernels->drain();
}

// ---- scatterAdd.

// Rows of updates are added along one axis of theirs, in ascending order. What lies along the axis stays in
// one chunk, and no two chunks share a destination.
struct ScatterPlan {
  const View* out;
  const View* updates;
  const View* indices;
  int64_t length;                             // of the axis, in updates and indices
  int64_t out_step, update_step, index_step;  // strides along the axis
  Axes<3> outer;                              // the other axes but one, strides of (out, updates, index)
  int64_t columns;  // the last axis along which the index is the same, cut into blocks
  int64_t out_column, update_column;
  int64_t column_blocks;
  int64_t units, units_per_chunk;  // a unit is one block of columns at one place of outer
};

// Elements of a row a unit adds: two cache lines, so that narrow tables still give work to several threads.
constexpr int64_t kColumnBlock = 32;

template <typename T>
void run_scatter(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const auto& plan = *static_cast<const ScatterPlan*>(opaque);
  int64_t unit = chunk * plan.units_per_chunk;
  const int64_t end = std::min(unit + plan.units_per_chunk, plan.units);
  Walk<3> walk(plan.outer, unit / plan.column_blocks);
  for (; unit < end; unit++) {
    const int64_t column = unit % plan.column_blocks * kColumnBlock;
    const int64_t columns = std::min(kColumnBlock, plan.columns - column);
    T* out = run.at<T>(*plan.out) + walk[0] + column * plan.out_column;
    const T* updates = run.at<const T>(*plan.updates) + walk[1] + column * plan.update_column;
    const int32_t* indices = run.at<const int32_t>(*plan.indices) + walk[2];
    for (int64_t j = 0; j < plan.length; j++) {
      T* to = out + indices[j * plan.index_step] * plan.out_step;
      const T* from = updates + j * plan.update_step;
      if (plan.out_column == 1 && plan.update_column == 1) {
        for (int64_t k = 0; k < columns; k++) to[k] += from[k];
      } else {
        for (int64_t k = 0; k < columns; k++) to[k * plan.out_column] += from[k * plan.update_column];
      }
    }
    if (unit % plan.column_blocks == plan.column_blocks - 1) walk.next();
  }
}

bool same_memory(const View& a, const View& b) {
  if (a.buffer != b.buffer || a.offset != b.offset) return false;
  for (int i = 0; i < a.rank; i++) {
    if (a.shape[i] != 1 && a.strides[i] != b.strides[i]) return false;
  }
  return true;
}

void add_scatter(const View& out, const View& indices, const View& updates, int axis, Builder& builder) {
  auto* plan = builder.make_plan<ScatterPlan>();
  plan->out = &out;
  plan->updates = &updates;
  plan->indices = &indices;
  plan->length = indices.shape[axis];
  plan->out_step = out.strides[axis];
  plan->update_step = updates.strides[axis];
  plan->index_step = indices.strides[axis];
  for (int i = 0; i < out.rank; i++) {
    if (i != axis)
      plan->outer.append(updates.shape[i], {out.strides[i], updates.strides[i], indices.strides[i]});
  }
  plan->columns = 1;
  plan->out_column = plan->update_column = 1;
  const int last = plan->outer.rank - 1;
  if (last >= 0 && plan->outer.strides[last][2] == 0) {
    plan->columns = plan->outer.shape[last];
    plan->out_column = plan->outer.strides[last][0];
    plan->update_column = plan->outer.strides[last][1];
    plan->outer.remove(last);
  }
  plan->column_blocks = (plan->columns + kColumnBlock - 1) / kColumnBlock;
  plan->units = plan->outer.size() * plan->column_blocks;
  const int64_t unit_elements = plan->length * std::min(kColumnBlock, plan->columns);
  plan->units_per_chunk = std::max<int64_t>(1, kChunkElements / unit_elements);
  const int64_t chunks = (plan->units + plan->units_per_chunk - 1) / plan->units_per_chunk;
  // Integers wrap, which only unsigned ones do.
  builder.add_step(out.dtype == DType::kFloat32 ? run_scatter<float> : run_scatter<uint32_t>, plan, chunks,
                   0.5 * static_cast<double>(updates.size()));
}

}  // namespace

std::string prepare_kGather(const Instruction& instruction, Builder& builder) {
  const View& out = *instruction.outputs[0];
  const View& source = *instruction.inputs[0];
  const View& indices = *instruction.inputs[1];
  const int axis = instruction.attributes[0];
  if (out.dtype == DType::kFloat64) return "float64 exists on the reference backend only";
  if (out.size() == 0) return "";
  add_index_check(indices, source.shape[axis], builder);
  auto* plan = builder.make_plan<GatherPlan>();
  plan->kernels = builder.kernels.move;
  plan->out = &out;
  plan->source = &source;
  plan->indices = &indices;
  plan->axis_stride = source.strides[axis];
  Axes<2> row;
  for (int i = 0; i < out.rank; i++) {
    const int64_t from =
        i == axis ? 0 : source.strides[i];  // along the axis, only the index moves the source
    if (indices.strides[i] == 0) {
      row.append(out.shape[i], {out.strides[i], from});
    } else {
      plan->lookups.append(out.shape[i], {out.strides[i], from, indices.strides[i]});
    }
  }
  const bool words = size_of(out.dtype) == 4;
  const bool single = row.rank == 0;
  const bool piece =
      row.rank == 1 && row.strides[0][0] == 1 && row.strides[0][1] == 1 && row.shape[0] <= kLongestPiece;
  StepFn fn = run_gather;
  if (single || piece) fn = words ? run_picks<uint32_t> : run_picks<uint8_t>;
  plan->streamed = piece && words && 2 * out.size() * 4 >= kStreamBytes;
  plan->row_elements = row.size();
  plan->row.prepare(row, size_of(out.dtype));
  plan->units = plan->lookups.size() * plan->row.tiles();
  plan->units_per_chunk = std::max<int64_t>(1, kChunkElements / plan->row.tile_elements());
  if ((single || piece) && plan->lookups.rank > 0) {
    const int last = plan->lookups.rank - 1;
    const int64_t(&steps)[3] = plan->lookups.strides[last];
    plan->inner = {plan->lookups.shape[last], steps[0], steps[1], steps[2]};
    plan->lookups.remove(last);
  }
  const int64_t chunks = (plan->units + plan->units_per_chunk - 1) / plan->units_per_chunk;
  const double each = single ? 2.0 : 20.0;
  builder.add_step(fn, plan, chunks,
                   each * static_cast<double>(plan->units) + 0.1 * static_cast<double>(out.size()));
  return "";
}

std::string prepare_kScatterAdd(const Instruction& instruction, Builder& builder) {
  const View& out = *instruction.outputs[0];
  const View& base = *instruction.inputs[0];
  const View& indices = *instruction.inputs[1];
  const View& updates = *instruction.inputs[2];
  const int axis = instruction.attributes[0];
  if (out.dtype == DType::kFloat64) return "float64 exists on the reference backend only";
  const bool has_updates = updates.size() > 0;
  if (has_updates) add_index_check(indices, out.shape[axis], builder);
  if (!same_memory(out, base)) add_copy(out, base, builder);
  if (has_updates && out.size() > 0) add_scatter(out, indices, updates, axis, builder);
  return "";
}

}  // namespace ng
