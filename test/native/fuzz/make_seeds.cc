// Makes small inputs for the fuzzer out of recordings: a Program of every instruction that differs from those
// before.
//
//   make_seeds FOLDER FILE_OR_FOLDER…

#include <cstdio>
#include <map>
#include <string>

#include "draft.h"
#include "recording.h"

namespace {

using namespace ng;

constexpr size_t kMostPerKind = 12;  // instructions of one opcode with the same micro-ops

// What makes an instruction worth having.
std::string kind_of(const Draft& draft) {
  const DraftInstruction& in = draft.instructions[0];
  std::string kind = std::to_string(static_cast<int>(in.opcode)) + ":" + std::to_string(in.inputs.size());
  for (const MicroInstruction& step : in.code) kind += " " + std::to_string(static_cast<int>(step.op));
  return kind;
}

}  // namespace

int main(int count, char** arguments) {
  std::map<std::string, size_t> kinds;
  int written = 0;
  for (int i = 2; i < count; i++) {
    for (const std::string& path : list_files(arguments[i])) {
      const Bytes content = read_file(path);
      Recording recording;
      if (!read_recording(content.data(), content.size(), INT64_MAX, &recording)) continue;
      Program program;
      if (!parse_program(recording.words.data(), recording.words.size(), &program).empty()) continue;
      for (size_t k = 0; k < program.instructions.size(); k++) {
        Draft draft(program);
        draft.keep(k, 1);
        if (kinds[kind_of(draft)]++ >= kMostPerKind) continue;
        const std::vector<int32_t> words = draft.words();
        const int32_t head[2] = {kRecordingMagic, static_cast<int32_t>(words.size())};
        FILE* file = fopen((std::string(arguments[1]) + "/" + std::to_string(written++)).c_str(), "wb");
        if (file == nullptr) return 1;
        fwrite(head, 4, 2, file);
        fwrite(words.data(), 4, words.size(), file);
        fclose(file);
      }
    }
  }
  printf("%d seeds\n", written);
}
