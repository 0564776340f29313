// The instructions `pool` and `poolGrad`.
//
// The kernels want images abreast, the same cell of many of them one behind the other. NHWC has them so: the
// channels. Any other layout passes through packed blocks of kAbreast images (in NCHW, channels of the whole
// batch), with one exception: windows of 2 x 2 side by side have kernels of their own for contiguous rows.

#include "../kernels/pool.h"

#include <algorithm>
#include <string>

#include "../kernels/kernels.h"
#include "copy.h"
#include "driver.h"

namespace ng {
namespace {

constexpr int64_t kAbreast = 16;                // a cache line
constexpr int64_t kPackedElements = 16 * 1024;  // of one operand of a block, about: they stay in the L2 cache

enum class PoolPath { kAbreast, kPacked, kHalves };

// A view as images (n, c), of which those along the inner axis lie abreast: strides in elements.
struct PoolView {
  const View* view = nullptr;
  int64_t outer, inner, row, col;

  float* at(const Run& run, int64_t n, int64_t c) const {
    return run.at<float>(*view) + n * outer + c * inner;
  }
};

// Which rows of an operand a block of the result's rows needs.
struct Rows {
  int64_t begin, end;
};

// The work is cut into blocks of images and rows of the result.
struct PoolPlan {
  const Kernels* kernels;
  PoolPath path;
  PoolShape shape;
  bool is_gradient;
  PoolView x, y,
      second;  // x and y, or dx and dy; `second` has x's shape: values to select, or the gradient's x
  int64_t outer, inner;  // images
  int64_t rows;          // of the result
  int64_t block_inner, block_rows;
  int64_t inner_blocks, row_blocks, blocks;
  int64_t blocks_per_chunk;
  int64_t x_elements, y_elements;  // of packed operands
};

// Rows of x the windows of `rows` of y see; the other way round, the windows that see rows of x.
Rows cells_of(const PoolShape& s, Rows rows) {
  const int64_t begin = rows.begin * s.stride_h - s.pad_top;
  const int64_t end = (rows.end - 1) * s.stride_h - s.pad_top + s.kernel_h;
  return {std::clamp<int64_t>(begin, 0, s.h), std::clamp<int64_t>(end, 0, s.h)};
}

Rows windows_of(const PoolShape& s, Rows rows) {
  const int64_t above = std::max<int64_t>(0, rows.begin + s.pad_top - s.kernel_h + 1);
  const int64_t last = (rows.end - 1 + s.pad_top) / s.stride_h;
  return {std::min((above + s.stride_h - 1) / s.stride_h, s.out_h), std::min(last + 1, s.out_h)};
}

// ---- Packed blocks: element (i, j) of kAbreast images one behind the other.

PoolImages<float> packed(char* memory, const Rows& rows, int64_t width) {
  return {reinterpret_cast<float*>(memory), rows.begin, width * kAbreast, kAbreast};
}

uint32_t* words(float* p) { return reinterpret_cast<uint32_t*>(p); }

void pack(const PoolPlan& plan, const PoolImages<float>& to, const PoolView& from, const Run& run, int64_t n,
          int64_t c, int64_t images, const Rows& rows, int64_t width) {
  const bool whole = from.row == width * from.col;  // rows follow each other evenly
  const int64_t pieces = whole ? 1 : rows.end - rows.begin;
  const int64_t cells = whole ? (rows.end - rows.begin) * width : width;
  for (int64_t i = 0; i < pieces; i++) {
    const MoveTile tile = {cells, images, kAbreast, 1, from.col, from.inner};
    plan.kernels->move->move4(tile, words(to.data + i * to.row),
                              words(from.at(run, n, c) + (rows.begin + i) * from.row));
  }
}

void unpack(const PoolPlan& plan, const PoolView& to, const PoolImages<float>& from, const Run& run,
            int64_t n, int64_t c, int64_t images, const Rows& rows, int64_t width) {
  const bool whole = to.row == width * to.col;
  const int64_t pieces = whole ? 1 : rows.end - rows.begin;
  const int64_t cells = whole ? (rows.end - rows.begin) * width : width;
  for (int64_t i = 0; i < pieces; i++) {
    const MoveTile along = {images, cells, to.inner, to.col, 1, kAbreast};
    const MoveTile across = {cells, images, to.col, to.inner, kAbreast, 1};
    plan.kernels->move->move4(to.col == 1 ? along : across,
                              words(to.at(run, n, c) + (rows.begin + i) * to.row),
                              words(from.data + i * from.row));
  }
}

// ---- One block.

PoolImages<float> in_place(const PoolView& view, const Run& run, int64_t n, int64_t c) {
  if (view.view == nullptr) return {nullptr, 0, 0, 0};
  return {view.at(run, n, c), 0, view.row, view.col};
}

PoolImages<const float> to_read(const PoolImages<float>& images) {
  return {images.data, images.top, images.row, images.col};
}

void call(const PoolPlan& plan, const PoolImages<float>& x, const PoolImages<float>& y,
          const PoolImages<float>& second, int64_t images, const Rows& rows) {
  const PoolKernels& kernels = *plan.kernels->pool;
  if (plan.is_gradient) {
    kernels.gradient(plan.shape, to_read(y), to_read(second), x, images, rows.begin, rows.end);
  } else {
    kernels.pool(plan.shape, to_read(x), to_read(second), y, images, rows.begin, rows.end);
  }
}

void run_packed(const PoolPlan& plan, const Run& run, char* scratch, int64_t n, int64_t c, int64_t images,
                const Rows& rows) {
  const PoolShape& s = plan.shape;
  const Rows y_rows = plan.is_gradient ? windows_of(s, rows) : rows;
  // The gradient of a maximum looks at whole windows of x.
  const Rows x_rows = y_rows.begin < y_rows.end ? cells_of(s, y_rows) : Rows{0, 0};
  const Rows result_rows = plan.is_gradient ? rows : x_rows;
  const auto x = packed(scratch, result_rows, s.w);
  const auto second = packed(scratch + plan.x_elements * 4, x_rows, s.w);
  const auto y = packed(scratch + 2 * plan.x_elements * 4, y_rows, s.out_w);
  if (plan.second.view) pack(plan, second, plan.second, run, n, c, images, x_rows, s.w);
  if (plan.is_gradient) {
    pack(plan, y, plan.y, run, n, c, images, y_rows, s.out_w);
  } else {
    pack(plan, x, plan.x, run, n, c, images, x_rows, s.w);
  }
  call(plan, x, y, second, images, rows);
  if (plan.is_gradient) {
    unpack(plan, plan.x, x, run, n, c, images, rows, s.w);
  } else {
    unpack(plan, plan.y, y, run, n, c, images, rows, s.out_w);
  }
}

void run_halves(const PoolPlan& plan, const Run& run, int64_t n, int64_t c, int64_t images) {
  const PoolShape& s = plan.shape;
  const PoolKernels& kernels = *plan.kernels->pool;
  for (int64_t i = c; i < c + images; i++) {
    const float* y = plan.y.at(run, n, i);
    float* x = plan.x.at(run, n, i);
    if (!plan.is_gradient) {
      kernels.halve(s.op, plan.y.at(run, n, i), plan.y.row, x, plan.x.row, s.out_h, s.out_w);
      continue;
    }
    const float* second = plan.second.view ? plan.second.at(run, n, i) : y;
    kernels.halve_gradient(s.op, x, plan.x.row, y, plan.y.row, second, plan.second.row, s.out_h, s.out_w);
    for (int64_t row = 0; row < s.h; row++) {  // cells no window sees
      const int64_t first = row < 2 * s.out_h ? 2 * s.out_w : 0;
      std::fill(x + row * plan.x.row + first, x + row * plan.x.row + s.w, 0.0f);
    }
  }
}

void run_pool(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const auto& plan = *static_cast<const PoolPlan*>(opaque);
  const int64_t begin = chunk * plan.blocks_per_chunk;
  const int64_t end = std::min(begin + plan.blocks_per_chunk, plan.blocks);
  for (int64_t block = begin; block < end; block++) {
    const int64_t row = block % plan.row_blocks * plan.block_rows;
    const int64_t c = block / plan.row_blocks % plan.inner_blocks * plan.block_inner;
    const int64_t n = block / plan.row_blocks / plan.inner_blocks;
    const int64_t images = std::min(plan.block_inner, plan.inner - c);
    const Rows rows = {row, std::min(row + plan.block_rows, plan.rows)};
    switch (plan.path) {
      case PoolPath::kAbreast:
        call(plan, in_place(plan.x, run, n, c), in_place(plan.y, run, n, c), in_place(plan.second, run, n, c),
             images, rows);
        break;
      case PoolPath::kPacked: run_packed(plan, run, worker.scratch, n, c, images, rows); break;
      case PoolPath::kHalves: run_halves(plan, run, n, c, images); break;
    }
  }
}

// ---- Preparation.

PoolShape shape_of(const int32_t* attributes, const View& x, const View& y) {
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
  return shape;
}

// The images of all views: the channels of one batch element after the other, or all of them as one row where
// every view steps over them evenly.
void choose_images(PoolPlan* plan, const View* const (&views)[3]) {
  PoolView* const targets[3] = {&plan->x, &plan->y, &plan->second};
  const int64_t batch = views[0]->shape[0], channels = views[0]->shape[1];
  bool even = true;
  for (const View* view : views) {
    if (view && batch > 1 && channels > 1) even &= view->strides[0] == channels * view->strides[1];
  }
  plan->outer = even ? 1 : batch;
  plan->inner = even ? batch * channels : channels;
  for (int i = 0; i < 3; i++) {
    if (!views[i]) continue;
    const int64_t inner = views[i]->strides[channels > 1 ? 1 : 0];
    *targets[i] = {views[i], views[i]->strides[0], inner, views[i]->strides[2], views[i]->strides[3]};
  }
}

PoolPath choose_path(const PoolPlan& plan) {
  const PoolShape& s = plan.shape;
  bool rows = true, abreast = true;
  for (const PoolView* view : {&plan.x, &plan.y, &plan.second}) {
    if (!view->view) continue;
    rows &= view->col == 1;
    abreast &= view->inner == 1;
  }
  const bool halves = s.kernel_h == 2 && s.kernel_w == 2 && s.stride_h == 2 && s.stride_w == 2 &&
                      s.pad_top == 0 && s.pad_left == 0 && 2 * s.out_h <= s.h && 2 * s.out_w <= s.w &&
                      s.op != PoolOp::kSelect;
  if (rows && halves) return PoolPath::kHalves;
  return abreast && plan.inner > 1 ? PoolPath::kAbreast : PoolPath::kPacked;
}

// Rows of a block at least: windows on the border of two blocks of a gradient are looked at twice.
int64_t shared_rows(const PoolPlan& plan) {
  const bool overlap = plan.is_gradient && plan.shape.kernel_h > plan.shape.stride_h;
  return overlap ? 4 * plan.shape.kernel_h : 1;
}

void cut(PoolPlan* plan, Builder& builder) {
  const PoolShape& s = plan->shape;
  plan->rows = plan->is_gradient ? s.h : s.out_h;
  // Elements of x that come with a row of the result of one image.
  const int64_t row = plan->is_gradient ? s.w : s.w * std::min(s.stride_h, s.h);
  plan->block_rows = plan->rows;
  switch (plan->path) {
    case PoolPath::kAbreast:
      plan->block_inner = plan->inner;
      plan->block_rows =
          std::min(plan->rows, std::max(kChunkElements / (row * plan->inner), shared_rows(*plan)));
      break;
    case PoolPath::kPacked: {
      plan->block_inner = std::min(kAbreast, plan->inner);
      plan->block_rows =
          std::min(plan->rows, std::max(kPackedElements / (row * kAbreast), shared_rows(*plan)));
      // Rows of y a block meets, and rows of x these see.
      const Rows rows = {0, plan->block_rows};
      const int64_t windows =
          plan->is_gradient ? std::min(s.out_h, (rows.end + s.kernel_h - 2) / s.stride_h + 1) : rows.end;
      const int64_t cells = std::min(s.h, std::max(rows.end, (windows - 1) * s.stride_h + s.kernel_h));
      plan->x_elements = cells * s.w * kAbreast;
      plan->y_elements = windows * s.out_w * kAbreast;
      builder.reserve_scratch((2 * plan->x_elements + plan->y_elements) * 4);
      break;
    }
    case PoolPath::kHalves:
      plan->block_inner = std::clamp<int64_t>(kChunkElements / (s.h * s.w), 1, plan->inner);
      break;
  }
  plan->inner_blocks = (plan->inner + plan->block_inner - 1) / plan->block_inner;
  plan->row_blocks = (plan->rows + plan->block_rows - 1) / plan->block_rows;
  plan->blocks = plan->outer * plan->inner_blocks * plan->row_blocks;
  plan->blocks_per_chunk =
      std::max<int64_t>(1, kChunkElements / (plan->block_inner * plan->block_rows * row));
}

double nanoseconds_of(const PoolPlan& plan, const View& x, const View& y) {
  const PoolShape& s = plan.shape;
  const double cells = static_cast<double>(y.size()) * static_cast<double>(s.kernel_h * s.kernel_w);
  return static_cast<double>(x.size() + y.size()) * 0.1 + cells * 0.1;
}

std::string prepare(const Instruction& instruction, Builder& builder, bool is_gradient) {
  const View* in = instruction.inputs[0];
  const View* second = instruction.inputs.size() > 1 ? instruction.inputs[1] : nullptr;
  if (!is_gradient && second) std::swap(in, second);  // select reads values, then x
  const View* out = instruction.outputs[0];
  if (out->dtype == DType::kFloat64) return "float64 exists on the reference backend only";
  if (out->dtype != DType::kFloat32) return "pooling computes in float32 on this backend";
  if (out->size() == 0) return "";
  const View& x = is_gradient ? *out : *in;
  const View& y = is_gradient ? *in : *out;
  auto* plan = builder.make_plan<PoolPlan>();
  plan->kernels = &builder.kernels;
  plan->shape = shape_of(instruction.attributes, x, y);
  plan->is_gradient = is_gradient;
  choose_images(plan, {&x, &y, second});
  plan->path = choose_path(*plan);
  cut(plan, builder);
  const int64_t chunks = (plan->blocks + plan->blocks_per_chunk - 1) / plan->blocks_per_chunk;
  builder.add_step(run_pool, plan, chunks, nanoseconds_of(*plan, x, y));
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
