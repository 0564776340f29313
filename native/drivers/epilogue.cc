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

  std::vector<MicroOperand> inputs = {{MicroOperand::kTile, DType::kFloat32, {1}}}, outputs;
  for (size_t v = 0; v < views_.size(); v++) {
    const int64_t stride = cols_.rank > 0 ? cols_.stride(cols_.rank - 1, static_cast<int>(v)) : 1;
    auto& operands = static_cast<int>(v) < inputs_ ? inputs : outputs;
    operands.push_back({views_[v]->buffer, views_[v]->dtype, {stride}});
  }
  const Micro& micro = instruction.micro;
  is_identity_ = micro.code.empty() && micro.results.size() == 1 && micro.results[0] == 0;
  return micro_.prepare(micro, inputs, outputs, BlockAxes(), builder);
}

int64_t Epilogue::scratch_bytes() const {
  const int64_t table = 2 * (views_.size() + 1) * sizeof(int64_t);
  return is_identity_ ? 0 : aligned(table) + micro_.scratch_bytes();
}

void Epilogue::apply(const Run& run, int64_t batch, int64_t row0, int64_t rows, int64_t col0, int64_t cols,
                     const float* tile, int64_t ld, char* scratch) const {
  const int views = static_cast<int>(views_.size());
  char** block = reinterpret_cast<char**>(scratch);  // the tile, then the views
  int64_t* offsets = reinterpret_cast<int64_t*>(scratch) + views + 1;
  scratch += aligned(2 * (views + 1) * static_cast<int64_t>(sizeof(int64_t)));
  micro_.begin(run, scratch);
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
      micro_.run(block, count, scratch);
      cursor.next();
    }
  }
}

}  // namespace ng
