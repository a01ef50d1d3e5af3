// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway beside nginx with one worker, same machine, same load: requests per CPU second of /health kept alive, and CPU per GiB of
// a file. CPU is that of the serving process alone (/proc/<pid>/stat); the load comes from this process.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "bench/figures.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/guard/guard.hpp"
#include "unit/gateway/fakes.hpp"
#include "unit/gateway/wire.hpp"

extern char** environ;

namespace soulfabric::bench {
namespace {

namespace fs = std::filesystem;
constexpr int kConnections = 16;
constexpr std::uint64_t kBody = 1ULL << 30;
constexpr std::string_view kKey = "bench-key-0123456789";
constexpr std::string_view kId = "11111111-2222-4333-8444-555555555555";

/// The whole gateway over fakes; tells its port through the pipe and runs until it is ended.
[[noreturn]] void serve(const fs::path& folder, int pipe) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  IoContext context{1};
  SystemIoClock clock;
  WorkerPool workers{2};
  SystemRandom random;
  gateway::testing::FakeClient client;
  gateway::testing::FakeShares shares;
  guard::Guard guard{guard::GuardOptions{}, clock};
  gateway::testing::FakeConfiguration configuration;
  soulseek::Transfer transfer;
  transfer.id = kId;
  transfer.username = "u";
  transfer.state = soulseek::TransferState::Completed | soulseek::TransferState::Succeeded;
  transfer.local_path = (folder / "body").string();
  client.transfers_part.all.push_back(transfer);
  gateway::GatewaySettings settings;
  settings.api_keys = {gateway::ApiKey{"bench", std::string(kKey), gateway::Role::Administrator, {}, {}}};
  fs::create_directories(folder / "secrets");
  const gateway::GatewayDependencies deps{context, clock, workers, random, client, shares, guard, configuration, nullptr, nullptr, folder / "secrets", {}, "bench"};
  auto made = crypto::initialise() ? gateway::make_gateway(deps, settings) : std::unexpected(Error{});
  if (!made || !(*made)->start({{{IpAddress::v4(0x7F000001), 0}, guard::Origin::UserLocal}})) _exit(1);
  const auto port = (*made)->endpoints().front().port;
  if (::write(pipe, &port, sizeof port) != sizeof port) _exit(1);
  context.run();
  _exit(0);
}

class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// Seconds of CPU, user and system, of all its threads.
  [[nodiscard]] double cpu() const {
    double total = 0;
    std::error_code code;
    for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(pid_) + "/task", code)) {
      std::ifstream one(task.path() / "schedstat");
      double nanoseconds = 0;
      one >> nanoseconds;
      total += nanoseconds / 1e9;
    }
    return total;
  }

 private:
  pid_t pid_;
};

struct Server {
  std::unique_ptr<Child> child;
  std::uint16_t port = 0;
};

Server start_gateway(const fs::path& folder) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const pid_t pid = ::fork();
  if (pid == 0) serve(folder, ends[1]);
  Server server{std::make_unique<Child>(pid), 0};
  ::close(ends[1]);
  if (::read(ends[0], &server.port, sizeof server.port) != sizeof server.port) server.port = 0;
  ::close(ends[0]);
  return server;
}

