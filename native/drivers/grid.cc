#include "grid.h"

#include <algorithm>

namespace ng {

int64_t Grid::size() const {
  int64_t n = 1;
  for (int i = 0; i < rank; i++) n *= shape[i];
  return n;
}

void Grid::append(int64_t length, const int64_t* steps) {
  if (length == 1) return;
  bool merges = rank > 0;
  for (int v = 0; v < views && merges; v++) merges = stride(rank - 1, v) == length * steps[v];
  if (merges) {
    shape[rank - 1] *= length;
    std::copy(steps, steps + views, strides.end() - views);
  } else {
    shape[rank++] = length;
    strides.insert(strides.end(), steps, steps + views);
  }
}

void Grid::remove(int axis) {
  strides.erase(strides.begin() + axis * views, strides.begin() + (axis + 1) * views);
  rank--;
  for (int i = axis; i < rank; i++) shape[i] = shape[i + 1];
}

void Grid::add_offsets(int64_t index, int64_t* offsets) const {
  for (int axis = rank - 1; axis >= 0; axis--) {
    const int64_t at = axis == 0 ? index : index % shape[axis];
    index /= shape[axis];
    for (int v = 0; v < views; v++) offsets[v] += at * stride(axis, v);
  }
}

Grid make_grid(const std::vector<const View*>& views, const std::vector<int>& axes) {
  Grid grid;
  grid.views = static_cast<int>(views.size());
  std::vector<int64_t> steps(views.size());
  for (int axis : axes) {
    for (size_t v = 0; v < views.size(); v++) steps[v] = views[v]->strides[axis];
    grid.append(views[0]->shape[axis], steps.data());
  }
  return grid;
}

Grid make_sorted_grid(const std::vector<const View*>& views, int leader) {
  const View& view = *views[leader];
  std::vector<int> axes;
  for (int axis = 0; axis < view.rank; axis++) axes.push_back(axis);
  const auto magnitude = [&view](int axis) { return std::abs(view.strides[axis]); };
  std::stable_sort(axes.begin(), axes.end(),
                   [&magnitude](int a, int b) { return magnitude(a) > magnitude(b); });
  return make_grid(views, axes);
}

GridCursor::GridCursor(const Grid& grid, int rank, const int64_t* sizes, char** addresses, int64_t start)
    : grid_(grid), rank_(rank), sizes_(sizes), addresses_(addresses) {
  for (int axis = rank - 1; axis >= 0; axis--) {
    index_[axis] = start % grid.shape[axis];
    start /= grid.shape[axis];
    move(axis, index_[axis]);
  }
}

void GridCursor::next() {
  for (int axis = rank_ - 1; axis >= 0; axis--) {
    move(axis, 1);
    if (++index_[axis] < grid_.shape[axis]) return;
    move(axis, -grid_.shape[axis]);
    index_[axis] = 0;
  }
}

void GridCursor::move(int axis, int64_t count) {
  for (int v = 0; v < grid_.views; v++) addresses_[v] += count * grid_.stride(axis, v) * sizes_[v];
}

}  // namespace ng
