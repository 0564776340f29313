// Fuzzes what a Program from a file meets: the verifier, the drivers' preparation, and a run.
//
// Whatever the words are, they are refused or run without touching memory that is not theirs; and a second
// run, on two threads and with arrays elsewhere, gives the same bits.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "player.h"

namespace {

using namespace ng;

// What one input may take, so that each takes milliseconds: bytes of its buffers, and work.
constexpr int64_t kMostBytes = 4 << 20;
constexpr double kMostWork = 1 << 22;

// How far inputs come: said at the end, so that a fuzzer that has got stuck in the verifier shows.
struct Counts {
  int64_t inputs = 0, verified = 0, prepared = 0, runs = 0, faults = 0;
  ~Counts() {
    fprintf(stderr, "inputs %lld, verified %lld, prepared %lld, run %lld, index faults %lld\n",
            static_cast<long long>(inputs), static_cast<long long>(verified),
            static_cast<long long>(prepared), static_cast<long long>(runs), static_cast<long long>(faults));
  }
} counts;

double sized(const View* view) { return static_cast<double>(view->size()); }

// About how many elements an instruction looks at: views of stride 0 make small buffers large.
double work_of(const Instruction& in) {
  double most = 1;
  for (const View* view : in.outputs) most = std::max(most, sized(view));
  for (const View* view : in.inputs) most = std::max(most, sized(view));
  const auto windows = [](const View* y, const View* w) {
    return sized(y) * sized(w) / std::max<double>(1, static_cast<double>(w->shape[0]));
  };
  double products = 0;
  switch (in.opcode) {
    case Opcode::kMatmul:
      products = sized(in.outputs[0]) * static_cast<double>(in.inputs[0]->shape[in.inputs[0]->rank - 1]);
      break;
    case Opcode::kConv2d: products = windows(in.outputs[0], in.inputs[1]); break;
    case Opcode::kConv2dGradInput: products = windows(in.inputs[0], in.inputs[1]); break;
    case Opcode::kConv2dGradWeight: products = windows(in.inputs[1], in.outputs[0]); break;
    case Opcode::kPool:
    case Opcode::kPoolGrad: products = most * in.attributes[1] * static_cast<double>(in.attributes[2]); break;
    default: break;
  }
  return std::max(most, products) * static_cast<double>(1 + in.micro.code.size());
}

bool is_too_much(const Program& program) {
  double work = 0;
  for (const Instruction& instruction : program.instructions) work += work_of(instruction);
  return work > kMostWork;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Recording recording;
  if (!read_recording(reinterpret_cast<const char*>(data), size, kMostBytes, &recording)) return 0;
  counts.inputs++;
  Program program;
  if (!parse_program(recording.words.data(), recording.words.size(), &program).empty()) return 0;
  counts.verified++;

  const std::vector<const Kernels*> available = available_kernels();
  static auto* memory = new RunMemory;
  Player player(recording, memory);
  std::string error;
  if (player.prepare(*available[size / 4 % available.size()], &error) != Refusal::kNone) return 0;
  counts.prepared++;
  if (is_too_much(program)) return 0;
  const Outcome first = player.run(1), second = player.run(2, 1);
  counts.runs++;
  counts.faults += first.ending == Ending::kFault;
  // Programs that nobody wrote may read temporaries that nothing has written.
  const bool determined =
      first.ending == Ending::kRan && program.slots[static_cast<int>(BufferKind::kTemp)] == 0;
  if (first.ending != second.ending || (determined && !(first == second))) {
    fprintf(stderr, "the second run gave something else\n");
    abort();
  }
  return 0;
}
