// SPDX-License-Identifier: GPL-3.0-or-later
// Streams of the network in memory: segments that arrive in order, later the worse the weather.
#include "support/sim_network.hpp"

#include <algorithm>

namespace soulfabric::testing {

namespace {

constexpr std::size_t kWindow = 256 * 1024;  // a writer waits when so much is on its way or unread

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  SeededRandom random(a * 0x9E3779B97F4A7C15ULL ^ b);
  return random.u64();
}

std::uint64_t number_of(const IpAddress& address) {
  std::uint64_t out = 0;
  for (const std::uint8_t byte : address.bytes()) out = out * 257 + byte;
  return out;
}

}  // namespace

/// One direction of a stream.
struct SimNetwork::Pipe {
  struct Segment {
    MonoTime arrives{};
    Bytes bytes;
    std::size_t read = 0;
    bool end = false;
  };
  Pipe(SimNetwork& network_in, IpAddress from_in, IpAddress to_in, std::uint64_t seed)
      : network(network_in), from(from_in), to(to_in), random(seed) {}

  void send(Bytes bytes, bool end) {
    if (cut) return;
    MonoTime arrives = network.clock().now() + network.latency(from, to);
    if (random.below(1000) < network.weather().loss_per_mille) arrives += network.weather().retransmission;
    if (!segments.empty()) arrives = std::max(arrives, segments.back().arrives);
    held += bytes.size();
    network.bytes_ += bytes.size();
    segments.push_back({arrives, std::move(bytes), 0, end});
    changed.notify_all();
  }

  /// When something can be read: kNever where nothing is on its way or nothing gets through.
  [[nodiscard]] MonoTime readable_at() const {
    if (cut || segments.empty() || !network.hear_each_other(from, to)) return kNever;
    return segments.front().arrives;
  }

  SimNetwork& network;
  IpAddress from;
  IpAddress to;
  SeededRandom random;
  std::deque<Segment> segments;
  std::size_t held = 0;
  bool reader_gone = false;
  bool cut = false;  // the power of one end went
  Notifier changed;
};

/// Where a host listens.
struct SimNetwork::Door {
  std::deque<std::unique_ptr<net::ByteStream>> waiting;
  bool closed = false;
  Notifier changed;
};

class SimStream final : public net::ByteStream {
 public:
  SimStream(std::shared_ptr<SimNetwork::Pipe> in, std::shared_ptr<SimNetwork::Pipe> out, Endpoint local, Endpoint remote)
      : in_(std::move(in)), out_(std::move(out)), local_(local), remote_(remote) {}
  ~SimStream() override { end(); }
  SimStream(const SimStream&) = delete;
  SimStream& operator=(const SimStream&) = delete;

  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override {
    const auto pipe = in_;
    SimClock& clock = pipe->network.clock();
    while (pipe->readable_at() > clock.now()) {
      if (!open_) co_return fail(Errc::Cancelled, "the stream was closed");
      if (clock.now() >= deadline) co_return fail(Errc::TimedOut, "the stream was silent for too long");
      co_await pipe->changed.wait(clock, std::min(deadline, pipe->readable_at()));
    }
    if (!open_) co_return fail(Errc::Cancelled, "the stream was closed");
    std::size_t done = 0;
    while (done < into.size() && pipe->readable_at() <= clock.now()) {
      auto& segment = pipe->segments.front();
      if (segment.end) break;
      const std::size_t n = std::min(into.size() - done, segment.bytes.size() - segment.read);
      std::copy_n(segment.bytes.begin() + static_cast<std::ptrdiff_t>(segment.read), n, into.begin() + static_cast<std::ptrdiff_t>(done));
      segment.read += n;
      done += n;
      if (segment.read == segment.bytes.size()) pipe->segments.pop_front();
    }
    pipe->held -= done;
    pipe->changed.notify_all();
    if (done == 0) co_return fail(Errc::Closed, "the other side closed the stream");
    co_return done;
  }

