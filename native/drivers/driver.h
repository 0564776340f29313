// What drivers share: how an instruction becomes steps, and what a step sees when it runs.
//
// A driver turns one instruction into a plan (everything that can be computed before data is there) and one
// or more steps. The threads of a run walk the steps together: a step is `chunks` independent pieces of work
// that threads claim, and the next step starts when all of them are done. How an instruction is cut into
// chunks depends on its shapes only, never on the number of threads, and each element of a result is computed
// by one chunk in a fixed order: this is why results have the same bits for any number of threads.

#ifndef NODEGRAD_DRIVERS_DRIVER_H_
#define NODEGRAD_DRIVERS_DRIVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../program/program.h"
#include "arith.h"

namespace ng {

struct Kernels;  // kernels/kernels.h: the table of one instruction set

// From so many bytes on that an instruction moves, results are written past the caches: by the time anyone
// reads them they would not be there any more, and a line that is written in the ordinary way is first
// fetched.
constexpr int64_t kStreamBytes = 24 << 20;

// How many entries of 8 bytes preparing a Program may list, see Builder::may_list.
constexpr int64_t kMostListed = 1 << 26;

// The first bad index a run met.
struct IndexFault {
  std::atomic<bool> raised{false};
  int32_t instruction = 0;
  int64_t position = 0;  // in the index view, row-major, without axes of stride 0
  int64_t index = 0;
  int64_t limit = 0;  // indices must lie in [0, limit)
};

// Where a packed copy of weights lies, see Builder::reserve_packed.
struct Packed {
  int32_t slot = -1;   // in Run::packed, if it is kept from run to run
  int64_t offset = 0;  // in Run::workspace otherwise
};

// What one run binds. Shared by all of its threads.
struct Run {
  char* const* buffers;   // address of every buffer, by its number in the Program
  const double* scalars;  // scalar inputs, by slot
  char* workspace;        // memory an instruction's steps share, see Builder::reserve_workspace
  char* const* packed;    // kept copies, by slot
  IndexFault* fault;

  // Address of a packed copy.
  template <typename T>
  T* at(const Packed& packed_copy) const {
    return reinterpret_cast<T*>(packed_copy.slot < 0 ? workspace + packed_copy.offset
                                                     : packed[packed_copy.slot]);
  }

  // Address of the first element of a view.
  template <typename T>
  T* at(const View& view) const {
    return reinterpret_cast<T*>(buffers[view.buffer]) + view.offset;
  }

  // Reports a bad index; the run ends after this step. Any thread may call it, the first call wins.
  void fail(int32_t instruction, int64_t position, int64_t index, int64_t limit) const {
    if (fault->raised.exchange(true)) return;
    fault->instruction = instruction;
    fault->position = position;
    fault->index = index;
    fault->limit = limit;
  }
};

// A thread of a run, as a step sees it.
struct Worker {
  char* scratch;  // private memory of at least what Builder::reserve_scratch asked for, 64-byte aligned
};

// Cuts scratch memory into pieces, one behind the other.
class ScratchPieces {
 public:
  // The offset of a piece of so many floats, 64-byte aligned.
  int64_t add(int64_t floats) {
    const int64_t offset = bytes_;
    bytes_ += round_up(floats * static_cast<int64_t>(sizeof(float)), kArenaBlock);
    return offset;
  }

  int64_t bytes() const { return bytes_; }

 private:
  int64_t bytes_ = 0;
};

// Does chunk number `chunk` of a step. `plan` is what the driver made at preparation.
using StepFn = void (*)(const void* plan, const Run& run, int64_t chunk, Worker& worker);

struct Step {
  StepFn fn;
  const void* plan;
  int64_t chunks;
  double nanoseconds;  // rough time of all chunks on one thread: decides whether waking threads pays
  bool keeps = false;  // fills a kept copy: left out of a run that finds all copies current
};

// A copy of a buffer's memory that is kept from run to run.
struct KeptCopy {
  int32_t buffer;
  int32_t recipe;
  int64_t bytes;
};

// Collects the steps of a Program while its instructions are prepared.
class Builder {
 public:
  Builder(const Program& program, const Kernels& kernels);

  const Program& program;
  const Kernels& kernels;
  int32_t instruction = 0;  // number of the instruction being prepared

