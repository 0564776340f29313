// Convolutions.
//
//   forward        out[o, pixel] = sum over channels and taps of w[o, c, tap] · x[c, pixel + tap]
//   data gradient  dx = a convolution of dy with taps mirrored; for a stride s, one for each of the s x s
//                  phases of the pixels of dx, each with the taps that meet it
//   weights        dw[o, c, tap] = sum over images and pixels of dy[o, pixel] · x[c, pixel + tap]
//                  (conv_weight.h)
//
// The first two are add_conv(). Where it may, and where that is faster, it goes by Winograd's algorithm
// (winograd.h). All of the others compute register tiles of sums of products and read the
// image where it lies, or a copy of some of its rows; they differ in what the rows and columns of a tile are,
// so that some pair of pixels, output channels and images fills the registers, whatever their numbers:
//
//   conv_by_pixels.cc    pixels × output channels: most convolutions
//   conv_by_channels.cc  output channels × pixels: few channels, and images whose pixels lie side by side
//   conv_by_images.cc    output channels × images: large batches of images too small for the others
//   conv_product.cc      1 x 1, pixels side by side: a matrix product as it lies
//   conv_depthwise.cc    vectors of channels: a filter a channel, channels side by side

#ifndef NODEGRAD_DRIVERS_CONV_H_
#define NODEGRAD_DRIVERS_CONV_H_

#include <cstdint>
#include <string>
#include <vector>

#include "../kernels/conv.h"
#include "../kernels/move.h"
#include "conv_window.h"
#include "driver.h"

namespace ng {

// The attributes of a convolution.
struct ConvAttributes {
  int64_t stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w, groups;
  bool strict;  // every result is one sum
};

ConvAttributes conv_attributes(const Instruction& instruction);

// Why these views cannot be convolved here, or an empty string: all but the extra ones must be float32.
std::string check_conv_types(const Instruction& instruction);

// The window of a forward convolution with weights [o, c / groups, kh, kw] and output [n, o, oh, ow].
Window forward_window(const ConvAttributes& attributes, const View& weights, const View& out);

// A convolution with any taps: out = micro(sums of weighted source pixels).
struct ConvProblem {
  View source;                     // [n, groups * channels, h, w]
  View weights;                    // a view of four axes, the last two those of the kernel
  int row_axis, channel_axis;      // its axes of output and of source channels: 0 and 1, or 1 and 0
  int64_t groups, rows, channels;  // rows: output channels; both of one group
  Window window;
  std::vector<View> views;  // the outputs, then the extra inputs, all [n, groups * rows, out_h, out_w]
  bool strict = false;      // every result is one sum
  int64_t images_at = -1;   // where in the workspace `source` lies image beside image; -1 if it does not yet

  // Products, and terms of each if all taps are inside the image.
  double products() const {
    return static_cast<double>(groups * rows * source.shape[0]) * static_cast<double>(window.pixels());
  }
  int64_t terms() const { return channels * window.taps(); }

  // Whether every output pixel is made of the source pixel at its place: 1 x 1, without stride and padding.
  bool sees_own_pixel() const {
    return window.taps() == 1 && window.rows.source == 0 && window.cols.source == 0 && window.stride_h == 1 &&
           window.stride_w == 1 && window.out_h == source.shape[2] && window.out_w == source.shape[3];
  }
};

// Adds the steps for `problem` by the cheapest algorithm; `instruction` has the micro-program. Returns an
// empty string, or why not. May lay out the source image beside image, for other problems of the same
// instruction.
std::string add_conv(ConvProblem& problem, const Instruction& instruction, Builder& builder);

// The algorithms, named after the rows of their register tiles. A cost counts vector multiply-adds, or what
// takes as long.
double cost_by_pixels(const ConvProblem& problem, const Builder& builder);
std::string add_conv_by_pixels(const ConvProblem& problem, const Instruction& instruction, Builder& builder);

double cost_by_channels(const ConvProblem& problem, const Builder& builder);
std::string add_conv_by_channels(const ConvProblem& problem, const Instruction& instruction,
                                 Builder& builder);

double cost_by_images(const ConvProblem& problem, const Builder& builder);
std::string add_conv_by_images(ConvProblem& problem, const Instruction& instruction, Builder& builder);

// Costs of a vector of weights that is packed, and of a vector of products that is written as it is, or
// turned first.
constexpr double kPackCost = 20, kWriteCost = 6, kTurnCost = 30;

// How a matrix of sums is cut into register tiles.
struct TileShape {
  int vectors;    // of the columns of a tile
  int64_t tiles;  // the rows are cut into
  double cost;    // of the whole matrix per term of the sums
};

TileShape choose_tile(int64_t rows, int64_t cols, const ConvKernels& conv);

// What a chunk of a convolution is: some rows of the output of one image, for some panels of its channels.
struct ChunkShape {
  int64_t band_h, block_panels;
};

// Bands of at most `most_rows` output rows, smaller ones or blocks of panels where that leaves threads idle.
ChunkShape cut_into_chunks(const ConvProblem& problem, int64_t most_rows, int64_t panels);

// Which tap of a window, counted row-major, each tap of the kernel is; -1 if none.
std::vector<int32_t> tap_positions(const View& weights, const Taps& rows, const Taps& cols);

// Copies pixels of a row of `view`, from `from` on, with their channels side by side.
void copy_pixels(const MoveKernels& move, const float* from, const View& view, int64_t pixels,
                 int64_t channels, float* to, int64_t pixel_step);

// A view [n, c, h, w] as a matrix [c, pixels] of each image.
bool has_flat_pixels(const View& view);  // whether a pixel's place is linear in its number

// Copies rows [row, row + rows) and pixels [pixel, pixel + pixels) of an image to a matrix of row stride ld,
// or from products of any steps.
void load_pixels(const MoveKernels& move, const View& view, const float* image, int64_t row, int64_t rows,
                 int64_t pixel, int64_t pixels, float* matrix, int64_t ld);
void store_pixels(const MoveKernels& move, const View& view, float* image, int64_t row, int64_t rows,
                  int64_t pixel, int64_t pixels, const float* products, int64_t channel_step,
                  int64_t pixel_step);

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_CONV_H_