  Task<Status> wait_readable(MonoTime deadline) override {
    const auto pipe = in_;
    SimClock& clock = pipe->network.clock();
    while (open_ && pipe->readable_at() > clock.now()) {
      if (clock.now() >= deadline) co_return fail(Errc::TimedOut, "the stream was silent for too long");
      co_await pipe->changed.wait(clock, std::min(deadline, pipe->readable_at()));
    }
    co_return Status{};
  }

  Task<Status> write(ByteView data, MonoTime deadline) override {
    const auto pipe = out_;
    SimClock& clock = pipe->network.clock();
    while (!data.empty()) {
      if (!open_) co_return fail(Errc::Cancelled, "the stream was closed");
      if (ended_ || (pipe->reader_gone && in_->readable_at() <= clock.now())) co_return fail(Errc::Closed, "the stream was closed");
      const std::size_t room = kWindow - std::min(kWindow, pipe->held);
      if (room == 0) {
        if (clock.now() >= deadline) co_return fail(Errc::TimedOut, "the stream did not take more for too long");
        co_await pipe->changed.wait(clock, deadline);
        continue;
      }
      const auto part = data.first(std::min(room, data.size()));
      pipe->send(Bytes(part.begin(), part.end()), false);
      data = data.subspan(part.size());
    }
    co_return Status{};
  }

  Task<Status> send_file(int, std::uint64_t, std::uint64_t, MonoTime) override {
    co_return fail(Errc::Unsupported, "a stream in memory sends no files");
  }
  void shutdown_write() override {
    if (!ended_) out_->send({}, true);
    ended_ = true;
  }
  void close() override { end(); }
  bool is_open() const noexcept override { return open_; }
  Endpoint remote() const override { return remote_; }
  Endpoint local() const override { return local_; }

 private:
  void end() {
    if (!open_) return;
    shutdown_write();
    open_ = false;
    in_->reader_gone = true;
    in_->segments.clear();
    in_->held = 0;
    in_->changed.notify_all();
    out_->changed.notify_all();
  }

  std::shared_ptr<SimNetwork::Pipe> in_;
  std::shared_ptr<SimNetwork::Pipe> out_;
  Endpoint local_;
  Endpoint remote_;
  bool open_ = true;
  bool ended_ = false;
};

class SimListener final : public net::Listener {
 public:
  SimListener(SimNetwork& network, std::shared_ptr<SimNetwork::Door> door, Endpoint at)
      : network_(network), door_(std::move(door)), at_(at) {}
  ~SimListener() override { close(); }
  SimListener(const SimListener&) = delete;
  SimListener& operator=(const SimListener&) = delete;
  Task<Result<std::unique_ptr<net::ByteStream>>> accept() override {
    const auto door = door_;
    while (door->waiting.empty()) {
      if (door->closed) co_return fail(Errc::Cancelled, "the listener was closed");
      co_await door->changed.wait(network_.clock(), kNever);
    }
    auto stream = std::move(door->waiting.front());
    door->waiting.pop_front();
    co_return stream;
  }
  Endpoint local() const override { return at_; }
  void close() override {
    door_->closed = true;
    door_->waiting.clear();
    door_->changed.notify_all();
  }

 private:
  SimNetwork& network_;
  std::shared_ptr<SimNetwork::Door> door_;
  Endpoint at_;
};

