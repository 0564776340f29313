// A Program with everything a run of it reads, in one file: what the executables of this folder work on.
//
// A file is 32-bit words, all little-endian:
//
//   kRecordingMagic, number of words of the Program, those words,
//   the constants, inputs and states by slot, each as the bytes of its elements, rounded up to whole words,
//   a float64 for each scalar,
//   and, where the right results are known, kResultsMagic and the outputs by slot: for each whether there are
//   bounds, its elements, and with bounds a float64 for each: how far the element may be off.
//
// test/native/record.js writes them. How long everything is follows from the Program, so that a fuzzer may
// change it: buffers that a file has not got hold small numbers.

#ifndef NODEGRAD_TEST_RECORDING_H_
#define NODEGRAD_TEST_RECORDING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "program/program.h"

namespace ng {

constexpr int32_t kRecordingMagic = 0x3152474e;  // "NGR1"
constexpr int32_t kResultsMagic = 0x534c5352;    // "RSLS"

using Bytes = std::vector<char>;

// What an output has to be.
struct Expected {
  Bytes values;
  std::vector<double> bounds;  // by element; empty: the same values
};

struct Recording {
  std::vector<int32_t> words;
  std::vector<Buffer> layout[5];  // by BufferKind and slot; empty where the words are no Program
  std::vector<Bytes> constants, inputs, states;
  std::vector<double> scalars;
  std::vector<Expected> expected;  // by slot of the outputs; empty where nothing is known

  const std::vector<Buffer>& buffers(BufferKind kind) const { return layout[static_cast<int>(kind)]; }
};

// Bytes of a buffer.
inline int64_t bytes_of(const Buffer& buffer) { return buffer.length * size_of(buffer.dtype); }

// Reads a recording; false, with only the words read, where buffers and arena together exceed `most` bytes.
bool read_recording(const char* data, size_t size, int64_t most, Recording* recording);

// The content of a file; exits the process where there is none.
Bytes read_file(const std::string& path);

// The files of a folder, by name, or the file itself.
std::vector<std::string> list_files(const std::string& path);

}  // namespace ng

#endif  // NODEGRAD_TEST_RECORDING_H_
