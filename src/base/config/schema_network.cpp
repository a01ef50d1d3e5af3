// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of transfers, groups, the Soulseek client and the guard; and keys of slskd that have no effect here.
#include "config/schema.hpp"

#define SF_AT(expression) [](Options& o, const std::string& name) -> Field { return (void)name, &(expression); }

namespace soulfabric::config {
namespace {

Setting setting(std::string key, std::function<Field(Options&, const std::string&)> at) {
  Setting entry;
  entry.key = std::move(key);
  entry.at = std::move(at);
  return entry;
}

using GroupOf = GroupUpload& (*)(Options&, const std::string&);
/// Which parts of a group the upload queue obeys.
enum class Obeyed { Nothing, SlotsAndTurns };
using LimitsOf = std::function<UploadLimits&(Options&, const std::string&)>;

void add_limits(std::vector<Setting>& t, const std::string& prefix, const LimitsOf& limits, bool queued_obeyed) {
  struct Part {
    const char* name;
    CountLimits UploadLimits::* counts;
  };
  for (const Part part :
       {Part{"queued", &UploadLimits::queued}, Part{"daily", &UploadLimits::daily}, Part{"weekly", &UploadLimits::weekly}}) {
    const auto counts = part.counts;
    const std::string base = prefix + "." + part.name;
    const bool idle = !queued_obeyed || counts != &UploadLimits::queued;
    t.push_back(
        setting(base + ".files", [limits, counts](Options& o, const std::string& n) -> Field { return &(limits(o, n).*counts).files; })
            .idle(idle)
            .says("files per user"));
    t.push_back(setting(base + ".megabytes",
                        [limits, counts](Options& o, const std::string& n) -> Field { return &(limits(o, n).*counts).megabytes; })
                    .idle(idle)
                    .says("megabytes per user"));
    if (counts == &UploadLimits::queued) continue;
    t.push_back(setting(base + ".failures",
                        [limits, counts](Options& o, const std::string& n) -> Field { return &(limits(o, n).*counts).failures; })
                    .idle(idle)
                    .says("failed uploads per user"));
  }
}

void add_group(std::vector<Setting>& t, const std::string& prefix, GroupOf group, Obeyed obeyed) {
  const bool idle = obeyed == Obeyed::Nothing;
  t.push_back(setting(prefix + ".priority", [group](Options& o, const std::string& n) -> Field { return &group(o, n).priority; })
                  .range(1)
                  .idle()
                  .says("lower goes first"));
  t.push_back(setting(prefix + ".strategy", [group](Options& o, const std::string& n) -> Field { return &group(o, n).strategy; })
                  .one_of("roundrobin|firstinfirstout")
                  .idle(idle)
                  .says("how its members take turns"));
  t.push_back(setting(prefix + ".slots", [group](Options& o, const std::string& n) -> Field { return &group(o, n).slots; })
                  .range(1)
                  .idle(idle)
                  .says("uploads at once"));
  t.push_back(setting(prefix + ".speed_limit", [group](Options& o, const std::string& n) -> Field { return &group(o, n).speed_limit; })
                  .range(1)
                  .idle(idle)
                  .says("KiB/s for all its uploads"));
  add_limits(t, prefix + ".limits", [group](Options& o, const std::string& n) -> UploadLimits& { return group(o, n).limits; }, false);
}

void add_groups(std::vector<Setting>& t) {
  add_group(
      t, "transfers.groups.default.upload",
      [](Options& o, const std::string&) -> GroupUpload& { return o.transfers.groups.default_upload; }, Obeyed::SlotsAndTurns);
  t.push_back(setting("transfers.groups.leechers.thresholds.files", SF_AT(o.transfers.groups.leechers.threshold_files))
                  .range(1)
                  .idle()
                  .says("users who share fewer files are leechers"));
  t.push_back(setting("transfers.groups.leechers.thresholds.directories", SF_AT(o.transfers.groups.leechers.threshold_directories))
                  .range(1)
                  .idle()
                  .says("users who share fewer folders are leechers"));
  add_group(
      t, "transfers.groups.leechers.upload",
      [](Options& o, const std::string&) -> GroupUpload& { return o.transfers.groups.leechers.upload; }, Obeyed::Nothing);
  t.push_back(setting("transfers.groups.blacklisted.members", SF_AT(o.transfers.groups.blacklisted.members)).says("users who get nothing"));
  t.push_back(setting("transfers.groups.blacklisted.patterns", SF_AT(o.transfers.groups.blacklisted.patterns))
                  .checked(check_regex)
                  .says("regular expressions over user names"));
  t.push_back(
      setting("transfers.groups.blacklisted.cidrs", SF_AT(o.transfers.groups.blacklisted.cidrs)).checked(check_networks).says("networks"));
  add_group(
      t, "transfers.groups.user_defined.*.upload",
      [](Options& o, const std::string& n) -> GroupUpload& { return o.transfers.groups.user_defined[n].upload; }, Obeyed::Nothing);
  t.push_back(setting("transfers.groups.user_defined.*.members", SF_AT(o.transfers.groups.user_defined[name].members))
                  .idle()
                  .says("users in this group"));
}

Setting inert(std::string key, std::string_view shown, std::string_view env = {}, std::string_view flag = {}, char letter = 0) {
  Setting entry;
  entry.key = std::move(key);
  entry.inert_default = shown;
  entry.env = env;
  entry.flag = flag;
  entry.letter = letter;
  return entry;
}

}  // namespace

void add_transfer_settings(std::vector<Setting>& t) {
  t.push_back(setting("transfers.upload.slots", SF_AT(o.transfers.upload.slots))
                  .var("UPLOAD_SLOTS")
                  .cli("upload-slots")
                  .range(1)
                  .says("uploads at once"));
  t.push_back(setting("transfers.upload.speed_limit", SF_AT(o.transfers.upload.speed_limit))
                  .var("UPLOAD_SPEED_LIMIT")
                  .cli("upload-speed-limit")
                  .range(1)
                  .says("KiB/s, all uploads together"));
  add_limits(t, "transfers.upload.limits", [](Options& o, const std::string&) -> UploadLimits& { return o.transfers.upload.limits; }, true);
  t.push_back(setting("transfers.download.slots", SF_AT(o.transfers.download.slots))
                  .var("DOWNLOAD_SLOTS")
                  .cli("download-slots")
                  .range(1)
                  .says("downloads at once; guard.download_slots holds as well"));
  t.push_back(setting("transfers.download.speed_limit", SF_AT(o.transfers.download.speed_limit))
                  .var("DOWNLOAD_SPEED_LIMIT")
                  .cli("download-speed-limit")
                  .range(1)
                  .says("KiB/s, all downloads together"));
  t.push_back(setting("transfers.download.retry.attempts", SF_AT(o.transfers.download.retry.attempts))
                  .range(0, 100)
                  .says("attempts after a failure"));
  t.push_back(setting("transfers.download.retry.delay", SF_AT(o.transfers.download.retry.delay))
                  .range(1000)
                  .says("milliseconds before the second attempt, doubled each time"));
  t.push_back(setting("transfers.download.retry.max_delay", SF_AT(o.transfers.download.retry.max_delay))
                  .range(1000)
                  .says("milliseconds between attempts at the most"));
  t.push_back(setting("transfers.download.retry.partial", SF_AT(o.transfers.download.retry.partial))
                  .one_of("resume|overwrite")
                  .says("what becomes of the part that is there"));
  t.push_back(setting("transfers.download.destination.subdirectory", SF_AT(o.transfers.download.destination.subdirectory))
                  .checked(check_subdirectory)
                  .says("folder below downloads; {} puts all files into one"));
  t.push_back(setting("transfers.download.destination.exists", SF_AT(o.transfers.download.destination.exists))
                  .one_of("rename|overwrite")
                  .says("when the name is taken"));
  t.push_back(setting("transfers.download.destination.permissions.mode", SF_AT(o.transfers.download.destination.permissions_mode))
                  .checked(check_mode)
                  .idle()
                  .says("octal mode of files; folders get x where they have r"));
  add_groups(t);
  t.push_back(setting("blacklist.enabled", SF_AT(o.blacklist.enabled))
                  .var("BLACKLIST")
                  .cli("enable-blacklist")
                  .restart()
                  .says("refuse addresses of a list"));
  t.push_back(setting("blacklist.file", SF_AT(o.blacklist.file))
                  .var("BLACKLIST_FILE")
                  .cli("blacklist-file")
                  .restart()
                  .checked(check_absolute_path)
                  .says("the list: CIDR, P2P or DAT"));
}

void add_network_settings(std::vector<Setting>& t) {
  t.push_back(setting("soulseek.address", SF_AT(o.soulseek.address)).var("SLSK_ADDRESS").cli("slsk-address").reconnect().says("server"));
  t.push_back(setting("soulseek.port", SF_AT(o.soulseek.port))
                  .var("SLSK_PORT")
                  .cli("slsk-port")
                  .reconnect()
                  .range(1, 65535)
                  .says("port of the server"));
  t.push_back(setting("soulseek.username", SF_AT(o.soulseek.username))
                  .var("SLSK_USERNAME")
                  .cli("slsk-username")
                  .reconnect()
                  .says("your name on Soulseek; a new name is registered at the first login"));
  t.push_back(setting("soulseek.password", SF_AT(o.soulseek.password))
                  .var("SLSK_PASSWORD")
                  .cli("slsk-password")
                  .reconnect()
                  .hidden()
                  .says("your password on Soulseek"));
  t.push_back(setting("soulseek.description", SF_AT(o.soulseek.description))
                  .var("SLSK_DESCRIPTION")
                  .cli("slsk-description")
                  .says("what others read about you"));
  t.push_back(setting("soulseek.picture", SF_AT(o.soulseek.picture))
                  .var("SLSK_PICTURE")
                  .cli("slsk-picture")
                  .checked(check_absolute_path)
                  .says("image file that others see, at most 1 MiB"));
  t.push_back(setting("soulseek.listen_ip_address", SF_AT(o.soulseek.listen_ip_address))
                  .var("SLSK_LISTEN_IP_ADDRESS")
                  .cli("slsk-listen-ip-address")
                  .checked(check_address)
                  .says("address to accept users on"));
  t.push_back(setting("soulseek.listen_port", SF_AT(o.soulseek.listen_port))
                  .var("SLSK_LISTEN_PORT")
                  .cli("slsk-listen-port")
                  .range(1024, 65535)
                  .says("port to accept users on; open it in your router"));
  t.push_back(setting("soulseek.diagnostic_level", SF_AT(o.soulseek.diagnostic_level))
                  .var("SLSK_DIAG_LEVEL")
                  .cli("slsk-diag-level")
                  .restart()
                  .one_of("none|warning|info|debug|trace")
                  .idle()
                  .says("how much the client logs"));
  t.push_back(setting("soulseek.distributed_network.disabled", SF_AT(o.soulseek.distributed_network.disabled))
                  .var("SLSK_NO_DNET")
                  .cli("slsk-no-dnet")
                  .reconnect()
                  .says("take no part in the search tree: others will not find your files"));
  t.push_back(setting("soulseek.distributed_network.disable_children", SF_AT(o.soulseek.distributed_network.disable_children))
                  .var("SLSK_DNET_NO_CHILDREN")
                  .cli("slsk-dnet-no-children")
                  .says("pass searches on to nobody"));
  t.push_back(setting("soulseek.distributed_network.child_limit", SF_AT(o.soulseek.distributed_network.child_limit))
                  .var("SLSK_DNET_CHILDREN")
                  .cli("slsk-dnet-children")
                  .range(1, 250)
                  .says("children in the search tree"));
  t.push_back(setting("soulseek.distributed_network.logging", SF_AT(o.soulseek.distributed_network.logging))
                  .var("SLSK_DNET_LOGGING")
                  .cli("slsk-dnet-logging")
                  .idle()
                  .says("log the search tree"));
  t.push_back(setting("soulseek.connection.timeout.connect", SF_AT(o.soulseek.timeout.connect))
                  .var("SLSK_CONNECTION_TIMEOUT|SLSK_CONNECT_TIMEOUT")
                  .cli("slsk-connection-timeout")
                  .range(1000)
                  .says("milliseconds"));
  t.push_back(setting("soulseek.connection.timeout.inactivity", SF_AT(o.soulseek.timeout.inactivity))
                  .var("SLSK_INACTIVITY_TIMEOUT")
                  .cli("slsk-inactivity-timeout")
                  .range(1000)
                  .idle()
                  .says("milliseconds"));
  t.push_back(setting("soulseek.connection.timeout.transfer", SF_AT(o.soulseek.timeout.transfer))
                  .var("SLSK_TRANSFER_TIMEOUT")
                  .cli("slsk-transfer-timeout")
                  .range(1000)
                  .says("milliseconds without a byte after which a transfer has failed"));

  t.push_back(setting("guard.searches_per_minute", SF_AT(o.guard.searches_per_minute))
                  .says("more wait their turn; 0: without limit, which gets you banned by the server"));
  t.push_back(setting("guard.searches_per_window", SF_AT(o.guard.searches_per_window)).says("the same in 220 seconds"));
  t.push_back(setting("guard.search_spacing", SF_AT(o.guard.search_spacing)).range(0, 60'000).says("milliseconds between two searches"));
  t.push_back(setting("guard.browses_per_minute", SF_AT(o.guard.browses_per_minute)).says("more wait their turn"));
  t.push_back(setting("guard.download_slots", SF_AT(o.guard.download_slots)).says("downloads at once, whoever asked"));
  t.push_back(setting("guard.connections", SF_AT(o.guard.connections)).range(8, 65535).says("open connections to users"));
  t.push_back(setting("guard.connections_per_address", SF_AT(o.guard.connections_per_address))
                  .range(1, 65535)
                  .says("open connections that one address made to us"));
  t.push_back(setting("guard.accepts_per_second", SF_AT(o.guard.accepts_per_second)).range(1, 100'000).says("new connections to us"));
  t.push_back(setting("guard.accepts_per_address", SF_AT(o.guard.accepts_per_address)).range(1, 100'000).says("the same from one address"));
  t.push_back(setting("guard.connects_per_second", SF_AT(o.guard.connects_per_second)).range(1, 100'000).says("connections that we make"));
  t.push_back(setting("guard.upload_speed_per_user", SF_AT(o.guard.upload_speed_per_user)).says("KiB/s; 0: without limit"));
  t.push_back(setting("guard.download_speed_per_user", SF_AT(o.guard.download_speed_per_user)).says("KiB/s; 0: without limit"));
  t.push_back(setting("guard.trusted_users", SF_AT(o.guard.trusted_users)).says("users who are never banned"));
  t.push_back(
      setting("guard.trusted_addresses", SF_AT(o.guard.trusted_addresses)).checked(check_address).says("addresses that are never banned"));
}

void add_inert_settings(std::vector<Setting>& t) {
  for (const char* flag : {"force_migrations", "log_sql", "log_unobserved_exceptions", "experimental", "legacy_windows_tcp_keepalive",
                           "optimistic_relay_file_info", "no_sqlite_pooling"})
    t.push_back(inert(std::string("flags.") + flag, "false"));
  t.push_back(inert("web.socket", "~", "HTTP_SOCKET", "http-socket"));
  t.push_back(inert("web.https.disabled", "true", "NO_HTTPS", "no-https"));
  t.push_back(inert("web.https.port", "5031", "HTTPS_PORT", "https-port", 'L'));
  t.push_back(inert("web.https.ip_address", "~", "HTTPS_IP_ADDRESS", "https-ip-address"));
  t.push_back(inert("web.https.force", "false", "HTTPS_FORCE", "https-force", 'f'));
  t.push_back(inert("web.https.certificate.pfx", "~", "HTTPS_CERT_PFX", "https-cert-pfx"));
  t.push_back(inert("web.https.certificate.password", "~", "HTTPS_CERT_PASSWORD", "https-cert-password").hidden());
  t.push_back(inert("logger.loki", "~", "LOKI", "loki"));
  t.push_back(inert("soulseek.connection.buffer.read", "16384", "SLSK_READ_BUFFER", "slsk-read-buffer"));
  t.push_back(inert("soulseek.connection.buffer.write", "16384", "SLSK_WRITE_BUFFER", "slsk-write-buffer"));
  t.push_back(inert("soulseek.connection.buffer.transfer", "262144", "SLSK_TRANSFER_BUFFER", "slsk-transfer-buffer"));
  t.push_back(inert("soulseek.connection.buffer.write_queue", "50", "SLSK_WRITE_QUEUE", "slsk-write-queue"));
  t.push_back(
      inert("soulseek.connection.proxy.enabled", "false", "SLSK_PROXY_ENABLED|SLSK_PROXY", "slsk-proxy")
          .refuses(
              "connections through a proxy are not offered, and without it your address would show; remove it or use a VPN of the system"));
  t.push_back(inert("soulseek.connection.proxy.address", "~", "SLSK_PROXY_ADDRESS", "slsk-proxy-address"));
  t.push_back(inert("soulseek.connection.proxy.port", "~", "SLSK_PROXY_PORT", "slsk-proxy-port"));
  t.push_back(inert("soulseek.connection.proxy.username", "~", "SLSK_PROXY_USERNAME", "slsk-proxy-username"));
  t.push_back(inert("soulseek.connection.proxy.password", "~", "SLSK_PROXY_PASSWORD", "slsk-proxy-password").hidden());
  t.push_back(inert("relay.enabled", "false", "RELAY", "relay", 'r')
                  .refuses("the two-instance relay mode of slskd is not offered; remove the section"));
  t.push_back(inert("relay.mode", "controller", "RELAY_MODE", "relay-mode", 'm'));
  t.push_back(inert("integrations.vpn.enabled", "false", "VPN", "vpn")
                  .refuses("polling a VPN container is not offered, and without it the connection would not wait for the VPN; remove it "
                           "and tie the network of this service to the VPN"));
  t.push_back(inert("integrations.vpn.port_forwarding", "false", "VPN_PORT_FORWARDING", "vpn-port-forwarding"));
  t.push_back(inert("integrations.vpn.polling_interval", "2500", "VPN_POLLING_INTERVAL", "vpn-polling-interval"));
  t.push_back(inert("integrations.ftp.enabled", "false", "FTP", "ftp"));
  t.push_back(inert("integrations.pushbullet.enabled", "false", "PUSHBULLET", "pushbullet"));
}

bool is_inert_tree(std::string_view dotted_key) {
  for (const std::string_view tree : {"integrations", "relay.controller", "relay.agents"})
    if (dotted_key == tree || (dotted_key.starts_with(tree) && dotted_key[tree.size()] == '.')) return true;
  return false;
}

}  // namespace soulfabric::config
