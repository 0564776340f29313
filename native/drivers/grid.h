// The axes that several views have in common, with every view's steps along them.
//
// Views that step evenly from one axis to the next see them as one long axis: merging these wherever all
// views agree turns most element-wise work into a single loop over contiguous memory.

#ifndef NODEGRAD_DRIVERS_GRID_H_
#define NODEGRAD_DRIVERS_GRID_H_

#include <cstdint>
#include <vector>

#include "../program/program.h"

namespace ng {

struct Grid {
  int rank = 0;
  int64_t shape[kMaxRank];
  int views = 0;
  std::vector<int64_t> strides;  // [axis * views + view], in elements

  int64_t stride(int axis, int view) const { return strides[axis * views + view]; }
  int64_t size() const;

  // Adds an innermost axis; merges it into its neighbour where every view allows it, drops it if its length
  // is 1.
  void append(int64_t length, const int64_t* steps);

  // Takes `axis` away.
  void remove(int axis);

  // Adds to offsets[view] (in elements) what the row-major `index` amounts to.
  void add_offsets(int64_t index, int64_t* offsets) const;
};

// The given axes of views of one shape (that of the first view), outermost first.
Grid make_grid(const std::vector<const View*>& views, const std::vector<int>& axes);

// All axes of the views, ordered so that the steps of view `leader` fall (ties keep their order): a
// transposed operand is walked in the order of its memory.
Grid make_sorted_grid(const std::vector<const View*>& views, int leader);

// Walks over the first axes of a grid in row-major order, one address per view.
class GridCursor {
 public:
  // `sizes`: bytes of an element of every view; `addresses` (one per view) is moved along. Starts at element
  // number `start` of the axes [0, rank).
  GridCursor(const Grid& grid, int rank, const int64_t* sizes, char** addresses, int64_t start);
  void next();

 private:
  void move(int axis, int64_t count);

  const Grid& grid_;
  const int rank_;
  const int64_t* sizes_;
  char** addresses_;
  int64_t index_[kMaxRank];
};

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_GRID_H_
