// SPDX-License-Identifier: GPL-3.0-or-later
// What a forward demands of a browser and how it says things onward: Host, Origin, cookies (security rule S19). Pure.
#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "http_head.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::relay {

/// One forward's own names. Towards the other side it is always "localhost".
struct ForwardRules {
  std::string host;           // "<name>.localhost:<port>", as a browser writes it
  std::string cookie_prefix;  // before the name of every cookie that was set through this forward
};
/// The prefix depends on all three: a forward that leads elsewhere one day does not hand over what the former node has set.
[[nodiscard]] ForwardRules make_forward_rules(std::string_view name, std::string host, const PeerId& peer, std::string_view target);

/// What a browser is told: a status and one sentence.
struct ForwardRefusal {
  int status = 400;
  std::string sentence;
};

/// A request as the other side gets it, and what has to be known when the answer comes.
struct ForwardRequest {
  std::string head;
  BodyPlan body;
  bool upgrade = false;  // to a WebSocket
  bool asked_by_head = false;
  bool repeatable = false;  // may be sent again where nothing came back
  bool last = false;        // the browser wants no more on this connection
};
[[nodiscard]] std::expected<ForwardRequest, ForwardRefusal> rewrite_request(const HttpHead& head, const ForwardRules& rules);
[[nodiscard]] ForwardRefusal refusal_for(const Error& error);

struct ForwardResponse {
  std::string head;
  BodyPlan body;
  bool interim = false;   // 1xx: another one follows
  bool upgraded = false;  // from here on bytes, both ways
  bool last = false;      // the connection to the browser ends with it
  bool reusable = false;  // the tunnel may carry another request
};
/// Malformed: not in the form of HTTP, or an upgrade that nobody asked for.
[[nodiscard]] Result<ForwardResponse> rewrite_response(const HttpHead& head, const ForwardRequest& request, const ForwardRules& rules);

/// A whole answer of our own.
[[nodiscard]] std::string render_refusal(const ForwardRefusal& refusal);

}  // namespace soulfabric::relay
