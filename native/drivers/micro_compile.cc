// How a micro-program becomes steps, see micro.h.

#include <algorithm>
#include <cstring>

#include "../kernels/kernels.h"
#include "micro_lanes.h"

namespace ng {

// Makes the steps of a MicroProgram: gives every value a name of its own (registers may be assigned again),
// finds out which are uniform and when each is read last, and then where each is kept.
class MicroCompiler {
 public:
  MicroCompiler(MicroProgram& program, const Micro& micro, const std::vector<MicroOperand>& inputs,
                const std::vector<MicroOperand>& outputs, const BlockAxes& axes, const Builder& builder)
      : out_(program),
        micro_(micro),
        inputs_(inputs),
        outputs_(outputs),
        axes_(axes),
        builder_(builder),
        kernels_(*builder.kernels.map) {}

  std::string compile() {
    for (const MicroOperand& operand : inputs_) {
      if (operand.dtype == DType::kFloat64) return kNoFloat64;
    }
    for (const MicroOperand& operand : outputs_) {
      if (operand.dtype == DType::kFloat64) return kNoFloat64;
    }
    for (const MicroInstruction& instruction : micro_.code) {
      const bool from_float64 =
          instruction.op == MicroOp::kCast && static_cast<DType>(instruction.b) == DType::kFloat64;
      if (instruction.dtype == DType::kFloat64 || from_float64) return kNoFloat64;
    }
    for (int i = 1; i < axes_.rank; i++) out_.block_inner_ *= axes_.shape[i];
    add_inputs();
    for (const MicroInstruction& instruction : micro_.code) add_instruction(instruction);
    add_results();
    rectify();
    find_last_reads();
    choose_direct_outputs();
    place_values();
    return "";
  }

 private:
  static constexpr const char* kNoFloat64 = "float64 exists on the reference backend only";
  static constexpr int kNever = -1;

  struct Value {
    bool uniform;
    int last_read;  // number of a step; of the last one + 1 for what leaves through a store
    int slot;
    int array;
  };
  struct Draft {
    MicroFn fn;
    int out, operands[3], count;  // values
    MicroFn rectified = nullptr;  // the same followed by a relu, where there is such a loop
    bool rectifies = false;       // max(operands[0], 0)
  };

  int add_value(bool uniform) {
    values_.push_back({uniform, kNever, -1, -1});
    return static_cast<int>(values_.size()) - 1;
  }

  // Merges the axes of a block as far as one operand allows: one axis of stride 1 is contiguous, one of
  // stride 0 is uniform.
  MicroProgram::Move make_move(int operand, const MicroOperand& view, bool is_load) {
    MicroProgram::Move move = {};
    const bool bytes = size_of(view.dtype) == 1;
    const auto store_words = view.streamed ? kernels_.stream_words : kernels_.store_words;
    move.fn = is_load ? (bytes ? kernels_.load_bytes : kernels_.load_words)
                      : (bytes ? kernels_.store_bytes : store_words);
    move.operand = operand;
    move.element_bytes = size_of(view.dtype);
    move.seen_slot = -1;
    move.rank = 1;
    move.shape[0] = 1;
    move.strides[0] = view.strides[0];
    for (int i = 1; i < axes_.rank; i++) {
      const int last = move.rank - 1;
      if (axes_.shape[i] == 1) continue;
      if (move.strides[last] == view.strides[i] * axes_.shape[i]) {
        move.shape[last] *= axes_.shape[i];
        move.strides[last] = view.strides[i];
      } else {
        move.shape[move.rank] = axes_.shape[i];
        move.strides[move.rank++] = view.strides[i];
      }
    }
    return move;
  }

