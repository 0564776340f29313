#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "copy.h"
#include "driver.h"
#include "walk.h"

namespace ng {
namespace {

// Philox4x32-10: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.
constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

// Counters done side by side, so that the compiler finds vectors in the loops over them.
constexpr int64_t kCounters = 16;
constexpr int64_t kWords = 4 * kCounters;

// Words of the counters (first, stream, 0) to (first + kCounters - 1, stream, 0), one counter after the
// other.
void philox(uint32_t key0, uint32_t key1, uint32_t stream, uint64_t first, uint32_t* words) {
  uint32_t c0[kCounters], c1[kCounters], c2[kCounters], c3[kCounters];
  for (int64_t i = 0; i < kCounters; i++) {
    const uint64_t counter = first + static_cast<uint64_t>(i);
    c0[i] = static_cast<uint32_t>(counter);
    c1[i] = static_cast<uint32_t>(counter >> 32);
    c2[i] = stream;
    c3[i] = 0;
  }
  for (int round = 0; round < kRounds; round++) {
    for (int64_t i = 0; i < kCounters; i++) {
      const uint64_t product0 = static_cast<uint64_t>(kMultiplier0) * c0[i];
      const uint64_t product1 = static_cast<uint64_t>(kMultiplier1) * c2[i];
      c0[i] = static_cast<uint32_t>(product1 >> 32) ^ c1[i] ^ key0;
      c1[i] = static_cast<uint32_t>(product1);
      c2[i] = static_cast<uint32_t>(product0 >> 32) ^ c3[i] ^ key1;
      c3[i] = static_cast<uint32_t>(product0);
    }
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  for (int64_t i = 0; i < kCounters; i++) {
    words[4 * i] = c0[i];
    words[4 * i + 1] = c1[i];
    words[4 * i + 2] = c2[i];
    words[4 * i + 3] = c3[i];
  }
}

// The upper 24 bits of a word, of which every value is a float: k for k/2^24.
double upper_bits(uint32_t word) { return static_cast<double>(word >> 8); }

constexpr double kUnit = 1.0 / (1 << 24);
constexpr double kTwoPi = 6.283185307179586;

// Turns words into floats, in place. Normals are computed in double precision, so that machines with
// different libraries differ in the last bit at most.
void to_uniform(uint32_t* words) {
  for (int64_t i = 0; i < kWords; i++) {
    const float value = static_cast<float>(words[i] >> 8) * static_cast<float>(kUnit);
    std::memcpy(&words[i], &value, sizeof value);
  }
}

void to_normal(uint32_t* words) {
  for (int64_t i = 0; i < kWords; i += 2) {
    const double radius = std::sqrt(-2.0 * std::log((upper_bits(words[i]) + 1.0) * kUnit));
    const double angle = kTwoPi * (upper_bits(words[i + 1]) * kUnit);
    const float pair[2] = {static_cast<float>(radius * std::cos(angle)),
                           static_cast<float>(radius * std::sin(angle))};
    std::memcpy(&words[i], pair, sizeof pair);
  }
}

struct RandomPlan {
  const View* key;
  const View* out;
  RandomKind kind;
  uint32_t stream;
  Axes<1> axes;
  int64_t size, chunk;  // elements
};

void run_random(const void* opaque, const Run& run, int64_t chunk, Worker&) {
  const auto& plan = *static_cast<const RandomPlan*>(opaque);
  const int32_t* key = run.at<const int32_t>(*plan.key);
  const auto key0 = static_cast<uint32_t>(key[0]);
  const auto key1 = static_cast<uint32_t>(key[plan.key->strides[0]]);
  const int64_t begin = chunk * plan.chunk, end = std::min(begin + plan.chunk, plan.size);
  char* out = run.buffers[plan.out->buffer] + plan.out->offset * 4;
  const bool contiguous = plan.axes.rank == 0 || (plan.axes.rank == 1 && plan.axes.strides[0][0] == 1);
  Walk<1> walk(plan.axes, begin);
  for (int64_t i = begin; i < end; i += kWords) {
    uint32_t words[kWords];
    philox(key0, key1, plan.stream, static_cast<uint64_t>(i) / 4, words);
    if (plan.kind == RandomKind::kUniform) to_uniform(words);
    if (plan.kind == RandomKind::kNormal) to_normal(words);
    const int64_t count = std::min(kWords, end - i);
    if (contiguous) {
      std::memcpy(out + i * 4, words, static_cast<size_t>(count) * 4);
      continue;
    }
    for (int64_t j = 0; j < count; j++, walk.next()) std::memcpy(out + walk[0] * 4, &words[j], 4);
  }
}

}  // namespace

std::string prepare_kRandom(const Instruction& instruction, Builder& builder) {
  const View& out = *instruction.outputs[0];
  if (out.dtype == DType::kFloat64) return "float64 exists on the reference backend only";
  if (out.size() == 0) return "";
  auto* plan = builder.make_plan<RandomPlan>();
  plan->key = instruction.inputs[0];
  plan->out = &out;
  plan->kind = static_cast<RandomKind>(instruction.attributes[0]);
  plan->stream = static_cast<uint32_t>(instruction.attributes[1]);
  for (int i = 0; i < out.rank; i++) plan->axes.append(out.shape[i], {out.strides[i]});
  plan->size = out.size();
  plan->chunk = kChunkElements / 4;
  static_assert(kChunkElements / 4 % kWords == 0, "chunks begin with a counter");
  const double each = plan->kind == RandomKind::kNormal ? 25.0 : 2.0;
  builder.add_step(run_random, plan, (plan->size + plan->chunk - 1) / plan->chunk,
                   each * static_cast<double>(plan->size));
  return "";
}

}  // namespace ng
