// SPDX-License-Identifier: GPL-3.0-or-later
// Doors opened and closed, connections let in.
#include "forwards.hpp"

#include <algorithm>

#include "http_forward.hpp"
#include "soulfabric/net/local.hpp"
#include "tunnel_pool.hpp"
#include "tunnels_impl.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kConnections = 64;       // of one forward
constexpr std::chrono::seconds kOpenTime{30};  // for a tunnel, its turn included
constexpr std::uint32_t kLoopback = 0x7F000001;

/// One more connection, as long as this lives.
class Connected {
 public:
  explicit Connected(Forward& forward) : forward_(forward) { ++forward_.connections; }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;
  ~Connected() { --forward_.connections; }

 private:
  Forward& forward_;
};

Status check(const ForwardSettings& settings) {
  if (!is_forward_name(settings.name))
    return fail(Errc::InvalidArgument,
                "The name of a forward has at most 32 lower-case letters, digits and hyphens, none at its ends; choose another.");
  if (settings.name == "localhost") return fail(Errc::InvalidArgument, "A forward cannot be called localhost; choose another name.");
  if (!is_target_name(settings.target))
    return fail(Errc::InvalidArgument, "The target of the forward " + settings.name + " is no name of a target; check it.");
  return {};
}

}  // namespace

Forward::Forward(IoContext& context, ForwardSettings settings_in, bool configured_in)
    : settings(std::move(settings_in)), configured(configured_in), scope(context, "forward " + settings.name, kConnections + 1) {}

std::string Forward::host() const {
  std::string text = settings.name + ".localhost";
  if (port != 0 && port != 80) text += ":" + std::to_string(port);
  return text;
}

Forwards::Forwards(TunnelsImpl& tunnels)
    : tunnels_(tunnels), pool_(std::make_unique<TunnelPool>(tunnels)), retired_(tunnels.deps().context, "closed forwards") {}
Forwards::~Forwards() = default;

std::shared_ptr<Forward> Forwards::make(const ForwardSettings& settings, bool configured) {
  auto& deps = tunnels_.deps();
  auto forward = std::make_shared<Forward>(deps.context, settings, configured);
  const Status checked = check(settings);
  if (!checked) {
    forward->trouble = checked.error().message;
    return forward;
  }
  auto listener = settings.socket.empty() ? net::listen_tcp(deps.context, deps.clock, {IpAddress::v4(kLoopback), settings.port})
                                          : net::listen_local(deps.context, deps.clock, settings.socket);
  if (!listener) {
    forward->trouble = "The forward " + settings.name + " cannot listen: " + listener.error().message;
    return forward;
  }
  forward->listener = std::move(*listener);
  forward->port = forward->listener->local().port;
  forward->scope.spawn("door", accept(forward));
  return forward;
}

void Forwards::apply(const std::vector<ForwardSettings>& wanted) {
  for (auto at = forwards_.begin(); at != forwards_.end();) {
    const Forward& forward = *at->second;
    const auto same_name = std::ranges::find(wanted, at->first, &ForwardSettings::name);
    const bool named = same_name != wanted.end();
    const bool stays = named ? *same_name == forward.settings && forward.listener != nullptr : !forward.configured;
    if (stays) {
      at->second->configured = named;
      ++at;
      continue;
    }
    retire(at->second);
    at = forwards_.erase(at);
  }
  for (const ForwardSettings& settings : wanted) {
    if (!forwards_.contains(settings.name)) forwards_.emplace(settings.name, make(settings, true));
  }
}

Result<ForwardInfo> Forwards::open(ForwardSettings settings) {
  SF_TRY(check(settings));
  if (forwards_.contains(settings.name))
    return fail(Errc::Exists, "There is a forward " + settings.name + " already; choose another name.");
  if (settings.peer == tunnels_.deps().links.self())
    return fail(Errc::InvalidArgument, "A forward leads to another node; name another one.");
  auto forward = make(settings, false);
  if (!forward->listener) return fail(Errc::Conflict, forward->trouble);
  const ForwardInfo out = info(*forward);
  forwards_.emplace(settings.name, std::move(forward));
  tunnels_.changed();
  return out;
}

