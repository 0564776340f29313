// Winograd convolution kernels: the transforms of F(m x m, 3 x 3) for m = 2 and m = 4.
//
// A tile of m x m outputs of a 3 x 3 convolution is what nine multiply-adds an output make of (m + 2) x (m +
// 2) inputs d and weights g. Seen as polynomials, inputs and weights can be multiplied by their values at m +
// 2 points instead:
//
//   y = At · [(G · g · Gt) ⊙ (Bt · d · B)] · A
//
// with one multiplication for each of the (m + 2)^2 positions of a tile: 2.25 times fewer for m = 2, 4 times
// fewer for m = 4. Summed over channels, each position is a matrix product, tiles x channels · channels x
// outputs.
//
// The points are 0, 1, -1, infinity for m = 2, and 0, ±3/4, ±3/2, infinity for m = 4: sums stay within twice
// the error of the direct ones for m = 4 (0, ±1, ±2 would lose four times as much), and all of At and Bt is
// exact in float32.
//
// The kernels work on vectors of channels and keep to a fixed order of summation. Arrays of tiles are a
// matrix for each of the (m + 2)^2 positions, "position step" apart:
//
//   V  inputs    [slice][tile][lane]: channels in slices of `lanes`, slice_step apart
//   U  weights   [panel][channel][width]: outputs in panels of `width`
//   M  products  [tile][output], tile_step apart
//
// The gradient of the weights is the transpose of all this as a function of g: with D = A · dy · At as [tile]
// [output], the sums over tiles S = D ⊙ V are turned into dw = Gt · S · G.

#ifndef NODEGRAD_KERNELS_WINOGRAD_H_
#define NODEGRAD_KERNELS_WINOGRAD_H_

#include <stdint.h>

namespace ng {

// Transforms for one m.
struct WinogradTransforms {
  int outputs;    // m
  int positions;  // (m + 2)^2

  // Bt · d · B of a row of tiles, a slice of channels. `strip` holds m + 2 rows, row_step apart, of m * tiles
  // + 2 pixels of `lanes` floats.
  void (*source)(int64_t tiles, const float* strip, int64_t row_step, float* v, int64_t position_step);

  // G · g · Gt. Nine taps of `width` floats each, tap_step apart (negative: mirrored), for every channel;
  // channels are channel_step apart.
  void (*weights)(int64_t channels, const float* taps, int64_t channel_step, int64_t tap_step, float* u,
                  int64_t position_step);

  // At · M · A of a row of tiles, of which the first `rows` rows and `columns` columns of outputs are
  // written: rows row_step and pixels pixel_step apart, the channels of a pixel side by side.
  void (*result)(const float* m, int64_t position_step, int64_t tile_step, int64_t channels, float* out,
                 int64_t row_step, int64_t pixel_step, int64_t rows, int64_t columns);

  // A · dy · At of a row of tiles, a slice of output channels. `strip` holds m rows, row_step apart, of
  // m * tiles pixels of `lanes` floats.
  void (*gradient)(int64_t tiles, const float* strip, int64_t row_step, float* d, int64_t tile_step,
                   int64_t position_step);

  // Gt · S · G of one output and a vector of source channels: nine taps, tap_step apart, of the first
  // `channels` lanes.
  void (*taps)(const float* s, int64_t position_step, float* out, int64_t tap_step, int channels);
};

struct WinogradKernels {
  int lanes;                         // of a slice
  int width;                         // of a panel
  int tiles;                         // most tiles of a product
  WinogradTransforms transforms[2];  // F(2 x 2, 3 x 3), F(4 x 4, 3 x 3)

  // M [tiles, columns] = V · U at one position, for one panel. Each element is one chain of fused
  // multiply-adds in the order of channels. Columns of U beyond `columns` are read, not used.
  void (*product)(int64_t channels, const float* v, int64_t slice_step, const float* u, float* m,
                  int64_t tile_step, int tiles, int columns);

  // S [outputs, width] = Dt · V at one position for at most `tiles` outputs and one or two slices, or S +=
  // Dt · V. Each element is one chain in the order of tiles.
  void (*accumulate)(int64_t tiles, const float* d, int64_t tile_step, const float* v, int64_t slice_step,
                     int slices, float* s, int outputs, bool add);
};

}  // namespace ng

#endif  // NODEGRAD_KERNELS_WINOGRAD_H_
