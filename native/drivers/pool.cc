#include "../kernels/pool.h"

#include <algorithm>
#include <string>

#include "../kernels/kernels.h"
#include "copy.h"
#include "driver.h"

namespace ng {
namespace {

// A batch of images cut into blocks of channels and output rows; a block is one kernel call.
struct PoolPlan {
  const PoolKernels* kernels;
  PoolShape shape;
  bool is_gradient;
  const View* in;          // x, or dy
  const View* second;      // values, or x; may be missing
  const View* out;         // y, or dx
  int64_t channels, rows;  // of the pooled side
  int64_t block_channels, block_rows;
  int64_t channel_blocks, row_blocks, blocks;
  int64_t blocks_per_chunk;
};

const float* image(const Run& run, const View* view, int64_t n, int64_t c) {
  return view ? run.at<const float>(*view) + n * view->strides[0] + c * view->strides[1] : nullptr;
}

void run_pool(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const auto& plan = *static_cast<const PoolPlan*>(opaque);
  const int64_t begin = chunk * plan.blocks_per_chunk;
  const int64_t end = std::min(begin + plan.blocks_per_chunk, plan.blocks);
  for (int64_t block = begin; block < end; block++) {
    const int64_t row0 = block % plan.row_blocks * plan.block_rows;
    const int64_t c = block / plan.row_blocks % plan.channel_blocks * plan.block_channels;
    const int64_t n = block / plan.row_blocks / plan.channel_blocks;
    const int64_t row1 = std::min(row0 + plan.block_rows, plan.rows);
    const int64_t channels = std::min(plan.block_channels, plan.channels - c);
    const float* in = image(run, plan.in, n, c);
    const float* second = image(run, plan.second, n, c);
    float* out = const_cast<float*>(image(run, plan.out, n, c));
    const auto kernel = plan.is_gradient ? plan.kernels->gradient : plan.kernels->pool;
    kernel(plan.shape, in, second, out, channels, row0, row1);
  }
}

PoolStrides strides_of(const View& view) { return {view.strides[1], view.strides[2], view.strides[3]}; }

bool all_step_one(const View* const (&views)[3], int axis) {
  for (const View* view : views) {
    if (view && view->shape[axis] != 1 && view->strides[axis] != 1) return false;
  }
  return true;
}

// `x` has the shape of the input, `y` that of the pooled output; `v` has x's shape where there is one.
PoolShape shape_of(const int32_t* attributes, const View& x, const View& y, const View* v) {
  PoolShape shape;
  const auto kind = static_cast<PoolKind>(attributes[0]);
  shape.op = kind == PoolKind::kMax       ? PoolOp::kMax
             : kind == PoolKind::kAverage ? PoolOp::kAverage
                                          : PoolOp::kSelect;
  shape.kernel_h = attributes[1];
  shape.kernel_w = attributes[2];
  shape.stride_h = attributes[3];
  shape.stride_w = attributes[4];
  shape.pad_top = attributes[5];
  shape.pad_left = attributes[6];
  shape.count_padding = attributes[7] != 0;
  shape.h = x.shape[2];
  shape.w = x.shape[3];
  shape.out_h = y.shape[2];
  shape.out_w = y.shape[3];
  shape.x = strides_of(x);
  shape.y = strides_of(y);
  shape.v = v ? strides_of(*v) : PoolStrides{0, 0, 0};
  const View* const views[3] = {&x, &y, v};
  if (all_step_one(views, 3) && shape.stride_w <= 2) {
    shape.lanes = PoolLanes::kWidth;
  } else {
    shape.lanes = all_step_one(views, 1) ? PoolLanes::kChannels : PoolLanes::kNone;
  }
  return shape;
}

// Blocks of about kChunkElements of x: whole channels if they are small, rows of one if they are large. Rows
// are not taken apart where windows of neighbouring rows would write to the same cells.
void cut(PoolPlan* plan, const View& x) {
  const PoolShape& s = plan->shape;
  const int64_t row = s.w * std::min(s.stride_h, s.h);  // cells of x an output row brings in
  const bool cuts_rows = !plan->is_gradient || s.stride_h >= s.kernel_h;
  plan->channels = x.shape[1];
  plan->rows = s.out_h;
  if (s.lanes == PoolLanes::kChannels && cuts_rows) {
    plan->block_channels = plan->channels;
  } else if (s.lanes == PoolLanes::kChannels) {
    plan->block_channels = std::min<int64_t>(plan->channels, 64);
  } else {
    plan->block_channels = std::clamp<int64_t>(kChunkElements / (s.h * s.w), 1, plan->channels);
  }
  plan->block_rows = cuts_rows
                         ? std::clamp<int64_t>(kChunkElements / (row * plan->block_channels), 1, plan->rows)
                         : plan->rows;
  plan->channel_blocks = (plan->channels + plan->block_channels - 1) / plan->block_channels;
  plan->row_blocks = (plan->rows + plan->block_rows - 1) / plan->block_rows;
  plan->blocks = x.shape[0] * plan->channel_blocks * plan->row_blocks;
  plan->blocks_per_chunk =
      std::max<int64_t>(1, kChunkElements / (plan->block_channels * plan->block_rows * row));
}

double nanoseconds_of(const PoolShape& s, const View& x, const View& y) {
  const double cells = static_cast<double>(y.size()) * static_cast<double>(s.kernel_h * s.kernel_w);
  return static_cast<double>(x.size() + y.size()) * 0.1 + cells * (s.lanes == PoolLanes::kNone ? 1.0 : 0.1);
}

std::string prepare(const Instruction& instruction, Builder& builder, bool is_gradient) {
  const View* in = instruction.inputs[0];
  const View* second = instruction.inputs.size() > 1 ? instruction.inputs[1] : nullptr;
  if (!is_gradient && second) std::swap(in, second);  // select reads values, then x
  const View* out = instruction.outputs[0];
  if (out->dtype == DType::kFloat64) return "float64 exists on the reference backend only";
  if (out->dtype != DType::kFloat32) return "pooling computes in float32 on this backend";
  if (out->size() == 0) return "";
  // An average's gradient does not look at x: dx stands in for its shape.
  const View& x = !is_gradient ? *in : second ? *second : *out;
  const View& y = is_gradient ? *in : *out;
  auto* plan = builder.make_plan<PoolPlan>();
  plan->kernels = builder.kernels.pool;
  plan->shape = shape_of(instruction.attributes, x, y, is_gradient ? out : second);
  plan->is_gradient = is_gradient;
  plan->in = in;
  plan->second = second;
  plan->out = out;
  cut(plan, x);
  const int64_t chunks = (plan->blocks + plan->blocks_per_chunk - 1) / plan->blocks_per_chunk;
  builder.add_step(run_pool, plan, chunks, nanoseconds_of(plan->shape, x, y));
  return "";
}

}  // namespace

std::string prepare_kPool(const Instruction& instruction, Builder& builder) {
  return prepare(instruction, builder, false);
}

std::string prepare_kPoolGrad(const Instruction& instruction, Builder& builder) {
  return prepare(instruction, builder, true);
}

}  // namespace ng
