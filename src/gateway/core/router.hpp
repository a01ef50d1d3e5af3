// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the route of a request: literals in any case, a trailing slash accepted, parameters decoded exactly once.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace soulfabric::gateway {

inline constexpr std::size_t kMaxPathSegments = 16;

enum class Found : std::uint8_t { Route, NoSuchPath, WrongMethod, BadEscape };

struct RouteMatch {
  Found found = Found::NoSuchPath;
  std::size_t route = 0;            // as given to `add`
  std::vector<std::string> values;  // of the parameters, from the left
  std::string allow;                // for WrongMethod: what the path does know, "GET, PUT"
};

/// A literal wins over a parameter at the same place. Immutable after the last `add`.
class Router {
 public:
  Router();
  ~Router();
  /// `pattern` such as "/api/v0/users/{username}/info". False where the same method and pattern was added before.
  bool add(std::string_view method, std::string_view pattern, std::size_t route);
  /// `path` is raw. HEAD finds the route of GET where there is none of its own.
  [[nodiscard]] RouteMatch match(std::string_view method, std::string_view path) const;

 private:
  struct Node;
  static const Node* walk(const Node& node, const std::vector<std::string>& segments, std::size_t at, std::string_view method,
                          std::vector<std::string>& values);
  std::unique_ptr<Node> root_;
};

}  // namespace soulfabric::gateway
