// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of the relays, of forwards to other nodes, and of what the HTTP client may reach beside the public net. None of them can be
// changed over HTTP (security rule S21).
#include <algorithm>

#include "config/schema.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/text.hpp"

#define SF_AT(expression) [](Options& o, const std::string& name) -> Field { return (void)name, &(expression); }

namespace soulfabric::config {
namespace {

Setting setting(std::string key, std::function<Field(Options&, const std::string&)> at) {
  Setting entry;
  entry.key = std::move(key);
  entry.at = std::move(at);
  return entry;
}

std::optional<std::string> check_base_url(const std::string& text) {
  if ((text.starts_with("https://") || text.starts_with("http://")) && !text.ends_with('/') && text.find('@') == std::string::npos) return std::nullopt;
  return "give http:// or https://, a host and nothing more, without a slash at the end";
}

std::optional<std::string> check_host(const std::string& text) {
  if (text.find_first_of("/:@ ") == std::string::npos || text.starts_with('[')) return std::nullopt;
  return "give a host name or an address, nothing more";
}

/// As check_host; the demo's own loopback hosts are no setting of a file (security rule S23).
std::optional<std::string> check_exception(const std::string& text) {
  std::string_view host = text;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const std::string lower = to_lower(host);
  if ((address && address->is_loopback()) || lower == "localhost" || lower.ends_with(".localhost"))
    return "give the machine's address on the local network; this machine's own loopback cannot be excepted";
  return check_host(text);
}

std::optional<std::string> check_contact(const std::string& text) {
  if (std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127 && c != '(' && c != ')'; })) return std::nullopt;
  return "give one address or URL without spaces";
}

std::optional<std::string> check_port(const std::string& text) {
  const auto number = parse_u64(text);
  if (number && *number >= 1 && *number <= 65535) return std::nullopt;
  return "give a port, 1 to 65535";
}

std::optional<std::string> check_optional_path(const std::string& text) {
  if (text.empty() || text.starts_with('/')) return std::nullopt;
  return "give an absolute path or leave it empty";
}

void add_forwards(std::vector<Setting>& t) {
  t.push_back(setting("forwards.*.peer", SF_AT(o.forwards[name].peer)).says("id of the node that this forward leads to"));
  t.push_back(setting("forwards.*.target", SF_AT(o.forwards[name].target)).says("what of it: slskdn-ui, slskdn-api or a name that its operator gave"));
  t.push_back(setting("forwards.*.via", SF_AT(o.forwards[name].via)).says("id of a third node that lends itself; empty: none"));
  t.push_back(setting("forwards.*.port", SF_AT(o.forwards[name].port)).range(0, 65535).says("port on loopback, as http://<name>.localhost:<port>; 0: any free one"));
  t.push_back(setting("forwards.*.socket", SF_AT(o.forwards[name].socket)).checked(check_optional_path).says("path of a Unix socket instead of a port"));
  t.push_back(setting("forwards.*.raw", SF_AT(o.forwards[name].raw)).says("pass bytes as they are, for targets that speak no HTTP"));
}

}  // namespace

