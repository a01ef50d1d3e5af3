// SPDX-License-Identifier: GPL-3.0-or-later
// The near side: a tunnel to a target of another node, straight or through a third.
#include <array>

#include "soulfabric/net/tls_stream.hpp"
#include "tunnels_impl.hpp"

namespace soulfabric::relay {
namespace {

/// A tunnel in the hands of its user: counts what goes through, ends with its place in the book.
class NearStream final : public net::ByteStream {
 public:
  NearStream(IoClock& clock, std::unique_ptr<net::ByteStream> inner, std::shared_ptr<BookPlace> place)
      : clock_(clock), inner_(std::move(inner)), place_(std::move(place)) {}
  ~NearStream() override { place_->entry()->close = nullptr; }
  NearStream(const NearStream&) = delete;
  NearStream& operator=(const NearStream&) = delete;

  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override {
    const auto entry = place_->entry();
    auto got = co_await inner_->read_some(into, deadline);
    if (!got) co_return got;
    entry->bytes_in += *got;
    entry->moved = clock_.now();
    co_return got;
  }
  Task<Status> wait_readable(MonoTime deadline) override { return inner_->wait_readable(deadline); }
  Task<Status> write(ByteView data, MonoTime deadline) override {
    const auto entry = place_->entry();
    auto written = co_await inner_->write(data, deadline);
    if (!written) co_return written;
    entry->bytes_out += data.size();
    entry->moved = clock_.now();
    co_return written;
  }
  Task<Status> send_file(int file, std::uint64_t from, std::uint64_t count, MonoTime deadline) override {
    return inner_->send_file(file, from, count, deadline);
  }
  void limit_unsent(int bytes) override { inner_->limit_unsent(bytes); }
  void shutdown_write() override {
    half();
    inner_->shutdown_write();
  }
  Task<Status> finish(MonoTime deadline) override {
    half();
    return inner_->finish(deadline);
  }
  void close() override {
    place_->entry()->state = TunnelState::Closing;
    inner_->close();
  }
  bool is_open() const noexcept override { return inner_->is_open(); }
  Endpoint remote() const override { return inner_->remote(); }
  Endpoint local() const override { return inner_->local(); }

 private:
  void half() { place_->entry()->state = TunnelState::HalfClosed; }
  IoClock& clock_;
  std::unique_ptr<net::ByteStream> inner_;
  std::shared_ptr<BookPlace> place_;
};

/// What the other side's no means to the user.
Error error_for(TunnelAnswer answer) {
  switch (answer) {
    case TunnelAnswer::Open: break;
    case TunnelAnswer::Refused:
      return {Errc::Forbidden,
              "The other node lets no tunnel in for this one; its operator gives the right tunnel_targets and names the targets."};
    case TunnelAnswer::Busy: return {Errc::Busy, "The other node has as many tunnels as it allows; close one or try again later."};
    case TunnelAnswer::Down: return {Errc::Offline, "What the tunnel leads to does not answer; see that it runs."};
    case TunnelAnswer::Loop: return {Errc::Forbidden, "The tunnel would lead back to where it came from; choose another node."};
  }
  return {Errc::Malformed, "The other node's answer makes no sense; it may run another version."};
}

TunnelRefusal refusal_of(const Error& error) noexcept {
  switch (error.code) {
    case Errc::RateLimited: return TunnelRefusal::Rate;
    case Errc::Busy: return TunnelRefusal::PerPeer;
    case Errc::Unauthorized: return TunnelRefusal::Identity;
    case Errc::Forbidden:
    case Errc::Rejected: return TunnelRefusal::NoRight;
    case Errc::NotFound: return TunnelRefusal::Target;
    default: return TunnelRefusal::Down;
  }
}

}  // namespace

Task<Result<mesh::StreamPtr>> TunnelsImpl::call(PeerId to, std::string method, Bytes payload, guard::Origin origin, MonoTime deadline) {
  auto tunnel = deps_.guard.try_permit<guard::TunnelStream>({origin, guard::Subject::node()});
  if (!tunnel) co_return std::unexpected(tunnel.error());
  auto permit = deps_.guard.try_permit<guard::MeshCall>({origin, guard::Subject::node()});
  if (!permit) co_return std::unexpected(permit.error());
  fabric::CallOptions options;
  options.to = to;
  options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - deps_.clock.now());
  auto stream = co_await deps_.fabric.open(std::move(*permit), std::string(kTunnelService), std::move(method), std::move(payload),
                                           std::move(options));
  if (stream) tunnel->spend();
  co_return stream;
}

