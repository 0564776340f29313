#include "program.h"

#include "check.h"
#include "text.h"

namespace ng {
namespace {

constexpr int kAnyNumber = -1;  // of extra inputs
constexpr int64_t kMaxLength = INT32_MAX;

struct OpcodeInfo {
  int inputs;
  int extra;  // further inputs allowed, or kAnyNumber
  int attributes;
  bool micro;
};

constexpr OpcodeInfo kOpcodes[] = {
#define NG_OPCODE(code, id, name, inputs, extra, attributes, micro, can_fail) \
  {inputs, extra, attributes, micro},
#include "opcodes.inc"
};
constexpr int kOpcodeCount = sizeof kOpcodes / sizeof kOpcodes[0];

constexpr int kMicroOpCount = 0
#define NG_MICRO_OP(code, id, name, operands, domain, result) +1
#include "opcodes.inc"
    ;

constexpr int kDTypeCount = 5;
constexpr int kBufferKindCount = 5;

// Reads the words of one instruction, none beyond its end.
class Cursor {
 public:
  Cursor(const int32_t* at, const int32_t* end) : at_(at), end_(end) {}

  int64_t left() const { return end_ - at_; }
  const int32_t* at() const { return at_; }
  int32_t next() { return *at_++; }
  void skip(int64_t words) { at_ += words; }

 private:
  const int32_t* at_;
  const int32_t* end_;
};

class Parser {
 public:
  explicit Parser(Program* program) : program_(*program), words_(program->words) {}

  std::string parse() {
    std::string error = parse_header();
    if (error.empty()) error = parse_buffers();
    if (error.empty()) error = parse_views();
    if (error.empty()) error = parse_code();
    return error;
  }

 private:
  std::string parse_header() {
    if (words_.size() < kHeaderWords) return format("header: truncated: %zu words", words_.size());
    const int32_t* header = words_.data();
    if (header[0] != kProgramMagic) return format("header: not a Program: first word is %d", header[0]);
    if (header[1] != kProgramAbi) {
      return format("header: made for another version: ABI %d, expected %d", header[1], kProgramAbi);
    }
    for (int i = 2; i < kHeaderWords; i++) {
      if (header[i] < 0) return format("header: word %d is negative: %d", i, header[i]);
    }
    buffers_ = header[2];
    views_ = header[3];
    instructions_ = header[4];
    code_words_ = header[5];
    program_.arena_bytes = int64_t{header[6]} * kArenaBlock;
    program_.scalars = header[7];
    const int64_t expected = kHeaderWords + buffers_ * kBufferWords + views_ * kViewWords + code_words_;
    if (static_cast<int64_t>(words_.size()) != expected) {
      return format("header: counts do not fit the Program: %lld words, expected %lld",
                    static_cast<long long>(words_.size()), static_cast<long long>(expected));
    }
    return "";
  }

  std::string parse_buffers() {
    program_.buffers.reserve(buffers_);
    const int32_t* word = words_.data() + kHeaderWords;
    for (int64_t i = 0; i < buffers_; i++, word += kBufferWords) {
      const int number = static_cast<int>(i);
      if (word[0] < 0 || word[0] >= kBufferKindCount)
        return format("buffer %d: unknown kind %d", number, word[0]);
      if (word[1] < 0 || word[1] >= kDTypeCount)
        return format("buffer %d: unknown dtype %d", number, word[1]);
      if (word[2] < 0) return format("buffer %d: negative length %d", number, word[2]);
      if (word[3] < 0) return format("buffer %d: negative place %d", number, word[3]);
      const Buffer buffer = {static_cast<BufferKind>(word[0]), static_cast<DType>(word[1]), word[2], word[3]};
      const int64_t bytes = buffer.length * size_of(buffer.dtype);
      if (buffer.kind == BufferKind::kTemp && buffer.place * kArenaBlock + bytes > program_.arena_bytes) {
        return format("buffer %d: reaches outside the arena: block %d and %lld bytes", number, word[3],
                      static_cast<long long>(bytes));
      }
      program_.slots[word[0]]++;
      program_.buffers.push_back(buffer);
    }
    return check_slots();
  }