  // A plan that lives as long as the prepared Program.
  template <typename T>
  T* make_plan() {
    auto plan = std::make_shared<T>();
    plans_.push_back(plan);
    return plan.get();
  }

  void add_step(StepFn fn, const void* plan, int64_t chunks, double nanoseconds) {
    if (chunks > 0) steps_.push_back({fn, plan, chunks, nanoseconds});
  }

  // Memory shared by the steps of the current instruction, in bytes: its offset in Run::workspace, 64-byte
  // aligned. The next instruction uses the same memory again.
  int64_t reserve_workspace(int64_t bytes) {
    const int64_t offset = workspace_used_;
    workspace_used_ += round_up(bytes, kArenaBlock);
    if (workspace_used_ > workspace_bytes_) workspace_bytes_ = workspace_used_;
    return offset;
  }

  // Whether what is packed of a buffer can be kept: it outlives runs, and no instruction writes it.
  bool lasts(int32_t buffer) const { return lasting_[buffer]; }

  // Memory for what `fn` makes of a view: weights in the order a kernel reads them. Kept from run to run
  // where its buffer lasts; otherwise workspace, and made in every run. What it is made into must follow from
  // `fn`, the view and `words` (block sizes, say): others with the same share it. Follow it with
  // add_packing().
  Packed reserve_packed(StepFn fn, const View& view, const std::vector<int64_t>& words, int64_t bytes);

  // The step that fills a copy; `fn` as in reserve_packed. It may read nothing but the view.
  void add_packing(const Packed& packed, StepFn fn, const void* plan, int64_t chunks, double nanoseconds) {
    if (chunks > 0) steps_.push_back({fn, plan, chunks, nanoseconds, packed.slot >= 0});
  }

  // Private memory each thread needs while it does a chunk, in bytes.
  void reserve_scratch(int64_t bytes) {
    if (bytes > scratch_bytes_) scratch_bytes_ = bytes;
  }

  // Counts what preparing lists besides what the words say: taps of windows, phases of strides. Kernels that
  // are broadcast, and strides, may be as large as a Program from a file likes, and lists come from `new`,
  // which ends the process where there is no memory. False when there would be too many entries, of all
  // instructions together.
  bool may_list(int64_t entries) {
    listed_ += entries;
    return listed_ <= kMostListed;
  }

  void begin_instruction(int32_t number) {
    instruction = number;
    workspace_used_ = 0;
    notes_.emplace_back();
  }

  // Says how the current instruction will run, for people: "direct, rows = pixels". Several notes of one
  // instruction are joined, each once.
  void explain(const std::string& note) {
    std::string& notes = notes_.back();
    if (notes.find(note) != std::string::npos) return;
    notes += notes.empty() ? note : "; " + note;
  }

  std::vector<Step> take_steps() { return std::move(steps_); }
  std::vector<std::shared_ptr<void>> take_plans() { return std::move(plans_); }
  std::vector<std::string> take_notes() { return std::move(notes_); }
  std::vector<KeptCopy> take_kept() { return std::move(kept_); }
  int64_t workspace_bytes() const { return workspace_bytes_; }
  int64_t scratch_bytes() const { return scratch_bytes_; }

 private:
  std::vector<Step> steps_;
  std::vector<std::shared_ptr<void>> plans_;
  std::vector<std::string> notes_;  // by instruction
  std::vector<bool> lasting_;       // by buffer
  std::vector<KeptCopy> kept_;
  int64_t kept_bytes_ = 0;
  int64_t workspace_used_ = 0;
  int64_t workspace_bytes_ = 0;
  int64_t scratch_bytes_ = 0;
  int64_t listed_ = 0;
};

// Prepares one instruction: adds its steps to the builder. Returns an empty string, or why this machine
// cannot run it ("float64 exists on the reference backend only"). Views have been checked against their
// buffers, and their shapes against each other, by parse_program().
using Prepare = std::string (*)(const Instruction& instruction, Builder& builder);

// One per opcode, each in the file of its family; drivers/table.cc lists them.
#define NG_OPCODE(code, id, name, inputs, extra, attributes, micro, can_fail) \
  std::string prepare_##id(const Instruction& instruction, Builder& builder);
#include "../program/opcodes.inc"

}  // namespace ng

#endif  // NODEGRAD_DRIVERS_DRIVER_H_
