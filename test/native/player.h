// Runs recordings as the addon would: each run with memory of exactly the lengths the Program states.

#ifndef NODEGRAD_TEST_PLAYER_H_
#define NODEGRAD_TEST_PLAYER_H_

#include <memory>
#include <string>
#include <vector>

#include "program/machine.h"
#include "recording.h"

namespace ng {

// How a run ended.
enum class Ending { kRan, kFault, kNoMemory };

// What a run left.
struct Outcome {
  Ending ending = Ending::kNoMemory;
  std::vector<Bytes> outputs, states;  // by slot

  bool operator==(const Outcome& other) const {
    return ending == other.ending && outputs == other.outputs && states == other.states;
  }
};

// What the runs of one environment share, one after the other.
struct RunMemory {
  Arena arena;
  std::shared_ptr<PackedPool> packed = std::make_shared<PackedPool>();
};

// A prepared recording.
class Player {
 public:
  Player(const Recording& recording, RunMemory* memory) : recording_(recording), memory_(*memory) {}

  // Refusal::kNone when it can be run.
  Refusal prepare(const Kernels& kernels, std::string* error);

  // One run from the recorded values. The arrays lie `skew` elements past an address that vectors like.
  Outcome run(int threads, int skew = 0);

 private:
  const Recording& recording_;
  RunMemory& memory_;
  PreparedProgram program_;
};

// What is wrong with the outputs of a run, or an empty string.
std::string difference_of(const Recording& recording, const Outcome& outcome);

}  // namespace ng

#endif  // NODEGRAD_TEST_PLAYER_H_