Task<Status> TunnelsImpl::hear(net::ByteStream& stream, MonoTime deadline) {
  std::array<std::uint8_t, 1> word{};
  const auto got = co_await net::read_exactly(stream, word, deadline);
  if (!got && got.error().code == Errc::TimedOut) co_return fail(Errc::TimedOut, "The other node did not answer in time.");
  if (!got) co_return fail(Errc::Offline, "The other node went away before it answered.");
  const auto answer = tunnel_answer(word[0]);
  if (!answer) co_return fail(Errc::Malformed, "The other node's answer makes no sense; it may run another version.");
  if (*answer == TunnelAnswer::Open) co_return Status{};
  co_return std::unexpected(error_for(*answer));
}

Task<Result<std::unique_ptr<net::ByteStream>>> TunnelsImpl::reach(Wish wish, MonoTime deadline) {
  const PeerId first = wish.via.value_or(wish.peer);
  Bytes question = wish.via ? fabric::encode(RelayQuestion{wish.peer}) : fabric::encode(OpenQuestion{wish.target});
  std::string method = wish.via ? "Relay" : "Open";
  auto stream = co_await call(first, std::move(method), std::move(question), guard::Origin::UserLocal, deadline);
  if (!stream) co_return std::unexpected(std::move(stream).error());
  const auto heard = co_await hear(**stream, deadline);
  if (!heard) co_return std::unexpected(heard.error());
  if (!wish.via) co_return std::move(*stream);
  net::TlsStreamOptions client;
  client.expected = wish.peer;
  auto inner = co_await net::start_tls(scope_, deps_.clock, std::move(*stream), deps_.identity, client, deadline);
  if (!inner) co_return std::unexpected(std::move(inner).error());
  const Bytes hello = encode_hello(wish.target);
  const auto said = co_await (*inner)->write(hello, deadline);
  if (!said) co_return std::unexpected(said.error());
  const auto let_in = co_await hear(**inner, deadline);
  if (!let_in) co_return std::unexpected(let_in.error());
  co_return std::move(*inner);
}

Task<Result<std::unique_ptr<net::ByteStream>>> TunnelsImpl::open_wish(Wish wish, MonoTime deadline) {
  const PeerId self = deps_.links.self();
  if (wish.peer == self || wish.via == self || wish.via == wish.peer) {
    refused(TunnelRefusal::Loop);
    co_return fail(Errc::Forbidden, "A tunnel leads to another node, through a third one at most; name other nodes.");
  }
  if (deps_.peers.is_revoked(wish.peer)) {
    refused(TunnelRefusal::Identity);
    co_return fail(Errc::Forbidden, "The owner of this id gave its key up as stolen; ask for the new id and name that in its place.");
  }
  if (!is_target_name(wish.target))
    co_return fail(Errc::NotFound, "The name of a target has lower-case letters, digits and hyphens; check it.");
  if (wish.via && deps_.identity == nullptr) co_return fail(Errc::Forbidden, "This node has no identity for tunnels through others.");
  if (book_.refuses(TunnelSide::Near, wish.peer)) {
    refused(TunnelRefusal::PerPeer);
    co_return fail(Errc::Busy, "There are as many tunnels to this node as may be; close one or try again later.");
  }
  TunnelEntry wanted;
  wanted.peer = wish.peer;
  wanted.via = wish.via;
  wanted.target = wish.target;
  wanted.forward = wish.forward;
  auto place = enter(std::move(wanted));
  auto stream = co_await reach(std::move(wish), deadline);
  if (!stream) {
    refused(refusal_of(stream.error()));
    Error error = std::move(stream).error();
    if (error.code == Errc::Unauthorized)
      error = {Errc::Forbidden, "At the other end is not the node that was asked for; the one between may be at fault."};
    if (error.code == Errc::Rejected) error = error_for(TunnelAnswer::Refused);
    co_return std::unexpected(std::move(error));
  }
  const auto entry = place->entry();
  entry->state = TunnelState::Open;
  entry->moved = deps_.clock.now();
  net::ByteStream* const inner = stream->get();
  entry->close = [inner] { inner->close(); };
  co_return std::make_unique<NearStream>(deps_.clock, std::move(*stream), std::move(place));
}

Task<Result<std::unique_ptr<net::ByteStream>>> TunnelsImpl::open(PeerId peer, std::string target, std::optional<PeerId> via,
                                                                 MonoTime deadline) {
  Wish wish{peer, std::move(target), via, {}};
  co_return co_await open_wish(std::move(wish), deadline);
}

}  // namespace soulfabric::relay
