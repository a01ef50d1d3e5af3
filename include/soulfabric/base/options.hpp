// SPDX-License-Identifier: GPL-3.0-or-later
// Every setting of the daemon as a typed value, in the structure of slskd's configuration file so that its users' files work.
// Plain values: made by load_options (options_loader.hpp), handed out by value or as an immutable snapshot.
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace soulfabric {

/// Stands for "without limit" where a limit is a plain number; slskd shows the same value.
inline constexpr int kUnlimited = std::numeric_limits<int>::max();

struct DirectoryOptions {
  std::string downloads;   // absolute; empty: <app_dir>/downloads
  std::string incomplete;  // absolute; empty: <app_dir>/incomplete
  friend bool operator==(const DirectoryOptions&, const DirectoryOptions&) = default;
};

/// One line of shares.directories. As text: "/path", "[alias]/path", "!/path" (left out); or a map with path, alias,
/// networks and private.
struct ShareDirectory {
  std::string path;   // absolute
  std::string alias;  // empty: the last part of the path
  bool excluded = false;
  bool soulseek = true;  // networks: [soulseek, mesh]; the default is Soulseek only
  bool mesh = false;
  bool is_private = false;  // never announced nor served to the mesh
  friend bool operator==(const ShareDirectory&, const ShareDirectory&) = default;
};

struct ShareOptions {
  std::vector<ShareDirectory> directories;
  std::vector<std::string> filters;  // regular expressions, case ignored; what matches is not shared
  struct Cache {
    std::string storage_mode = "memory";  // memory | disk
    int workers = 0;                      // 1..128; 0: number of processors
    std::optional<int> retention;         // minutes, >= 60: rescan when the last scan is older
    friend bool operator==(const Cache&, const Cache&) = default;
  } cache;
  bool watch = true;         // follow changes by inotify between scans
  int sweep_interval = 360;  // minutes, >= 5: look everything over in case a change was not seen
  friend bool operator==(const ShareOptions&, const ShareOptions&) = default;
};

struct CountLimits {
  std::optional<int> files;
  std::optional<int> megabytes;
  std::optional<int> failures;  // not for queued
  friend bool operator==(const CountLimits&, const CountLimits&) = default;
};

struct UploadLimits {  // per user
  CountLimits queued;
  CountLimits daily;
  CountLimits weekly;
  friend bool operator==(const UploadLimits&, const UploadLimits&) = default;
};

struct GroupUpload {
  int priority = 1;                     // >= 1, lower goes first; privileged users are 0
  std::string strategy = "roundrobin";  // roundrobin | firstinfirstout
  int slots = kUnlimited;
  int speed_limit = kUnlimited;  // KiB/s
  UploadLimits limits;
  friend bool operator==(const GroupUpload&, const GroupUpload&) = default;
};

struct LeecherGroup {
  int threshold_files = 1;
  int threshold_directories = 1;
  GroupUpload upload{99, "roundrobin", 1, kUnlimited, {}};
  friend bool operator==(const LeecherGroup&, const LeecherGroup&) = default;
};

struct BlacklistedGroup {
  std::vector<std::string> members;
  std::vector<std::string> patterns;  // regular expressions over user names
  std::vector<std::string> cidrs;
  friend bool operator==(const BlacklistedGroup&, const BlacklistedGroup&) = default;
};

struct UserGroup {
  GroupUpload upload;
  std::vector<std::string> members;
  friend bool operator==(const UserGroup&, const UserGroup&) = default;
};

struct TransferOptions {
  struct Upload {
    int slots = 10;
    int speed_limit = kUnlimited;  // KiB/s, all uploads together
    UploadLimits limits;
    friend bool operator==(const Upload&, const Upload&) = default;
  } upload;
  struct Download {
    int slots = kUnlimited;        // guard.download_slots holds as well
    int speed_limit = kUnlimited;  // KiB/s, all downloads together
    struct Retry {
      int attempts = 3;
      int delay = 5000;                // ms before the second attempt, doubled each time
      int max_delay = 60000;           // ms
      std::string partial = "resume";  // resume | overwrite
      friend bool operator==(const Retry&, const Retry&) = default;
    } retry;
    struct Destination {
      std::string subdirectory = "${SOURCE_DIRECTORY}";
      std::string exists = "rename";  // rename | overwrite
      std::string permissions_mode;   // octal, 3 or 4 digits; empty: as the umask says
      friend bool operator==(const Destination&, const Destination&) = default;
    } destination;
    friend bool operator==(const Download&, const Download&) = default;
  } download;
  struct Groups {
    GroupUpload default_upload;
    LeecherGroup leechers;
    BlacklistedGroup blacklisted;
    std::map<std::string, UserGroup> user_defined;
    friend bool operator==(const Groups&, const Groups&) = default;
  } groups;
  friend bool operator==(const TransferOptions&, const TransferOptions&) = default;
};

struct BlacklistOptions {
  bool enabled = false;
  std::string file;  // CIDR, P2P or DAT list
  friend bool operator==(const BlacklistOptions&, const BlacklistOptions&) = default;
};

struct FilterOptions {
  std::vector<std::string> search_request;  // regular expressions; an incoming search that matches gets no answer
  friend bool operator==(const FilterOptions&, const FilterOptions&) = default;
};

struct ApiKeyOptions {
  std::string key;                      // secret, 16..255 characters
  std::string role = "readonly";        // readonly | readwrite | administrator
  std::string cidr = "0.0.0.0/0,::/0";  // where it is accepted from
  std::vector<std::string> scopes;      // mesh, relay, guard, virtual: what slskd has no role for
  friend bool operator==(const ApiKeyOptions&, const ApiKeyOptions&) = default;
};

struct WebOptions {
  int port = 5030;
  std::vector<std::string> ip_addresses{"127.0.0.1", "::1"};
  bool allow_remote = false;       // the explicit yes to listening beyond this machine
  std::vector<std::string> hosts;  // names accepted in Host and Origin besides localhost and literals of loopback
  std::string url_base = "/";
  std::string content_path;  // folder with another web page; empty: the built-in one
  bool logging = false;
  struct Authentication {
    bool disabled = false;
    std::string username = "soulfabric";
    std::string password;  // secret; empty: made at the first start
    std::string api_key;   // secret; plain or "role=...;cidr=...;<key>"; role administrator where not said
    struct Jwt {
      std::string key;        // secret, 32..255 characters; empty: new at each start
      int ttl = 604'800'000;  // ms
      friend bool operator==(const Jwt&, const Jwt&) = default;
    } jwt;
    std::map<std::string, ApiKeyOptions> api_keys;
    friend bool operator==(const Authentication&, const Authentication&) = default;
  } authentication;
  friend bool operator==(const WebOptions&, const WebOptions&) = default;
};

struct TransferRetention {  // minutes, >= 5; nothing: kept
  std::optional<int> succeeded;
  std::optional<int> errored;
  std::optional<int> cancelled;
  std::optional<int> failed;
  friend bool operator==(const TransferRetention&, const TransferRetention&) = default;
};

struct RetentionOptions {
  std::optional<int> search;  // minutes, >= 5, after its end
  TransferRetention upload;   // rows disappear from lists, files stay
  TransferRetention download;
  std::optional<int> complete_files;    // minutes, >= 30, by last access; deletes files
  std::optional<int> incomplete_files;  // the same
  int logs = 180;                       // days
  friend bool operator==(const RetentionOptions&, const RetentionOptions&) = default;
};

struct ThrottlingOptions {  // of incoming searches
  int concurrency = 10;
  int circuit_breaker = 500;      // waiting answers beyond which searches are dropped
  int response_file_limit = 500;  // files in one answer; 300 are enough for any client we know
  friend bool operator==(const ThrottlingOptions&, const ThrottlingOptions&) = default;
};

struct LoggerOptions {
  bool disk = false;
  bool no_color = false;
  friend bool operator==(const LoggerOptions&, const LoggerOptions&) = default;
};

struct MetricsOptions {
  bool enabled = false;
  std::string url = "/metrics";
  bool authentication_disabled = false;
  std::string username = "slskd";
  std::string password;  // secret; empty: API keys and sessions only
  friend bool operator==(const MetricsOptions&, const MetricsOptions&) = default;
};

struct SoulseekOptions {
  std::string address = "vps.slsknet.org";
  int port = 2271;
  std::string username;
  std::string password;  // secret
  std::string description = "A soulfabric user.";
  std::string picture;  // file, at most 1 MiB
  std::string listen_ip_address = "0.0.0.0";
  int listen_port = 50300;
  std::string diagnostic_level = "info";
  struct DistributedNetwork {
    bool disabled = false;
    bool disable_children = false;
    int child_limit = 25;
    bool logging = false;
    friend bool operator==(const DistributedNetwork&, const DistributedNetwork&) = default;
  } distributed_network;
  struct Timeouts {  // ms
    int connect = 10'000;
    int inactivity = 15'000;
    int transfer = 60'000;
    friend bool operator==(const Timeouts&, const Timeouts&) = default;
  } timeout;
  friend bool operator==(const SoulseekOptions&, const SoulseekOptions&) = default;
};

/// The house's own section `guard`: what keeps us welcome and alive. 0 = without limit where a rate or count says so.
struct GuardSettings {
  int searches_per_minute = 10;
  int searches_per_window = 34;  // in 220 s
  int search_spacing = 1000;     // ms
  int browses_per_minute = 5;
  int download_slots = 50;
  int connections = 512;  // open peer sockets
  int connections_per_address = 64;
  int accepts_per_second = 200;
  int accepts_per_address = 20;
  int connects_per_second = 100;
  int upload_speed_per_user = 0;           // KiB/s
  int download_speed_per_user = 0;         // KiB/s
  std::vector<std::string> trusted_users;  // never banned
  std::vector<std::string> trusted_addresses;
  friend bool operator==(const GuardSettings&, const GuardSettings&) = default;
};

/// The house's own section `mesh`: other nodes, found and called directly. Security rules S1 to S10.
struct MeshOptions {
  std::string join = "ask";  // ask|yes|no; `ask`: the page asks once, until then no
  std::string ip_address = "0.0.0.0";
  int port = 50305;             // TCP for links and UDP for the table
  int advertised_port = 0;      // where others reach us; 0: the same, or what the router mapped
  std::string advertised_address;  // empty: what the router and other nodes say
  bool port_mapping = true;     // NAT-PMP, else UPnP; never for the web port
  std::string publish = "linked";  // none|linked|public
  std::vector<std::string> bootstrap;  // host:port of nodes of the table
  bool local_discovery = false;
  bool private_addresses = false;  // loopback and LAN addresses are believed: a mesh of one house
  int network = 0x5f4d;            // nodes of another number do not hear us
  std::vector<std::string> services{"mesh-introspect", "pods", "catalogue-fetch", "content-relay"};  // what the outside may call
  struct Peer {
    std::vector<std::string> endpoints;  // address:port
    bool trusted = false;
    std::vector<std::string> rights;  // tunnel_targets, believe_catalogue
    std::vector<std::string> relay_for;  // ids of nodes that it may reach through here (security rule S18)
    friend bool operator==(const Peer&, const Peer&) = default;
  };
  std::map<std::string, Peer> peers;  // by PeerId
  int record_life = 3600;  // seconds a statement of ours is good for; made anew at half of it
  int reconnect_interval = 300;  // seconds between attempts at most
  int calls_per_minute = 500;   // of one peer
  int units_per_minute = 600;   // of the whole node; a peer gets 50
  struct Gateway {  // /mesh/http and /mesh/ws
    bool enabled = false;
    std::map<std::string, std::vector<std::string>> services;  // methods by service; "*": all
    friend bool operator==(const Gateway&, const Gateway&) = default;
  } gateway;
  struct Pods {
    bool enabled = true;
    int retention_hours = 168;  // 0: messages are kept in memory only
    friend bool operator==(const Pods&, const Pods&) = default;
  } pods;
  friend bool operator==(const MeshOptions&, const MeshOptions&) = default;
};

/// The house's own section `relay`: what is fetched and served for others (architecture, section 11). Not changed over HTTP (S21).
struct RelayOptions {
  struct Catalogue {
    bool enabled = true;
    bool mesh = true;
    bool reduced_privacy = false;
    std::string musicbrainz = "https://musicbrainz.org";
    std::string cover_art = "https://coverartarchive.org";
    std::vector<std::string> domains;
    std::string contact;  // told to MusicBrainz in the User-Agent
    int cache = 600;      // seconds
    int spot_check = 10;  // of a thousand
    friend bool operator==(const Catalogue&, const Catalogue&) = default;
  } catalogue;
  struct Content {
    bool enabled = true;
    int streams = 20;
    int streams_per_peer = 2;
    int speed_limit = 0;           // KiB/s
    int speed_limit_per_peer = 0;  // KiB/s
    int cache = 64;                // MiB
    int records = 1000;
    bool hashing = true;
    int hashing_speed_limit = 0;   // KiB/s
    friend bool operator==(const Content&, const Content&) = default;
  } content;
  struct Trusted {
    bool enabled = false;
    bool relay = false;
    bool gateway = true;
    std::map<std::string, int> targets;  // loopback ports by name
    int tunnels = 20;
    int tunnels_per_peer = 4;
    int idle = 120;       // seconds
    int speed_limit = 0;  // KiB/s
    friend bool operator==(const Trusted&, const Trusted&) = default;
  } trusted;
  struct Exception {  // of the HTTP client
    std::string host;
    std::vector<std::string> ports;
    bool mesh = false;
    friend bool operator==(const Exception&, const Exception&) = default;
  };
  std::map<std::string, Exception> exceptions;  // by a name of the operator's
  std::string ca_file;                          // more certificates to believe, PEM; empty: the system's only
  friend bool operator==(const RelayOptions&, const RelayOptions&) = default;
};

/// One of `forwards`: a door on this machine that leads to another node (security rule S19).
struct ForwardOptions {
  std::string peer;
  std::string target = "slskdn-ui";
  std::string via;
  int port = 0;
  std::string socket;
  bool raw = false;
  friend bool operator==(const ForwardOptions&, const ForwardOptions&) = default;
};

struct FlagOptions {
  bool no_logo = false;
  bool no_start = false;         // starts stopped: nothing connects until the user says so
  bool no_config_watch = false;  // the file is read at the start only
  bool no_connect = false;       // the server is not dialled by itself
  bool no_share_scan = false;
  bool force_share_scan = false;
  bool no_version_check = false;
  bool volatile_mode = false;  // `flags.volatile`: databases live in memory
  bool case_sensitive_reg_ex = false;
  friend bool operator==(const FlagOptions&, const FlagOptions&) = default;
};

struct Options {
  bool debug = false;
  bool headless = false;  // no web page
  bool remote_configuration = false;
  bool remote_file_management = false;
  std::string instance_name = "default";
  FlagOptions flags;
  DirectoryOptions directories;
  ShareOptions shares;
  TransferOptions transfers;
  BlacklistOptions blacklist;
  FilterOptions filters;
  std::vector<std::string> rooms;
  WebOptions web;
  RetentionOptions retention;
  ThrottlingOptions throttling;
  LoggerOptions logger;
  MetricsOptions metrics;
  bool swagger = false;  // `feature.swagger`
  SoulseekOptions soulseek;
  GuardSettings guard;
  MeshOptions mesh;
  RelayOptions relay;
  std::map<std::string, ForwardOptions> forwards;
  friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace soulfabric
