#include "index_check.h"

#include <algorithm>

#include "copy.h"
#include "walk.h"

namespace ng {
namespace {

// The elements of an index view that can differ (axes of stride 0 repeat them): strides of (index, position).
// Positions count these elements only: they are those of the tensor that was broadcast.
Axes<2> distinct_indices(const View& indices) {
  Axes<2> axes;
  int64_t positions[kMaxRank];
  int64_t step = 1;
  for (int i = indices.rank - 1; i >= 0; i--) {
    positions[i] = step;
    if (indices.strides[i] != 0) step *= indices.shape[i];
  }
  for (int i = 0; i < indices.rank; i++) {
    if (indices.strides[i] != 0) axes.append(indices.shape[i], {indices.strides[i], positions[i]});
  }
  return axes;
}

struct CheckPlan {
  const View* indices;
  int32_t instruction;
  int64_t limit;
  Axes<2> axes;
  int64_t size;  // of axes
};

// Whether n indices that lie one behind the other are all in [0, limit): a negative one is large when
// unsigned.
bool all_within(const int32_t* indices, int64_t n, int64_t limit) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < n; i++) largest = std::max(largest, static_cast<uint32_t>(indices[i]));
  return largest < limit;
}

// Reports the first index of a chunk that does not lie in [0, limit).
void run_check(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const auto& plan = *static_cast<const CheckPlan*>(opaque);
  const int32_t* indices = run.at<const int32_t>(*plan.indices);
  const int64_t begin = chunk * kChunkElements, end = std::min(begin + kChunkElements, plan.size);
  const bool contiguous = plan.axes.rank == 1 && plan.axes.strides[0][0] == 1;
  if (contiguous && all_within(indices + begin, end - begin, plan.limit)) return;
  Walk<2> walk(plan.axes, begin);
  for (int64_t i = begin; i < end; i++, walk.next()) {
    const int64_t index = indices[walk[0]];
    if (index >= 0 && index < plan.limit) continue;
    return run.fail(plan.instruction, walk[1], index, plan.limit);
  }
}

}  // namespace

void add_index_check(const View& indices, int64_t limit, Builder& builder) {
  auto* plan = builder.make_plan<CheckPlan>();
  plan->indices = &indices;
  plan->instruction = builder.instruction;
  plan->limit = limit;
  plan->axes = distinct_indices(indices);
  plan->size = plan->axes.size();
  const double each = plan->axes.rank == 1 && plan->axes.strides[0][0] == 1 ? 0.2 : 2.0;
  builder.add_step(run_check, plan, (plan->size + kChunkElements - 1) / kChunkElements,
                   each * static_cast<double>(plan->size));
}

}  // namespace ng