  void add_inputs() {
    for (size_t i = 0; i < inputs_.size(); i++) {
      MicroProgram::Move move = make_move(static_cast<int>(i), inputs_[i], true);
      const bool uniform = move.rank == 1 && move.strides[0] == 0;
      const bool contiguous = move.rank == 1 && move.strides[0] == 1;
      const int value = add_value(uniform);
      registers_.push_back(value);
      values_[value].slot = value;
      if (move.element_bytes == 4 && (uniform || contiguous)) {
        out_.in_place_.push_back(value);
      } else {
        move.uniform = uniform;
        move.slot = value;
        // Repeated along the blocks' first axis: often the next block wants the very same elements.
        if (!uniform && move.strides[0] == 0) move.seen_slot = 0;
        out_.loads_.push_back(move);
      }
    }
    registers_.resize(std::max<size_t>(registers_.size(), micro_.registers), -1);
    next_slot_ = static_cast<int>(inputs_.size() + outputs_.size());
  }

  int add_step(MicroFn fn, const int* operands, int count, bool uniform) {
    Draft draft = {fn, add_value(uniform), {0, 0, 0}, count};
    for (int i = 0; i < count; i++) draft.operands[i] = operands[i];
    drafts_.push_back(draft);
    return draft.out;
  }

  void add_instruction(const MicroInstruction& in) {
    switch (in.op) {
      case MicroOp::kConstant: {
        const uint64_t bits = static_cast<uint32_t>(in.a) | static_cast<uint64_t>(static_cast<uint32_t>(in.b))
                                                                << 32;
        double x;
        std::memcpy(&x, &bits, sizeof x);
        registers_[in.dst] = add_immediate(-1, in.dtype, lane_of(x, in.dtype));
        return;
      }
      case MicroOp::kScalar: registers_[in.dst] = add_immediate(in.a, in.dtype, 0); return;
      case MicroOp::kCast:
        registers_[in.dst] = add_cast(registers_[in.a], static_cast<DType>(in.b), in.dtype);
        return;
      default: break;
    }
    const int numbers[3] = {in.a, in.b, in.c};
    const int count = operand_count(in.op);
    int operands[3], uniform = 0;
    for (int i = 0; i < count; i++) {
      operands[i] = registers_[numbers[i]];
      if (values_[operands[i]].uniform) uniform |= 1 << i;
    }
    const bool all = uniform == (1 << count) - 1;  // one element is computed by the loop over arrays
    const Lane lane = in.dtype == DType::kFloat32 ? Lane::kFloat : Lane::kInt;
    const MicroFn fn = kernels_.find(static_cast<int>(in.op), lane, all ? 0 : uniform);
    registers_[in.dst] = add_step(fn, operands, count, all);
    if (lane == Lane::kFloat && !all) {
      drafts_.back().rectified = kernels_.find_rectified(static_cast<int>(in.op), uniform);
      drafts_.back().rectifies = in.op == MicroOp::kMax && uniform == 2 && is_zero(operands[1]);
    }
    if (!all) out_.cost_ += cost_of(in.op);
  }

  int add_immediate(int scalar, DType dtype, int32_t lane) {
    const int value = add_value(true);
    values_[value].slot = new_slot();
    out_.cell_of_slot_[values_[value].slot] = out_.cells_++;
    out_.immediates_.push_back({values_[value].slot, scalar, dtype, lane});
    return value;
  }

  bool is_zero(int value) const {
    for (const MicroProgram::Immediate& immediate : out_.immediates_) {
      if (immediate.slot == values_[value].slot) return immediate.scalar < 0 && immediate.lanes == 0;
    }
    return false;
  }

  // A conversion; many change nothing, as lanes hold bool and uint8 as int32.
  int add_cast(int value, DType from, DType to) {
    LaneCast cast;
    if (from == to) return value;
    if (from == DType::kFloat32) {
      cast = to == DType::kInt32   ? LaneCast::kFloatToInt
             : to == DType::kUint8 ? LaneCast::kFloatToByte
                                   : LaneCast::kFloatToBool;
    } else if (to == DType::kFloat32) {
      cast = LaneCast::kIntToFloat;
    } else if (to == DType::kBool) {
      cast = LaneCast::kIntToBool;
    } else if (to == DType::kUint8 && from == DType::kInt32) {
      cast = LaneCast::kIntToByte;
    } else {
      return value;
    }
    out_.cost_ += 0.05;
    return add_step(kernels_.find_cast(cast), &value, 1, values_[value].uniform);
  }

