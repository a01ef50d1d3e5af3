// SPDX-License-Identifier: GPL-3.0-or-later
// Every request's way in: Host, Origin, route, identity, rights, then the resource.
#pragma once
#include "api/context.hpp"

namespace soulfabric::gateway {

class Dispatcher final : public RequestHandler {
 public:
  Dispatcher(const RouteTable& table, Context& context) : table_(table), context_(context) {}
  [[nodiscard]] RequestVerdict admit(const Request& request, std::unique_ptr<State>& state) override;
  [[nodiscard]] std::optional<Response> answer_now(Request& request, State* state) override;
  [[nodiscard]] Task<Response> answer(Request& request, State* state) override;

 private:
  [[nodiscard]] std::optional<Response> check_sender(const Request& request) const;
  [[nodiscard]] std::optional<Response> check_rights(const Request& request, Call& call);
  /// Charges the address for guessing keys faster than is answered: what it did here counts on the other networks too (security rule S1).
  void blame(const Request& request) const;
  /// The name and password of the metrics by HTTP Basic; nothing where none is set.
  enum class BasicProof : std::uint8_t { None, Wrong, Right };
  [[nodiscard]] BasicProof basic_proof(const Request& request);
  [[nodiscard]] Response without_route(const Request& request, const Call& call, const RouteMatch& match) const;
  const RouteTable& table_;
  Context& context_;
};

}  // namespace soulfabric::gateway
