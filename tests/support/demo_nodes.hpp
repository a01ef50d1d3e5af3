// SPDX-License-Identifier: GPL-3.0-or-later
// A running `soulfabric demo` and its nodes, as a test with curl in its hand sees them.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/http.hpp"
#include "support/process.hpp"

namespace soulfabric::testing {

constexpr auto kReadyWithin = std::chrono::seconds(120);  // with sanitizers, on a busy machine
constexpr auto kGoneWithin = std::chrono::seconds(30);

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct DemoNode {
  std::string name;
  std::string key;
  std::uint16_t port = 0;
  std::string peer;  // its id on the mesh

  [[nodiscard]] HttpReply call(std::string method, std::string path, std::string body = {}) const {
    return http(port, {std::move(method), std::move(path), "X-API-Key: " + key + "\r\n", std::move(body)});
  }
  [[nodiscard]] nlohmann::json get(std::string path) const { return nlohmann::json::parse(call("GET", std::move(path)).body, nullptr, false); }
};

inline std::uint16_t port_in(const std::string& url) {
  const auto at = url.find(':', 6) + 1;
  return static_cast<std::uint16_t>(std::stoul(url.substr(at)));
}

class DemoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sf-demo-run-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(base_); }

  [[nodiscard]] std::filesystem::path folder() const { return base_ / "demo"; }
  [[nodiscard]] std::vector<std::string> words(unsigned base_port, unsigned nodes) const {
    return {SF_BINARY_DIR "/soulfabric", "demo", "--dir", folder().string(), "--base-port", std::to_string(base_port), "--nodes", std::to_string(nodes)};
  }
  /// demo.json; not an object where there is none yet.
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(content_of(folder() / "demo.json"), nullptr, false); }
  [[nodiscard]] std::vector<DemoNode> nodes() const {
    std::vector<DemoNode> out;
    const auto demo = json();
    if (!demo.is_object()) return out;
    for (const auto& one : demo["nodes"]) out.push_back({one["name"], one["apiKey"], port_in(one["url"].get<std::string>()), one["peerId"]});
    return out;
  }

  std::filesystem::path base_;
};

/// Where a file of that name lies beneath `root`; empty where none does.
inline std::filesystem::path find_below(const std::filesystem::path& root, const std::string& name) {
  std::error_code code;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root, code)) {
    if (entry.is_regular_file() && entry.path().filename() == name) return entry.path();
  }
  return {};
}

}  // namespace soulfabric::testing
