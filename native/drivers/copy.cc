#include "copy.h"

#include <algorithm>
#include <string>

#include "../kernels/kernels.h"

namespace ng {
namespace {

// Side of the tiles of a transpose, in bytes: the two cache lines that processors fetch together. Their rows
// are often a power of two apart, where a level of the cache holds few of them.
constexpr int64_t kTransposeBytes = 128;

struct CopyPlan {
  const MoveKernels* kernels;
  const View* out;
  const View* in;
  TiledCopy copy;
  int64_t tiles_per_chunk;
};

void run_copy(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const auto& plan = *static_cast<const CopyPlan*>(opaque);
  const int64_t begin = chunk * plan.tiles_per_chunk;
  const int64_t end = std::min(begin + plan.tiles_per_chunk, plan.copy.tiles());
  const int64_t bytes = size_of(plan.out->dtype);
  plan.copy.run(*plan.kernels, run.buffers[plan.out->buffer] + plan.out->offset * bytes,
                run.buffers[plan.in->buffer] + plan.in->offset * bytes, begin, end);
}

// Turns axes the output walks backwards, and puts them in the order of its strides, the largest first.
// `starts` receives where the turned axes begin.
Axes<2> in_memory_order(const Axes<2>& axes, int64_t (&starts)[2]) {
  Axes<2> turned = axes;
  starts[0] = starts[1] = 0;
  int order[kMaxRank];
  for (int i = 0; i < axes.rank; i++) {
    order[i] = i;
    if (axes.strides[i][0] >= 0) continue;
    for (int v = 0; v < 2; v++) {
      starts[v] += (axes.shape[i] - 1) * axes.strides[i][v];
      turned.strides[i][v] = -axes.strides[i][v];
    }
  }
  std::stable_sort(order, order + axes.rank,
                   [&](int a, int b) { return turned.strides[a][0] > turned.strides[b][0]; });
  Axes<2> sorted;
  for (int i = 0; i < axes.rank; i++) sorted.append(turned.shape[order[i]], turned.strides[order[i]]);
  return sorted;
}

}  // namespace

Axes<2> common_axes(const View& out, const View& in) {
  Axes<2> axes;
  for (int i = 0; i < out.rank; i++) axes.append(out.shape[i], {out.strides[i], in.strides[i]});
  return axes;
}

void TiledCopy::prepare(const Axes<2>& axes, int64_t element_bytes) {
  int64_t starts[2];
  outer_ = in_memory_order(axes, starts);
  element_bytes_ = element_bytes;
  const bool streamed = 2 * axes.size() * element_bytes >= kStreamBytes;
  out_start_ = starts[0];
  in_start_ = starts[1];
  matrix_ = {1, 1, 0, 1, 0, 1, streamed};
  if (outer_.rank > 0) {  // the output is contiguous along the columns, if anywhere
    const int last = outer_.rank - 1;
    matrix_.cols = outer_.shape[last];
    matrix_.out_col = outer_.strides[last][0];
    matrix_.in_col = outer_.strides[last][1];
    outer_.remove(last);
  }
  const bool along = matrix_.in_col == 1 || matrix_.in_col == 0;
  int row = outer_.rank - 1;
  for (int i = 0; i < outer_.rank && !along; i++) {  // the axis the input is contiguous along, if another
    if (outer_.strides[i][1] == 1) row = i;
  }
  if (row >= 0) {
    matrix_.rows = outer_.shape[row];
    matrix_.out_row = outer_.strides[row][0];
    matrix_.in_row = outer_.strides[row][1];
    outer_.remove(row);
  }
  const int64_t side = kTransposeBytes / element_bytes;
  block_cols_ = std::min(matrix_.cols, along ? kChunkElements : side);
  block_rows_ = std::min(matrix_.rows, along ? kChunkElements / block_cols_ : side);
  row_blocks_ = (matrix_.rows + block_rows_ - 1) / block_rows_;
  col_blocks_ = (matrix_.cols + block_cols_ - 1) / block_cols_;
}

void TiledCopy::run(const MoveKernels& kernels, char* out, const char* in, int64_t begin, int64_t end) const {
  const int64_t blocks = row_blocks_ * col_blocks_;
  Walk<2> walk(outer_, begin / blocks);
  int64_t block = begin % blocks;
  for (int64_t tile = begin; tile < end; tile++) {
    const int64_t i = block / col_blocks_ * block_rows_, j = block % col_blocks_ * block_cols_;
    MoveTile part = matrix_;
    part.rows = std::min(block_rows_, matrix_.rows - i);
    part.cols = std::min(block_cols_, matrix_.cols - j);
    const int64_t to = out_start_ + walk[0] + i * matrix_.out_row + j * matrix_.out_col;
    const int64_t from = in_start_ + walk[1] + i * matrix_.in_row + j * matrix_.in_col;
    if (element_bytes_ == 4) {
      kernels.move4(part, reinterpret_cast<uint32_t*>(out) + to,
                    reinterpret_cast<const uint32_t*>(in) + from);
    } else {
      kernels.move1(part, reinterpret_cast<uint8_t*>(out) + to, reinterpret_cast<const uint8_t*>(in) + from);
    }
    if (++block == blocks) {
      block = 0;
      walk.next();
    }
  }
  if (matrix_.streamed) kernels.drain();
}

void add_copy(const View& out, const View& in, Builder& builder) {
  if (out.size() == 0) return;
  auto* plan = builder.make_plan<CopyPlan>();
  plan->kernels = builder.kernels.move;
  plan->out = &out;
  plan->in = &in;
  plan->copy.prepare(common_axes(out, in), size_of(out.dtype));
  plan->tiles_per_chunk = std::max<int64_t>(1, kChunkElements / plan->copy.tile_elements());
  const int64_t chunks = (plan->copy.tiles() + plan->tiles_per_chunk - 1) / plan->tiles_per_chunk;
  // Read and written at about 20 bytes a nanosecond; each tile costs a few more.
  const double bytes = 2.0 * static_cast<double>(out.size() * size_of(out.dtype));
  builder.add_step(run_copy, plan, chunks, bytes / 20 + 5.0 * static_cast<double>(plan->copy.tiles()));
}

std::string prepare_kCopy(const Instruction& instruction, Builder& builder) {
  const View& out = *instruction.outputs[0];
  if (out.dtype == DType::kFloat64) return "float64 exists on the reference backend only";
  add_copy(out, *instruction.inputs[0], builder);
  return "";
}

}  // namespace ng