  static int operand_count(MicroOp op) {
    static constexpr int kCounts[] = {
#define NG_MICRO_OP(code, id, name, operands, domain, result) operands,
#include "../program/opcodes.inc"
    };
    return kCounts[static_cast<int>(op)];
  }

  // Rough nanoseconds for an element of an array in the cache.
  static double cost_of(MicroOp op) {
    switch (op) {
      case MicroOp::kPow: return 1.0;
      case MicroOp::kExp:
      case MicroOp::kExpm1:
      case MicroOp::kLog:
      case MicroOp::kLog1p:
      case MicroOp::kTanh:
      case MicroOp::kSigmoid:
      case MicroOp::kSin:
      case MicroOp::kCos:
      case MicroOp::kErf:
      case MicroOp::kNormalCdf: return 0.25;
      default: return 0.05;
    }
  }

  // Ends every output with a step of its own, so that stores read arrays only.
  void add_results() {
    std::vector<bool> is_result;
    for (size_t o = 0; o < outputs_.size(); o++) {
      int value = registers_[micro_.results[o]];
      const bool uniform = values_[value].uniform;
      is_result.resize(values_.size(), false);
      bool is_step = false;
      for (const Draft& draft : drafts_) is_step |= draft.out == value;
      if (uniform || !is_step || is_result[value]) {
        value = add_step(uniform ? kernels_.fill : kernels_.copy, &value, 1, false);
        out_.cost_ += 0.05;
        is_result.resize(values_.size(), false);
      }
      is_result[value] = true;
      results_.push_back(value);
    }
  }

  // Takes a relu and the step before it together where nothing else reads that step's value.
  void rectify() {
    std::vector<int> reads(values_.size()), producer(values_.size(), kNever);
    for (size_t i = 0; i < drafts_.size(); i++) {
      for (int j = 0; j < drafts_[i].count; j++) reads[drafts_[i].operands[j]]++;
      producer[drafts_[i].out] = static_cast<int>(i);
    }
    for (int value : results_) reads[value]++;
    std::vector<Draft> kept;
    std::vector<bool> taken(drafts_.size());
    for (size_t i = drafts_.size(); i-- > 0;) {
      Draft draft = drafts_[i];
      if (taken[i]) continue;
      const int before =
          draft.rectifies && reads[draft.operands[0]] == 1 ? producer[draft.operands[0]] : kNever;
      if (before != kNever && drafts_[before].rectified != nullptr) {
        const int out = draft.out;
        draft = drafts_[before];
        draft.fn = draft.rectified;
        draft.out = out;
        taken[before] = true;
      }
      kept.push_back(draft);
    }
    drafts_.assign(kept.rbegin(), kept.rend());
  }

  void find_last_reads() {
    for (size_t i = 0; i < drafts_.size(); i++) {
      const Draft& draft = drafts_[i];
      values_[draft.out].last_read = static_cast<int>(i);
      for (int j = 0; j < draft.count; j++) values_[draft.operands[j]].last_read = static_cast<int>(i);
    }
    for (int value : results_) values_[value].last_read = static_cast<int>(drafts_.size());
  }

  bool may_overlap(const MicroOperand& input, const MicroOperand& output) const {
    if (input.buffer == MicroOperand::kTile) return output.buffer != MicroOperand::kPrivate;
    if (input.buffer < 0 || output.buffer < 0) return false;
    if (input.buffer == output.buffer) return true;
    const Buffer& a = builder_.program.buffers[input.buffer];
    const Buffer& b = builder_.program.buffers[output.buffer];
    return a.kind == BufferKind::kTemp && b.kind == BufferKind::kTemp;  // share the arena
  }

  // An output is written by its last step if its memory is contiguous and no later step reads an input there.
  void choose_direct_outputs() {
    for (size_t o = 0; o < outputs_.size(); o++) {
      const int operand = static_cast<int>(inputs_.size() + o);
      const MicroProgram::Move move = make_move(operand, outputs_[o], false);
      Value& value = values_[results_[o]];
      bool direct =
          move.element_bytes == 4 && move.rank == 1 && move.strides[0] == 1 && !outputs_[o].streamed;
      int written = 0;
      while (drafts_[written].out != results_[o]) written++;
      for (int32_t input : out_.in_place_) {
        direct &= values_[input].last_read <= written || !may_overlap(inputs_[input], outputs_[o]);
      }
      if (direct) {
        value.slot = operand;
        direct_outputs_.push_back(operand);
      } else {
        out_.stores_.push_back(move);
        stored_.push_back(results_[o]);
      }
    }
  }