  // The slots of a kind are 0, 1, … n − 1, each taken once.
  std::string check_slots() {
    std::vector<bool> taken[kBufferKindCount];
    for (int kind = 0; kind < kBufferKindCount; kind++) taken[kind].resize(program_.slots[kind]);
    for (size_t i = 0; i < program_.buffers.size(); i++) {
      const Buffer& buffer = program_.buffers[i];
      if (buffer.kind == BufferKind::kTemp) continue;
      std::vector<bool>& slots = taken[static_cast<int>(buffer.kind)];
      const int place = static_cast<int>(buffer.place);
      if (buffer.place >= static_cast<int64_t>(slots.size())) {
        return format("buffer %d: %s slot %d of %zu", static_cast<int>(i), name_of(buffer.kind), place,
                      slots.size());
      }
      if (slots[place]) {
        return format("buffer %d: %s slot %d is taken twice", static_cast<int>(i), name_of(buffer.kind),
                      place);
      }
      slots[place] = true;
    }
    return "";
  }

  std::string parse_views() {
    program_.views.reserve(views_);
    const int32_t* word = words_.data() + kHeaderWords + buffers_ * kBufferWords;
    for (int64_t i = 0; i < views_; i++, word += kViewWords) {
      View view = {};
      std::string error = parse_view(word, &view);
      if (!error.empty()) return format("view %d: ", static_cast<int>(i)) + error;
      program_.views.push_back(view);
    }
    return "";
  }

  std::string parse_view(const int32_t* word, View* view) {
    if (word[0] < 0 || word[0] >= buffers_)
      return format("buffer %d of %d", word[0], static_cast<int>(buffers_));
    if (word[2] < 0 || word[2] > kMaxRank) return format("rank %d, expected 0 to %d", word[2], kMaxRank);
    view->buffer = word[0];
    view->offset = word[1];
    view->rank = word[2];
    view->dtype = program_.buffers[word[0]].dtype;
    const int32_t* shape = word + 3;
    const int32_t* strides = shape + kMaxRank;
    // Axes of length 0 count as 1 here, so that no product of lengths in any order overflows later.
    int64_t elements = 1;
    for (int axis = 0; axis < kMaxRank; axis++) {
      if (axis >= view->rank && (shape[axis] != 0 || strides[axis] != 0)) {
        return format("word of unused axis %d is not 0", axis);
      }
      if (axis >= view->rank) continue;
      if (shape[axis] < 0) return format("negative length of axis %d: %d", axis, shape[axis]);
      if (shape[axis] > 0) elements *= shape[axis];
      if (elements > kMaxLength) return format("more than %lld elements", static_cast<long long>(kMaxLength));
      view->shape[axis] = shape[axis];
      view->strides[axis] = strides[axis];
    }
    return check_reach(*view);
  }

  // Every element of a view lies in its buffer, or the offset alone where there is none. The sums fit: the
  // lengths multiply to less than 2³¹.
  std::string check_reach(const View& view) {
    const int64_t length = program_.buffers[view.buffer].length;
    if (view.offset < 0 || view.offset > length) {
      return format("offset %lld is outside buffer %d", static_cast<long long>(view.offset), view.buffer);
    }
    int64_t low = view.offset;
    int64_t high = view.offset;
    for (int axis = 0; axis < view.rank; axis++) {
      if (view.shape[axis] == 0) return "";
      const int64_t reach = (view.shape[axis] - 1) * view.strides[axis];
      (reach < 0 ? low : high) += reach;
    }
    if (low >= 0 && high < length) return "";
    return format("reaches outside buffer %d: elements %lld to %lld of %lld", view.buffer,
                  static_cast<long long>(low), static_cast<long long>(high), static_cast<long long>(length));
  }

