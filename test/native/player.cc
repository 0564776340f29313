#include "player.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "program/text.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define NG_POISON(data, bytes) ASAN_POISON_MEMORY_REGION(data, bytes)
#define NG_UNPOISON(data, bytes) ASAN_UNPOISON_MEMORY_REGION(data, bytes)
#endif
#endif
#if !defined(NG_POISON)
#define NG_POISON(data, bytes) static_cast<void>(data)
#define NG_UNPOISON(data, bytes) static_cast<void>(data)
#endif

namespace ng {
namespace {

// A block of the heap that ends where its elements end, so that a byte too far is found.
class Block {
 public:
  Block(const Buffer& buffer, int skew)
      : bytes_(bytes_of(buffer)),
        skew_(skew * size_of(buffer.dtype)),
        memory_(static_cast<char*>(malloc(bytes_ + skew_))) {}
  ~Block() { free(memory_); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  char* data() { return memory_ + skew_; }
  void fill(const Bytes& values) {
    if (bytes_ > 0) memcpy(data(), values.data(), bytes_);
  }
  // What is not written shows.
  void fill_with_garbage() { memset(data(), 77, bytes_); }
  Bytes content() { return Bytes(data(), data() + bytes_); }

 private:
  int64_t bytes_, skew_;
  char* memory_;
};

using Blocks = std::vector<std::unique_ptr<Block>>;

Blocks make_blocks(const std::vector<Buffer>& buffers, int skew) {
  Blocks blocks;
  for (const Buffer& buffer : buffers) blocks.push_back(std::make_unique<Block>(buffer, skew));
  return blocks;
}

std::vector<char*> addresses_of(const Blocks& blocks) {
  std::vector<char*> addresses;
  for (const auto& block : blocks) addresses.push_back(block->data());
  return addresses;
}

// States lie in memory of whole cache lines: what is left of the last belongs to nobody.
class States {
 public:
  States(const std::vector<Buffer>& buffers, const std::vector<Bytes>& values) {
    for (size_t slot = 0; slot < buffers.size(); slot++) {
      auto state = std::make_unique<State>();
      state->dtype = buffers[slot].dtype;
      state->length = buffers[slot].length;
      if (!state->memory.allocate(state->bytes())) {
        complete_ = false;
        return;
      }
      if (state->bytes() > 0) memcpy(state->memory.data(), values[slot].data(), state->bytes());
      NG_POISON(state->memory.data() + state->bytes(), state->memory.bytes() - state->bytes());
      pointers_.push_back(state.get());
      states_.push_back(std::move(state));
    }
  }
  ~States() {
    for (State* state : pointers_) NG_UNPOISON(state->memory.data(), state->memory.bytes());
  }

  bool complete() const { return complete_; }
  State* const* data() const { return pointers_.data(); }
  std::vector<Bytes> content() const {
    std::vector<Bytes> content;
    for (State* state : pointers_) {
      content.emplace_back(state->memory.data(), state->memory.data() + state->bytes());
    }
    return content;
  }

 private:
  bool complete_ = true;
  std::vector<std::unique_ptr<State>> states_;
  std::vector<State*> pointers_;
};

// Object.is() but for the sign of zero, or no further apart than the bound.
template <typename T>
std::string compare(size_t slot, const Expected& expected, const Bytes& actual) {
  for (size_t i = 0; i < actual.size() / sizeof(T); i++) {
    T want, got;
    memcpy(&want, expected.values.data() + i * sizeof(T), sizeof(T));
    memcpy(&got, actual.data() + i * sizeof(T), sizeof(T));
    const double a = static_cast<double>(want), b = static_cast<double>(got);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const double allowed = expected.bounds.empty() ? 0 : expected.bounds[i];
    if (std::abs(a - b) <= allowed) continue;
    return format("output %zu, element %zu: %.9g, expected %.9g", slot, i, b, a);
  }
  return "";
}

}  // namespace

Refusal Player::prepare(const Kernels& kernels, std::string* error) {
  const std::vector<int32_t>& words = recording_.words;
  const Refusal refusal = program_.prepare(words.data(), words.size(), kernels, error);
  if (refusal != Refusal::kNone) return refusal;
  for (size_t slot = 0; slot < recording_.constants.size(); slot++) {
    program_.set_constant(static_cast<int32_t>(slot), recording_.constants[slot].data());
  }
  return refusal;
}

Outcome Player::run(int threads, int skew) {
  Outcome outcome;
  Blocks inputs = make_blocks(recording_.buffers(BufferKind::kInput), skew);
  Blocks outputs = make_blocks(recording_.buffers(BufferKind::kOutput), skew);
  for (size_t slot = 0; slot < inputs.size(); slot++) inputs[slot]->fill(recording_.inputs[slot]);
  for (const auto& block : outputs) block->fill_with_garbage();
  const States states(recording_.buffers(BufferKind::kState), recording_.states);
  if (!states.complete()) return outcome;

  const std::vector<char*> from = addresses_of(inputs), to = addresses_of(outputs);
  IndexFault fault;
  if (!program_.run({from.data(), states.data(), to.data(), recording_.scalars.data()}, &memory_.arena,
                    memory_.packed, threads, &fault)) {
    return outcome;
  }
  outcome.ending = fault.raised ? Ending::kFault : Ending::kRan;
  for (const auto& block : outputs) outcome.outputs.push_back(block->content());
  outcome.states = states.content();
  return outcome;
}

std::string difference_of(const Recording& recording, const Outcome& outcome) {
  if (outcome.ending == Ending::kFault) return "an index is out of range";
  if (outcome.ending == Ending::kNoMemory) return "not enough memory";
  const std::vector<Buffer>& buffers = recording.buffers(BufferKind::kOutput);
  for (size_t slot = 0; slot < recording.expected.size(); slot++) {
    const Expected& expected = recording.expected[slot];
    const Bytes& actual = outcome.outputs[slot];
    std::string difference;
    switch (buffers[slot].dtype) {
      case DType::kFloat32: difference = compare<float>(slot, expected, actual); break;
      case DType::kFloat64: difference = compare<double>(slot, expected, actual); break;
      case DType::kInt32: difference = compare<int32_t>(slot, expected, actual); break;
      default: difference = compare<uint8_t>(slot, expected, actual);
    }
    if (!difference.empty()) return difference;
  }
  return "";
}

}  // namespace ng
