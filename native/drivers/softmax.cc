// The instructions `softmax` and `softmaxGrad`: along the last axis of any strided views.

#include <algorithm>

#include "../kernels/kernels.h"
#include "driver.h"
#include "grid.h"

namespace ng {
namespace {

constexpr int64_t kChunk = 16 * 1024;  // elements of a chunk, at least

// One row of every view at a time, or several where they follow each other evenly.
struct SoftmaxPlan {
  const Kernels* kernels;
  bool log;
  int views;            // output first
  const View* view[3];  // y, x or dx, dy, y
  Grid rows;            // all axes but the last
  int64_t length;       // of a row
  int64_t run;          // rows on the innermost axis of `rows`
  int64_t count;        // rows in all
  int64_t chunk_rows;
  int64_t last_stride[3];
};

char* row_address(const SoftmaxPlan& plan, const Run& run, int view, const int64_t* offsets) {
  return reinterpret_cast<char*>(run.at<float>(*plan.view[view]) + offsets[view]);
}

// Rows whose elements do not lie one behind the other pass through scratch rows, one at a time.
bool is_contiguous(const SoftmaxPlan& plan, int view) { return plan.last_stride[view] == 1; }

void apply(const SoftmaxPlan& plan, float* const* rows, const int64_t* strides, int64_t count) {
  const SoftmaxKernels& kernels = *plan.kernels->softmax;
  if (plan.views == 2) {
    const auto kernel = plan.log ? kernels.log_softmax : kernels.softmax;
    kernel(rows[0], strides[0], rows[1], strides[1], count, plan.length);
  } else {
    const auto kernel = plan.log ? kernels.log_softmax_grad : kernels.softmax_grad;
    kernel(rows[0], strides[0], rows[1], strides[1], rows[2], strides[2], count, plan.length);
  }
}

void run_softmax(const void* data, const Run& run, int64_t chunk, Worker& worker) {
  const SoftmaxPlan& plan = *static_cast<const SoftmaxPlan*>(data);
  const MapKernels& moves = *plan.kernels->map;
  bool direct = true;
  for (int v = 0; v < plan.views; v++) direct &= is_contiguous(plan, v);
  const int64_t end = std::min(plan.count, (chunk + 1) * plan.chunk_rows);
  for (int64_t row = chunk * plan.chunk_rows, count; row < end; row += count) {
    count = direct ? std::min(end - row, plan.run - row % plan.run) : 1;
    int64_t offsets[3] = {0, 0, 0}, strides[3] = {0, 0, 0};
    plan.rows.add_offsets(row, offsets);
    float* rows[3];
    for (int v = 0; v < plan.views; v++) {
      char* address = row_address(plan, run, v, offsets);
      if (plan.rows.rank > 0) strides[v] = plan.rows.stride(plan.rows.rank - 1, v);
      rows[v] = reinterpret_cast<float*>(address);
      if (is_contiguous(plan, v)) continue;
      rows[v] = reinterpret_cast<float*>(worker.scratch) + v * plan.length;
      if (v > 0) moves.load_words(rows[v], address, plan.last_stride[v], plan.length);
    }
    apply(plan, rows, strides, count);
    if (!is_contiguous(plan, 0)) {
      moves.store_words(row_address(plan, run, 0, offsets), rows[0], plan.last_stride[0], plan.length);
    }
  }
}

std::string prepare(const Instruction& instruction, Builder& builder, double cost) {
  SoftmaxPlan* plan = builder.make_plan<SoftmaxPlan>();
  plan->kernels = &builder.kernels;
  plan->log = instruction.attributes[0] != 0;
  std::vector<const View*> views = instruction.outputs;
  views.insert(views.end(), instruction.inputs.begin(), instruction.inputs.end());
  plan->views = static_cast<int>(views.size());
  const int last = views[0]->rank - 1;
  for (int v = 0; v < plan->views; v++) {
    if (views[v]->dtype == DType::kFloat64) return "float64 exists on the reference backend only";
    plan->view[v] = views[v];
    plan->last_stride[v] = views[v]->shape[last] == 1 ? 1 : views[v]->strides[last];
  }
  std::vector<int> axes;
  for (int axis = 0; axis < last; axis++) axes.push_back(axis);
  plan->rows = make_grid(views, axes);
  plan->length = views[0]->shape[last];
  plan->count = plan->rows.size();
  plan->run = plan->rows.rank > 0 ? plan->rows.shape[plan->rows.rank - 1] : 1;
  const int64_t elements = plan->count * plan->length;
  if (elements == 0) return "";
  plan->chunk_rows = std::max<int64_t>(1, kChunk / plan->length);
  builder.reserve_scratch(plan->views * plan->length * static_cast<int64_t>(sizeof(float)));
  const int64_t chunks = (plan->count + plan->chunk_rows - 1) / plan->chunk_rows;
  builder.add_step(run_softmax, plan, chunks, 20.0 * plan->count + cost * elements);
  return "";
}

}  // namespace

std::string prepare_kSoftmax(const Instruction& instruction, Builder& builder) {
  return prepare(instruction, builder, 0.4);
}

std::string prepare_kSoftmaxGrad(const Instruction& instruction, Builder& builder) {
  return prepare(instruction, builder, 0.2);
}

}  // namespace ng