void add_relay_settings(std::vector<Setting>& t) {
  t.push_back(setting("relay.catalogue.enabled", SF_AT(o.relay.catalogue.enabled)).says("look up releases at MusicBrainz and the Cover Art Archive"));
  t.push_back(setting("relay.catalogue.mesh", SF_AT(o.relay.catalogue.mesh))
                  .says("share lookups with nodes that are believed: the node that owns an id sees what is looked up"));
  t.push_back(setting("relay.catalogue.reduced_privacy", SF_AT(o.relay.catalogue.reduced_privacy)).says("ask through believed nodes drawn by lot, never the archives from here"));
  t.push_back(setting("relay.catalogue.musicbrainz", SF_AT(o.relay.catalogue.musicbrainz)).checked(check_base_url).says("where MusicBrainz, or a mirror of it, is"));
  t.push_back(setting("relay.catalogue.cover_art", SF_AT(o.relay.catalogue.cover_art)).checked(check_base_url).says("where the Cover Art Archive is"));
  t.push_back(setting("relay.catalogue.domains", SF_AT(o.relay.catalogue.domains)).checked(check_host).says("hosts that redirects may lead to, beside archive.org"));
  t.push_back(setting("relay.catalogue.contact", SF_AT(o.relay.catalogue.contact))
                  .checked(check_contact)
                  .says("an address or page of yours, told to the archives as MusicBrainz asks of all who use it; empty: none, and it may refuse"));
  t.push_back(setting("relay.catalogue.cache", SF_AT(o.relay.catalogue.cache)).range(1, 86'400).says("seconds that an answer is fresh"));
  t.push_back(setting("relay.catalogue.spot_check", SF_AT(o.relay.catalogue.spot_check))
                  .range(0, 1000)
                  .says("of a thousand answers of other nodes so many are compared with the origin"));
  t.push_back(setting("relay.content.enabled", SF_AT(o.relay.content.enabled)).says("serve verified copies of shares that are offered to the mesh"));
  t.push_back(setting("relay.content.streams", SF_AT(o.relay.content.streams)).range(1, 1000).says("streams of all nodes together"));
  t.push_back(setting("relay.content.streams_per_peer", SF_AT(o.relay.content.streams_per_peer)).range(1, 100).says("streams of one node"));
  t.push_back(setting("relay.content.speed_limit", SF_AT(o.relay.content.speed_limit)).range(0).says("KiB/s that are served in all; 0: without limit"));
  t.push_back(setting("relay.content.speed_limit_per_peer", SF_AT(o.relay.content.speed_limit_per_peer))
                  .range(0)
                  .says("KiB/s for one node that is not trusted; 0: without limit"));
  t.push_back(setting("relay.content.cache", SF_AT(o.relay.content.cache)).range(0, 65'536).says("MiB of pieces kept in memory"));
  t.push_back(setting("relay.content.records", SF_AT(o.relay.content.records)).range(0, 1000).says("files announced at most"));
  t.push_back(setting("relay.content.hashing", SF_AT(o.relay.content.hashing)).says("read shares offered to the mesh whole, once, to verify them"));
  t.push_back(setting("relay.content.hashing_speed_limit", SF_AT(o.relay.content.hashing_speed_limit)).range(0).says("KiB/s of that reading; 0: without limit"));
  t.push_back(setting("relay.trusted.enabled", SF_AT(o.relay.trusted.enabled)).says("let nodes with the right tunnel_targets reach targets here"));
  t.push_back(setting("relay.trusted.relay", SF_AT(o.relay.trusted.relay)).says("stand between two nodes that may be relayed to each other; it sees only ciphertext"));
  t.push_back(setting("relay.trusted.gateway", SF_AT(o.relay.trusted.gateway)).says("this node's own page and API are among the targets; signing in is needed as ever"));
  t.push_back(setting("relay.trusted.targets.*", SF_AT(o.relay.trusted.targets[name])).range(1, 65535).says("a port on this machine under a name of your own"));
  t.push_back(setting("relay.trusted.tunnels", SF_AT(o.relay.trusted.tunnels)).range(1, 1000).says("tunnels in all"));
  t.push_back(setting("relay.trusted.tunnels_per_peer", SF_AT(o.relay.trusted.tunnels_per_peer)).range(1, 1000).says("tunnels of one node"));
  t.push_back(setting("relay.trusted.idle", SF_AT(o.relay.trusted.idle)).range(5, 86'400).says("seconds without a byte after which a tunnel is closed"));
  t.push_back(setting("relay.trusted.speed_limit", SF_AT(o.relay.trusted.speed_limit)).range(0).says("KiB/s of all tunnels in each direction; 0: without limit"));
  t.push_back(setting("relay.exceptions.*.host", SF_AT(o.relay.exceptions[name].host))
                  .checked(check_exception)
                  .says("a host, exactly as in the URL, that may be reached although it is on the local network"));
  t.push_back(setting("relay.exceptions.*.ports", SF_AT(o.relay.exceptions[name].ports)).checked(check_port).says("its ports besides 80 and 443"));
  t.push_back(setting("relay.exceptions.*.mesh", SF_AT(o.relay.exceptions[name].mesh)).says("also for what other nodes ask for"));
  t.push_back(setting("relay.ca_file", SF_AT(o.relay.ca_file))
                  .checked(check_optional_path)
                  .says("PEM file of authorities that look-ups believe beside the system's, for a mirror of your own; empty: none"));
  add_forwards(t);
}

}  // namespace soulfabric::config
