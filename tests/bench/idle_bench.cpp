// SPDX-License-Identifier: GPL-3.0-or-later
// The whole program at rest and at its start: resident memory with no share, 100,000 and 1,000,000 files; time to /health
// and to searchable with files known from the run before. bench_idle [program] [folder]
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "bench/figures.hpp"
#include "bench/share_corpus.hpp"

namespace soulfabric::bench {
namespace {

constexpr const char* kKey = "bench-key-0123456789";
constexpr int kRounds = 5;

/// The body of a GET answer with status 200, else empty.
std::string get(int port, const std::string& path) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: " + kKey + "\r\nConnection: close\r\n\r\n";
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
      char block[16384];
      for (ssize_t n = 0; (n = ::recv(fd, block, sizeof block, 0)) > 0;) answer.append(block, static_cast<std::size_t>(n));
    }
  }
  ::close(fd);
  const auto body = answer.find("\r\n\r\n");
  if (answer.find(" 200 ") != 8 || body == std::string::npos) return {};
  return answer.substr(body + 4);
}

class Program {
 public:
  Program(const std::string& program, const std::filesystem::path& app) : started_(wall_seconds()) {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int log = ::open((app / "log").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
      ::dup2(log, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      ::execl(program.c_str(), program.c_str(), "daemon", "--app-dir", app.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
  }
  ~Program() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Seconds since the start until `holds`; the run is over where it never does.
  double until(const std::function<bool()>& holds, double limit = 900) const {
    while (!holds()) {
      if (wall_seconds() - started_ > limit || ::waitpid(pid_, nullptr, WNOHANG) != 0) {
        std::fprintf(stderr, "the daemon did not get ready, see its log\n");
        std::exit(1);
      }
      ::usleep(1000);
    }
    return wall_seconds() - started_;
  }
  /// Resident bytes of the program and its children.
  [[nodiscard]] double resident() const {
    double sum = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename().string();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream status(entry.path() / "status");
      double rss = 0;
      bool ours = std::atoi(name.c_str()) == pid_;
      for (std::string line; std::getline(status, line);) {
        if (line.rfind("PPid:", 0) == 0) ours = ours || std::atoi(line.c_str() + 5) == pid_;
        if (line.rfind("VmRSS:", 0) == 0) rss = std::strtod(line.c_str() + 6, nullptr) * 1024;
      }
      if (ours) sum += rss;
    }
    return sum;
  }

 private:
  pid_t pid_ = -1;
  double started_;
};

void make_share(const std::filesystem::path& root, unsigned files) {
  std::filesystem::create_directories(root);
  const auto original = root.parent_path() / "original.txt";
  std::ofstream(original) << "one file, linked under many names";
  const Vocabulary vocabulary(20000);
  Rng rng(99);
  const auto words = [&](unsigned count) {
    std::string out;
    for (unsigned i = 0; i < count; ++i) out += (i > 0 ? " " : "") + vocabulary.words[rng.below(static_cast<std::uint32_t>(vocabulary.words.size()))];
    return out;
  };
  std::filesystem::path folder;
  for (unsigned i = 0; i < files; ++i) {
    if (i % 11 == 0) {
      folder = root / ("Artist " + words(1) + " " + std::to_string(i / 55)) / (words(2) + " " + std::to_string(i / 11));
      std::filesystem::create_directories(folder);
    }
    const std::string name = std::to_string(i % 11 + 1) + " " + words(3) + ".txt";
    // A file takes some 65,000 links at most.
    if (i % 50'000 == 0) std::filesystem::copy_file(original, root.parent_path() / ("original" + std::to_string(i / 50'000)));
    std::filesystem::create_hard_link(root.parent_path() / ("original" + std::to_string(i / 50'000)), folder / name);
  }
}

void measure(const std::string& program, const std::filesystem::path& folder, unsigned files, int port, const char* goal_mb) {
  const auto app = folder / ("app" + std::to_string(files));
  std::filesystem::create_directories(app);
  std::ofstream config(app / "soulfabric.yml");
  config << "web:\n  port: " << port << "\n  authentication:\n    api_key: " << kKey << "\nflags:\n  no_connect: true\nsoulseek:\n  listen_ip_address: 127.0.0.1\n  listen_port: " << port + 1 << "\n";
  if (files > 0) {
    make_share(folder / ("share" + std::to_string(files)) / "music", files);
    config << "shares:\n  directories:\n    - '[music]" << (folder / ("share" + std::to_string(files)) / "music").string() << "'\n";
  }
  config.close();
  const std::string wanted = "\"files\":" + std::to_string(files);
  const auto scanned = [&] {
    const std::string state = get(port, "/api/v0/application");
    return state.find("\"scanning\":false") != std::string::npos && (files == 0 || state.find(wanted) != std::string::npos);
  };
  {
    const Program first(program, app);
    const double took = first.until(scanned);
    std::printf("  %u files: first start until scanned %.2f s\n", files, took);
  }
  Rounds health;
  Rounds searchable;
  Rounds resident;
  for (int round = 0; round < kRounds; ++round) {
    const Program again(program, app);
    health.add(again.until([&] { return !get(port, "/health").empty(); }));
    searchable.add(again.until([&] { return !get(port, "/ready").empty(); }));
    static_cast<void>(again.until(scanned));
    ::sleep(3);  // idle: what the start needed has been given back
    resident.add(again.resident() / 1e6);
  }
  const std::string suffix = files == 0 ? "none" : files == 100'000 ? "100k" : "1m";
  print_rounds(("rss_idle_" + suffix).c_str(), resident, "MB", goal_mb);
  print_rounds(("start_health_" + suffix).c_str(), health, "s", "<=0.2");
  print_rounds(("start_searchable_" + suffix).c_str(), searchable, "s", "<=1");
}

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) {
  using namespace soulfabric::bench;
  const std::filesystem::path here = std::filesystem::canonical("/proc/self/exe").parent_path();
  const std::string program = argc > 1 ? argv[1] : (here / ".." / ".." / "soulfabric").string();
  const std::filesystem::path folder = argc > 2 ? argv[2] : "build/bench/daemon";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto absolute = std::filesystem::absolute(folder);
  measure(program, absolute, 0, 7480, "<=40");
  measure(program, absolute, 100'000, 7482, "<=64");
  measure(program, absolute, 1'000'000, 7484, "<=150");
  std::filesystem::remove_all(folder);
  return 0;
}