  std::string parse_code() {
    // Two words are the least an instruction has: a count that is too large cannot reserve much.
    if (instructions_ * 2 > code_words_)
      return format("header: %lld instructions in %lld code words", static_cast<long long>(instructions_),
                    static_cast<long long>(code_words_));
    program_.instructions.resize(instructions_);
    const int32_t* end = words_.data() + words_.size();
    const int32_t* word = end - code_words_;
    for (int64_t i = 0; i < instructions_; i++) {
      Instruction& instruction = program_.instructions[i];
      const int number = static_cast<int>(i);
      if (end - word < 2) return format("instruction %d: truncated", number);
      const int32_t opcode = word[0] & 0xffff;
      const int32_t length = static_cast<int32_t>(static_cast<uint32_t>(word[0]) >> 16);
      if (opcode >= kOpcodeCount) return format("instruction %d: unknown opcode %d", number, opcode);
      instruction.opcode = static_cast<Opcode>(opcode);
      std::string error;
      if (length < 2 || length > kMaxInstructionWords || length > end - word) {
        error = format("%d words", length);
      } else {
        error = parse_instruction(Cursor(word, word + length), &instruction);
      }
      if (error.empty()) error = check_writes(instruction, program_);
      if (error.empty()) error = check_shapes(instruction);
      if (error.empty()) error = check_micro(instruction, program_.scalars);
      if (!error.empty()) return format("instruction %d: %s: ", number, name_of(instruction.opcode)) + error;
      word += length;
    }
    return word == end ? ""
                       : format("code: %d words after the last instruction", static_cast<int>(end - word));
  }

  std::string parse_instruction(Cursor cursor, Instruction* instruction) {
    const OpcodeInfo& info = kOpcodes[cursor.next() & 0xffff];
    const uint32_t counts = static_cast<uint32_t>(cursor.next());
    const int outputs = static_cast<int>(counts & 0xffff);
    const int inputs = static_cast<int>(counts >> 16);
    const int most_outputs = info.micro ? kMaxRegisters : 1;
    if (outputs < 1 || outputs > most_outputs) return format("%d outputs", outputs);
    const int extra = inputs - info.inputs;
    const int most_extra = info.extra == kAnyNumber ? kMaxRegisters : info.extra;
    if (extra < 0 || extra > most_extra) return format("%d inputs", inputs);
    if (cursor.left() < outputs + inputs + info.attributes) return "truncated";
    std::string error = parse_operands(&cursor, outputs, &instruction->outputs);
    if (error.empty()) error = parse_operands(&cursor, inputs, &instruction->inputs);
    if (!error.empty()) return error;
    instruction->attributes = cursor.at();
    cursor.skip(info.attributes);
    if (info.micro) error = parse_micro(&cursor, outputs, &instruction->micro);
    if (error.empty() && cursor.left() > 0)
      error = format("%d words too many", static_cast<int>(cursor.left()));
    return error;
  }

  std::string parse_operands(Cursor* cursor, int count, std::vector<const View*>* views) {
    views->reserve(count);
    for (int i = 0; i < count; i++) {
      const int32_t number = cursor->next();
      if (number < 0 || number >= views_) return format("view %d of %d", number, static_cast<int>(views_));
      views->push_back(&program_.views[number]);
    }
    return "";
  }

  std::string parse_micro(Cursor* cursor, int outputs, Micro* micro) {
    if (cursor->left() < 2 + outputs) return "micro-program: truncated";
    micro->registers = cursor->next();
    const int64_t count = cursor->next();
    if (micro->registers < 0 || micro->registers > kMaxRegisters) {
      return format("micro-program: %d registers, expected at most %d", micro->registers, kMaxRegisters);
    }
    micro->results.assign(cursor->at(), cursor->at() + outputs);
    cursor->skip(outputs);
    if (count < 0 || cursor->left() < count * kMicroWords) return "micro-program: truncated";
    micro->code.reserve(count);
    for (int64_t i = 0; i < count; i++) {
      const int32_t* word = cursor->at();
      const int number = static_cast<int>(i);
      if (word[0] < 0 || word[0] >= kMicroOpCount)
        return format("micro-op %d: unknown opcode %d", number, word[0]);
      if (word[1] < 0 || word[1] >= kDTypeCount)
        return format("micro-op %d: unknown dtype %d", number, word[1]);
      micro->code.push_back(
          {static_cast<MicroOp>(word[0]), static_cast<DType>(word[1]), word[2], word[3], word[4], word[5]});
      cursor->skip(kMicroWords);
    }
    return "";
  }

  Program& program_;
  const std::vector<int32_t>& words_;
  int64_t buffers_ = 0;
  int64_t views_ = 0;
  int64_t instructions_ = 0;
  int64_t code_words_ = 0;
};

}  // namespace

std::string parse_program(const int32_t* words, size_t count, Program* program) {
  program->words.assign(words, words + count);
  return Parser(program).parse();
}

}  // namespace ng