Status Forwards::close(const std::string& name) {
  const auto found = forwards_.find(name);
  if (found == forwards_.end()) return fail(Errc::NotFound, "There is no forward " + name + ".");
  if (found->second->configured)
    return fail(Errc::Forbidden, "The forward " + name + " stands in the configuration file; remove it there.");
  retire(found->second);
  forwards_.erase(found);
  tunnels_.changed();
  return {};
}

namespace {

Task<void> end_of(std::shared_ptr<Forward> forward) { co_await forward->scope.close(); }

}  // namespace

void Forwards::retire(std::shared_ptr<Forward> forward) {
  if (forward->listener) forward->listener->close();
  pool_->drop(forward->settings.name);
  retired_.spawn("end", end_of(std::move(forward)));
}

Task<void> Forwards::stop() {
  for (const auto& [name, forward] : forwards_) retire(forward);
  forwards_.clear();
  co_await retired_.join();
  pool_->clear();
}

ForwardInfo Forwards::info(const Forward& forward) const {
  ForwardInfo out;
  out.settings = forward.settings;
  out.trouble = forward.trouble;
  const bool has_url = forward.listener && forward.port != 0 && !forward.settings.raw;
  if (has_url) out.url = "http://" + forward.host() + "/";
  if (forward.port != 0) out.settings.port = forward.port;
  const auto entries = tunnels_.book().all();
  out.tunnels =
      static_cast<std::size_t>(std::ranges::count(entries, forward.settings.name, [](const auto& entry) { return entry->forward; }));
  return out;
}

std::vector<ForwardInfo> Forwards::infos() const {
  std::vector<ForwardInfo> out;
  for (const auto& [name, forward] : forwards_) out.push_back(info(*forward));
  return out;
}

bool Forwards::has_port(std::uint16_t port) const {
  return port != 0 && std::ranges::any_of(forwards_, [port](const auto& entry) { return entry.second->port == port; });
}

Task<void> Forwards::accept(std::shared_ptr<Forward> forward) {
  for (;;) {
    auto client = co_await forward->listener->accept();
    if (!client && client.error().code == Errc::Cancelled) co_return;
    if (!client) {  // out of descriptors, perhaps: not again at once
      co_await tunnels_.deps().clock.sleep_for(std::chrono::milliseconds(100));
      continue;
    }
    // Full: the connection is dropped and the browser tries again.
    const bool local = forward->port == 0 || (*client)->remote().address.is_loopback();
    if (local) (void)forward->scope.spawn("connection", serve(forward, std::move(*client)));
  }
}

Task<void> Forwards::serve(std::shared_ptr<Forward> forward, std::unique_ptr<net::ByteStream> client) {
  const Connected connected(*forward);
  if (forward->settings.raw) {
    co_await serve_raw(*forward, *client);
    co_return;
  }
  const ForwardSettings& settings = forward->settings;
  HttpDoor door{tunnels_, *pool_, settings, make_forward_rules(settings.name, forward->host(), settings.peer, settings.target)};
  co_await serve_http(std::move(door), *client);
}

Task<void> Forwards::serve_raw(const Forward& forward, net::ByteStream& client) {
  IoClock& clock = tunnels_.deps().clock;
  auto taken = co_await pool_->take(forward.settings, Duration::zero(), clock.now() + kOpenTime);
  if (!taken) co_return;
  TunnelEntry counted;  // the tunnel counts its bytes itself
  counted.peer = forward.settings.peer;
  co_await pump_both_ways(tunnels_.near_room(), std::make_shared<TunnelEntry>(std::move(counted)), *taken->stream, client);
}

}  // namespace soulfabric::relay
