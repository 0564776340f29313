#include <algorithm>
#include <cstring>
#include <string>

#include "../kernels/kernels.h"
#include "copy.h"
#include "driver.h"
#include "walk.h"

namespace ng {
namespace {

struct RandomPlan {
  const View* key;
  const View* out;
  RandomKernels::Draw draw;
  uint32_t stream;
  Axes<1> axes;
  int64_t size;  // elements
};

// A multiple of 4: chunks begin with a counter.
constexpr int64_t kChunk = kChunkElements / 4;

void run_random(const void* opaque, const Run& run, int64_t chunk, Worker& worker) {
  const auto& plan = *static_cast<const RandomPlan*>(opaque);
  const int32_t* key = run.at<const int32_t>(*plan.key);
  const auto key0 = static_cast<uint32_t>(key[0]);
  const auto key1 = static_cast<uint32_t>(key[plan.key->strides[0]]);
  const int64_t begin = chunk * kChunk, count = std::min(kChunk, plan.size - begin);
  const auto counter = static_cast<uint32_t>(begin / 4);
  uint32_t* out = run.at<uint32_t>(*plan.out);
  if (plan.axes.rank == 0 || (plan.axes.rank == 1 && plan.axes.strides[0][0] == 1)) {
    plan.draw(out + begin, count, counter, plan.stream, key0, key1);
    return;
  }
  plan.draw(worker.scratch, count, counter, plan.stream, key0, key1);
  Walk<1> walk(plan.axes, begin);
  for (int64_t i = 0; i < count; i++, walk.next()) {
    out[walk[0]] = reinterpret_cast<const uint32_t*>(worker.scratch)[i];
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
  const auto kind = static_cast<RandomKind>(instruction.attributes[0]);
  const RandomKernels& kernels = *builder.kernels.random;
  plan->draw = kind == RandomKind::kBits      ? kernels.bits
               : kind == RandomKind::kUniform ? kernels.uniform
                                              : kernels.normal;
  plan->stream = static_cast<uint32_t>(instruction.attributes[1]);
  for (int i = 0; i < out.rank; i++) plan->axes.append(out.shape[i], {out.strides[i]});
  plan->size = out.size();
  builder.reserve_scratch(kChunk * static_cast<int64_t>(sizeof(uint32_t)));
  const double each = kind == RandomKind::kNormal ? 1.5 : 0.5;
  builder.add_step(run_random, plan, (plan->size + kChunk - 1) / kChunk,
                   each * static_cast<double>(plan->size));
  return "";
}

}  // namespace ng
