#include "recording.h"

#include <dirent.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ng {
namespace {

// Values that differ, of which most indices are in range.
Bytes small_numbers(const Buffer& buffer) {
  Bytes bytes(bytes_of(buffer));
  for (int64_t i = 0; i < buffer.length; i++) {
    const int32_t integer = static_cast<int32_t>(i % 2);
    const float number = static_cast<float>(i * 7 % 11) - 5;
    if (buffer.dtype == DType::kFloat32) {
      memcpy(bytes.data() + 4 * i, &number, 4);
    } else if (buffer.dtype == DType::kInt32) {
      memcpy(bytes.data() + 4 * i, &integer, 4);
    } else if (buffer.dtype != DType::kFloat64) {
      bytes[i] = static_cast<char>(integer);
    }
  }
  return bytes;
}

// Reads one thing after the other; zeros beyond the end.
class Source {
 public:
  Source(const char* data, size_t size) : at_(data), end_(data + size) {}

  size_t left() const { return static_cast<size_t>(end_ - at_); }

  void read(void* to, size_t bytes) {
    const size_t there = std::min(bytes, left());
    if (bytes > 0) memset(to, 0, bytes);
    if (there > 0) memcpy(to, at_, there);
    at_ += there;
  }

  int32_t word() {
    int32_t value;
    read(&value, sizeof value);
    return value;
  }

  // The elements of a buffer, and what rounds them up to whole words; small numbers beyond the end.
  Bytes elements(const Buffer& buffer) {
    if (left() == 0) return small_numbers(buffer);
    Bytes bytes(bytes_of(buffer));
    read(bytes.data(), bytes.size());
    at_ += std::min(left(), (4 - bytes.size() % 4) % 4);
    return bytes;
  }

  std::vector<double> numbers(size_t count) {
    std::vector<double> numbers(count);
    read(numbers.data(), count * sizeof(double));
    return numbers;
  }

 private:
  const char* at_;
  const char* end_;
};

// Sorts the buffers by slot. Nothing where they, the arena and the scalars take more than `most` bytes.
bool lay_out(const Program& program, int64_t most, Recording* recording) {
  int64_t bytes = program.arena_bytes + program.scalars * int64_t{sizeof(double)};
  for (const Buffer& buffer : program.buffers) bytes += bytes_of(buffer);
  if (bytes > most) return false;
  for (int kind = 0; kind < 5; kind++) recording->layout[kind].resize(program.slots[kind]);
  for (const Buffer& buffer : program.buffers) {
    if (buffer.kind != BufferKind::kTemp)
      recording->layout[static_cast<int>(buffer.kind)][buffer.place] = buffer;
  }
  return true;
}

}  // namespace

bool read_recording(const char* data, size_t size, int64_t most, Recording* recording) {
  Source source(data, size);
  if (source.word() != kRecordingMagic) return false;
  const size_t count = static_cast<uint32_t>(source.word());
  recording->words.resize(std::min(count, source.left() / 4));
  source.read(recording->words.data(), recording->words.size() * 4);

  Program program;
  if (!parse_program(recording->words.data(), recording->words.size(), &program).empty()) return true;
  if (!lay_out(program, most, recording)) return false;
  const auto take = [&](BufferKind kind, std::vector<Bytes>* blocks) {
    for (const Buffer& buffer : recording->buffers(kind)) blocks->push_back(source.elements(buffer));
  };
  take(BufferKind::kConstant, &recording->constants);
  take(BufferKind::kInput, &recording->inputs);
  take(BufferKind::kState, &recording->states);
  recording->scalars = source.numbers(program.scalars);
  if (source.word() != kResultsMagic) return true;
  for (const Buffer& buffer : recording->buffers(BufferKind::kOutput)) {
    const bool bounded = source.word() != 0;
    Expected expected = {source.elements(buffer), {}};
    if (bounded) expected.bounds = source.numbers(buffer.length);
    recording->expected.push_back(std::move(expected));
  }
  return true;
}

Bytes read_file(const std::string& path) {
  FILE* file = fopen(path.c_str(), "rb");
  if (file == nullptr) {
    perror(path.c_str());
    exit(2);
  }
  Bytes content;
  char block[1 << 16];
  while (const size_t read = fread(block, 1, sizeof block, file)) {
    content.insert(content.end(), block, block + read);
  }
  fclose(file);
  return content;
}

std::vector<std::string> list_files(const std::string& path) {
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) return {path};
  std::vector<std::string> files;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') files.push_back(path + "/" + entry->d_name);
  }
  closedir(folder);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace ng
