// SPDX-License-Identifier: GPL-3.0-or-later
// Moves bytes between the socket and the machine, and tells streams what happened to them.
#include "link.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

#include "link_stream.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::size_t kWriteStep = 128 * 1024;     // bytes handed to the socket at once: what a call may have before it
constexpr std::size_t kBulk = 32 * 1024;           // from here on one call of the system for more is worth a turn of the loop
constexpr std::chrono::seconds kNameTime{10};      // from the opening of a stream to its first byte
constexpr std::chrono::seconds kLastWords{1};      // for the reason of an end to leave

Status given_up() { return fail(Errc::Cancelled, "The connection was given up."); }

}  // namespace

Link::Link(LinkHost& host, std::unique_ptr<net::ByteStream> stream, Direction direction, LinkMachine machine)
    : host_(&host),
      clock_(host.clock()),
      stream_(std::move(stream)),
      direction_(direction),
      machine_(std::move(machine)),
      remote_(stream_->remote()),
      local_(stream_->local()),
      started_(clock_.now()) {
  stream_->limit_unsent(static_cast<int>(SendPace::kLeast));
}

Link::~Link() = default;

Status Link::take(ByteView wire) {
  bytes_in_ += wire.size();
  return machine_.receive(wire, host_->scratch(), clock_.now());
}

Task<Status> Link::flush(MonoTime deadline) {
  if (over_) co_return given_up();
  auto buffer = host_->buffers().borrow_empty();
  Bytes& out = buffer.bytes();
  machine_.produce(out, host_->scratch(), kWriteStep, clock_.now());
  if (out.empty()) co_return Status{};
  bytes_out_ += out.size();
  auto written = co_await stream_->write(out, deadline);
  co_return written;
}

Task<Status> Link::handshake(MonoTime deadline) {
  for (;;) {
    auto flushed = co_await flush(deadline);
    if (!flushed) co_return flushed;
    if (machine_.phase() == LinkPhase::Proven) break;
    auto readable = co_await stream_->wait_readable(deadline);
    if (!readable || over_) co_return readable ? given_up() : readable;
    auto buffer = host_->buffers().borrow_full();
    auto got = co_await stream_->read_some(buffer.bytes(), deadline);
    if (!got || over_) co_return got ? given_up() : std::unexpected(std::move(got).error());
    auto taken = take(ByteView(buffer.bytes()).first(*got));
    if (taken) continue;
    co_await flush(deadline);  // the alert
    co_return taken;
  }
  const auto key = machine_.peer_key();
  if (!key) co_return fail(Errc::Unauthorized, "The other side did not prove who it is.");
  peer_ = PeerId::of(*key);
  co_return Status{};
}

Task<void> Link::turn_away(MonoTime deadline) {
  machine_.refuse();
  co_await flush(deadline);
  stream_->close();
}

void Link::start() {
  started_ = clock_.now();
  running_ = true;
  machine_.admit(started_);
  host_->scope().spawn("link reader", read_loop(shared_from_this()));
  if (over_) return;  // the other side was gone before the reader had to wait
  host_->scope().spawn("link writer", write_loop(shared_from_this()));
  pump();
}

Task<void> Link::read_loop(std::shared_ptr<Link> self) {
  bool more = false;
  for (;;) {
    if (!more) {
      const auto readable = co_await stream_->wait_readable(kNever);
      if (!readable) co_return end(readable.error());
    }
    if (over_) co_return;
    auto buffer = host_->buffers().borrow_full();
    auto got = co_await stream_->read_some(buffer.bytes(), kNever);
    if (over_) co_return;
    if (!got) co_return end(std::move(got).error());
    more = *got == buffer.bytes().size();
    auto taken = take(ByteView(buffer.bytes()).first(*got));
    pump();
    heard_.notify_all();
    if (over_) co_return;
    if (taken) continue;
    if (machine_.is_finished()) co_return end(std::move(taken).error());  // all was said
    failed_ = std::move(taken).error();  // the writer tells the other side and ends the link
    failed_at_ = clock_.now();
    to_send_.notify_all();
    host_->wake();
    co_return;
  }
}

Task<void> Link::write_loop(std::shared_ptr<Link> self) {
  for (;;) {
    while (!over_ && !failed_ && !machine_.wants_to_send()) co_await to_send_.wait(clock_, kNever);
    if (over_) co_return;
    auto buffer = host_->buffers().borrow_empty();
    Bytes& out = buffer.bytes();
    machine_.produce(out, host_->scratch(), kWriteStep, clock_.now());
    pump();
    if (out.size() >= kBulk && out.size() < kWriteStep && !failed_) {  // who writes that much has the next frame ready at once
      co_await boost::asio::post(host_->scope().context(), kAwait);
      if (over_) co_return;
      machine_.produce(out, host_->scratch(), kWriteStep, clock_.now());
      pump();
    }
    bytes_out_ += out.size();
    const auto written = co_await stream_->write(out, kNever);
    if (over_) co_return;
    if (!written) co_return end(written.error());
    if (failed_) co_return end(*failed_);
    if (const auto limit = pace_.sent(out.size(), clock_.now())) stream_->limit_unsent(static_cast<int>(*limit));
    if (!machine_.is_finished()) continue;
    stream_->shutdown_write();  // the reader waits for the other side to do the same
    co_return;
  }
}

void Link::kick() {
  if (!machine_.wants_to_send()) return;
  to_send_.notify_all();
}