Server start_nginx(const fs::path& folder) {
  Server server;
  server.port = static_cast<std::uint16_t>(20000 + ::getpid() % 20000);
  const auto conf = folder / "nginx.conf";
  std::ofstream(conf) << "daemon off; master_process off; worker_processes 1; pid " << (folder / "nginx.pid").string() << ";\nerror_log "
                      << (folder / "nginx.log").string() << " crit;\nevents { worker_connections 1024; }\nhttp { access_log off; sendfile on; keepalive_requests 1000000000;\n"
                      << "client_body_temp_path " << (folder / "t1").string() << "; proxy_temp_path " << (folder / "t2").string() << "; fastcgi_temp_path "
                      << (folder / "t3").string() << "; uwsgi_temp_path " << (folder / "t4").string() << "; scgi_temp_path " << (folder / "t5").string()
                      << ";\nserver { listen 127.0.0.1:" << server.port << "; root " << folder.string()
                      << "; location = /health { default_type text/plain; return 200 \"Healthy\"; } } }\n";
  std::string program = "nginx", flag = "-c", path = conf.string(), error_flag = "-e", error_log = (folder / "nginx.log").string();
  char* arguments[] = {program.data(), flag.data(), path.data(), error_flag.data(), error_log.data(), nullptr};
  pid_t pid = 0;
  const char* place = ::access("/usr/sbin/nginx", X_OK) == 0 ? "/usr/sbin/nginx" : "nginx";
  if (::posix_spawnp(&pid, place, nullptr, nullptr, arguments, environ) != 0) return {};
  server.child = std::make_unique<Child>(pid);
  const double end = wall_seconds() + 10;
  while (wall_seconds() < end) {
    if (gateway::testing::Wire probe(server.port); probe.connected()) return server;
    std::this_thread::yield();
  }
  return {};
}

std::string request_text(std::uint16_t port, std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n\r\n";
}

/// Requests per second of the server's CPU.
double health_rate(const Server& server, int rounds) {
  std::vector<std::unique_ptr<gateway::testing::Wire>> wires;
  for (int i = 0; i < kConnections; ++i) wires.push_back(std::make_unique<gateway::testing::Wire>(server.port));
  const auto request = request_text(server.port, "/health");
  const auto exchange = [&] {
    for (auto& wire : wires) wire->send(request);
    bool good = true;
    for (auto& wire : wires) good = wire->read().body == "Healthy" && good;
    return good;
  };
  for (int i = 0; i < 50; ++i) {
    if (!exchange()) return 0;
  }
  const double before = server.child->cpu();
  for (int i = 0; i < rounds; ++i) {
    if (!exchange()) return 0;
  }
  return rounds * kConnections / (server.child->cpu() - before);
}

/// Seconds of the server's CPU for one body.
double body_cost(const Server& server, const std::string& request) {
  gateway::testing::Wire wire(server.port);
  const double before = server.child->cpu();
  wire.send(request);
  const auto got = wire.drain();
  return got >= kBody ? server.child->cpu() - before : 0;
}

int run(int rounds, int requests) {
  const auto folder = fs::temp_directory_path() / ("sf_bench_http_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  {
    const int body = ::open((folder / "body").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    const std::vector<char> block(1 << 20, 'x');
    for (std::uint64_t done = 0; done < kBody; done += block.size()) {
      if (::write(body, block.data(), block.size()) < 0) return 1;
    }
    ::close(body);
  }
  const auto ours = start_gateway(folder);
  const auto nginx = start_nginx(folder);
  if (ours.port == 0 || nginx.port == 0) {
    std::fprintf(stderr, "the servers did not start: is nginx-light installed?\n");
    fs::remove_all(folder);
    return 1;
  }
  auto file = request_text(ours.port, "/api/v0/transfers/downloads/u/" + std::string(kId) + "/content");
  file.insert(file.size() - 2, "X-API-Key: " + std::string(kKey) + "\r\nConnection: close\r\n");
  auto plain = request_text(nginx.port, "/body");
  plain.insert(plain.size() - 2, "Connection: close\r\n");
  Rounds our_rate, their_rate, our_cost, their_cost;
  for (int i = 0; i < rounds; ++i) {
    our_rate.add(health_rate(ours, requests));
    their_rate.add(health_rate(nginx, requests));
    our_cost.add(body_cost(ours, file));
    their_cost.add(body_cost(nginx, plain));
  }
  print_rounds("http_health", our_rate, "requests/cpu_s", ">=0.8x", their_rate.median());
  print_rounds("http_body_gib", our_cost, "cpu_s/GiB", "<=1x", their_cost.median());
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const int requests = argc > 2 ? std::atoi(argv[2]) : 4000;
  return soulfabric::bench::run(rounds, requests);
}
