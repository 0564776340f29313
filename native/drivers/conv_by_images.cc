// Convolutions of many images, image beside image.
//
// A block of as many images as a panel of a matrix product has columns is first laid out [h, w, c, image].
// What an output pixel sees under one row of the window is then a panel, [column tap and channel][image], and
// it is read where it lies ([block][group][h][w][channel][image] in the workspace): no patches are made, and
// every input value is copied once instead of once a tap. Taps outside the image are left out instead of
// multiplied by zeros. The products of a tile of pixels, in the same layout, are turned back at its end.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "../kernels/kernels.h"
#include "conv.h"
#include "conv_result.h"

namespace ng {
namespace {

struct ImagePlan {
  ConvProblem problem;
  const GemmKernels* gemm;
  const MoveKernels* move;
  ConvResult result;
  Taps rows, cols;  // those of the window, in ascending order of the source

  int64_t blocks;              // of images
  int64_t panel_rows, panels;  // rows of a panel of weights, panels of a group
  int64_t tile_panels;         // panels of a chunk, one or all
  int64_t tile_h, tiles;       // output rows of a chunk, chunks an image is cut into
  int64_t pack_h, packs;       // the same for source rows of a chunk of the first step
  Packed weights;              // [group][panel][row tap][column tap][channel][mr]

  // Private memory, in bytes from its start; the products are first.
  int64_t turned_at, result_at;

  int64_t k() const { return problem.channels * rows.count * cols.count; }
  int64_t images(int64_t block) const {
    return std::min<int64_t>(gemm->nr, problem.source.shape[0] - block * gemm->nr);
  }
  int64_t pixel_floats() const { return problem.channels * gemm->nr; }
  int64_t block_floats() const { return problem.source.shape[2] * problem.source.shape[3] * pixel_floats(); }
  int64_t tile_floats() const {
    return std::min(problem.rows, tile_panels * panel_rows) * tile_h * problem.window.out_w * gemm->nr;
  }
};

// Packs one panel of weights.
void pack_weights(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const ImagePlan& plan = *static_cast<const ImagePlan*>(opaque);
  const ConvProblem& problem = plan.problem;
  const View& w = problem.weights;
  const int64_t group = chunk / plan.panels, first = chunk % plan.panels * plan.panel_rows;
  const int64_t rows = std::min(plan.panel_rows, problem.rows - first);
  const int64_t row_step = w.strides[problem.row_axis], channel_step = w.strides[problem.channel_axis];
  // The groups lie along the first axis, which is that of the output channels of the forward convolution.
  const int64_t group_size = problem.row_axis == 0 ? problem.rows : problem.channels;
  const float* from = run.at<float>(w) + group * group_size * w.strides[0] + first * row_step;
  float* to = run.at<float>(plan.weights) + chunk * plan.k() * plan.gemm->mr;
  for (int64_t i = 0; i < plan.rows.count; i++) {
    for (int64_t j = 0; j < plan.cols.count; j++) {
      const int64_t y = plan.rows.kernel + i * plan.rows.kernel_step,
                    x = plan.cols.kernel + j * plan.cols.kernel_step;
      plan.gemm->pack_a(rows, problem.channels, from + y * w.strides[2] + x * w.strides[3], row_step,
                        channel_step, to);
      to += problem.channels * plan.gemm->mr;
    }
  }
}

// Lays out some rows of a block of images.
void pack_images(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const ImagePlan& plan = *static_cast<const ImagePlan*>(opaque);
  const View& source = plan.problem.source;
  const int64_t *strides = source.strides, nr = plan.gemm->nr, channels = plan.problem.channels;
  const int64_t width = source.shape[3], y0 = chunk % plan.packs * plan.pack_h;
  const int64_t rows = std::min(plan.pack_h, source.shape[2] - y0);
  chunk /= plan.packs;
  const int64_t group = chunk % plan.problem.groups, block = chunk / plan.problem.groups;
  const int64_t images = plan.images(block);
  const float* from =
      run.at<float>(source) + block * nr * strides[0] + group * channels * strides[1] + y0 * strides[2];
  float* to = reinterpret_cast<float*>(run.workspace + plan.problem.images_at) + chunk * plan.block_floats() +
              y0 * width * plan.pixel_floats();
  if (images < nr) std::memset(to, 0, sizeof(float) * rows * width * plan.pixel_floats());
  const auto move = [&](int64_t count, int64_t to_step, int64_t from_step, int64_t at, int64_t from_at) {
    plan.move->move4({count, images, to_step, 1, from_step, strides[0]}, reinterpret_cast<uint32_t*>(to + at),
                     reinterpret_cast<const uint32_t*>(from + from_at));
  };
  if (strides[1] == 1 && strides[3] != 1) {  // channels side by side; often all of a row
    const int64_t together = strides[3] == channels ? width : 1;
    for (int64_t y = 0; y < rows; y++) {
      for (int64_t x = 0; x < width; x += together) {
        move(together * channels, nr, 1, (y * width + x) * plan.pixel_floats(),
             y * strides[2] + x * strides[3]);
      }
    }
    return;
  }
  const int64_t together = has_flat_pixels(source) ? rows : 1;
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t y = 0; y < rows; y += together) {
      move(together * width, plan.pixel_floats(), strides[3], y * width * plan.pixel_floats() + c * nr,
           y * strides[2] + c * strides[1]);
    }
  }
}

