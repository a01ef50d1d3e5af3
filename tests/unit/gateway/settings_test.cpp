// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway's part of the configuration.
#include <gtest/gtest.h>

#include "soulfabric/gateway/gateway.hpp"

namespace soulfabric::gateway {
namespace {

TEST(GatewaySettings, ReadAKeyAsSlskdDoes) {
  Options options;
  options.web.authentication.api_key = "0123456789abcdef==";
  auto keys = settings_from(options).api_keys;
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].key, "0123456789abcdef==");
  EXPECT_EQ(keys[0].role, Role::Administrator);
  EXPECT_TRUE(keys[0].networks.empty()) << "from anywhere, also through a tunnel";
  options.web.authentication.api_key = "Role=ReadWrite; cidr=10.0.0.0/8,::1/128;0123456789abcdef";
  keys = settings_from(options).api_keys;
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].key, "0123456789abcdef");
  EXPECT_EQ(keys[0].role, Role::ReadWrite);
  ASSERT_EQ(keys[0].networks.size(), 2U);
  EXPECT_TRUE(keys[0].networks[0].contains(*IpAddress::parse("10.1.2.3")));
}

TEST(GatewaySettings, LeaveOutAKeyWhoseNetworkIsNone) {
  Options options;
  ApiKeyOptions broken;
  broken.key = "0123456789abcdef";
  broken.cidr = "10.0.0.0/8,nonsense";
  options.web.authentication.api_keys["broken"] = broken;
  EXPECT_TRUE(settings_from(options).api_keys.empty()) << "never a key from anywhere instead";
  broken.cidr = "0.0.0.0/0";
  options.web.authentication.api_keys["broken"] = broken;
  const auto keys = settings_from(options).api_keys;
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].networks.size(), 1U) << "IPv4 only is a restriction";
}

TEST(GatewaySettings, TakeOverTheWebSection) {
  Options options;
  options.web.url_base = "/music/";
  options.web.authentication.password = "p";
  options.web.authentication.jwt.ttl = 5000;
  options.web.hosts = {"music.example"};
  options.metrics.username = "m";
  const auto settings = settings_from(options);
  EXPECT_EQ(settings.url_base, "/music");
  EXPECT_EQ(settings.password, "p");
  EXPECT_EQ(settings.session_lifetime, std::chrono::seconds(5));
  EXPECT_EQ(settings.host_names, options.web.hosts);
  EXPECT_EQ(settings.metrics_username, "m");
  EXPECT_FALSE(settings_from(Options{}).password) << "none set: the one made at the first start";
}

}  // namespace
}  // namespace soulfabric::gateway
