// Walking over the elements that several views have in common: the axes they share, with one offset per view.

#ifndef NODEGRAD_DRIVERS_WALK_H_
#define NODEGRAD_DRIVERS_WALK_H_

#include <cstdint>

#include "../program/program.h"

namespace ng {

// Axes shared by N views, outermost first, with each view's stride along them. No axis has length 1, and no
// two neighbours could be one.
template <int N>
struct Axes {
  int rank = 0;
  int64_t shape[kMaxRank];
  int64_t strides[kMaxRank][N];

  int64_t size() const {
    int64_t n = 1;
    for (int i = 0; i < rank; i++) n *= shape[i];
    return n;
  }

  // Adds an innermost axis, merged into its neighbour where every view steps over it evenly.
  void append(int64_t length, const int64_t (&steps)[N]) {
    if (length == 1) return;
    bool merges = rank > 0;
    for (int v = 0; v < N && merges; v++) merges = strides[rank - 1][v] == length * steps[v];
    if (merges) {
      shape[rank - 1] *= length;
    } else {
      shape[rank++] = length;
    }
    for (int v = 0; v < N; v++) strides[rank - 1][v] = steps[v];
  }

  // Takes an axis out of the list.
  void remove(int axis) {
    for (int i = axis; i + 1 < rank; i++) {
      shape[i] = shape[i + 1];
      for (int v = 0; v < N; v++) strides[i][v] = strides[i + 1][v];
    }
    rank--;
  }
};

// A position on such axes, moved on in row-major order.
template <int N>
class Walk {
 public:
  // Starts at element number `start`, which must exist.
  Walk(const Axes<N>& axes, int64_t start) : axes_(axes) {
    for (int i = axes.rank - 1; i >= 0; i--) {
      index_[i] = start % axes.shape[i];
      start /= axes.shape[i];
      for (int v = 0; v < N; v++) offsets_[v] += index_[i] * axes.strides[i][v];
    }
  }

  // Offset of the current element in a view.
  int64_t operator[](int view) const { return offsets_[view]; }

  void next() {
    for (int i = axes_.rank - 1; i >= 0; i--) {
      for (int v = 0; v < N; v++) offsets_[v] += axes_.strides[i][v];
      if (++index_[i] < axes_.shape[i]) return;
      for (int v = 0; v < N; v++) offsets_[v] -= axes_.shape[i] * axes_.strides[i][v];
      index_[i] = 0;
    }
  }

 private:
  const Axes<N>& axes_;
  int64_t index_[kMaxRank];
  int64_t offsets_[N] = {};
};

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_WALK_H_
