// SPDX-License-Identifier: GPL-3.0-or-later
// One large file up and down over loopback (size in MiB as the first argument, rounds as the second), beside bare loops of
// system calls: sendfile to the same receiver, recv + write + fsync from the same sender. Rounds alternate between the two.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

#include "bench/figures.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/net/tcp.hpp"
#include "store_schema.hpp"
#include "transfers/transfer_service.hpp"
#include "wire/wire.hpp"

namespace soulfabric::bench {
namespace {

using namespace soulseek;
namespace fs = std::filesystem;
constexpr std::size_t kBlock = 256 * 1024;
constexpr auto kPath = "bench\\album\\large.bin";

double process_cpu() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Measured {
  double seconds = 0;
  double cpu = 0;  // of our side, the far end left out
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A blocking listener on a free port.
struct Listening {
  Listening() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = loopback(0);
    socklen_t length = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(fd, 4) != 0) die("listen");
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
  }
  ~Listening() { ::close(fd); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  int fd;
  std::uint16_t port = 0;
};

int dial(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void read_fully(int fd, void* into, std::size_t count) {
  auto* at = static_cast<char*>(into);
  while (count > 0) {
    const auto n = ::recv(fd, at, count, 0);
    if (n <= 0) die("recv");
    at += n;
    count -= static_cast<std::size_t>(n);
  }
}

void send_range(int fd, int file, std::uint64_t size) {
  off_t at = 0;
  while (static_cast<std::uint64_t>(at) < size) {
    const auto n = ::sendfile(fd, file, &at, 1024 * 1024);
    if (n <= 0) die("sendfile");
  }
}

/// The far end of an upload: takes the connection, answers the token (when there is one) with offset 0, reads, closes.
struct Receiver {
  void run(int listener, std::uint64_t size, bool token) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) die("accept");
    if (token) {
      std::uint32_t number = 0;
      read_fully(fd, &number, sizeof number);
      const std::uint64_t offset = 0;
      if (::send(fd, &offset, sizeof offset, 0) != sizeof offset) die("send");
    }
    begun = wall_seconds();
    std::vector<char> block(kBlock);
    for (std::uint64_t got = 0; got < size;) {
      const auto n = ::recv(fd, block.data(), block.size(), 0);
      if (n <= 0) die("recv");
      got += static_cast<std::uint64_t>(n);
    }
    ended = wall_seconds();
    ::close(fd);
    cpu = cpu_seconds();
  }
  double begun = 0, ended = 0, cpu = 0;
};

class BenchFiles final : public SharedFiles {
 public:
  BenchFiles(fs::path path, std::uint64_t size) : path_(std::move(path)), size_(size) {}
  [[nodiscard]] std::optional<std::uint64_t> size_of(const std::string&) const override { return size_; }
  [[nodiscard]] std::function<Result<std::unique_ptr<File>>()> opener(const std::string&) const override {
    return [path = path_] { return SystemFiles{}.open(path, OpenMode::Read); };
  }

 private:
  fs::path path_;
  std::uint64_t size_;
};

class BenchServer final : public ServerPort {
 public:
  [[nodiscard]] bool logged_in() const noexcept override { return true; }
  [[nodiscard]] const std::string& username() const noexcept override { return name_; }
  void send(Bytes) override {}
  [[nodiscard]] Task<Result<Endpoint>> address_of(std::string, MonoTime) override { co_return Endpoint{}; }
  void watch(const std::string&) override {}
  void unwatch(const std::string&) override {}
  [[nodiscard]] UserStatus known_status(const std::string&) const override { return {}; }

 private:
  std::string name_ = "bench";
};

/// The peer: says yes to announcements, announces what is asked for, is reached at a port of loopback.
class BenchPeers final : public PeerPort {
 public:
  BenchPeers(IoContext& context, IoClock& clock) : context_(context), dialer_(net::make_tcp_dialer(context, clock)) {}
  [[nodiscard]] Task<Status> send(std::string, Bytes frame, MonoTime) override {
    const auto decoded = wire::decode_peer(frame[4], ByteView(frame).subspan(8));
    if (const auto* offer = std::get_if<wire::peer::TransferRequest>(&*decoded)) {
      answer(wire::encode(wire::peer::TransferResponse{offer->token, true, std::nullopt, ""}));
    } else if (const auto* wish = std::get_if<wire::peer::QueueUpload>(&*decoded)) {
      answer(wire::encode(wire::peer::TransferRequest{wire::peer::TransferDirection::Upload, 77, wish->path, size}));
    } else if (const auto* yes = std::get_if<wire::peer::TransferResponse>(&*decoded)) {
      if (yes->allowed && on_accepted) on_accepted();
    }
    co_return Status{};
  }
  [[nodiscard]] Task<Result<FileConnection>> open_file(std::string username, MonoTime deadline) override {
    const Endpoint to{IpAddress::v4(INADDR_LOOPBACK), port};
    auto stream = co_await dialer_->connect(to, deadline);
    if (!stream) co_return std::unexpected(stream.error());
    FileConnection connection{std::move(username), std::move(*stream), to, true};
    co_return connection;
  }
  void answer(Bytes frame) {
    boost::asio::post(context_, [this, frame = std::move(frame)] {
      service->on_peer_message({"peer", {IpAddress::v4(INADDR_LOOPBACK), 1}, true, frame[4], ByteView(frame).subspan(8)});
    });
  }
  TransferService* service = nullptr;
  std::uint16_t port = 0;
  std::uint64_t size = 0;
  std::function<void()> on_accepted;

