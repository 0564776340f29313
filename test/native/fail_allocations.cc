// Lets memory run out at every allocation of a run in turn, for good and for once:
//
//   fail_allocations FILE_OR_FOLDER…
//
// Preparing or running must then say that there is no memory, or do without, and never do anything else; and
// afterwards the same Program runs as ever. What is counted are the blocks that hold data (program/memory.h):
// those that grow with the words of a Program come from `new`, and are small.

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "player.h"

namespace {

int64_t allocations = 0;            // since the count was set to 0
int64_t first_failure = INT64_MAX;  // number of the first allocation to fail
int64_t failures = INT64_MAX;       // how many fail

}  // namespace

// Instead of the C library's, for everything in this process.
extern "C" int posix_memalign(void** block, size_t alignment, size_t bytes) {
  const int64_t number = allocations++;
  if (number >= first_failure && number - first_failure < failures) return ENOMEM;
  *block = aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  return *block == nullptr ? ENOMEM : 0;
}

namespace {

using namespace ng;

constexpr int64_t kMostBytes = 64 << 20;

struct Counts {
  int recordings = 0, refused = 0, without = 0, wrong = 0;
};

Outcome play(const Recording& recording, const Kernels& kernels, Refusal* refusal) {
  RunMemory memory;
  Player player(recording, &memory);
  std::string error;
  *refusal = player.prepare(kernels, &error);
  return *refusal == Refusal::kNone ? player.run(1) : Outcome();
}

// One run with failures; whether it ended as it may.
bool survives(const Recording& recording, const Kernels& kernels, const Outcome& right, Counts* counts) {
  allocations = 0;
  Refusal refusal;
  const Outcome outcome = play(recording, kernels, &refusal);
  if (refusal == Refusal::kMemory || outcome.ending == Ending::kNoMemory) {
    counts->refused++;
    return true;
  }
  counts->without++;
  return refusal == Refusal::kNone && outcome == right;
}

void check_file(const std::string& path, const Kernels& kernels, Counts* counts) {
  const Bytes content = read_file(path);
  Recording recording;
  if (!read_recording(content.data(), content.size(), kMostBytes, &recording)) return;
  first_failure = INT64_MAX;
  allocations = 0;
  Refusal refusal;
  const Outcome right = play(recording, kernels, &refusal);
  const int64_t count = allocations;
  if (right.ending != Ending::kRan) return;
  counts->recordings++;
  for (first_failure = 0; first_failure < count; first_failure++) {
    for (const int64_t most : {int64_t{1}, INT64_MAX}) {
      failures = most;
      if (survives(recording, kernels, right, counts)) continue;
      counts->wrong++;
      fprintf(stderr, "%s: wrong after allocation %lld failed\n", path.c_str(),
              static_cast<long long>(first_failure));
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  const Kernels& kernels = *available_kernels().front();
  Counts counts;
  for (int i = 1; i < count; i++) {
    for (const std::string& path : list_files(arguments[i])) check_file(path, kernels, &counts);
  }
  printf("%d recordings, %d runs refused for want of memory, %d did without, %d wrong\n", counts.recordings,
         counts.refused, counts.without, counts.wrong);
  return counts.wrong == 0 && counts.refused > 0 ? 0 : 1;
}
