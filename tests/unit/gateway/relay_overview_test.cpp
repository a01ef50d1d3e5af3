// SPDX-License-Identifier: GPL-3.0-or-later
// The relays at one glance: which run, what each setting exposes, what the HTTP client refused.
#include <nlohmann/json.hpp>

#include "fixture.hpp"
#include "soulfabric/net/http_client.hpp"
#include "support/fake_relay.hpp"

namespace soulfabric::gateway {
namespace {

using Tree = nlohmann::json;

class RelayOverviewTest : public testing::GatewayTest {
 protected:
  RelayOverviewTest() {
    settings.api_keys.front().scopes = {"relay"};
    relay = &relays;
    mesh.on = true;
  }
  Tree tree(std::string_view target) {
    const auto reply = call("GET", target);
    EXPECT_EQ(reply.status, 200) << target << " " << reply.body;
    return Tree::parse(reply.body, nullptr, false);
  }
  soulfabric::testing::FakeRelay relays;
};

TEST_F(RelayOverviewTest, ShowsWhatRunsAndWhatEachSwitchExposes) {
  configuration.shown.relay.trusted.targets["mpd"] = 6600;
  configuration.shown.relay.content.hashing = false;
  configuration.shown.relay.ca_file = "/etc/mirror.pem";
  configuration.shown.relay.catalogue.domains = {"covers.example.org"};
  configuration.shown.mesh.publish = "public";
  configuration.shown.mesh.services = {"content-relay"};
  launch();
  const auto shown = tree("/api/v0/relay");
  ASSERT_EQ(shown["parts"].size(), 4U);
  EXPECT_EQ(shown["parts"][0], (Tree{{"name", "catalogue"}, {"running", true}}));
  EXPECT_EQ(shown["parts"][1]["why"], "Verifying is switched off: set relay.content.hashing to true.");
  std::map<std::string, Tree> values;
  for (const auto& one : shown["switches"]) {
    values[one["key"]] = one["value"];
    EXPECT_TRUE(one["exposes"].get<std::string>().ends_with('.')) << one.dump();
  }
  EXPECT_EQ(values["relay.catalogue.enabled"], true);
  EXPECT_EQ(values["relay.trusted.enabled"], false);
  EXPECT_EQ(values["relay.trusted.targets"], Tree::array({"mpd"}));
  EXPECT_EQ(values["relay.content.records"], 1000);
  EXPECT_EQ(values["relay.ca_file"], true) << "not where it lies";
  EXPECT_EQ(values["relay.catalogue.domains"], Tree::array({"covers.example.org"}));
  EXPECT_EQ(values["mesh.publish"], "public");
  EXPECT_EQ(values["mesh.services"], Tree::array({"content-relay"}));
}

TEST_F(RelayOverviewTest, ShowsWhatTheHttpClientRefused) {
  class Client final : public net::HttpClient {
   public:
    Task<Result<net::HttpResponse>> fetch(net::HttpRequest) override { co_return fail(Errc::Offline, "It is away."); }
    void configure(net::HttpClientSettings) override {}
    [[nodiscard]] net::HttpClientMetrics metrics() const override { return shown; }
    net::HttpClientMetrics shown;
  };
  launch();
  EXPECT_FALSE(tree("/api/v0/relay").contains("http"));
  Client client;
  client.shown.requests = 9;
  client.shown.refused[static_cast<std::size_t>(net::HttpRefusal::Address)] = 2;
  relays.http = &client;
  const auto shown = tree("/api/v0/relay")["http"];
  EXPECT_EQ(shown["requests"], 9);
  EXPECT_EQ(shown["refused"]["address"], 2);
  EXPECT_EQ(shown["refused"]["notAllowed"], 0);
}

}  // namespace
}  // namespace soulfabric::gateway
