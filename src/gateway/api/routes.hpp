// SPDX-License-Identifier: GPL-3.0-or-later
// The one table of routes: what a route is called, who may use it, what goes in and out, who answers. The OpenAPI document
// is made from it.
#pragma once
#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/authentication.hpp"
#include "core/router.hpp"
#include "core/url.hpp"
#include "http/message.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::gateway {

struct Route;

/// One request on its way through its route.
struct Call final : RequestHandler::State {
  const Request* request = nullptr;
  const Route* route = nullptr;
  std::string_view path;  // raw, without the url base
  std::vector<std::string> values;
  Query query;
  Identity identity;

  [[nodiscard]] const std::string& value(std::size_t index) const { return values[index]; }
};

using AnswerNow = std::function<Response(Call&)>;
using AnswerLater = std::function<Task<Response>(Call&)>;

struct Route {
  std::string method = {};
  std::string path = {};
  Policy policy = Policy::Any;
  std::string summary = {};
  std::string takes = {};          // a schema's name, "Name[]", "string", or empty: no body
  std::string gives = {};          // the same for the answer; "text" and "bytes" are not JSON
  std::vector<int> statuses = {};  // besides 400, 401, 403 that any route may give; the first is success
  std::string scope = {};          // beyond slskd's roles (security rule S21)
  std::size_t body_limit = 0;  // 0: as the settings say
  bool when_tunnelled = false;  // open also to strangers on a tunnelled connection (security rule S20)
  AnswerNow now = {};
  AnswerLater later = {};
};

class RouteTable {
 public:
  /// `answer` gives a Response or a Task<Response> for a Call&.
  template <class F>
  void add(Route route, F answer) {
    if constexpr (std::same_as<std::invoke_result_t<F&, Call&>, Response>) {
      route.now = std::move(answer);
    } else {
      route.later = std::move(answer);
    }
    insert(std::move(route));
  }
  [[nodiscard]] const std::vector<Route>& all() const noexcept { return routes_; }
  [[nodiscard]] RouteMatch match(std::string_view method, std::string_view path) const { return router_.match(method, path); }

 private:
  void insert(Route route);
  std::vector<Route> routes_;
  Router router_;
};

// ---- answers ------------------------------------------------------------------------------------------------------
[[nodiscard]] Response empty_response(int status);
[[nodiscard]] Response json_response(std::string json, int status = 200);
/// A JSON string, as slskd words its errors.
[[nodiscard]] Response string_response(int status, std::string_view sentence);
[[nodiscard]] Response text_response(std::string text, int status = 200);
[[nodiscard]] int status_of(Errc code) noexcept;
[[nodiscard]] Response error_response(const Error& error);

}  // namespace soulfabric::gateway
