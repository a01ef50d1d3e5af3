// SPDX-License-Identifier: GPL-3.0-or-later
// The section `mesh` in the rooms' terms, where others reach us, and the remembered answer of the first run.
#include <gtest/gtest.h>

#include <filesystem>

#include "mesh_choice.hpp"
#include "mesh_settings.hpp"
#include "soulfabric/base/files.hpp"

namespace soulfabric::daemon {
namespace {

constexpr const char* kPeer = "eh7ddx5bksrgcytl7bkai36se4nxx3kl";

Endpoint at(const char* address, std::uint16_t port) { return {*IpAddress::parse(address), port}; }

TEST(MeshSettings, NamePeersThatHaveNoId) {
  MeshOptions mesh;
  mesh.peers[kPeer] = {{"203.0.113.7:50305", "nonsense", "[2001:db8::1]:443"}, true, {"believe_catalogue"}, {}};
  mesh.peers["my friend"] = {};
  std::vector<std::string> wrong;
  const auto settings = peer_book_settings(mesh, wrong);
  EXPECT_EQ(wrong, std::vector<std::string>{"my friend"});
  ASSERT_EQ(settings.peers.size(), 1U);
  EXPECT_EQ(settings.peers[0].endpoints, (std::vector<Endpoint>{at("203.0.113.7", 50305), at("2001:db8::1", 443)}));
  EXPECT_TRUE(settings.peers[0].trusted);
  EXPECT_TRUE(settings.peers[0].rights.believe_catalogue);
  EXPECT_FALSE(settings.peers[0].rights.tunnel_targets) << "no right implies another";
}

TEST(MeshSettings, WhatIsSwitchedOffIsNotOffered) {
  const MeshOptions mesh;
  RelayOptions relays;
  EXPECT_TRUE(router_settings(mesh, relays).unannounced.empty());
  relays.catalogue.mesh = false;
  EXPECT_FALSE(router_settings(mesh, relays).exposed.contains("catalogue-fetch"));
  relays.catalogue.mesh = true;
  relays.catalogue.enabled = false;
  EXPECT_FALSE(router_settings(mesh, relays).exposed.contains("catalogue-fetch"));
  relays.content.enabled = false;
  EXPECT_TRUE(router_settings(mesh, relays).exposed.contains("content-relay")) << "it answers as if it had nothing";
  EXPECT_EQ(router_settings(mesh, relays).unannounced, std::set<std::string>{"content-relay"});
}

TEST(MeshSettings, NameServicesThatNobodyHas) {
  MeshOptions mesh;
  EXPECT_TRUE(unknown_services(mesh, {"mesh-introspect"}).empty()) << "pods may be switched off";
  mesh.services = {"mesh-introspect", "mesh-introspekt", "mine", "trusted-relay"};
  mesh.gateway.services["pod"] = {"*"};
  EXPECT_EQ(unknown_services(mesh, {"mesh-introspect", "mine"}), (std::vector<std::string>{"mesh-introspekt", "pod"}));
}

TEST(MeshSettings, ExposeWhatIsListedAndPublishAsTold) {
  MeshOptions mesh;
  EXPECT_EQ(router_settings(mesh, {}).exposed, (std::set<std::string>{"mesh-introspect", "pods", "catalogue-fetch", "content-relay"}));
  mesh.services.clear();
  EXPECT_TRUE(router_settings(mesh, {}).exposed.empty());
  RelayOptions relays;
  relays.trusted.relay = true;
  EXPECT_EQ(router_settings(mesh, relays).exposed, std::set<std::string>{"trusted-relay"}) << "its own switch exposes it";
  std::vector<std::string> wrong;
  EXPECT_EQ(peer_book_settings(mesh, wrong).publish, mesh::Publish::Linked);
  EXPECT_TRUE(directory_settings(mesh).publish);
  mesh.publish = "none";
  EXPECT_FALSE(directory_settings(mesh).publish);
}

TEST(OwnEndpoints, PutWhatTheOperatorSaysFirstAndNeverMoreThanFour) {
  MeshOptions mesh;
  mesh.advertised_address = "203.0.113.1";
  mesh.advertised_port = 443;
  const std::vector<IpAddress> interfaces = {*IpAddress::parse("203.0.113.2"), *IpAddress::parse("203.0.113.3"),
                                             *IpAddress::parse("203.0.113.4"), *IpAddress::parse("203.0.113.5")};
  const auto endpoints = own_endpoints(mesh, at("0.0.0.0", 50305), at("198.51.100.9", 61234), interfaces);
  ASSERT_EQ(endpoints.size(), 4U);
  EXPECT_EQ(endpoints[0], at("203.0.113.1", 443));
  EXPECT_EQ(endpoints[1], at("198.51.100.9", 61234));
  EXPECT_EQ(endpoints[2], at("203.0.113.2", 443));
}

TEST(OwnEndpoints, LeaveOutTheHouseUnlessTheMeshIsOfTheHouse) {
  MeshOptions mesh;
  const std::vector<IpAddress> interfaces = {*IpAddress::parse("192.168.1.5"), *IpAddress::parse("127.0.0.1"), *IpAddress::parse("fd00::5")};
  EXPECT_TRUE(own_endpoints(mesh, at("0.0.0.0", 50305), std::nullopt, interfaces).empty());
  mesh.private_addresses = true;
  EXPECT_EQ(own_endpoints(mesh, at("0.0.0.0", 50305), std::nullopt, interfaces), std::vector<Endpoint>{at("192.168.1.5", 50305)});
}

class MeshAnswerFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sf-answer-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(MeshAnswerFile, IsNothingUntilAnswered) { EXPECT_FALSE(read_mesh_answer(folder_)); }

TEST_F(MeshAnswerFile, ComesBackAsGiven) {
  const MeshAnswer answer{true, {"music", "my lists"}};
  ASSERT_TRUE(write_mesh_answer(folder_, answer));
  EXPECT_EQ(read_mesh_answer(folder_), answer);
  ASSERT_TRUE(write_mesh_answer(folder_, {}));
  EXPECT_EQ(read_mesh_answer(folder_), MeshAnswer{});
}

TEST_F(MeshAnswerFile, AsksAgainWhereItMakesNoSense) {
  ASSERT_TRUE(write_whole(folder_ / "mesh-answer", bytes_of("perhaps\n"), 0600));
  EXPECT_FALSE(read_mesh_answer(folder_));
  EXPECT_FALSE(write_mesh_answer(folder_, {true, {"two\nlines"}}));
}

}  // namespace
}  // namespace soulfabric::daemon
