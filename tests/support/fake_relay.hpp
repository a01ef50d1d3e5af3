// SPDX-License-Identifier: GPL-3.0-or-later
// Stand-ins for the relays below the gateway: what they show is set by the test, what was asked of them is noted.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "soulfabric/gateway/gateway.hpp"
#include "soulfabric/library/verified.hpp"
#include "soulfabric/net/http_client.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "soulfabric/relay/content.hpp"
#include "soulfabric/relay/tunnels.hpp"

namespace soulfabric::testing {

struct FakeCatalogue final : relay::Catalogue {
  [[nodiscard]] Task<Status> start() override { co_return Status{}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  void configure(const relay::CatalogueSettings&) override {}
  [[nodiscard]] Task<Result<relay::CatalogueAnswer>> fetch(relay::CatalogueKey key, guard::Origin origin, MonoTime) override {
    asked.push_back(key.text());
    last_origin = origin;
    if (refuse) co_return std::unexpected(*refuse);
    const auto found = answers.find(key.text());
    if (found == answers.end()) co_return relay::CatalogueAnswer{.status = 404, .content_type = "application/json", .body = nullptr, .fetcher = {}};
    co_return found->second;
  }
  [[nodiscard]] relay::CatalogueMetrics metrics() const override { return shown; }
  void clear() override { ++cleared; }
  void use(fabric::Fabric*, mesh::PeerBook*, mesh::Links*) override {}
  [[nodiscard]] fabric::MeshService& service() override { std::abort(); }
  void knows(const std::string& key, std::string_view body, relay::CatalogueVia via = relay::CatalogueVia::Origin) {
    const auto bytes = bytes_of(body);
    answers[key] = {.status = 200, .content_type = "application/json", .body = std::make_shared<const Bytes>(bytes.begin(), bytes.end()), .via = via, .fetcher = {}};
  }
  std::map<std::string, relay::CatalogueAnswer> answers;  // by key.text()
  std::optional<Error> refuse;
  relay::CatalogueMetrics shown;
  std::vector<std::string> asked;
  std::optional<guard::Origin> last_origin;
  int cleared = 0;
};

struct FakeStatuses final : library::VerifiedCopies {
  [[nodiscard]] Task<Status> start() override { co_return Status{}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  void configure(const library::VerifiedSettings&) override {}
  [[nodiscard]] std::optional<library::VerifiedCopy> find(const library::ContentId&) const override { return std::nullopt; }
  [[nodiscard]] std::vector<library::ContentId> served() const override { return {}; }
  [[nodiscard]] Task<Result<library::Manifest>> manifest(library::ContentId) override { co_return fail(Errc::NotFound, "there is no such copy"); }
  [[nodiscard]] Task<Result<library::VerifiedFile>> open(library::ContentId) override { co_return fail(Errc::NotFound, "there is no such copy"); }
  [[nodiscard]] Task<Result<library::CopyStatus>> status_of(std::string virtual_path) override {
    for (const auto& status : all)
      if (status.virtual_path == virtual_path) co_return status;
    library::CopyStatus status;
    status.virtual_path = std::move(virtual_path);
    status.state = library::CopyState::NotShared;
    status.reason = "No share has this file.";
    co_return status;
  }
  [[nodiscard]] Task<Result<std::vector<library::CopyStatus>>> status_in(std::string virtual_folder) override {
    std::vector<library::CopyStatus> found;
    for (const auto& status : all)
      if (status.virtual_path.substr(0, status.virtual_path.rfind('\\')) == virtual_folder) found.push_back(status);
    co_return found;
  }
  [[nodiscard]] library::HashingProgress progress() const override { return hashing; }
  void pause(bool paused) override { hashing.paused = paused; }
  [[nodiscard]] Task<Status> set_private(std::string virtual_path, bool is_private) override {
    if (refuse) co_return std::unexpected(*refuse);
    std::erase(hidden, virtual_path);
    if (is_private) hidden.push_back(virtual_path);
    co_return Status{};
  }
  [[nodiscard]] std::vector<std::string> private_paths() const override { return hidden; }
  void on_change(std::function<void()>) override {}
  std::vector<library::CopyStatus> all;
  std::vector<std::string> hidden;
  library::HashingProgress hashing;
  std::optional<Error> refuse;
};

struct FakeContent final : relay::ContentRelay {
  [[nodiscard]] Task<Status> start() override { co_return Status{}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  void configure(const relay::ContentSettings&) override {}
  [[nodiscard]] Task<Result<std::vector<relay::ContentProvider>>> providers(library::ContentId id, guard::Origin, MonoTime) override {
    asked = id;
    if (refuse) co_return std::unexpected(*refuse);
    co_return found;
  }
  [[nodiscard]] Task<Result<std::string>> fetch(relay::ContentFetchRequest request, guard::Origin origin) override {
    if (refuse) co_return std::unexpected(*refuse);
    last = request;
    last_origin = origin;
    relay::ContentFetch made{.id = "11111111-2222-4333-8444-55555555555" + std::to_string(all.size()), .name = request.name, .asked = {}, .report = {}};
    made.report.want = request.want;
    made.report.size = request.size;
    all.push_back(made);
    co_return made.id;
  }
  [[nodiscard]] std::vector<relay::ContentFetch> fetches() const override { return all; }
  [[nodiscard]] Status cancel(const std::string& id, bool remove) override {
    const auto it = std::ranges::find(all, id, &relay::ContentFetch::id);
    if (it == all.end()) return fail(Errc::NotFound, "There is no such download.");
    it->report.state = swarm::DownloadReport::State::Cancelled;
    if (remove) all.erase(it);
    return {};
  }
  void on_change(std::function<void()>) override {}
  [[nodiscard]] relay::ContentMetrics metrics() const override { return shown; }
  [[nodiscard]] fabric::MeshService& service() override { std::abort(); }
  [[nodiscard]] std::unique_ptr<swarm::PieceSource> source(PeerId, guard::Origin) override { return nullptr; }
  std::vector<relay::ContentProvider> found;
  std::vector<relay::ContentFetch> all;
  std::optional<relay::ContentFetchRequest> last;
  std::optional<library::ContentId> asked;
  std::optional<guard::Origin> last_origin;
  std::optional<Error> refuse;
  relay::ContentMetrics shown;
};

struct FakeTunnels final : relay::Tunnels {
  [[nodiscard]] Task<Status> start() override { co_return Status{}; }
  [[nodiscard]] Task<void> stop() override { co_return; }
  void configure(const relay::TunnelSettings&) override {}
  [[nodiscard]] std::vector<relay::TunnelInfo> tunnels() const override { return all; }
  [[nodiscard]] Status close(std::uint64_t id) override {
    return std::erase_if(all, [id](const auto& tunnel) { return tunnel.id == id; }) > 0 ? Status{} : fail(Errc::NotFound, "There is no such tunnel; it may have ended.");
  }
  [[nodiscard]] std::vector<relay::ForwardInfo> forwards() const override { return doors; }
  [[nodiscard]] Result<relay::ForwardInfo> open_forward(relay::ForwardSettings settings) override {
    if (refuse) return std::unexpected(*refuse);
    for (const auto& door : doors)
      if (door.settings.name == settings.name) return fail(Errc::Exists, "There is a forward of this name already; choose another name.");
    doors.push_back({.settings = settings, .url = "http://" + settings.name + ".localhost:40000/", .trouble = "", .tunnels = 0});
    return doors.back();
  }
  [[nodiscard]] Status close_forward(const std::string& name) override {
    return std::erase_if(doors, [&](const auto& door) { return door.settings.name == name; }) > 0 ? Status{} : fail(Errc::NotFound, "There is no forward of this name.");
  }
  [[nodiscard]] Task<Result<std::unique_ptr<net::ByteStream>>> open(PeerId, std::string, std::optional<PeerId>, MonoTime) override {
    co_return fail(Errc::Offline, "none");
  }
  [[nodiscard]] relay::TunnelMetrics metrics() const override { return shown; }
  void on_change(std::function<void()>) override {}
  [[nodiscard]] fabric::MeshService& service() override { std::abort(); }
  std::vector<relay::TunnelInfo> all;
  std::vector<relay::ForwardInfo> doors;
  std::optional<Error> refuse;
  relay::TunnelMetrics shown;
};

struct FakeRelay final : gateway::RelayControl {
  [[nodiscard]] Parts parts() override {
    return {http, copies_on ? &copies : nullptr, catalogue_on ? &catalogue : nullptr, mesh_on ? &content : nullptr, mesh_on ? &tunnels : nullptr};
  }
  void on_change(std::function<void()> callback) override { listeners.push_back(std::move(callback)); }
  void change() {
    for (const auto& listener : listeners) listener();
  }
  net::HttpClient* http = nullptr;
  FakeCatalogue catalogue;
  FakeStatuses copies;
  FakeContent content;
  FakeTunnels tunnels;
  bool catalogue_on = true;
  bool copies_on = true;
  bool mesh_on = true;
  std::vector<std::function<void()>> listeners;
};

}  // namespace soulfabric::testing
