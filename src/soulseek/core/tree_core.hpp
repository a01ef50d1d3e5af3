// SPDX-License-Identifier: GPL-3.0-or-later
// The distributed search tree: choosing a parent, being a root, keeping children (protocol note, section 12). Sans-IO:
// events come in, actions go out, connections are numbers that the shell gives.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::soulseek {

struct TreeOptions {
  bool enabled = true;          // false: no searches arrive through the tree
  bool accept_children = true;
  std::uint32_t child_limit = 25;
  Duration silence = std::chrono::minutes(15);  // a parent without any search for so long is given up
};

using TreeConnection = std::uint64_t;

struct TreeToServer {
  Bytes frame;
};
struct TreeToPeer {
  TreeConnection to = 0;
  std::shared_ptr<const Bytes> frame;
};
struct TreeDial {
  std::string user;
  Endpoint endpoint;
};
struct TreeClose {
  TreeConnection connection = 0;
};
/// A stranger's search to be answered from our shares.
struct TreeAnswer {
  std::string user;
  std::uint32_t token = 0;
  std::string query;
};
using TreeAction = std::variant<TreeToServer, TreeToPeer, TreeDial, TreeClose, TreeAnswer>;
using TreeActions = std::vector<TreeAction>;

class TreeCore {
 public:
  explicit TreeCore(TreeOptions options) : options_(options), enabled_next_(options.enabled) {}

  /// Whether others may be below us, and how many, holds at once; whether we take part at all from the next login on.
  void configure(const TreeOptions& options, TreeActions& out);
  [[nodiscard]] bool is_outdated() const noexcept { return !self_.empty() && options_.enabled != enabled_next_; }
  void on_logged_in(const std::string& own_name, TreeActions& out);
  /// Closes everything.
  void on_logged_out(TreeActions& out);
  void on_possible_parents(const std::vector<TreeDial>& parents, MonoTime now, TreeActions& out);
  /// We dialled a candidate and reached it.
  void on_candidate_connected(TreeConnection id, const std::string& user, TreeActions& out);
  /// Somebody opened a D connection to us (directly, or because the server asked us to connect).
  void on_incoming(TreeConnection id, const std::string& user, TreeActions& out);
  /// One whole D frame as it came, length prefix included. False: the peer broke the rules (the connection is closed in `out`).
  [[nodiscard]] bool on_frame(TreeConnection id, ByteView frame, MonoTime now, TreeActions& out);
  void on_disconnected(TreeConnection id, TreeActions& out);
  /// Server code 93: `code` and body of a distributed message.
  void on_embedded(std::uint8_t code, ByteView body, MonoTime now, TreeActions& out);
  void on_reset(TreeActions& out);
  void on_parent_min_speed(std::uint32_t speed, TreeActions& out);
  void on_parent_speed_ratio(std::uint32_t ratio, TreeActions& out);
  /// The server's idea of our upload speed, bytes per second.
  void on_own_speed(std::uint32_t speed, TreeActions& out);
  /// Gives up a silent parent.
  void on_tick(MonoTime now, TreeActions& out);

  [[nodiscard]] bool has_parent() const noexcept { return parent_ != 0; }
  [[nodiscard]] bool is_root() const noexcept { return root_mode_; }
  [[nodiscard]] std::int32_t level() const noexcept { return level_; }
  [[nodiscard]] const std::string& root() const noexcept { return root_; }
  [[nodiscard]] std::optional<std::string> parent_name() const;
  [[nodiscard]] std::vector<std::string> children() const;
  [[nodiscard]] std::uint32_t limit() const noexcept;
  [[nodiscard]] bool accepts_children() const noexcept { return announced_accept_; }

 private:
  enum class Role { Candidate, Parent, Child };
  struct Link {
    std::string user;
    Role role = Role::Candidate;
    std::optional<std::int32_t> level;
    std::optional<std::string> root;
  };
  void adopt(TreeConnection id, MonoTime now, TreeActions& out);
  void lose_parent(TreeActions& out);
  void place_changed(TreeActions& out);
  void announce_accept(TreeActions& out);
  void forward(ByteView frame, TreeActions& out);
  [[nodiscard]] bool on_search(TreeConnection id, Link& link, ByteView frame, ByteView body, MonoTime now, TreeActions& out);
  [[nodiscard]] bool on_branch(TreeConnection id, Link& link, TreeActions& out);
  [[nodiscard]] std::uint32_t child_count() const noexcept;
  bool close(TreeConnection id, TreeActions& out);

  TreeOptions options_;
  bool enabled_next_;
  std::string self_;
  std::map<TreeConnection, Link> links_;
  TreeConnection parent_ = 0;
  bool root_mode_ = false;
  bool announced_accept_ = false;
  std::int32_t level_ = 0;
  std::string root_;
  std::uint32_t min_speed_ = 0;
  std::uint32_t speed_ratio_ = 0;
  std::uint32_t own_speed_ = 0;
  MonoTime last_search_{};
};

}  // namespace soulfabric::soulseek
