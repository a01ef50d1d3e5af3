// SPDX-License-Identifier: GPL-3.0-or-later
// Links in memory between nodes of one test: streams are pairs of memory, each node has an address, links are made when first needed.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "soulfabric/mesh/links.hpp"

namespace soulfabric::testing {

/// A stream in memory with a proven peer at its other end.
class JoinedStream final : public mesh::Stream {
 public:
  JoinedStream(std::unique_ptr<net::ByteStream> inner, PeerId peer, Endpoint at, mesh::Protocol protocol)
      : inner_(std::move(inner)), peer_(peer), at_(at), protocol_(protocol) {}
  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override { return inner_->read_some(into, deadline); }
  Task<Status> write(ByteView data, MonoTime deadline) override { return inner_->write(data, deadline); }
  Task<Status> send_file(int file, std::uint64_t from, std::uint64_t count, MonoTime deadline) override {
    return inner_->send_file(file, from, count, deadline);
  }
  void shutdown_write() override { inner_->shutdown_write(); }
  void close() override { inner_->close(); }
  bool is_open() const noexcept override { return inner_->is_open(); }
  Endpoint remote() const override { return at_; }
  Endpoint local() const override { return inner_->local(); }
  const PeerId& peer() const noexcept override { return peer_; }
  mesh::Protocol protocol() const noexcept override { return protocol_; }

 private:
  std::unique_ptr<net::ByteStream> inner_;
  PeerId peer_;
  Endpoint at_;
  mesh::Protocol protocol_;
};

class JoinedLinks;
using JoinedNet = std::map<PeerId, JoinedLinks*>;

class JoinedLinks final : public mesh::Links {
 public:
  JoinedLinks(IoContext& context, IoClock& clock, JoinedNet& net, PeerId self, Endpoint at)
      : context_(context), clock_(clock), net_(net), self_(self), at_(at) {
    net_[self_] = this;
  }
  ~JoinedLinks() override { net_.erase(self_); }
  JoinedLinks(const JoinedLinks&) = delete;
  JoinedLinks& operator=(const JoinedLinks&) = delete;

  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  PeerId self() const override { return self_; }
  std::optional<Endpoint> listening() const override { return at_; }
  Task<Result<mesh::StreamPtr>> open(PeerId peer, mesh::Protocol protocol, guard::Origin, MonoTime) override {
    const auto found = net_.find(peer);
    if (found == net_.end() || down.contains(peer) || !found->second->handlers_.contains(protocol))
      co_return fail(Errc::Offline, "there is no way to it");
    if (!is_linked(peer)) join(*found->second);
    ++opened;
    net::StreamPair pair = net::make_memory_streams(context_, clock_, ++seed_);
    found->second->handlers_.at(protocol)(std::make_unique<JoinedStream>(std::move(pair.second), self_, at_, protocol));
    co_return std::make_unique<JoinedStream>(std::move(pair.first), peer, found->second->at_, protocol);
  }
  Task<Status> connect(PeerId peer, guard::Origin, MonoTime deadline) override {
    const auto found = net_.find(peer);
    if (const auto wait = slow.find(peer); wait != slow.end() && !is_linked(peer)) {
      co_await clock_.sleep_until(std::min(deadline, clock_.now() + wait->second));
      if (clock_.now() >= deadline) co_return fail(Errc::TimedOut, "it was not there in time");
    }
    if (found == net_.end() || down.contains(peer)) co_return fail(Errc::Offline, "there is no way to it");
    if (!is_linked(peer)) join(*found->second);
    co_return Status{};
  }
  Task<Status> dial(PeerId peer, Endpoint, MonoTime deadline) override { return connect(peer, guard::Origin::UserLocal, deadline); }
  void drop(const PeerId& peer) override {
    if (links_.erase(peer) == 0) return;
    tell(peer, false);
    const auto found = net_.find(peer);
    if (found != net_.end()) found->second->drop(self_);
  }
  void on_stream(mesh::Protocol protocol, StreamHandler handler) override { handlers_[protocol] = std::move(handler); }
  void on_link(std::function<void(const PeerId&, bool)> callback) override { listeners_.push_back(std::move(callback)); }
  bool is_linked(const PeerId& peer) const override { return links_.contains(peer); }
  std::optional<mesh::LinkInfo> link(const PeerId& peer) const override {
    const auto found = links_.find(peer);
    if (found == links_.end()) return std::nullopt;
    mesh::LinkInfo info;
    info.peer = peer;
    info.remote = found->second;
    return info;
  }
  std::vector<mesh::LinkInfo> links() const override {
    std::vector<mesh::LinkInfo> out;
    for (const auto& [peer, at] : links_) out.push_back(*link(peer));
    return out;
  }
  mesh::LinkMetrics metrics() const override { return {}; }
  void configure(const mesh::LinkSettings&) override {}

  std::set<PeerId> down;  // not to be reached from here
  std::map<PeerId, Duration> slow;  // how long a new link to them takes
  std::size_t opened = 0;  // streams

 private:
  void join(JoinedLinks& other) {
    links_[other.self_] = other.at_;
    other.links_[self_] = at_;
    tell(other.self_, true);
    other.tell(self_, true);
  }
  void tell(const PeerId& peer, bool up) {
    for (const auto& listener : listeners_) listener(peer, up);
  }
  IoContext& context_;
  IoClock& clock_;
  JoinedNet& net_;
  PeerId self_;
  Endpoint at_;
  std::map<PeerId, Endpoint> links_;
  std::map<mesh::Protocol, StreamHandler> handlers_;
  std::vector<std::function<void(const PeerId&, bool)>> listeners_;
  std::uint64_t seed_ = 0;
};

}  // namespace soulfabric::testing
