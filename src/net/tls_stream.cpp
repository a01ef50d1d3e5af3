// SPDX-License-Identifier: GPL-3.0-or-later
// Plain text in, records out. Buffers exist only while bytes are on their way, so an idle stream holds none.
#include "soulfabric/net/tls_stream.hpp"

#include <algorithm>

namespace soulfabric::net {
namespace {

constexpr std::size_t kWireStep = 64 * 1024;   // read from below at a time
constexpr std::size_t kPlainStep = 64 * 1024;  // encrypted and written at a time
constexpr std::size_t kHandshakeStep = 4 * 1024;
constexpr std::chrono::seconds kGoodbyeTime{10};  // for it to leave in the background

struct Core {
  Core(IoClock& clock_in, std::unique_ptr<ByteStream> below_in, TlsSession session_in)
      : clock(clock_in), below(std::move(below_in)), session(std::move(session_in)) {}

  [[nodiscard]] bool has_wire() const noexcept { return wire_from < wire.size(); }
  void drop_used() {
    if (has_wire()) return;
    Bytes().swap(wire);
    wire_from = 0;
  }
  /// What waits in memory, without waiting. 0: more is needed from below.
  [[nodiscard]] Result<std::size_t> take(MutableByteView into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
      ByteView rest = ByteView(wire).subspan(std::min(wire_from, wire.size()));
      auto got = session.read(rest, into.subspan(filled));
      wire_from = wire.size() - rest.size();
      if (!got && filled == 0) return got;
      if (!got || *got == 0) break;
      filled += *got;
    }
    more = filled == into.size();
    drop_used();
    return filled;
  }
  /// All that there was is used up: the library keeps what is less than a record.
  [[nodiscard]] Task<Status> fill(MonoTime deadline) {
    const auto ready = co_await below->wait_readable(deadline);
    if (!ready) co_return ready;
    wire.resize(kWireStep);
    wire_from = 0;
    const auto got = co_await below->read_some(wire, deadline);
    wire.resize(got.value_or(0));
    if (got) co_return Status{};
    if (got.error().code == Errc::Closed) co_return fail(Errc::Io, "The connection was cut off in the middle.");
    co_return std::unexpected(got.error());
  }
  [[nodiscard]] Task<Status> flush(MonoTime deadline) {
    const ByteView pending = session.pending();
    const Bytes out(pending.begin(), pending.end());
    session.sent(out.size());
    if (out.empty()) co_return Status{};
    co_return co_await below->write(out, deadline);
  }

  IoClock& clock;
  std::unique_ptr<ByteStream> below;
  TlsSession session;
  Bytes wire;  // read from below, not yet used
  std::size_t wire_from = 0;
  bool more = false;       // the last read filled all it was given
  bool finishing = false;  // the goodbye is on its way, or has left
};

Task<Status> say_goodbye(std::shared_ptr<Core> core, MonoTime deadline) {
  core->session.close();
  auto sent = co_await core->flush(deadline);
  if (sent) sent = co_await core->below->finish(deadline);
  co_return sent;
}

Task<void> say_goodbye_aside(std::shared_ptr<Core> core) {
  const MonoTime deadline = core->clock.now() + kGoodbyeTime;
  co_await say_goodbye(std::move(core), deadline);
}

class Stream final : public TlsStream {
 public:
  Stream(TaskScope& scope, std::shared_ptr<Core> core, PeerId peer) : scope_(scope), core_(std::move(core)), peer_(peer) {}
  ~Stream() override {
    if (!core_->finishing) core_->below->close();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override {
    const auto core = core_;
    for (;;) {
      const auto got = core->take(into);
      if (!got || *got > 0 || into.empty()) co_return got;
      if (core->session.ended()) co_return fail(Errc::Closed, "The other side ended the connection.");
      const auto filled = co_await core->fill(deadline);
      if (!filled) co_return std::unexpected(filled.error());
    }
  }
  Task<Status> wait_readable(MonoTime deadline) override {
    const auto core = core_;
    if (core->more || core->has_wire() || core->session.ended()) co_return Status{};
    co_return co_await core->below->wait_readable(deadline);
  }
  Task<Status> write(ByteView data, MonoTime deadline) override {
    const auto core = core_;
    Bytes out;
    while (!data.empty()) {
      const ByteView part = data.first(std::min(data.size(), kPlainStep));
      out.clear();
      const auto encrypted = core->session.write(part, out);
      if (!encrypted) co_return encrypted;
      auto written = co_await core->below->write(out, deadline);
      if (!written) co_return written;
      data = data.subspan(part.size());
    }
    co_return Status{};
  }
  Task<Status> send_file(int, std::uint64_t, std::uint64_t, MonoTime) override {
    co_return fail(Errc::Unsupported, "An encrypted stream sends no files by itself.");
  }
  void limit_unsent(int bytes) override { core_->below->limit_unsent(bytes); }
  void shutdown_write() override {
    if (std::exchange(core_->finishing, true)) return;
    if (!scope_.spawn("goodbye", say_goodbye_aside(core_))) core_->below->close();
  }
  Task<Status> finish(MonoTime deadline) override {
    if (std::exchange(core_->finishing, true)) co_return Status{};
    co_return co_await say_goodbye(core_, deadline);
  }
  void close() override { core_->below->close(); }
  bool is_open() const noexcept override { return core_->below->is_open(); }
  Endpoint remote() const override { return core_->below->remote(); }
  Endpoint local() const override { return core_->below->local(); }
  const PeerId& peer() const noexcept override { return peer_; }

 private:
  TaskScope& scope_;
  std::shared_ptr<Core> core_;
  PeerId peer_;
};

Task<Status> handshake(Core& core, MonoTime deadline) {
  Bytes part(kHandshakeStep);
  for (;;) {
    const auto flushed = co_await core.flush(deadline);
    if (!flushed || core.session.established()) co_return flushed;
    const auto got = co_await core.below->read_some(part, deadline);
    if (!got) co_return std::unexpected(got.error());
    const auto fed = core.session.feed(ByteView(part).first(*got));
    if (fed) continue;
    co_await core.flush(deadline);  // the alert
    co_return fed;
  }
}

}  // namespace

Task<Result<std::unique_ptr<TlsStream>>> start_tls(TaskScope& scope, IoClock& clock, std::unique_ptr<ByteStream> below,
                                                   std::shared_ptr<const TlsIdentity> identity, TlsStreamOptions options,
                                                   MonoTime deadline) {
  const auto core = std::make_shared<Core>(clock, std::move(below), TlsSession(std::move(identity), options.side, options.expected));
  const auto shaken = co_await handshake(*core, deadline);
  if (!shaken) {
    core->below->close();
    co_return std::unexpected(shaken.error());
  }
  co_return std::make_unique<Stream>(scope, core, *core->session.peer());
}

}  // namespace soulfabric::net