 private:
  IoContext& context_;
  std::unique_ptr<net::Dialer> dialer_;
};

/// A service in a folder, driven on this thread.
struct Bench {
  Bench(const fs::path& folder, const fs::path& file, std::uint64_t size) : shares(file, size) {
    TransferOptions options;
    options.downloads = folder / "downloads";
    options.incomplete = folder / "incomplete";
    fs::create_directories(options.downloads);
    fs::create_directories(options.incomplete);
    // the database lies beside them
    static constexpr std::string_view kTables[] = {kTransferTables};
    auto database = Database::open(folder / "soulseek.db", kTables);
    if (!database) die("database");
    store = std::make_unique<DbWriter>(context, clock, std::move(*database));
    TransferEvents events;
    events.changed = [this](const Transfer& t) {
      if (has(t.state, TransferState::Completed)) ended = t;
    };
    events.download_complete = [this](const Transfer&) { complete = true; };
    service = std::make_unique<TransferService>(TransferDeps{context, clock, random, server, peers, shares, desk, workers, *store, files},
                                                options, events);
    peers.service = service.get();
    peers.size = size;
    drive(start());
  }
  ~Bench() { drive(stop()); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  Task<void> start() {
    const Status started = co_await service->start();
    if (!started) die("start");
    service->on_session(true);
  }
  Task<void> stop() {
    co_await service->stop();
    co_await store->close();
  }
  Task<void> want(std::uint64_t size) {
    DownloadRequest request;
    request.username = "peer";
    request.files.push_back({kPath, size});
    const auto result = co_await service->enqueue(std::move(request), guard::Origin::UserLocal);
    if (!result) die("enqueue");
  }
  void drive(Task<void> task) {
    bool done = false;
    boost::asio::co_spawn(context, std::move(task), [&done](const std::exception_ptr&) { done = true; });
    context.restart();
    while (!done) context.run_one();
  }
  template <class Until>
  void run_until(Until until) {
    context.restart();
    while (!until()) context.run_one();
  }

  IoContext context{1};
  SystemIoClock clock;
  SystemRandom random;
  BenchServer server;
  BenchPeers peers{context, clock};
  BenchFiles shares;
  guard::Guard guardian{guard::GuardOptions{}, clock};
  guard::CourtesyDesk desk{guardian, clock};
  WorkerPool workers{2};
  SystemFiles files;
  std::unique_ptr<DbWriter> store;
  std::optional<Transfer> ended;
  bool complete = false;
  std::unique_ptr<TransferService> service;
};

Measured our_upload(const fs::path& folder, const fs::path& file, std::uint64_t size) {
  Listening listening;
  Bench bench(folder, file, size);
  bench.peers.port = listening.port;
  Receiver receiver;
  const double before = process_cpu();
  std::thread far_end([&] { receiver.run(listening.fd, size, true); });
  bench.peers.answer(wire::encode(wire::peer::QueueUpload{kPath}));
  bench.run_until([&] { return bench.ended.has_value(); });
  far_end.join();
  if (bench.ended->state != (TransferState::Completed | TransferState::Succeeded)) die("upload");
  return {receiver.ended - receiver.begun, process_cpu() - before - receiver.cpu};
}

Measured bare_upload(const fs::path& file, std::uint64_t size) {
  Listening listening;
  Receiver receiver;
  const double before = process_cpu();
  std::thread far_end([&] { receiver.run(listening.fd, size, false); });
  const int in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = dial(listening.port);
  send_range(out, in, size);
  far_end.join();
  ::close(out);
  ::close(in);
  return {receiver.ended - receiver.begun, process_cpu() - before - receiver.cpu};
}

/// The far end of a download: connects, says the token (when there is one), takes the offset, sends the file.
double send_file_to(std::uint16_t port, int in, std::uint64_t size) {
  const int out = dial(port);
  send_range(out, in, size);
  char end = 0;
  static_cast<void>(::recv(out, &end, 1, 0));
  ::close(out);
  return cpu_seconds();
}

Task<void> take_connection(Bench& bench, net::Listener& listener) {
  auto stream = co_await listener.accept();
  if (!stream) die("accept");
  FileConnection connection{"peer", std::move(*stream), {}, true};
  bench.service->on_file_connection(std::move(connection));
}

Measured our_download(const fs::path& folder, const fs::path& file, std::uint64_t size) {
  Bench bench(folder, file, size);
  auto listener = net::listen_tcp(bench.context, bench.clock, {IpAddress::v4(INADDR_LOOPBACK), 0});
  if (!listener) die("listen");
  const std::uint16_t port = (*listener)->local().port;
  double far_cpu = 0;
  std::thread far_end;
  const int in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  bench.peers.on_accepted = [&] {
    boost::asio::co_spawn(bench.context, take_connection(bench, **listener), boost::asio::detached);
    far_end = std::thread([&] {
      const int out = dial(port);
      const std::uint32_t token = 77;
      if (::send(out, &token, sizeof token, 0) != sizeof token) die("send");
      std::uint64_t offset = 0;
      read_fully(out, &offset, sizeof offset);
      send_range(out, in, size);
      char end = 0;
      static_cast<void>(::recv(out, &end, 1, 0));
      ::close(out);
      far_cpu = cpu_seconds();
    });
  };
  const double before = process_cpu();
  const double begun = wall_seconds();
  bench.drive(bench.want(size));
  bench.run_until([&] { return bench.complete; });
  const double seconds = wall_seconds() - begun;
  far_end.join();
  ::close(in);
  const fs::path place = bench.ended->local_path.value_or("");
  if (!fs::exists(place) || fs::file_size(place) != size) die("download");
  return {seconds, process_cpu() - before - far_cpu};
}

Measured bare_download(const fs::path& folder, const fs::path& file, std::uint64_t size) {
  Listening listening;
  const int in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  double far_cpu = 0;
  const double before = process_cpu();
  const double begun = wall_seconds();
  std::thread far_end([&] { far_cpu = send_file_to(listening.port, in, size); });
  const int from = ::accept4(listening.fd, nullptr, nullptr, SOCK_CLOEXEC);
  const int out = ::open((folder / "bare.bin").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  std::vector<char> block(kBlock);
  for (std::uint64_t got = 0; got < size;) {
    const auto n = ::recv(from, block.data(), block.size(), 0);
    if (n <= 0 || ::write(out, block.data(), static_cast<std::size_t>(n)) != n) die("bare download");
    got += static_cast<std::uint64_t>(n);
  }
  if (::fsync(out) != 0) die("fsync");
  const double seconds = wall_seconds() - begun;
  ::close(out);
  ::close(from);
  far_end.join();
  ::close(in);
  return {seconds, process_cpu() - before - far_cpu};
}

void make_file(const fs::path& path, std::uint64_t size) {
  std::vector<char> block(1024 * 1024);
  SeededRandom random(1);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  for (std::uint64_t at = 0; at < size; at += block.size()) {
    const std::uint64_t mark = random.u64();
    std::memcpy(block.data(), &mark, sizeof mark);
    if (::write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size())) die("write");
  }
  ::fsync(fd);
  ::close(fd);
}

struct Pair {
  Rounds ours, bare, our_cpu, bare_cpu;
  void add(const Measured& a, const Measured& b, std::uint64_t size) {
    const double mib = static_cast<double>(size) / (1024.0 * 1024);
    ours.add(mib / a.seconds);
    bare.add(mib / b.seconds);
    our_cpu.add(a.cpu / mib * 1024);
    bare_cpu.add(b.cpu / mib * 1024);
  }
  void print(const std::string& name) const {
    print_rounds((name + "_bare").c_str(), bare, "MiB/s", "-");
    print_rounds(name.c_str(), ours, "MiB/s", ">=80%", bare.median());
    print_rounds((name + "_cpu").c_str(), our_cpu, "s/GiB", "-", bare_cpu.median());
  }
};

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) {
  using namespace soulfabric;
  using namespace soulfabric::bench;
  const std::uint64_t mib = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 4096;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  if (!crypto::initialise()) die("crypto");
  std::string pattern = (fs::temp_directory_path() / "soulfabric-bench-XXXXXX").string();
  const fs::path folder = ::mkdtemp(pattern.data());
  const std::uint64_t size = mib * 1024 * 1024;
  const fs::path file = folder / "large.bin";
  make_file(file, size);
  Pair up, down;
  for (int round = 0; round < rounds; ++round) {
    const Measured bare = bare_upload(file, size);
    up.add(our_upload(folder / ("up" + std::to_string(round)), file, size), bare, size);
  }
  up.print("upload_one_file");
  for (int round = 0; round < rounds; ++round) {
    const fs::path place = folder / ("down" + std::to_string(round));
    const Measured bare = bare_download(folder, file, size);
    fs::remove(folder / "bare.bin");
    down.add(our_download(place, file, size), bare, size);
    fs::remove_all(place);
  }
  down.print("download_to_disk");
  fs::remove_all(folder);
}
