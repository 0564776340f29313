#include "epilogue.h"

#include <algorithm>

#include "micro_lanes.h"

namespace ng {
std::string Epilogue::prepare(const Instruction& instruction, int first_extra, const TileAxes& axes,
                              const Builder& builder) {
  views_.assign(instruction.inputs.begin() + first_extra, instruction.inputs.end());
  inputs_ = static_cast<int>(views_.size());
  views_.insert(views_.end(), instruction.outputs.begin(), instruction.outputs.end());
  for (const View* view : views_) sizes_.push_back(size_of(view->dtype));
  batch_ = make_grid(views_, axes.batch);
  rows_ = make_grid(views_, axes.rows);
  cols_ = make_grid(views_, axes.cols);
  if (cols_.rank > 0) run_ = cols_.shape[cols_.rank - 1];

  micro_ = instruction.micro;
  is_identity_ = micro_.code.empty() && micro_.results.size() == 1 && micro_.results[0] == 0;
  return prepare_blocks(&by_row_, 0, builder);
}

std::string Epilogue::prepare_blocks(MicroProgram* program, int64_t cols, const Builder& builder) const {
  BlockAxes axes;
  if (cols > 0) axes = {2, {kMicroBlock / cols, cols}};
  const auto operand = [&](int32_t buffer, DType dtype, int64_t row, int64_t col) {
    return cols > 0 ? MicroOperand{buffer, dtype, {row, col}} : MicroOperand{buffer, dtype, {col}};
  };
  std::vector<MicroOperand> inputs = {operand(MicroOperand::kTile, DType::kFloat32, cols, 1)}, outputs;
  for (int v = 0; v < static_cast<int>(views_.size()); v++) {
    const int64_t row = rows_.rank > 0 ? rows_.stride(rows_.rank - 1, v) : 1;
    const int64_t col = cols_.rank > 0 ? cols_.stride(cols_.rank - 1, v) : 1;
    (v < inputs_ ? inputs : outputs).push_back(operand(views_[v]->buffer, views_[v]->dtype, row, col));
  }
  return program->prepare(micro_, inputs, outputs, axes, builder);
}

void Epilogue::widen(int64_t cols, const Builder& builder) {
  if (is_identity_ || rows_.rank != 1 || cols_.rank != 1 || 8 * cols > kMicroBlock) return;
  if (prepare_blocks(&by_rows_, cols, builder).empty()) wide_cols_ = cols;
}

int64_t Epilogue::scratch_bytes() const {
  const int64_t table = 2 * (views_.size() + 1) * sizeof(int64_t);
  return is_identity_ ? 0 : aligned(table) + std::max(by_row_.scratch_bytes(), by_rows_.scratch_bytes());
}

void Epilogue::apply(const Run& run, int64_t batch, int64_t row0, int64_t rows, int64_t col0, int64_t cols,
                     const float* tile, int64_t ld, char* scratch) const {
  const int views = static_cast<int>(views_.size());
  char** block = reinterpret_cast<char**>(scratch);  // the tile, then the views
  int64_t* offsets = reinterpret_cast<int64_t*>(scratch) + views + 1;
  scratch += aligned(2 * (views + 1) * static_cast<int64_t>(sizeof(int64_t)));
  if (cols == wide_cols_ && ld == cols) {
    for (int v = 0; v < views; v++) offsets[v] = views_[v]->offset;
    batch_.add_offsets(batch, offsets);
    rows_.add_offsets(row0, offsets);
    cols_.add_offsets(col0, offsets);
    return apply_rows(run, offsets, rows, tile, block, scratch);
  }
  by_row_.begin(run, scratch);
  for (int64_t col = 0, count; col < cols; col += count) {
    // As far as columns keep their stride, and a block reaches.
    count = std::min({cols - col, run_ - (col0 + col) % run_, kMicroBlock});
    for (int v = 0; v < views; v++) offsets[v] = views_[v]->offset;
    batch_.add_offsets(batch, offsets);
    cols_.add_offsets(col0 + col, offsets);
    for (int v = 0; v < views; v++) block[v + 1] = run.buffers[views_[v]->buffer] + offsets[v] * sizes_[v];
    GridCursor cursor(rows_, rows_.rank, sizes_.data(), block + 1, row0);
    for (int64_t row = 0; row < rows; row++) {
      block[0] = reinterpret_cast<char*>(const_cast<float*>(tile + row * ld + col));
      by_row_.run(block, count, scratch);
      cursor.next();
    }
  }
}

void Epilogue::apply_rows(const Run& run, int64_t* offsets, int64_t rows, const float* tile, char** block,
                          char* scratch) const {
  const int views = static_cast<int>(views_.size());
  by_rows_.begin(run, scratch);
  for (int64_t row = 0, count; row < rows; row += count) {
    count = std::min(rows - row, kMicroBlock / wide_cols_);
    block[0] = reinterpret_cast<char*>(const_cast<float*>(tile + row * wide_cols_));
    for (int v = 0; v < views; v++) {
      block[v + 1] = run.buffers[views_[v]->buffer] + (offsets[v] + row * rows_.stride(0, v)) * sizes_[v];
    }
    by_rows_.run(block, count, scratch);
  }
}

}  // namespace ng
