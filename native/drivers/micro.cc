#include "micro.h"

#include <cmath>
#include <cstring>

#include "micro_lanes.h"

namespace ng {
namespace {

// Visits the rows (runs along the last axis) of strided memory and of the array they come from or go to.
template <typename Visit>
void each_row(int rank, const int64_t* shape, const int64_t* strides, int64_t element_bytes, int64_t count,
              char* memory, char* dense, const Visit& visit) {
  if (rank == 1) {
    visit(memory, dense, strides[0], count);
    return;
  }
  int64_t row = 4;
  for (int i = 1; i < rank; i++) row *= shape[i];
  for (int64_t i = 0; i < count; i++) {
    each_row(rank - 1, shape + 1, strides + 1, element_bytes, shape[1],
             memory + i * strides[0] * element_bytes, dense + i * row, visit);
  }
}

}  // namespace

int32_t lane_of(double x, DType dtype) {
  if (dtype == DType::kFloat32) {
    const float f = static_cast<float>(x);
    int32_t bits;
    std::memcpy(&bits, &f, sizeof bits);
    return bits;
  }
  if (dtype == DType::kBool) return x != 0;
  if (std::isnan(x)) return 0;
  const double low = dtype == DType::kUint8 ? 0 : INT32_MIN, high = dtype == DType::kUint8 ? 255 : INT32_MAX;
  return static_cast<int32_t>(std::fmin(std::fmax(x, low), high));
}

void MicroProgram::begin(const Run& run, char* scratch) const {
  void** slots = reinterpret_cast<void**>(scratch);
  const int32_t count = static_cast<int32_t>(cell_of_slot_.size());
  char* cells = scratch + aligned(count * static_cast<int64_t>(sizeof(void*)));
  char* arrays = cells + aligned(cells_ * 4);
  for (int32_t i = 0; i < count; i++) {
    slots[i] = nullptr;
    if (cell_of_slot_[i] >= 0) slots[i] = cells + cell_of_slot_[i] * 4;
    if (array_of_slot_[i] >= 0) slots[i] = arrays + array_of_slot_[i] * kArrayBytes;
  }
  for (const Immediate& value : immediates_) {
    const int32_t lane = value.scalar < 0 ? value.lanes : lane_of(run.scalars[value.scalar], value.dtype);
    std::memcpy(slots[value.slot], &lane, sizeof lane);
  }
}

void MicroProgram::load(const Move& move, char* const* addresses, int64_t length, void** slots) const {
  char* from = addresses[move.operand];
  if (move.uniform) {
    move.fn(slots[move.slot], from, 0, 1);
    return;
  }
  if (move.seen_slot >= 0) {
    void** seen = slots + move.seen_slot;
    if (seen[0] == from && reinterpret_cast<int64_t>(seen[1]) >= length) return;
    seen[0] = from;
    seen[1] = reinterpret_cast<void*>(length);
  }
  each_row(
      move.rank, move.shape, move.strides, move.element_bytes, move.shape[0] * length, from,
      static_cast<char*>(slots[move.slot]),
      [&move](char* memory, char* dense, int64_t stride, int64_t n) { move.fn(dense, memory, stride, n); });
}

void MicroProgram::run(char* const* addresses, int64_t length, char* scratch) const {
  void** slots = reinterpret_cast<void**>(scratch);
  const int64_t n = length * block_inner_;
  for (int32_t operand : in_place_) slots[operand] = addresses[operand];
  for (const Move& move : loads_) load(move, addresses, length, slots);
  for (const Step& s : steps_) s.fn(slots[s.out], slots[s.a], slots[s.b], slots[s.c], s.uniform ? 1 : n);
  for (const Move& move : stores_) {
    each_row(move.rank, move.shape, move.strides, move.element_bytes, move.shape[0] * length,
             addresses[move.operand], static_cast<char*>(slots[move.slot]),
             [&move](char* memory, char* dense, int64_t stride, int64_t rows) {
               move.fn(memory, dense, stride, rows);
             });
  }
}

}  // namespace ng