// The products of one output pixel: c [rows, images].
void multiply_pixel(const ImagePlan& plan, const float* weights, const float* images, int64_t y, int64_t x,
                    float* c, int64_t ldc, int rows, int columns) {
  const GemmKernels& gemm = *plan.gemm;
  const Window& window = plan.problem.window;
  const int64_t channels = plan.problem.channels, width = plan.problem.source.shape[3];
  const Range ty = inside(y * window.stride_h + plan.rows.source, plan.rows.source_step, plan.rows.count,
                          plan.problem.source.shape[2]);
  const Range tx =
      inside(x * window.stride_w + plan.cols.source, plan.cols.source_step, plan.cols.count, width);
  const int64_t a_tap = channels * gemm.mr, a_row = plan.cols.count * a_tap;
  const int64_t b_tap = plan.cols.source_step * plan.pixel_floats();
  const int64_t b_row = plan.rows.source_step * width * plan.pixel_floats();
  const int64_t top = y * window.stride_h + plan.rows.source + ty.first * plan.rows.source_step;
  const int64_t left = x * window.stride_w + plan.cols.source + tx.first * plan.cols.source_step;
  const float* a = weights + ty.first * a_row + tx.first * a_tap;
  const float* b = images + (top * width + left) * plan.pixel_floats();
  const int64_t across = tx.count(), down = ty.count();
  if (across == 0 || down == 0) return gemm.kernel(0, weights, images, c, ldc, rows, columns, false);
  if (plan.cols.source_step == 1 || across == 1) {  // the taps of a row are one stretch
    return gemm.kernel_segments(down, across * channels, a, a_row, b, gemm.nr, b_row, c, ldc, rows, columns,
                                false);
  }
  for (int64_t i = 0; i < down; i++) {
    gemm.kernel_segments(across, channels, a + i * a_row, a_tap, b + i * b_row, gemm.nr, b_tap, c, ldc, rows,
                         columns, i > 0);
  }
}

