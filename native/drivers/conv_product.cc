#include "conv_product.h"

#include "gemm.h"

namespace ng {
namespace {

// Fewer channels leave a product too thin; the other algorithms are made for them.
constexpr int64_t kLeastChannels = 8;

bool has_even_pixels(const View& view) { return view.shape[3] > 1 && has_flat_pixels(view); }

bool follows_evenly(const View& view) {
  return has_even_pixels(view) &&
         (view.shape[0] == 1 || view.strides[0] == view.shape[2] * view.shape[3] * view.strides[3]);
}

}  // namespace

bool is_product(const ConvProblem& p) {
  const View &source = p.source, &out = p.views[0];
  return p.groups == 1 && p.sees_own_pixel() && p.channels >= kLeastChannels && p.rows >= kLeastChannels &&
         source.size() > 0 && has_even_pixels(source) && has_even_pixels(out) && source.strides[3] == 1 &&
         out.strides[3] == 1;
}

// out [rows, pixels] = weights [rows, channels] · source [channels, pixels], for every image.
std::string add_product(const ConvProblem& p, const Instruction& instruction, Builder& builder) {
  const View &source = *instruction.inputs[0], &weights = *instruction.inputs[1];
  const View& out = *instruction.outputs[0];
  GemmProblem product = {};
  product.m = p.rows;
  product.n = p.window.pixels();
  product.k = p.channels;
  product.batch_rank = 1;
  product.batch[0] = source.shape[0];
  product.a = {&weights, weights.strides[p.row_axis], weights.strides[p.channel_axis], {0}};
  product.b = {&source, source.strides[1], source.strides[3], {source.strides[0]}};
  product.c = {&out, out.strides[1], out.strides[3], {out.strides[0]}};
  product.axes = {{0}, {1}, {2, 3}};
  return add_gemm(product, instruction, 2, builder);
}

bool is_product_gradient(const Instruction& instruction) {
  const View &x = *instruction.inputs[0], &dy = *instruction.inputs[1], &dw = *instruction.outputs[0];
  const ConvAttributes a = conv_attributes(instruction);
  return a.groups == 1 && dw.shape[2] == 1 && dw.shape[3] == 1 && a.stride_h == 1 && a.stride_w == 1 &&
         a.pad_top == 0 && a.pad_left == 0 && x.shape[2] == dy.shape[2] && x.shape[3] == dy.shape[3] &&
         dw.shape[0] >= kLeastChannels && dw.shape[1] >= kLeastChannels && dy.size() > 0 &&
         follows_evenly(x) && follows_evenly(dy);
}

// dw [filters, channels] = dy [filters, pixels] · x [pixels, channels].
std::string add_product_gradient(const Instruction& instruction, Builder& builder) {
  const View &x = *instruction.inputs[0], &dy = *instruction.inputs[1], &dw = *instruction.outputs[0];
  GemmProblem product = {};
  product.m = dw.shape[0];
  product.n = dw.shape[1];
  product.k = dy.shape[0] * dy.shape[2] * dy.shape[3];
  product.a = {&dy, dy.strides[1], dy.strides[3], {}};
  product.b = {&x, x.strides[3], x.strides[1], {}};
  product.c = {&dw, dw.strides[0], dw.strides[1], {}};
  product.axes = {{}, {0}, {1, 2, 3}};
  return add_gemm(product, instruction, 2, builder);
}

}  // namespace ng
