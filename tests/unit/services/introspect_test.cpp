// SPDX-License-Identifier: GPL-3.0-or-later
// What a node tells about itself, and what must never be in it.
#include "soulfabric/services/introspect.hpp"

#include <gmock/gmock.h>
#include <netdb.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "pods_world.hpp"
#include "soulfabric/base/cbor.hpp"

namespace soulfabric::services {
namespace {

using namespace std::chrono_literals;

class Introspection : public PodsWorld {
 protected:
  Introspection() {
    start(1);
    start(2);
    service_ = make_introspect(nodes_.at(1)->fabric, nodes_.at(1)->fabric.links, clock_, "0.1.0");
    EXPECT_TRUE(nodes_.at(1)->fabric.add(*service_));
    fabric::RouterSettings settings;
    settings.exposed = {"mesh-introspect"};
    nodes_.at(1)->fabric.configure(settings);
    mesh_.link(peer_of(1), peer_of(2));
  }
  fabric::CallOutcome ask(std::string method, Bytes payload = {0xA0}) {
    auto outcome = run(nodes_.at(1)->fabric.answer(peer_of(2), "mesh-introspect", std::move(method), std::move(payload)));
    EXPECT_TRUE(outcome);
    return outcome ? std::move(*outcome) : fabric::CallOutcome{};
  }
  std::unique_ptr<fabric::MeshService> service_;
};

TEST_F(Introspection, TellsUpTimeInWholeMinutesAndNumbers) {
  pass(3min + 40s);
  const auto outcome = ask("GetStatus");
  ASSERT_EQ(outcome.status, fabric::CallStatus::Ok);
  cbor::Reader reader(outcome.payload);
  std::map<std::string, std::string> found;
  const auto entries = reader.map(10);
  ASSERT_TRUE(entries);
  for (std::size_t i = 0; i < *entries; ++i) {
    const auto key = reader.text(64);
    ASSERT_TRUE(key);
    found[std::string(*key)] = *key == "version" ? std::string(*reader.text(64)) : std::to_string(*reader.number());
  }
  EXPECT_TRUE(reader.end());
  const std::map<std::string, std::string> expected = {{"links", "1"}, {"services", "1"}, {"uptime_minutes", "4"}, {"version", "0.1.0"}};
  EXPECT_EQ(found, expected);
}

TEST_F(Introspection, NamesExposedServicesOnly) {
  const auto outcome = ask("GetServices");
  const std::string text(text_of(outcome.payload));
  EXPECT_NE(text.find("mesh-introspect"), std::string::npos);
  EXPECT_NE(text.find("GetCapabilities"), std::string::npos);
  EXPECT_EQ(text.find("pods"), std::string::npos) << "not exposed, so it does not exist";
}

/// Everything that names this machine or its user.
std::vector<std::string> secrets() {
  std::vector<std::string> out = {"127.0.0.1", "localhost", "/home", "/root", "/tmp"};
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) out.emplace_back(host.data());
  for (const char* name : {"USER", "LOGNAME", "HOME", "PWD", "HOSTNAME"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) out.emplace_back(value);
  }
  if (const passwd* user = ::getpwuid(::geteuid())) out.insert(out.end(), {user->pw_name, user->pw_dir});
  std::erase_if(out, [](const std::string& text) { return text.size() < 2; });
  return out;
}

TEST_F(Introspection, NeverContainsHostUserPathOrAddress) {
  for (const char* method : {"GetStatus", "GetCapabilities", "GetServices"}) {
    const auto outcome = ask(method);
    ASSERT_EQ(outcome.status, fabric::CallStatus::Ok) << method;
    const std::string text(text_of(outcome.payload));
    ASSERT_FALSE(text.empty());
    for (const std::string& secret : secrets()) EXPECT_EQ(text.find(secret), std::string::npos) << method << " tells " << secret;
    EXPECT_EQ(text.find(peer_of(2).text()), std::string::npos) << method << " names another peer";
    cbor::Reader reader(outcome.payload);
    EXPECT_TRUE(reader.skip() && reader.end()) << "deterministic CBOR";
  }
}

TEST_F(Introspection, RefusesWhatIsNoRequest) {
  EXPECT_EQ(ask("GetStatus", {}).status, fabric::CallStatus::InvalidPayload);
  EXPECT_EQ(ask("GetStatus", {0xFF}).status, fabric::CallStatus::InvalidPayload);
  EXPECT_EQ(ask("GetStatus", {0xA0, 0x00}).status, fabric::CallStatus::InvalidPayload);
  EXPECT_EQ(ask("GetSecrets").status, fabric::CallStatus::MethodNotFound);
  EXPECT_EQ(ask("GetStatus", Bytes(65)).status, fabric::CallStatus::PayloadTooLarge);
}

}  // namespace
}  // namespace soulfabric::services
