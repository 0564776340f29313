// Runs recordings on every instruction set of this machine and on 1, 2 and 4 threads:
//
//   run_recordings FILE_OR_FOLDER…
//
// Results must be the recorded ones, and have the same bits for any number of threads, wherever the arrays
// lie, and in a second run, which finds packed weights where the first has left them. Recordings that are
// refused count as well: a fuzzer has left them because of what they did before.

#include <cstdio>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "player.h"

namespace {

using namespace ng;

constexpr int64_t kMostBytes = 256 << 20;

struct Counts {
  int recordings = 0, runs = 0, refused = 0, wrong = 0;
};

// What is wrong on one instruction set, or an empty string.
std::string check(const Recording& recording, const Kernels& kernels, Counts* counts) {
  RunMemory memory;
  Player player(recording, &memory);
  std::string error;
  if (player.prepare(kernels, &error) != Refusal::kNone) {
    counts->refused++;
    return recording.expected.empty() ? "" : error;
  }
  const Outcome first = player.run(1);
  counts->runs++;
  if (!recording.expected.empty()) error = difference_of(recording, first);
  for (const int threads : {1, 2, 4}) {
    if (!error.empty()) break;
    const Outcome other = player.run(threads, threads / 2);
    counts->runs++;
    const bool same = first.ending == Ending::kRan ? other == first : other.ending == first.ending;
    if (!same) error = "other bits on " + std::to_string(threads) + " threads";
  }
  return error;
}

void check_file(const std::string& path, Counts* counts) {
  const Bytes content = read_file(path);
  Recording recording;
  if (!read_recording(content.data(), content.size(), kMostBytes, &recording)) return;
  counts->recordings++;
  for (const Kernels* kernels : available_kernels()) {
    const std::string error = check(recording, *kernels, counts);
    if (error.empty()) continue;
    counts->wrong++;
    fprintf(stderr, "%s: %s: %s\n", path.c_str(), kernels->target, error.c_str());
  }
}

}  // namespace

int main(int count, char** arguments) {
  Counts counts;
  for (int i = 1; i < count; i++) {
    for (const std::string& path : list_files(arguments[i])) check_file(path, &counts);
  }
  printf("%d recordings, %d runs, %d refused, %d wrong\n", counts.recordings, counts.runs, counts.refused,
         counts.wrong);
  return counts.wrong == 0 && counts.runs > 0 ? 0 : 1;
}