void run_tile(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const ImagePlan& plan = *static_cast<const ImagePlan*>(opaque);
  const ConvProblem& problem = plan.problem;
  const int64_t row_blocks = plan.panels / plan.tile_panels;
  const int64_t first_panel = chunk % row_blocks * plan.tile_panels;
  const int64_t y0 = chunk / row_blocks % plan.tiles * plan.tile_h;
  chunk /= row_blocks * plan.tiles;
  const int64_t group = chunk % problem.groups, block = chunk / problem.groups;
  const int64_t out_w = problem.window.out_w, nr = plan.gemm->nr, count = plan.images(block);
  const int64_t pixels = std::min(plan.tile_h, problem.window.out_h - y0) * out_w;
  const int64_t row = first_panel * plan.panel_rows;
  const int64_t rows = std::min(plan.tile_panels * plan.panel_rows, problem.rows - row);
  const float* weights =
      run.at<float>(plan.weights) + (group * plan.panels + first_panel) * plan.k() * plan.gemm->mr;
  const float* images =
      reinterpret_cast<const float*>(run.workspace + problem.images_at) + chunk * plan.block_floats();
  float* products = reinterpret_cast<float*>(worker.scratch);
  float* turned = reinterpret_cast<float*>(worker.scratch + plan.turned_at);

  const bool by_pixels = plan.result.by_pixels();
  const int64_t pixel_step = by_pixels ? rows * nr : nr, row_step = by_pixels ? nr : pixels * nr;
  for (int64_t r = 0; r < rows; r += plan.panel_rows) {  // a panel of weights stays in the L1 cache
    for (int64_t p = 0; p < pixels; p++) {
      multiply_pixel(plan, weights, images, y0 + p / out_w, p % out_w,
                     products + p * pixel_step + r * row_step, row_step,
                     static_cast<int>(std::min(plan.panel_rows, rows - r)), static_cast<int>(count));
    }
    weights += plan.k() * plan.gemm->mr;
  }
  plan.move->move4({count, rows * pixels, rows * pixels, 1, 1, nr}, reinterpret_cast<uint32_t*>(turned),
                   reinterpret_cast<const uint32_t*>(products));
  for (int64_t i = 0; i < count; i++) {
    plan.result.write(run, {block * nr + i, group * problem.rows + row, rows, y0 * out_w, pixels},
                      turned + i * rows * pixels, by_pixels ? 1 : pixels, by_pixels ? rows : 1,
                      worker.scratch + plan.result_at);
  }
}

// Products of a chunk, in floats, so that they and what they are turned into stay in the L2 cache; chunks
// that keep several threads busy; source pixels of a chunk of packing.
constexpr int64_t kTileFloats = 48 * 1024;
constexpr int64_t kChunks = 16;
constexpr int64_t kPackPixels = 128;

void choose_chunks(ImagePlan* plan) {
  const ConvProblem& problem = plan->problem;
  const int64_t nr = plan->gemm->nr, out_h = problem.window.out_h, out_w = problem.window.out_w;
  plan->blocks = ceil_div(problem.source.shape[0], nr);
  plan->panels = ceil_div(problem.rows, plan->gemm->mr);
  plan->panel_rows = ceil_div(problem.rows, plan->panels);
  // The micro-program is fastest on long rows: of channels where they lie side by side, else of pixels.
  plan->tile_panels = plan->result.by_pixels() ? plan->panels : 1;
  const int64_t rows = std::min(problem.rows, plan->tile_panels * plan->panel_rows);
  const int64_t fitting = std::max<int64_t>(1, kTileFloats / (rows * nr * out_w));
  const int64_t wanted =
      ceil_div(kChunks, plan->blocks * problem.groups * (plan->panels / plan->tile_panels));
  plan->tiles = std::min(out_h, std::max(ceil_div(out_h, fitting), wanted));
  plan->tile_h = ceil_div(out_h, plan->tiles);
  plan->tiles = ceil_div(out_h, plan->tile_h);
  const int64_t height = problem.source.shape[2], width = problem.source.shape[3];
  plan->packs = std::max<int64_t>(1, height * width / kPackPixels);
  plan->pack_h = ceil_div(height, plan->packs);
  plan->packs = ceil_div(height, plan->pack_h);
}

}  // namespace

