// Several environments at once, as in worker threads, for some seconds:
//
//   stress_threads SECONDS FILE_OR_FOLDER…
//
// Each runs the recorded Programs synchronously and on its executor, on numbers of threads drawn at random,
// frees variables while runs are at work, and ends in the middle of runs. Every result must have the bits of
// a run on one thread. The process exits while a run is at work.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <thread>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"
#include "player.h"
#include "threads/executor.h"

namespace {

using namespace ng;

constexpr int64_t kMostBytes = 64 << 20;
constexpr int kEnvironments = 3;

struct Sample {
  Recording recording;
  Outcome right;
};

std::atomic<int64_t> runs{0};
std::atomic<int> wrong{0};

// As in addon/environment.h: the runs of one environment never overlap.
struct Environment {
  explicit Environment(const std::vector<Sample>& samples) {
    std::string error;
    for (const Sample& sample : samples) {
      players.push_back(std::make_unique<Player>(sample.recording, &memory));
      if (players.back()->prepare(*available_kernels().front(), &error) != Refusal::kNone) wrong++;
    }
  }

  RunMemory memory;
  std::vector<std::unique_ptr<Player>> players;
  Executor executor;  // ends before what its jobs use
};

void run_and_compare(const Sample& sample, Player* player, int threads) {
  if (!(player->run(threads) == sample.right)) wrong++;
  runs++;
}

class AsyncRun : public Executor::Job {
 public:
  AsyncRun(const Sample& sample, Player* player, int threads)
      : sample_(sample), player_(player), threads_(threads) {}
  void run() override { run_and_compare(sample_, player_, threads_); }
  void done() override { delete this; }

 private:
  const Sample& sample_;
  Player* player_;
  int threads_;
};

// The life of one environment: some runs of both kinds, and its end, perhaps in the middle of them.
void live(const std::vector<Sample>& samples, uint32_t seed) {
  std::minstd_rand random(seed);
  Environment environment(samples);
  const int steps = 10 + static_cast<int>(random() % 30);
  for (int i = 0; i < steps; i++) {
    const size_t which = random() % samples.size();
    Player* player = environment.players[which].get();
    const int threads = 1 + static_cast<int>(random() % 4);
    switch (random() % 4) {
      case 0:
        environment.executor.wait();
        run_and_compare(samples[which], player, threads);
        break;
      case 1: environment.executor.wait(random() % 3); break;
      default: {
        auto* job = new AsyncRun(samples[which], player, threads);
        if (!environment.executor.submit(job)) delete job;
      }
    }
  }
  if (random() % 2 == 0) environment.executor.wait();
}

}  // namespace

int main(int count, char** arguments) {
  // Never freed: the last run outlives main().
  auto& samples = *new std::vector<Sample>;
  for (int i = 2; i < count; i++) {
    for (const std::string& path : list_files(arguments[i])) {
      const Bytes content = read_file(path);
      Sample sample;
      if (!read_recording(content.data(), content.size(), kMostBytes, &sample.recording)) continue;
      samples.push_back(std::move(sample));
    }
  }
  for (Sample& sample : samples) {
    std::string error;
    RunMemory memory;
    Player player(sample.recording, &memory);
    if (player.prepare(*available_kernels().front(), &error) == Refusal::kNone) sample.right = player.run(1);
    if (sample.right.ending != Ending::kRan) wrong++;
  }

  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(atoi(arguments[1]));
  std::atomic<uint32_t> lives{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kEnvironments; i++) {
    threads.emplace_back([&] {
      while (std::chrono::steady_clock::now() < end) live(samples, ++lives);
    });
  }
  for (std::thread& thread : threads) thread.join();
  printf("%u environments, %lld runs, %d wrong\n", lives.load(), static_cast<long long>(runs.load()),
         wrong.load());
  fflush(stdout);

  std::thread([&samples] {
    for (uint32_t seed = 1;; seed++) live(samples, seed);
  }).detach();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  exit(wrong == 0 && runs > 0 ? 0 : 1);
}
