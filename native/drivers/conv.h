// Convolutions as matrix products.
//
//   forward        out [o, pixels] = w [o, taps] · patches(x)
//   data gradient  dx = a convolution of dy with taps mirrored; for a stride s, one for each of the s x s
//                  phases of the pixels of dx, each with the taps that meet it
//   weights        dw [o, taps] = sum over images of dy [o, pixels] · patches(x)^T     (conv_weight.h)
//
// The first two are add_conv(): with images side by side where there are many (conv_batch.cc), else by
// patches (conv_product.cc). Channels are always the rows of these products, whatever the layout of the
// tensors: images and pixels are many and can be cut anywhere, so that register tiles are full for any number
// of channels.

#ifndef NODEGRAD_DRIVERS_CONV_H_
#define NODEGRAD_DRIVERS_CONV_H_

#include <cstdint>
#include <string>
#include <vector>

#include "conv_patches.h"
#include "driver.h"

namespace ng {

// The attributes of a convolution.
struct ConvAttributes {
  int64_t stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w, groups;
};

ConvAttributes conv_attributes(const Instruction& instruction);

// Why these views cannot be convolved here, or an empty string: all but the extra ones must be float32.
std::string check_conv_types(const Instruction& instruction);

// The window of a forward convolution with weights [o, c / groups, kh, kw] and output [n, o, oh, ow].
Window forward_window(const ConvAttributes& attributes, const View& weights, const View& out);

// A convolution with any taps: out = micro(patches(source) weighted).
struct ConvProblem {
  View source;                     // [n, groups * channels, h, w]
  View weights;                    // a view of four axes, the last two those of the kernel
  int row_axis, channel_axis;      // its axes of output and of source channels: 0 and 1, or 1 and 0
  int64_t groups, rows, channels;  // rows: output channels; both of one group
  Window window;
  std::vector<View> views;  // the outputs, then the extra inputs, all [n, groups * rows, out_h, out_w]
  int64_t images_at = -1;   // where in the workspace `source` lies image beside image; -1 if it does not yet
};

// Adds the steps for `problem`; `instruction` has the micro-program. Returns an empty string, or why not. May
// lay out the source image beside image, for other problems of the same instruction too.
std::string add_conv(ConvProblem& problem, const Instruction& instruction, Builder& builder);

// The same with images side by side, and whether that is possible and faster.
bool gains_from_batch(const ConvProblem& problem, const Builder& builder);
std::string add_batched_conv(ConvProblem& problem, const Instruction& instruction, Builder& builder);

// A view [n, c, h, w] as a matrix [c, pixels] of each image.
bool has_flat_pixels(const View& view);  // whether a pixel's place is linear in its number

// Copies rows [row, row + rows) and pixels [pixel, pixel + pixels) of an image from or to a matrix of row
// stride ld.
void load_pixels(const MoveKernels& move, const View& view, const float* image, int64_t row, int64_t rows,
                 int64_t pixel, int64_t pixels, float* matrix, int64_t ld);
void store_pixels(const MoveKernels& move, const View& view, float* image, int64_t row, int64_t rows,
                  int64_t pixel, int64_t pixels, const float* matrix, int64_t ld);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_H_
