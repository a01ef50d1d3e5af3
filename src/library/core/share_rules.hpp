// SPDX-License-Identifier: GPL-3.0-or-later
// What is shared under which name, and what is left out: the configuration checked, and asked about by the scan.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/error.hpp"
#include "soulfabric/base/options.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::library {

struct ShareRule {
  std::string alias;
  std::string path;  // absolute, no trailing slash
  std::string raw;   // as configured
  NetworkMask networks = kSoulseekNetwork;
  bool is_excluded = false;
  bool is_private = false;  // then never on the mesh
};

/// Immutable once made; any thread.
class ShareRules {
 public:
  ShareRules() = default;
  /// InvalidArgument, one sentence: a path that is not absolute, the root of the file system, an alias twice or with a slash, a
  /// filter that is no regular expression. `left_out`: absolute paths never shared.
  [[nodiscard]] static Result<ShareRules> make(const ShareOptions& options, const std::vector<std::string>& left_out);

  /// Every configured line, excluded ones included, in order.
  [[nodiscard]] const std::vector<ShareRule>& lines() const noexcept { return lines_; }
  /// Those that are shared; a share's number is its place here.
  [[nodiscard]] const std::vector<ShareRule>& shares() const noexcept { return shares_; }
  /// A folder that is not entered: excluded by a line, or one of `left_out`.
  [[nodiscard]] bool is_left_out(std::string_view absolute_folder) const;
  [[nodiscard]] bool has_left_out() const noexcept { return !left_out_.empty(); }
  /// A file that a filter names (the whole absolute path is looked at, case ignored).
  [[nodiscard]] bool is_filtered(std::string_view absolute_file) const;
  [[nodiscard]] bool has_filters() const noexcept;
  /// Differs when a snapshot made under other rules may not be used.
  [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }

 private:
  struct Filters;
  std::vector<ShareRule> lines_;
  std::vector<ShareRule> shares_;
  std::vector<std::string> left_out_;
  std::shared_ptr<const Filters> filters_;
  std::uint64_t fingerprint_ = 0;
};

/// Names that begin with a dot are hidden and not shared.
[[nodiscard]] inline bool is_hidden(std::string_view name) noexcept { return name.starts_with('.'); }

}  // namespace soulfabric::library
