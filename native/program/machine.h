// Programs made ready to run.

#ifndef NODEGRAD_PROGRAM_MACHINE_H_
#define NODEGRAD_PROGRAM_MACHINE_H_

#include <memory>
#include <string>
#include <vector>

#include "../drivers/driver.h"
#include "memory.h"
#include "packed.h"
#include "program.h"
#include "state.h"

namespace ng {

// Why a Program was not prepared.
enum class Refusal { kNone, kMalformed, kDType, kUnsupported, kMemory };

// What one run reads and writes besides the arena, by slot. An address has room for the length its buffer
// states and is aligned to its elements, no more.
struct Bindings {
  char* const* inputs;
  State* const* states;
  char* const* outputs;
  const double* scalars;
};

// A Program, checked and turned into steps for one instruction set. Not to be run by two threads at a time.
class PreparedProgram {
 public:
  PreparedProgram() = default;
  PreparedProgram(const PreparedProgram&) = delete;
  PreparedProgram& operator=(const PreparedProgram&) = delete;

  // Parses the words and prepares every instruction. On refusal `error` says why.
  Refusal prepare(const int32_t* words, size_t count, const Kernels& kernels, std::string* error);

  // Copies the constant of a slot; `data` has the bytes its buffer states.
  void set_constant(int32_t slot, const void* data);

  // The buffer bound at a slot of a kind.
  const Buffer& buffer(BufferKind kind, int32_t slot) const {
    return program_.buffers[numbers_[static_cast<int>(kind)][slot]];
  }
  int32_t slots(BufferKind kind) const { return program_.slots[static_cast<int>(kind)]; }
  Opcode opcode(int32_t instruction) const { return program_.instructions[instruction].opcode; }
  int32_t scalars() const { return program_.scalars; }

  // How each instruction runs, for people; empty where there was no choice.
  const std::vector<std::string>& notes() const { return notes_; }

  // Bytes a run takes besides what it binds: temporaries, what instructions share while they work, what each
  // thread needs for itself, and constants.
  int64_t arena_bytes() const { return program_.arena_bytes; }
  int64_t workspace_bytes() const { return workspace_bytes_; }
  int64_t scratch_bytes() const { return scratch_bytes_; }
  int64_t constant_bytes() const { return constants_.bytes(); }
  // What a run needs in large blocks, packed weights that it may find included.
  int64_t run_bytes(int threads) const;

  // Runs all instructions in the arena on up to `threads` threads, with kept copies in the pool. False when
  // there is not enough memory; otherwise `fault` tells whether an index was out of range, which ends the run
  // after that instruction.
  bool run(const Bindings& bindings, Arena* arena, const std::shared_ptr<PackedPool>& pool, int threads,
           IndexFault* fault);

 private:
  // Steps, and what decides how they are shared.
  struct Steps {
    std::vector<Step> list;
    double shared_nanoseconds = 0;
  };

  Refusal place_constants(std::string* error);
  void take_steps(Builder* builder);
  void bind(BufferKind kind, char* const* addresses);
  void bind_states(State* const* states);
  void bind_temps(char* arena);
  PackedSource& source_of(const KeptCopy& kept, State* const* states);
  bool bind_kept(const Bindings& bindings, const std::shared_ptr<PackedPool>& pool, bool* current);

  Program program_;
  std::vector<int32_t> numbers_[5];  // by kind: the buffer of each slot; temps in order
  std::vector<char*> addresses_;     // by buffer: where it lies in the current run
  char* arena_ = nullptr;            // the arena that the temps' addresses belong to
  Memory constants_;
  PackedSource packed_constants_;
  std::vector<int32_t> written_;              // slots of states that the Program writes
  Steps steps_;                               // all
  Steps steps_without_packing_;               // for runs that find every kept copy current
  std::vector<std::shared_ptr<void>> plans_;  // what the steps point to
  std::vector<std::string> notes_;            // by instruction
  std::vector<KeptCopy> kept_;
  std::vector<PackedCopy*> copies_;  // of the current run, by slot
  std::vector<char*> packed_;        // their memory
  int64_t workspace_bytes_ = 0;
  int64_t scratch_bytes_ = 0;
};

}  // namespace ng

#endif  // NODEGRAD_PROGRAM_MACHINE_H_
