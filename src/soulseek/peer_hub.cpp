// SPDX-License-Identifier: GPL-3.0-or-later
// Accepting and reaching peers.
#include "peer_hub.hpp"

#include <algorithm>

#include "peer_race.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kInitBlock = 4096;
constexpr std::size_t kMaxName = 256;  // protocol note, section 5
constexpr std::size_t kMaxRaces = 4096;

bool is_plausible_name(const std::string& name, const std::string& own) {
  if (name.empty() || name.size() > kMaxName || name == own || name == "server") return false;
  return std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

PeerHub::PeerHub(IoContext& context, IoClock& clock, Random& random, net::Dialer& dialer, guard::Guard& guard, ServerSession& server,
                 WorkerPool& workers, PeerHubOptions options)
    : clock_(clock),
      random_(random),
      dialer_(dialer),
      guard_(guard),
      server_(server),
      workers_(workers),
      options_(options),
      scope_(context, "peers") {}

void PeerHub::start() { scope_.spawn("listener", listen_loop()); }

Task<void> PeerHub::stop() {
  close_all();
  if (listener_) listener_->close();
  co_await scope_.close();
}

void PeerHub::set_listen(Endpoint at) {
  options_.listen = at;
  if (listener_) listener_->close();
  listen_changed_.notify_all();
}

std::uint16_t PeerHub::listen_port() const noexcept { return listener_ ? listener_->local().port : std::uint16_t{0}; }

Task<void> PeerHub::listen_loop() {
  for (;;) {
    auto opened = net::listen_tcp(scope_.context(), clock_, options_.listen);
    if (!opened) {
      if (listen_problem_ != opened.error().message) log::warning("soulseek", opened.error().message);
      listen_problem_ = opened.error().message;
      server_.set_listen_port(0);
      co_await listen_changed_.wait(clock_, clock_.now() + options_.times.listen_again);
      continue;
    }
    listener_ = std::move(*opened);
    listen_problem_.reset();
    server_.set_listen_port(listener_->local().port);
    for (;;) {
      auto stream = co_await listener_->accept();
      if (!stream && stream.error().code == Errc::Cancelled) break;
      if (!stream) {  // out of descriptors, most likely: give others time to close some
        co_await clock_.sleep_for(std::chrono::milliseconds(200));
        continue;
      }
      auto slot = guard_.accept((*stream)->remote().address);
      if (slot) scope_.spawn("accept", accept_one(std::move(*stream), std::move(*slot)));
    }
    listener_.reset();
    if (scope_.closing()) co_return;
  }
}

Task<void> PeerHub::accept_one(std::unique_ptr<net::ByteStream> stream, guard::ConnectionSlot slot) {
  PeerConnection connection;
  connection.remote = stream->remote();
  connection.stream = make_held_stream(std::move(stream), std::move(slot), {});
  connection.reader.switch_to(wire::FrameKind::Init);
  connection.incoming = true;
  const auto deadline = clock_.now() + options_.times.init;
  std::optional<wire::InitMessage> init;
  while (!init) {
    const auto frame = connection.reader.next();
    if (!frame) {
      charge(connection, guard::Violation::InvalidMessage);
      co_return;
    }
    if (*frame) {
      const auto message = wire::decode_init((*frame)->code, (*frame)->body);
      if (!message || std::holds_alternative<wire::Unknown>(*message)) co_return;
      init = *message;
      break;
    }
    const auto room = connection.reader.prepare(kInitBlock);
    const auto got = co_await connection.stream->read_some(room, deadline);
    if (!got) co_return;
    connection.reader.commit(*got);
  }
  if (const auto* pierce = std::get_if<wire::init::PierceFireWall>(&*init)) {
    pierced(pierce->token, std::move(connection));
    co_return;
  }
  const auto& peer = std::get<wire::init::PeerInit>(*init);
  if (!server_.logged_in() || !is_plausible_name(peer.user, server_.username())) co_return;
  if (!guard_.admit(guard::Subject::user(peer.user), connection.remote.address)) co_return;
  connection.username = peer.user;
  connection.address_checked = is_checked(peer.user, connection.remote.address);
  adopt(std::move(connection), peer.type);
}

void PeerHub::adopt(PeerConnection connection, const std::string& type) {
  if (type == wire::kPeerType) {
    connection.reader.switch_to(wire::FrameKind::Peer);
    add_link(std::move(connection));
  } else if (type == wire::kFileType) {
    hand_over_file(std::move(connection));
  } else if (type == wire::kDistributedType) {
    connection.reader.switch_to(wire::FrameKind::Distributed);
    if (handlers_.distributed) handlers_.distributed(std::move(connection));
  }
}

void PeerHub::hand_over_file(PeerConnection connection) {
  FileConnection file;
  file.username = connection.username;
  file.remote = connection.remote;
  file.address_checked = connection.address_checked;
  file.stream = make_held_stream(std::move(connection.stream), {}, connection.reader.take_rest());
  if (handlers_.file) handlers_.file(std::move(file));
}

bool PeerHub::is_checked(const std::string& username, const IpAddress& address) const {
  const auto known = server_.known_address(username);
  return known && known->address == address;
}

bool PeerHub::may_dial(const Endpoint& to) const {
  if (to.port == 0 || to.address.is_unspecified()) return false;
  // A public server has no business sending us to our own machine or link (protocol note, section 5).
  const auto& server = server_.endpoint();
  const bool local_server = server && (server->address.is_loopback() || server->address.is_private());
  const bool link_local = to.address.is_v4() && to.address.bytes()[12] == 169 && to.address.bytes()[13] == 254;
  const bool this_network = to.address.is_v4() && to.address.bytes()[12] == 0;
  if (this_network) return false;
  return local_server || (!to.address.is_loopback() && !link_local);
}

void PeerHub::on_reply(const wire::ServerReply& reply) {
  if (const auto* wanted = std::get_if<wire::reply::ConnectToPeer>(&reply)) {
    scope_.spawn("answer", answer_connect(*wanted));
  } else if (const auto* refused = std::get_if<wire::reply::CantConnectToPeer>(&reply)) {
    const auto found = races_.find(refused->token);
    if (found == races_.end()) return;
    found->second->indirect_failed = true;
    found->second->changed.notify_all();
  }
}

Task<void> PeerHub::answer_connect(wire::reply::ConnectToPeer wanted) {
  const Endpoint to{wanted.ip, wire::port_of(wanted.port).value_or(0)};
  if (!is_plausible_name(wanted.user, server_.username()) || guard_.is_banned(guard::Subject::user(wanted.user)) || !may_dial(to)) co_return;
  guard_.prove(guard::Subject::user(wanted.user), to.address);
  // They wanted it, so it counts as theirs: no address gets more of us this way than by connecting itself.
  auto slot = guard_.accept(to.address);
  if (!slot) co_return;
  const auto deadline = clock_.now() + options_.times.connect;
  auto stream = co_await dialer_.connect(to, deadline);
  const Bytes pierce = wire::encode(wire::init::PierceFireWall{wanted.token});
  Status written;
  if (stream) written = co_await (*stream)->write(pierce, deadline);
  if (!stream || !written) {
    server_.send(wire::encode(wire::request::CantConnectToPeer{wanted.token, wanted.user}));
    co_return;
  }
  PeerConnection connection;
  connection.username = wanted.user;
  connection.remote = to;
  connection.stream = make_held_stream(std::move(*stream), std::move(*slot), {});
  connection.address_checked = true;
  connection.incoming = true;
  adopt(std::move(connection), wanted.type);
}

void PeerHub::pierced(std::uint32_t token, PeerConnection connection) {
  const auto found = races_.find(token);
  if (found == races_.end() || found->second->expires < clock_.now()) return;  // unknown or too late: closed
  const auto race = found->second;
  connection.username = race->username;
  connection.address_checked = true;  // the server passed our token to this user only
  connection.incoming = false;
  guard_.prove(guard::Subject::user(race->username), connection.remote.address);
  if (!race->won) {
    race->won = true;
    race->winner = std::move(connection);
    race->changed.notify_all();
    return;
  }
  // The direct way was quicker, but the peer may write on the newer connection.
  if (race->type == wire::kPeerType) adopt(std::move(connection), race->type);
}

Task<void> PeerHub::dial_direct(std::shared_ptr<Race> race, Endpoint to) {
  auto slot = guard_.connect(to.address);
  if (slot) {
    auto stream = co_await dialer_.connect(to, clock_.now() + options_.times.connect);
    if (stream && !race->won) {
      race->won = true;
      const Bytes init = wire::encode(wire::init::PeerInit{server_.username(), race->type, 0});
      const auto written = co_await (*stream)->write(init, clock_.now() + options_.times.write);
      if (written) {
        PeerConnection connection;
        connection.username = race->username;
        connection.remote = to;
        connection.stream = make_held_stream(std::move(*stream), std::move(*slot), {});
        connection.address_checked = true;
        guard_.prove(guard::Subject::user(race->username), to.address);
        race->winner = std::move(connection);
        race->changed.notify_all();
        co_return;
      }
      race->won = false;
    }
  }
  race->direct_failed = true;
  race->changed.notify_all();
}

Task<Result<PeerConnection>> PeerHub::reach(std::string username, std::string type, std::optional<Endpoint> at, MonoTime deadline) {
  if (!server_.logged_in()) co_return fail(Errc::Unavailable, "we are not logged in to the Soulseek server");
  if (username == server_.username()) co_return fail(Errc::InvalidArgument, "this is our own user name");
  if (guard_.is_banned(guard::Subject::user(username))) co_return fail(Errc::Banned, "this user is banned here");
  if (!at) {
    const auto address = co_await server_.address_of(username, deadline);
    if (!address) co_return std::unexpected(address.error());
    at = *address;
  }
  forget_old_races();
  if (races_.size() >= kMaxRaces) co_return fail(Errc::Busy, "too many connections are being made already");
  const auto race = std::make_shared<Race>();
  race->username = username;
  race->type = type;
  race->token = fresh_token();
  const auto until = std::min(deadline, clock_.now() + options_.times.indirect);
  race->expires = clock_.now() + options_.times.indirect;
  races_[race->token] = race;
  server_.send(wire::encode(wire::request::ConnectToPeer{race->token, username, type}));
  race->direct_failed = !may_dial(*at) || !scope_.spawn("direct", dial_direct(race, *at));
  while (!race->winner && !(race->direct_failed && race->indirect_failed) && server_.logged_in() && clock_.now() < until) {
    co_await race->changed.wait(clock_, until);
  }
  if (race->winner) {
    PeerConnection connection = std::move(*race->winner);
    race->winner.reset();
    co_return connection;
  }
  race->won = true;  // whoever comes later is too late
  races_.erase(race->token);
  if (race->direct_failed && race->indirect_failed) co_return fail(Errc::Offline, "the user cannot be reached, directly or through the server");
  co_return fail(Errc::TimedOut, "the user could not be reached in time, directly or through the server");
}

/// Whoever knows it is taken for the user we look for, so nobody may guess it from another one.
std::uint32_t PeerHub::fresh_token() {
  for (;;) {
    const std::uint32_t token = random_.u32();
    if (token != 0 && !races_.contains(token)) return token;
  }
}

void PeerHub::forget_old_races() {
  const auto now = clock_.now();
  std::erase_if(races_, [&](const auto& entry) { return entry.second->expires < now; });
}

Task<Result<FileConnection>> PeerHub::open_file(std::string username, MonoTime deadline) {
  auto reached = co_await reach(username, std::string(wire::kFileType), std::nullopt, deadline);
  if (!reached) co_return std::unexpected(reached.error());
  FileConnection file;
  file.username = std::move(username);
  file.remote = reached->remote;
  file.address_checked = reached->address_checked;
  file.stream = make_held_stream(std::move(reached->stream), {}, reached->reader.take_rest());
  co_return file;
}

Task<Result<PeerConnection>> PeerHub::open_distributed(std::string username, Endpoint at, MonoTime deadline) {
  auto reached = co_await reach(std::move(username), std::string(wire::kDistributedType), at, deadline);
  if (reached) reached->reader.switch_to(wire::FrameKind::Distributed);
  co_return reached;
}

void PeerHub::charge(const PeerConnection& connection, guard::Violation violation) {
  const auto address = connection.remote.address;
  const auto channel = connection.incoming ? guard::Channel::TheyConnected : guard::Channel::WeDialled;
  guard_.charge({violation, guard_.subject_for(connection.username, address), address, channel});
}

}  // namespace soulfabric::soulseek