void Link::pump() {
  while (const auto event = machine_.next_event()) {
    const auto found = ends_.find(event->stream);
    StreamEnd* end = found == ends_.end() ? nullptr : found->second.get();
    switch (event->kind) {
      case MuxEventKind::Opened:
        if (may_grow_) nameless_.emplace(event->stream, clock_.now());
        if (!may_grow_) machine_.streams().forget(event->stream);  // others hold all the memory there is for this
        break;
      case MuxEventKind::Readable:
        if (end != nullptr) end->readable.notify_all();
        if (end == nullptr) name_stream(event->stream);
        break;
      case MuxEventKind::Writable:
        if (end != nullptr) end->writable.notify_all();
        break;
      case MuxEventKind::Accepted: accepted_.notify_all(); break;
      case MuxEventKind::Reset:
        if (end != nullptr) {
          end->readable.notify_all();
          end->writable.notify_all();
        } else if (nameless_.erase(event->stream) > 0) {
          machine_.streams().forget(event->stream);
        }
        accepted_.notify_all();
        break;
      case MuxEventKind::GoAway:
        if (host_ != nullptr) host_->leaving(*this);
        leave();
        break;
      case MuxEventKind::Pong: break;
    }
  }
  account();
  kick();
}

void Link::name_stream(StreamId id) {
  if (nameless_.erase(id) == 0) return;
  std::uint8_t first = 0;
  const auto got = machine_.streams().read(id, {&first, 1});
  const auto protocol = static_cast<Protocol>(first);
  if (host_ == nullptr || !got || *got == 0 || !host_->knows(protocol)) {
    machine_.streams().reset(id);
    machine_.streams().forget(id);
    return;
  }
  host_->accept_stream(make_stream(id, protocol));
}

void Link::account() {
  if (host_ == nullptr) return;
  const std::uint64_t unread = machine_.streams().unread();
  if (unread == counted_ && may_grow_) return;
  may_grow_ = host_->account_unread(static_cast<std::int64_t>(unread) - static_cast<std::int64_t>(counted_), unread);
  counted_ = unread;
  machine_.streams().allow_growth(may_grow_);
}

StreamPtr Link::make_stream(StreamId id, Protocol protocol) {
  auto end = std::make_shared<StreamEnd>(shared_from_this(), id, protocol);
  ends_.emplace(id, end);
  return make_link_stream(std::move(end));
}

Result<StreamPtr> Link::open(Protocol protocol) {
  if (over_ || host_ == nullptr) return fail(Errc::Unavailable, "The link was closed.");
  auto id = machine_.streams().open();
  if (!id) return std::unexpected(std::move(id).error());
  const auto first = static_cast<std::uint8_t>(protocol);
  const auto written = machine_.streams().write(*id, {&first, 1});
  if (!written) return std::unexpected(written.error());
  kick();
  return make_stream(*id, protocol);
}

void Link::leave() {
  machine_.leave(clock_.now());
  kick();
  if (host_ != nullptr) host_->wake();
}

void Link::probe() {
  machine_.probe(clock_.now());
  kick();
}

void Link::end(Error reason) {
  if (over_) return;
  over_ = true;
  const auto self = shared_from_this();
  stream_->close();
  to_send_.notify_all();
  heard_.notify_all();
  accepted_.notify_all();
  for (const auto& [id, end] : ends_) {
    end->readable.notify_all();
    end->writable.notify_all();
  }
  LinkHost* host = std::exchange(host_, nullptr);
  (void)host->account_unread(-static_cast<std::int64_t>(counted_), 0);
  if (running_) host->ended(*this, reason);
}

void Link::tick(MonoTime now) {
  if (over_) return;
  if (failed_ && now >= failed_at_ + kLastWords) return end(*failed_);
  if (auto alive = machine_.tick(now); !alive) return end(std::move(alive).error());
  std::erase_if(nameless_, [&](const auto& entry) {
    if (entry.second + kNameTime > now) return false;
    machine_.streams().forget(entry.first);
    return true;
  });
  kick();
}

MonoTime Link::due() const noexcept { return failed_ ? failed_at_ + kLastWords : machine_.due(); }

LinkInfo Link::info() const {
  LinkInfo info;
  info.peer = peer_;
  info.key = machine_.peer_key().value_or(PublicKey{});
  info.direction = direction_;
  info.remote = remote_;
  info.age = stood();
  info.round_trip = machine_.round_trip();
  info.bytes_in = bytes_in_;
  info.bytes_out = bytes_out_;
  info.streams = ends_.size();
  return info;
}

Result<std::size_t> Link::read(StreamEnd& end, MutableByteView into) {
  auto got = machine_.streams().read(end.id, into);
  if (got && *got > 0) {
    account();
    kick();
    return got;
  }
  if (got && over_) return fail(Errc::Io, "The link to the peer broke.");
  if (!got && got.error().code != Errc::Closed) return fail(Errc::Io, "The other side broke the stream off.");
  return got;
}

Result<std::size_t> Link::write(StreamEnd& end, ByteView bytes) {
  if (over_) return fail(Errc::Io, "The link to the peer broke.");
  auto taken = machine_.streams().write(end.id, bytes);
  kick();
  return taken;
}

void Link::finish(StreamEnd& end) {
  machine_.streams().finish(end.id);
  kick();
}

void Link::reset(StreamEnd& end) {
  machine_.streams().reset(end.id);
  account();
  kick();
}

void Link::forget(StreamEnd& end) {
  machine_.streams().forget(end.id);
  ends_.erase(end.id);
  account();
  kick();
}

}  // namespace soulfabric::mesh