  int new_slot() {
    const int slot = next_slot_++;
    out_.cell_of_slot_.resize(next_slot_, -1);
    return slot;
  }

  int take_array() {
    if (free_arrays_.empty()) return out_.arrays_++;
    const int array = free_arrays_.back();
    free_arrays_.pop_back();
    return array;
  }

  void release_after(int step, int value) {
    if (values_[value].array < 0 || values_[value].last_read != step) return;
    free_arrays_.push_back(values_[value].array);
    values_[value].array = -1;
  }

  void place_loads() {
    for (MicroProgram::Move& move : out_.loads_) {
      Value& value = values_[move.slot];
      if (move.uniform) {
        out_.cell_of_slot_[move.slot] = out_.cells_++;
        continue;
      }
      const int array = out_.arrays_++;
      out_.array_of_slot_[move.slot] = array;
      if (move.seen_slot == 0) {
        move.seen_slot = new_slot();  // keeps its array to itself
        new_slot();
      } else {
        value.array = array;
      }
    }
  }

  void place_values() {
    out_.cell_of_slot_.resize(next_slot_, -1);
    out_.array_of_slot_.resize(next_slot_ + values_.size() + 2 * out_.loads_.size(), -1);
    place_loads();
    for (size_t i = 0; i < drafts_.size(); i++) {
      const Draft& draft = drafts_[i];
      const int step = static_cast<int>(i);
      // A step may write over an operand it is the last to read.
      for (int j = 0; j < draft.count; j++) release_after(step, draft.operands[j]);
      Value& value = values_[draft.out];
      if (value.slot < 0) {
        value.slot = new_slot();
        if (value.uniform) {
          out_.cell_of_slot_[value.slot] = out_.cells_++;
        } else {
          value.array = take_array();
          out_.array_of_slot_[value.slot] = value.array;
        }
      }
      int slots[3] = {0, 0, 0};
      for (int j = 0; j < draft.count; j++) slots[j] = values_[draft.operands[j]].slot;
      out_.steps_.push_back({draft.fn, value.slot, slots[0], slots[1], slots[2], value.uniform});
      release_after(step, draft.out);
    }
    for (size_t i = 0; i < stored_.size(); i++) out_.stores_[i].slot = values_[stored_[i]].slot;
    for (int operand : direct_outputs_) out_.in_place_.push_back(operand);
    out_.array_of_slot_.resize(next_slot_, -1);
    out_.cell_of_slot_.resize(next_slot_, -1);
    out_.scratch_bytes_ = aligned(next_slot_ * static_cast<int64_t>(sizeof(void*))) +
                          aligned(out_.cells_ * 4) + aligned(out_.arrays_ * kArrayBytes);
  }

  MicroProgram& out_;
  const Micro& micro_;
  const std::vector<MicroOperand>& inputs_;
  const std::vector<MicroOperand>& outputs_;
  const BlockAxes& axes_;
  const Builder& builder_;
  const MapKernels& kernels_;

  std::vector<Value> values_;  // the inputs first
  std::vector<Draft> drafts_;
  std::vector<int> registers_;  // value a register holds
  std::vector<int> results_;    // value of each output
  std::vector<int> stored_;     // values of stores_
  std::vector<int> direct_outputs_;
  std::vector<int> free_arrays_;
  int next_slot_ = 0;
};

std::string MicroProgram::prepare(const Micro& micro, const std::vector<MicroOperand>& inputs,
                                  const std::vector<MicroOperand>& outputs, const BlockAxes& axes,
                                  const Builder& builder) {
  return MicroCompiler(*this, micro, inputs, outputs, axes, builder).compile();
}

}  // namespace ng
