// SPDX-License-Identifier: GPL-3.0-or-later
// What the configuration makes of the relays: defaults that open nothing, targets that cannot be, a demo's own exception.
#include "relay_settings.hpp"

#include <gtest/gtest.h>

#include "soulfabric/base/options_loader.hpp"

namespace soulfabric::daemon {
namespace {

Result<LoadedOptions> load(const std::string& yaml) {
  OptionSources sources;
  sources.yaml = yaml;
  sources.yaml_name = "soulfabric.yml";
  return load_options(sources);
}

Options options_of(const std::string& yaml) {
  auto loaded = load(yaml);
  EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
  return loaded ? loaded->options : Options{};
}

TEST(RelaySettings, OpenNothingByDefault) {
  const Options options;
  std::vector<std::string> wrong;
  const auto tunnels = tunnel_settings(options, {}, wrong);
  EXPECT_FALSE(tunnels.enabled);
  EXPECT_FALSE(tunnels.relay);
  EXPECT_TRUE(tunnels.targets.empty());
  EXPECT_TRUE(tunnels.forwards.empty());
  EXPECT_TRUE(http_settings(options, "").exceptions.empty());
  EXPECT_TRUE(wrong.empty());
}

TEST(RelaySettings, AskMusicBrainzOnceASecond) {
  EXPECT_EQ(http_settings({}, "").spacing.at("musicbrainz.org"), std::chrono::seconds(1));
  EXPECT_EQ(http_settings({}, "").per_host_spacing, std::chrono::milliseconds(100));
  EXPECT_EQ(http_settings({}, "http://127.0.0.1:7").spacing.at("127.0.0.1"), std::chrono::seconds(0)) << "a demo's own";
  const Options options = options_of("relay:\n  catalogue:\n    contact: me@example.org\n");
  EXPECT_TRUE(http_settings(options, "").user_agent.ends_with("( me@example.org )"));
}

TEST(RelaySettings, TheClientBelievesTheFileOfAuthoritiesThatIsNamed) {
  EXPECT_TRUE(http_settings({}, "").ca_file.empty());
  EXPECT_EQ(http_settings(options_of("relay:\n  ca_file: /etc/soulfabric/mirror.pem\n"), "").ca_file, "/etc/soulfabric/mirror.pem");
  const auto relative = load("relay:\n  ca_file: mirror.pem\n");
  ASSERT_FALSE(relative.has_value());
  EXPECT_NE(relative.error().message.find("relay.ca_file"), std::string::npos) << relative.error().message;
}

TEST(RelaySettings, LeaveOutTargetsThatLeadToOurselves) {
  const Options options = options_of(
      "web:\n  port: 6000\nrelay:\n  trusted:\n    enabled: true\n    targets:\n      photos: 8080\n      self: 6000\n      mesh: 7001\n      slskdn-ui: 8081\n");
  std::vector<std::string> wrong;
  const auto tunnels = tunnel_settings(options, {7001}, wrong);
  EXPECT_EQ(tunnels.targets, (std::map<std::string, std::uint16_t>{{"photos", 8080}}));
  EXPECT_EQ(wrong.size(), 3U);
}

TEST(RelaySettings, ForwardsNeedTheIdsOfNodes) {
  const std::string id(32, 'a');
  const Options options = options_of("forwards:\n  vps:\n    peer: " + id + "\n    port: 8000\n  wrong:\n    peer: vps\n  other:\n    peer: " + id + "\n    via: middle\n");
  std::vector<std::string> wrong;
  const auto tunnels = tunnel_settings(options, {}, wrong);
  ASSERT_EQ(tunnels.forwards.size(), 1U);
  EXPECT_EQ(tunnels.forwards.front().name, "vps");
  EXPECT_EQ(tunnels.forwards.front().target, relay::kUiTarget);
  EXPECT_EQ(wrong.size(), 2U);
}

TEST(RelaySettings, AFileCannotExceptThisMachinesOwnLoopback) {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "mb.localhost", "\"[::1]\"", "\"::1\""})
    EXPECT_FALSE(load("relay:\n  exceptions:\n    mine:\n      host: " + std::string(host) + "\n").has_value()) << host;
  const Options options = options_of("relay:\n  exceptions:\n    mirror:\n      host: MB.lan\n      ports: [\"5000\"]\n      mesh: true\n");
  const auto http = http_settings(options, "");
  EXPECT_EQ(http.exceptions, (std::map<std::string, net::HttpException>{{"mb.lan", {{5000}, true}}}));
}

TEST(RelaySettings, RightsOfANodeAreReadAsTheyAreWritten) {
  const std::string id(32, 'a');
  const Options options = options_of("mesh:\n  peers:\n    " + id + ":\n      rights: [tunnel_targets, believe_catalogue]\n      relay_for: [" + id + "]\n");
  EXPECT_EQ(options.mesh.peers.at(id).rights, (std::vector<std::string>{"tunnel_targets", "believe_catalogue"}));
  EXPECT_EQ(options.mesh.peers.at(id).relay_for, std::vector<std::string>{id});
}

TEST(RelaySettings, ADemoBringsItsOwnCatalogue) {
  const auto http = http_settings({}, "http://127.0.0.1:7300");
  EXPECT_EQ(http.exceptions, (std::map<std::string, net::HttpException>{{"127.0.0.1", {{7300}, true}}}));
  EXPECT_EQ(catalogue_settings({}, "/x", "http://127.0.0.1:7300").musicbrainz, "http://127.0.0.1:7300");
  EXPECT_EQ(catalogue_settings({}, "/x", "").musicbrainz, "https://musicbrainz.org");
}

}  // namespace
}  // namespace soulfabric::daemon