class SimDialer final : public net::Dialer {
 public:
  SimDialer(SimNetwork& network, const IpAddress& host) : network_(network), host_(host) {}
  Task<Result<std::unique_ptr<net::ByteStream>>> connect(Endpoint to, MonoTime deadline) override {
    SimNetwork& network = network_;
    const IpAddress host = host_;
    const std::uint64_t number = ++network.connects_;
    const MonoTime answered = network.clock().now() + 2 * network.latency(host, to.address);
    co_await network.clock().sleep_until(std::min(answered, deadline));
    if (!network.hear_each_other(host, to.address)) {
      co_await network.clock().sleep_until(deadline);
      co_return fail(Errc::TimedOut, "nobody answered");
    }
    if (answered > deadline) co_return fail(Errc::TimedOut, "nobody answered in time");
    const auto found = network.doors_.find(to);
    const auto door = found == network.doors_.end() ? nullptr : found->second.lock();
    if (!door || door->closed || door->waiting.size() >= 128) co_return fail(Errc::Offline, "the connection was refused");
    const Endpoint from{host, network.next_port_};
    network.next_port_ = network.next_port_ == 60'000 ? std::uint16_t{20'000} : static_cast<std::uint16_t>(network.next_port_ + 1);
    auto forth = std::make_shared<SimNetwork::Pipe>(network, host, to.address, mixed(network.seed_, number * 2));
    auto back = std::make_shared<SimNetwork::Pipe>(network, to.address, host, mixed(network.seed_, number * 2 + 1));
    if (network.pipes_.size() >= network.tidy_at_) {
      std::erase_if(network.pipes_, [](const auto& pipe) { return pipe.expired(); });
      network.tidy_at_ = 256 + 2 * network.pipes_.size();
    }
    network.pipes_.push_back(forth);
    network.pipes_.push_back(back);
    door->waiting.push_back(std::make_unique<SimStream>(forth, back, to, from));
    door->changed.notify_all();
    co_return std::make_unique<SimStream>(back, forth, from, to);
  }
  Task<Result<IpAddress>> resolve(std::string host, MonoTime) override {
    const auto address = IpAddress::parse(host);
    if (!address) co_return fail(Errc::NotFound, "there are no names in this network");
    co_return *address;
  }

 private:
  SimNetwork& network_;
  IpAddress host_;
};

SimNetwork::SimNetwork(IoContext& context, SimClock& clock, std::uint64_t seed, SimWeather weather)
    : context_(context), clock_(clock), seed_(seed), weather_(weather) {}
SimNetwork::~SimNetwork() = default;

std::unique_ptr<net::Dialer> SimNetwork::dialer_of(const IpAddress& host) { return std::make_unique<SimDialer>(*this, host); }

Result<std::unique_ptr<net::Listener>> SimNetwork::listen(Endpoint at) {
  const auto present = doors_[at].lock();
  if (present && !present->closed) return fail(Errc::Conflict, "the port is in use");
  auto door = std::make_shared<Door>();
  doors_[at] = door;
  return std::make_unique<SimListener>(*this, std::move(door), at);
}

Duration SimNetwork::latency(const IpAddress& a, const IpAddress& b) const {
  const std::uint64_t lot = mixed(seed_, number_of(std::min(a, b)) * 31 + number_of(std::max(a, b)));
  const auto span = static_cast<std::uint64_t>((weather_.most_latency - weather_.least_latency).count());
  return weather_.least_latency + Duration(static_cast<Duration::rep>(span == 0 ? 0 : lot % span));
}

bool SimNetwork::hear_each_other(const IpAddress& a, const IpAddress& b) const {
  if (groups_.empty()) return true;
  const auto group = [&](const IpAddress& host) {
    const auto found = groups_.find(host);
    return found == groups_.end() ? 0 : found->second;
  };
  return group(a) == group(b);
}

void SimNetwork::partition(const std::map<IpAddress, int>& groups) {
  groups_ = groups;
  wake_pipes();
}

void SimNetwork::heal() {
  groups_.clear();
  wake_pipes();
}

void SimNetwork::lose_power(const IpAddress& host) {
  for (const auto& weak : pipes_) {
    const auto pipe = weak.lock();
    if (pipe && (pipe->from == host || pipe->to == host)) pipe->cut = true;
  }
  for (auto& [at, weak] : doors_) {
    const auto door = weak.lock();
    if (door && at.address == host) {
      door->closed = true;
      door->changed.notify_all();
    }
  }
}

void SimNetwork::wake_pipes() {
  for (const auto& weak : pipes_) {
    if (const auto pipe = weak.lock()) pipe->changed.notify_all();
  }
}

}  // namespace soulfabric::testing