double cost_by_images(const ConvProblem& problem, const Builder& builder) {
  const GemmKernels& gemm = *builder.kernels.gemm;
  const Window& window = problem.window;
  if (window.taps() == 0 || problem.source.size() == 0) return HUGE_VAL;
  const auto taps_inside = [](const Taps& unordered, int64_t stride, int64_t outputs, int64_t size) {
    const Taps taps = unordered.ascending();
    int64_t sum = 0;
    for (int64_t i = 0; i < outputs; i++) {
      sum += inside(i * stride + taps.source, taps.source_step, taps.count, size).count();
    }
    return static_cast<double>(sum);
  };
  const double taps = taps_inside(window.rows, window.stride_h, window.out_h, problem.source.shape[2]) *
                      taps_inside(window.cols, window.stride_w, window.out_w, problem.source.shape[3]);
  // A block that is not full costs as much as a full one, or half where one vector is enough.
  const int64_t n = problem.source.shape[0], vectors = ceil_div(n, gemm.lanes);
  const int64_t panels = ceil_div(problem.rows, gemm.mr), panel_rows = ceil_div(problem.rows, panels);
  const int64_t tile = std::max<int64_t>(panel_rows, 4) * panels * vectors;  // sums wait for each other
  // Pixels lie far apart; images are turned when they are laid out, and products once more at the end.
  constexpr double kPixelCost = 1.15;
  const double sums = taps * static_cast<double>(problem.groups * problem.channels * tile);
  const double moved = static_cast<double>(problem.source.size()) / 2 + problem.products() * 1.5;
  return kPixelCost * sums + moved * kTurnCost / gemm.lanes;
}

std::string add_conv_by_images(ConvProblem& problem, const Instruction& instruction, Builder& builder) {
  auto* plan = builder.make_plan<ImagePlan>();
  plan->problem = problem;
  plan->gemm = builder.kernels.gemm;
  plan->move = builder.kernels.move;
  plan->rows = problem.window.rows.ascending();
  plan->cols = problem.window.cols.ascending();
  const std::string problem_found = plan->result.prepare(problem, instruction, problem.rows, builder);
  if (!problem_found.empty()) return problem_found;
  builder.explain("direct, images side by side");
  choose_chunks(plan);

  const int64_t tile_bytes = round_up(sizeof(float) * plan->tile_floats(), kArenaBlock);
  plan->turned_at = tile_bytes;
  plan->result_at = 2 * tile_bytes;
  plan->result.expect(std::min(problem.rows, plan->tile_panels * plan->panel_rows),
                      plan->tile_h * problem.window.out_w, builder);
  builder.reserve_scratch(plan->result_at + plan->result.scratch_bytes(plan->tile_floats()));
  const int64_t panels = problem.groups * plan->panels, blocks = plan->blocks * problem.groups;
  std::vector<int64_t> words = {problem.row_axis, problem.groups};
  for (const Taps& taps : {plan->rows, plan->cols}) {
    words.insert(words.end(), {taps.count, taps.kernel, taps.kernel_step});
  }
  plan->weights = builder.reserve_packed(pack_weights, problem.weights, words,
                                         sizeof(float) * panels * plan->k() * plan->gemm->mr);
  const double weights = static_cast<double>(problem.rows) * plan->k() * problem.groups;
  builder.add_packing(plan->weights, pack_weights, plan, panels, 0.5 * weights);
  if (problem.images_at < 0) {
    problem.images_at = builder.reserve_workspace(sizeof(float) * blocks * plan->block_floats());
    builder.add_step(pack_images, plan, blocks * plan->packs,
                     0.1 * static_cast<double>(problem.source.size()));
  }
  plan->problem.images_at = problem.images_at;
  builder.add_step(run_tile, plan, blocks * plan->tiles * (plan->panels / plan->tile_panels),
                   weights * problem.source.shape[0] * problem.window.pixels() / 30);
  return "";
}

}  // namespace ng
