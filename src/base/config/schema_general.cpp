// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of the program, its folders, shares, web side, retention and logs. Names of variables and flags are slskd's.
#include "config/schema.hpp"

// A field of Options `o`, or of what stands under `name` in it.
#define SF_AT(expression) [](Options& o, const std::string& name) -> Field { return (void)name, &(expression); }

namespace soulfabric::config {
namespace {

Setting setting(std::string key, Field (*at)(Options&, const std::string&)) {
  Setting entry;
  entry.key = std::move(key);
  entry.at = at;
  return entry;
}

void add_flags(std::vector<Setting>& t) {
  t.push_back(
      setting("flags.no_logo", SF_AT(o.flags.no_logo)).var("NO_LOGO").cli("no-logo", 'n').restart().says("print no banner at the start"));
  t.push_back(setting("flags.no_start", SF_AT(o.flags.no_start))
                  .var("NO_START")
                  .cli("no-start", 'x')
                  .restart()
                  .says("start without connecting to anything"));
  t.push_back(setting("flags.no_config_watch", SF_AT(o.flags.no_config_watch))
                  .var("NO_CONFIG_WATCH")
                  .cli("no-config-watch")
                  .restart()
                  .says("do not follow changes of the file"));
  t.push_back(setting("flags.no_connect", SF_AT(o.flags.no_connect))
                  .var("NO_CONNECT")
                  .cli("no-connect")
                  .restart()
                  .says("do not log in to the server by itself"));
  t.push_back(setting("flags.no_share_scan", SF_AT(o.flags.no_share_scan))
                  .var("NO_SHARE_SCAN")
                  .cli("no-share-scan")
                  .restart()
                  .says("do not scan shares at the start"));
  t.push_back(setting("flags.force_share_scan", SF_AT(o.flags.force_share_scan))
                  .var("FORCE_SHARE_SCAN")
                  .cli("force-share-scan")
                  .restart()
                  .says("read every shared file again at the start"));
  t.push_back(setting("flags.no_version_check", SF_AT(o.flags.no_version_check))
                  .var("NO_VERSION_CHECK")
                  .cli("no-version-check")
                  .restart()
                  .says("accepted; there is no version check"));
  t.push_back(setting("flags.volatile", SF_AT(o.flags.volatile_mode))
                  .var("VOLATILE")
                  .cli("volatile")
                  .restart()
                  .idle()
                  .says("keep databases in memory only"));
  t.push_back(setting("flags.case_sensitive_reg_ex", SF_AT(o.flags.case_sensitive_reg_ex))
                  .var("CASE_SENSITIVE_REGEX")
                  .cli("case-sensitive-regex")
                  .restart()
                  .says("regular expressions mind case"));
}

void add_shares(std::vector<Setting>& t) {
  t.push_back(setting("directories.downloads", SF_AT(o.directories.downloads))
                  .var("DOWNLOADS_DIR")
                  .cli("downloads", 'o')
                  .restart()
                  .checked(check_absolute_path)
                  .says("finished downloads; empty: downloads in the application folder"));
  t.push_back(setting("directories.incomplete", SF_AT(o.directories.incomplete))
                  .var("INCOMPLETE_DIR")
                  .cli("incomplete")
                  .restart()
                  .checked(check_absolute_path)
                  .says("unfinished downloads; empty: incomplete in the application folder"));
  t.push_back(setting("shares.directories", SF_AT(o.shares.directories))
                  .var("SHARED_DIR")
                  .cli("shared", 's')
                  .says("shared folders: /path, [alias]/path, !/path to leave out, or a map of path, alias, networks, private"));
  t.push_back(setting("shares.filters", SF_AT(o.shares.filters))
                  .var("SHARE_FILTER")
                  .cli("share-filter")
                  .checked(check_regex)
                  .says("regular expressions; files that match are not shared"));
  t.push_back(setting("shares.cache.storage_mode", SF_AT(o.shares.cache.storage_mode))
                  .var("SHARE_CACHE_STORAGE_MODE")
                  .cli("share-cache-storage-mode")
                  .restart()
                  .one_of("memory|disk")
                  .says("accepted; the index is always in memory and cached on disk"));
  t.push_back(setting("shares.cache.workers", SF_AT(o.shares.cache.workers))
                  .var("SHARE_CACHE_WORKERS")
                  .cli("share-cache-workers")
                  .restart()
                  .range(0, 128)
                  .says("threads that scan; 0: one per processor"));
  t.push_back(setting("shares.cache.retention", SF_AT(o.shares.cache.retention))
                  .var("SHARE_CACHE_RETENTION")
                  .cli("share-cache-retention")
                  .range(60)
                  .says("minutes after which shares are scanned again"));
  t.push_back(setting("shares.watch", SF_AT(o.shares.watch)).says("follow changes between scans"));
  t.push_back(
      setting("shares.sweep_interval", SF_AT(o.shares.sweep_interval)).range(5, 100'000).says("minutes between looks over everything"));
}

void add_web(std::vector<Setting>& t) {
  t.push_back(setting("web.port", SF_AT(o.web.port))
                  .var("HTTP_PORT")
                  .cli("http-port", 'l')
                  .restart()
                  .range(1, 65535)
                  .says("port of the page and the HTTP API"));
  t.push_back(setting("web.ip_address", SF_AT(o.web.ip_addresses))
                  .var("HTTP_IP_ADDRESS")
                  .cli("http-ip-address")
                  .restart()
                  .commas()
                  .checked(check_address)
                  .says("addresses to listen on, separated by commas"));
  t.push_back(setting("web.allow_remote", SF_AT(o.web.allow_remote))
                  .restart()
                  .says("yes, listen beyond this machine (with a password and an address above)"));
  t.push_back(setting("web.hosts", SF_AT(o.web.hosts)).says("names by which the page is reached, besides localhost"));
  t.push_back(setting("web.url_base", SF_AT(o.web.url_base))
                  .var("URL_BASE")
                  .cli("url-base")
                  .restart()
                  .checked(check_url_path)
                  .says("prefix of all paths, behind a reverse proxy"));
  t.push_back(setting("web.content_path", SF_AT(o.web.content_path))
                  .var("CONTENT_PATH")
                  .cli("content-path")
                  .restart()
                  .idle()
                  .says("folder with another page; empty: the built-in one"));
  t.push_back(setting("web.logging", SF_AT(o.web.logging))
                  .var("HTTP_LOGGING")
                  .cli("http-logging")
                  .restart()
                  .idle()
                  .says("log requests (never queries or bodies)"));
  t.push_back(setting("web.authentication.disabled", SF_AT(o.web.authentication.disabled))
                  .var("NO_AUTH")
                  .cli("no-auth", 'X')
                  .restart()
                  .says("no sign-in for connections from this machine"));
  t.push_back(setting("web.authentication.username", SF_AT(o.web.authentication.username))
                  .var("USERNAME")
                  .cli("username", 'u')
                  .says("name to sign in with"));
  t.push_back(setting("web.authentication.password", SF_AT(o.web.authentication.password))
                  .var("PASSWORD")
                  .cli("password", 'p')
                  .hidden()
                  .says("password to sign in with; empty: made at the first start"));
  t.push_back(setting("web.authentication.api_key", SF_AT(o.web.authentication.api_key))
                  .var("API_KEY")
                  .cli("api-key")
                  .restart()
                  .hidden()
                  .checked(check_api_key_entry)
                  .says("one API key: 16 to 255 characters, or role=...;cidr=...;KEY"));
  t.push_back(setting("web.authentication.api_keys.*.key", SF_AT(o.web.authentication.api_keys[name].key))
                  .hidden()
                  .checked(check_api_key)
                  .says("the key, 16 to 255 characters"));
  t.push_back(setting("web.authentication.api_keys.*.role", SF_AT(o.web.authentication.api_keys[name].role))
                  .one_of("readonly|readwrite|administrator")
                  .says("what it may do"));
  t.push_back(setting("web.authentication.api_keys.*.cidr", SF_AT(o.web.authentication.api_keys[name].cidr))
                  .checked(check_networks)
                  .says("networks it is accepted from, separated by commas"));
  t.push_back(setting("web.authentication.api_keys.*.scopes", SF_AT(o.web.authentication.api_keys[name].scopes))
                  .one_of("mesh|relay|guard|virtual")
                  .says("parts of the API that no role covers"));
  t.push_back(setting("web.authentication.jwt.key", SF_AT(o.web.authentication.jwt.key))
                  .var("JWT_KEY")
                  .cli("jwt-key")
                  .restart()
                  .hidden()
                  .checked(check_jwt_key)
                  .says("key that signs tokens, 32 to 255 characters; empty: kept in the secrets folder"));
  t.push_back(setting("web.authentication.jwt.ttl", SF_AT(o.web.authentication.jwt.ttl))
                  .var("JWT_TTL")
                  .cli("jwt-ttl")
                  .restart()
                  .range(3'600'000)
                  .says("milliseconds a sign-in lasts"));
}

void add_retention(std::vector<Setting>& t) {
  t.push_back(setting("retention.search", SF_AT(o.retention.search)).range(5).says("minutes a finished search is kept"));
  t.push_back(setting("retention.transfers.upload.succeeded", SF_AT(o.retention.upload.succeeded))
                  .range(5)
                  .says("minutes a row stays in the list"));
  t.push_back(
      setting("retention.transfers.upload.errored", SF_AT(o.retention.upload.errored)).range(5).says("minutes a row stays in the list"));
  t.push_back(setting("retention.transfers.upload.cancelled", SF_AT(o.retention.upload.cancelled))
                  .range(5)
                  .says("minutes a row stays in the list"));
  t.push_back(
      setting("retention.transfers.upload.failed", SF_AT(o.retention.upload.failed)).range(5).says("minutes a row stays in the list"));
  t.push_back(setting("retention.transfers.download.succeeded", SF_AT(o.retention.download.succeeded))
                  .range(5)
                  .says("minutes a row stays in the list"));
  t.push_back(setting("retention.transfers.download.errored", SF_AT(o.retention.download.errored))
                  .range(5)
                  .says("minutes a row stays in the list"));
  t.push_back(setting("retention.transfers.download.cancelled", SF_AT(o.retention.download.cancelled))
                  .range(5)
                  .says("minutes a row stays in the list"));
  t.push_back(
      setting("retention.transfers.download.failed", SF_AT(o.retention.download.failed)).range(5).says("minutes a row stays in the list"));
  t.push_back(setting("retention.files.complete", SF_AT(o.retention.complete_files))
                  .range(30)
                  .idle()
                  .says("minutes since the last access after which finished files are DELETED"));
  t.push_back(setting("retention.files.incomplete", SF_AT(o.retention.incomplete_files))
                  .range(30)
                  .idle()
                  .says("minutes since the last access after which unfinished files are DELETED"));
  t.push_back(setting("retention.logs", SF_AT(o.retention.logs)).range(1).idle().says("days log files are kept"));
}

}  // namespace

void add_general_settings(std::vector<Setting>& t) {
  t.push_back(setting("debug", SF_AT(o.debug)).var("DEBUG").cli("debug", 'd').restart().says("log more"));
  t.push_back(
      setting("headless", SF_AT(o.headless)).var("HEADLESS").cli("headless", 'H').restart().says("no page and no sign-in, only API keys"));
  t.push_back(setting("remote_configuration", SF_AT(o.remote_configuration))
                  .var("REMOTE_CONFIGURATION")
                  .cli("remote-configuration")
                  .says("allow changes of this file over HTTP"));
  t.push_back(setting("remote_file_management", SF_AT(o.remote_file_management))
                  .var("REMOTE_FILE_MANAGEMENT")
                  .cli("remote-file-management")
                  .says("allow deleting downloaded files over HTTP"));
  t.push_back(setting("instance_name", SF_AT(o.instance_name))
                  .var("INSTANCE_NAME")
                  .cli("instance-name", 'i')
                  .restart()
                  .says("name of this daemon in logs"));
  add_flags(t);
  add_shares(t);
  t.push_back(setting("filters.search.request", SF_AT(o.filters.search_request))
                  .var("SEARCH_REQUEST_FILTER")
                  .cli("search-request-filter")
                  .checked(check_regex)
                  .says("regular expressions; searches of others that match get no answer"));
  t.push_back(setting("rooms", SF_AT(o.rooms)).var("ROOMS").cli("rooms").idle().says("rooms to join after login"));
  add_web(t);
  add_retention(t);
  t.push_back(setting("throttling.search.incoming.concurrency", SF_AT(o.throttling.concurrency))
                  .var("THROTTLING_SEARCH_INCOMING_CONCURRENCY")
                  .cli("throttling-search-incoming-concurrency")
                  .range(1, 1000)
                  .idle()
                  .says("answers to searches under way at once"));
  t.push_back(setting("throttling.search.incoming.circuit_breaker", SF_AT(o.throttling.circuit_breaker))
                  .var("THROTTLING_SEARCH_INCOMING_CIRCUIT_BREAKER")
                  .cli("throttling-search-incoming-circuit-breaker")
                  .range(1)
                  .idle()
                  .says("waiting answers beyond which searches are dropped"));
  t.push_back(setting("throttling.search.incoming.response_file_limit", SF_AT(o.throttling.response_file_limit))
                  .var("THROTTLING_SEARCH_INCOMING_RESPONSE_FILE_LIMIT")
                  .cli("throttling-search-incoming-response-file-limit")
                  .range(1)
                  .says("files in one answer"));
  t.push_back(
      setting("logger.disk", SF_AT(o.logger.disk)).var("DISK_LOGGER").cli("disk-logger").restart().says("write logs to the logs folder"));
  t.push_back(setting("logger.no_color", SF_AT(o.logger.no_color)).var("NO_COLOR").cli("no-color").restart().says("no colours in the log"));
  t.push_back(
      setting("metrics.enabled", SF_AT(o.metrics.enabled)).var("METRICS").cli("metrics").restart().says("offer metrics for Prometheus"));
  t.push_back(setting("metrics.url", SF_AT(o.metrics.url))
                  .var("METRICS_URL")
                  .cli("metrics-url")
                  .restart()
                  .checked(check_url_path)
                  .idle()
                  .says("path of the metrics"));
  t.push_back(setting("metrics.authentication.disabled", SF_AT(o.metrics.authentication_disabled))
                  .var("METRICS_NO_AUTH")
                  .cli("metrics-no-auth")
                  .restart()
                  .says("metrics without credentials"));
  t.push_back(setting("metrics.authentication.username", SF_AT(o.metrics.username))
                  .var("METRICS_USERNAME")
                  .cli("metrics-username")
                  .restart()
                  .says("name for the metrics"));
  t.push_back(setting("metrics.authentication.password", SF_AT(o.metrics.password))
                  .var("METRICS_PASSWORD")
                  .cli("metrics-password")
                  .restart()
                  .hidden()
                  .says("password for the metrics; empty: API keys and sessions only"));
  t.push_back(setting("feature.swagger", SF_AT(o.swagger))
                  .var("SWAGGER")
                  .cli("swagger")
                  .restart()
                  .says("accepted; the OpenAPI document is always served"));
}

}  // namespace soulfabric::config
