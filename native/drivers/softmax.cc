// The instructions `softmax`, `crossEntropy` and their gradients: along the last axis of any strided views.

#include <algorithm>
#include <string>

#include "../kernels/kernels.h"
#include "driver.h"
#include "grid.h"
#include "index_check.h"

namespace ng {
namespace {

constexpr int kMaxOperands = 4;
constexpr int64_t kChunk = 16 * 1024;  // elements of a chunk, at least
constexpr int64_t kPackedRows = 16;    // a cache line's worth of neighbours, where rows run across them

// Several rows of every view at a time, where they follow each other evenly.
struct SoftmaxPlan {
  const Kernels* kernels;
  SoftmaxFn kernel;
  std::vector<const View*> views;  // output first
  Grid rows;                       // all axes but the last
  int64_t length;                  // of a row
  int64_t run;                     // rows on the innermost axis of `rows`
  int64_t count;                   // rows in all
  int64_t chunk_rows;
  int64_t last_stride[kMaxOperands];  // 1 where a row has one element
  int64_t row_stride[kMaxOperands];   // along the innermost axis of `rows`
  bool streamed;                      // results are written past the caches
  bool direct;                        // the elements of all rows lie one behind the other
};

// Rows whose elements do not lie one behind the other pass through scratch rows.
void move_rows(const SoftmaxPlan& plan, int view, float* packed, float* memory, int64_t count,
               bool to_memory) {
  const int64_t row = plan.row_stride[view], last = plan.last_stride[view], n = plan.length;
  auto* words = reinterpret_cast<uint32_t*>(packed);
  auto* there = reinterpret_cast<uint32_t*>(memory);
  if (to_memory) {
    plan.kernels->move->move4({n, count, last, row, 1, n}, there, words);
  } else {
    plan.kernels->move->move4({count, n, n, 1, row, last}, words, there);
  }
}

void run_softmax(const void* data, const Run& run, int64_t chunk, Worker& worker) {
  const SoftmaxPlan& plan = *static_cast<const SoftmaxPlan*>(data);
  const int64_t end = std::min(plan.count, (chunk + 1) * plan.chunk_rows);
  for (int64_t row = chunk * plan.chunk_rows, count; row < end; row += count) {
    count = std::min(end - row, plan.run - row % plan.run);
    if (!plan.direct) count = std::min(count, kPackedRows);
    int64_t offsets[kMaxOperands] = {};
    plan.rows.add_offsets(row, offsets);
    SoftmaxRows rows[kMaxOperands];
    const int views = static_cast<int>(plan.views.size());
    for (int v = 0; v < views; v++) {
      rows[v] = {run.at<float>(*plan.views[v]) + offsets[v], plan.row_stride[v]};
      if (plan.last_stride[v] == 1) continue;
      float* packed = reinterpret_cast<float*>(worker.scratch) + v * kPackedRows * plan.length;
      if (v > 0) move_rows(plan, v, packed, rows[v].data, count, false);
      rows[v] = {packed, plan.length};
    }
    plan.kernel(rows, count, plan.length, plan.streamed ? reinterpret_cast<float*>(worker.scratch) : nullptr);
    if (plan.last_stride[0] != 1) {
      move_rows(plan, 0, rows[0].data, run.at<float>(*plan.views[0]) + offsets[0], count, true);
    }
  }
  if (plan.streamed) plan.kernels->map->drain();
}

std::string prepare(const Instruction& instruction, Builder& builder, SoftmaxFn kernel, double cost) {
  SoftmaxPlan* plan = builder.make_plan<SoftmaxPlan>();
  plan->kernels = &builder.kernels;
  plan->kernel = kernel;
  plan->views = instruction.outputs;
  plan->views.insert(plan->views.end(), instruction.inputs.begin(), instruction.inputs.end());
  const int views = static_cast<int>(plan->views.size());
  const int last = plan->views[0]->rank - 1;
  std::vector<int> axes;
  for (int axis = 0; axis < last; axis++) axes.push_back(axis);
  plan->rows = make_grid(plan->views, axes);
  const int inner = plan->rows.rank - 1;
  plan->length = 0;
  plan->direct = true;
  for (int v = 0; v < views; v++) {
    const View& view = *plan->views[v];
    if (view.dtype == DType::kFloat64) return "float64 exists on the reference backend only";
    plan->length = std::max(plan->length, view.shape[last]);
    plan->last_stride[v] = view.shape[last] == 1 ? 1 : view.strides[last];
    plan->row_stride[v] = inner >= 0 ? plan->rows.stride(inner, v) : 0;
    plan->direct &= plan->last_stride[v] == 1;
  }
  plan->count = plan->rows.size();
  plan->run = inner >= 0 ? plan->rows.shape[inner] : 1;
  const int64_t elements = plan->count * plan->length;
  if (elements == 0) return "";
  plan->chunk_rows = std::max<int64_t>(1, kChunk / plan->length);
  plan->streamed = plan->direct && views * elements * 4 >= kStreamBytes;
  if (plan->streamed) builder.reserve_scratch(plan->length * static_cast<int64_t>(sizeof(float)));
  if (!plan->direct) {
    builder.reserve_scratch(views * kPackedRows * plan->length * static_cast<int64_t>(sizeof(float)));
  }
  const int64_t chunks = (plan->count + plan->chunk_rows - 1) / plan->chunk_rows;
  builder.add_step(run_softmax, plan, chunks, 20.0 * plan->count + cost * elements);
  return "";
}

// The last axis of the scores says which labels there are.
std::string prepare_labelled(const Instruction& instruction, Builder& builder, const View& scores,
                             const View& labels, SoftmaxFn kernel) {
  if (scores.dtype == DType::kFloat64) return "float64 exists on the reference backend only";
  if (labels.size() > 0) add_index_check(labels, scores.shape[scores.rank - 1], builder);
  return prepare(instruction, builder, kernel, 0.3);
}

}  // namespace

std::string prepare_kSoftmax(const Instruction& instruction, Builder& builder) {
  const SoftmaxKernels& kernels = *builder.kernels.softmax;
  const bool log = instruction.attributes[0] != 0;
  return prepare(instruction, builder, log ? kernels.log_softmax : kernels.softmax, 0.4);
}

std::string prepare_kSoftmaxGrad(const Instruction& instruction, Builder& builder) {
  const SoftmaxKernels& kernels = *builder.kernels.softmax;
  const bool log = instruction.attributes[0] != 0;
  return prepare(instruction, builder, log ? kernels.log_softmax_grad : kernels.softmax_grad, 0.2);
}

std::string prepare_kCrossEntropy(const Instruction& instruction, Builder& builder) {
  return prepare_labelled(instruction, builder, *instruction.inputs[0], *instruction.inputs[1],
                          builder.kernels.softmax->cross_entropy);
}

std::string prepare_kCrossEntropyGrad(const Instruction& instruction, Builder& builder) {
  return prepare_labelled(instruction, builder, *instruction.inputs[1], *instruction.inputs[2],
                          builder.kernels.softmax->cross_entropy_grad);
}

}  // namespace ng
