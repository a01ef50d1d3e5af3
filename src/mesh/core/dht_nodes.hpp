// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes of the table that answered us lately: where a lookup starts and what is saved. Never more than so many. Sans-IO.
#pragma once
#include <algorithm>
#include <map>
#include <vector>

#include "core/datagram_message.hpp"

namespace soulfabric::mesh {

class DhtNodes {
 public:
  static constexpr std::size_t kNodes = 1024;
  static constexpr std::chrono::minutes kGood{15};

  /// True for one that was not here.
  bool seen(const NodeContact& node, MonoTime now) {
    const auto found = nodes_.find(node.id);
    if (found != nodes_.end()) {
      found->second = {node.endpoint, now};
      return false;
    }
    if (nodes_.size() >= kNodes) {
      nodes_.erase(std::ranges::min_element(nodes_, {}, [](const auto& entry) { return entry.second.last; }));
    }
    nodes_.emplace(node.id, Entry{node.endpoint, now});
    return true;
  }
  /// One that did not answer: it comes back by answering.
  void silent(const NodeContact& node) {
    const auto found = nodes_.find(node.id);
    if (found != nodes_.end() && found->second.endpoint == node.endpoint) nodes_.erase(found);
  }
  [[nodiscard]] std::vector<NodeContact> nearest(const DhtKey& key, std::size_t count) const {
    std::vector<std::pair<NodeId, NodeContact>> all;
    all.reserve(nodes_.size());
    for (const auto& [id, entry] : nodes_) {
      NodeId far{};
      for (std::size_t i = 0; i < far.size(); ++i) far[i] = static_cast<std::uint8_t>(id[i] ^ key[i]);
      all.emplace_back(far, NodeContact{id, entry.endpoint});
    }
    const auto kept = std::min(count, all.size());
    std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(kept), {}, &std::pair<NodeId, NodeContact>::first);
    std::vector<NodeContact> out;
    for (std::size_t i = 0; i < kept; ++i) out.push_back(all[i].second);
    return out;
  }
  /// The most lately seen first.
  [[nodiscard]] std::vector<Endpoint> newest(std::size_t count) const {
    std::vector<Entry> all;
    for (const auto& [id, entry] : nodes_) all.push_back(entry);
    std::ranges::sort(all, std::ranges::greater{}, &Entry::last);
    std::vector<Endpoint> out;
    for (std::size_t i = 0; i < std::min(count, all.size()); ++i) out.push_back(all[i].endpoint);
    return out;
  }
  [[nodiscard]] std::size_t good(MonoTime now) const {
    return static_cast<std::size_t>(std::ranges::count_if(nodes_, [&](const auto& entry) { return now - entry.second.last <= kGood; }));
  }
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

 private:
  struct Entry {
    Endpoint endpoint;
    MonoTime last{};
  };
  std::map<NodeId, Entry> nodes_;
};

}  // namespace soulfabric::mesh
