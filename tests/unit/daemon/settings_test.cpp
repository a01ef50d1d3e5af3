// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration in the terms of the parts: rates, caps, keys, folders.
#include "daemon/settings.hpp"

#include <gtest/gtest.h>

namespace soulfabric::daemon {
namespace {

TEST(Settings, UnlimitedAndZeroMeanNoLimitAndKibibytesBecomeBytes) {
  Options options;
  EXPECT_EQ(guard_options(options).bytes.upload, 0U);
  options.transfers.upload.speed_limit = 100;
  options.guard.download_speed_per_user = 5;
  const guard::GuardOptions limits = guard_options(options);
  EXPECT_EQ(limits.bytes.upload, 102'400U);
  EXPECT_EQ(limits.bytes.download, 0U);
  EXPECT_EQ(limits.bytes.download_per_peer, 5'120U);
}

TEST(Settings, UnitsOfTheNodeKeepTheirReserves) {
  Options options;
  options.mesh.units_per_minute = 6000;
  const guard::BudgetLimits budget = guard_options(options).budget;
  EXPECT_EQ(budget.node_minute, 6000U);
  EXPECT_EQ(budget.user_reserve, 1800U);
  EXPECT_EQ(budget.automation_reserve, 600U);
}

TEST(Settings, DefaultsOfTheFileAreTheDefaultsOfTheGuard) {
  const guard::GuardOptions from_file = guard_options(Options{});
  const guard::GuardOptions built_in;
  EXPECT_EQ(from_file.budget.node_minute, built_in.budget.node_minute);
  EXPECT_EQ(from_file.budget.user_reserve, built_in.budget.user_reserve);
  EXPECT_EQ(from_file.budget.automation_reserve, built_in.budget.automation_reserve);
  EXPECT_EQ(from_file.courtesy.searches_per_minute, built_in.courtesy.searches_per_minute);
  EXPECT_EQ(from_file.courtesy.searches_per_window, built_in.courtesy.searches_per_window);
  EXPECT_EQ(from_file.courtesy.search_spacing, built_in.courtesy.search_spacing);
  EXPECT_EQ(from_file.courtesy.browses_per_minute, built_in.courtesy.browses_per_minute);
  EXPECT_EQ(from_file.courtesy.download_slots, built_in.courtesy.download_slots);
  EXPECT_EQ(from_file.connections.total, built_in.connections.total);
  EXPECT_EQ(from_file.connections.inbound, built_in.connections.inbound);
  EXPECT_EQ(from_file.connections.per_address, built_in.connections.per_address);
  EXPECT_EQ(from_file.connections.accepts_per_second, built_in.connections.accepts_per_second);
  EXPECT_EQ(from_file.connections.accepts_per_address, built_in.connections.accepts_per_address);
  EXPECT_EQ(from_file.connections.connects_per_second, built_in.connections.connects_per_second);
}

TEST(Settings, GatewayHearsOfKeysMetricsAndFolders) {
  Options options;
  options.web.authentication.api_key = "role=readwrite;cidr=10.0.0.0/8;0123456789abcdef";
  options.web.authentication.api_keys["tool"] = {"fedcba9876543210", "administrator", "::1/128", {"guard"}};
  options.metrics.authentication_disabled = true;
  options.metrics.username = "prometheus";
  options.directories.downloads = "/srv/downloads";
  const auto settings = gateway_settings(options, "/app", true);
  ASSERT_EQ(settings.api_keys.size(), 2U);
  EXPECT_EQ(settings.api_keys[0].role, gateway::Role::ReadWrite);
  EXPECT_EQ(settings.api_keys[0].key, "0123456789abcdef");
  EXPECT_EQ(settings.api_keys[1].scopes, std::vector<std::string>{"guard"});
  EXPECT_TRUE(settings.metrics_open);
  EXPECT_EQ(settings.metrics_username, "prometheus");
  EXPECT_TRUE(settings.terminal);
  EXPECT_EQ(settings.downloads_folder, "/srv/downloads");
  EXPECT_EQ(settings.incomplete_folder, "/app/incomplete");
}

TEST(Settings, SharesAreLookedOverAsOftenAsRetentionAsks) {
  Options options;
  EXPECT_EQ(share_options(options).sweep_interval, 360);
  options.shares.cache.retention = 60;
  EXPECT_EQ(share_options(options).sweep_interval, 60);
}

}  // namespace
}  // namespace soulfabric::daemon
