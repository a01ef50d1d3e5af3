// SPDX-License-Identifier: GPL-3.0-or-later
// Requests and responses as a forward rewrites them: what goes onward is in the form of HTTP itself, names our Host only, and carries no
// cookie of others.
#include <cstdlib>

#include "relay/core/forward_rules.hpp"

namespace {

using namespace soulfabric;
using namespace soulfabric::relay;

void demand(bool holds) {
  if (!holds) std::abort();
}

void measure(BodyPlan plan, ByteView rest) {
  BodyMeter whole(plan);
  const auto once = whole.take(rest);
  BodyMeter pieces(plan);
  std::size_t used = 0;
  while (used < rest.size() && !pieces.is_done()) {
    const auto part = pieces.take(rest.subspan(used, 1));
    if (!part) {
      demand(!once);
      return;
    }
    used += *part;
  }
  if (once) demand(*once == used && whole.is_done() == pieces.is_done());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  const ForwardRules rules{"home.localhost:5031", "sf0123456789abcdef-"};
  if (data[0] % 2 == 0) {
    const auto head = parse_request_head(bytes);
    if (!head || !*head) return 0;
    const auto request = rewrite_request(**head, rules);
    if (!request) return 0;
    const auto again = parse_request_head(bytes_of(request->head));
    demand(again && *again && (*again)->size == request->head.size());
    demand((*again)->only("host") == "localhost" && (*again)->count("x-forwarded-for") == 0);
    demand(body_of_request(**again)->length == request->body.length && body_of_request(**again)->kind == request->body.kind);
    measure(request->body, bytes.subspan((*head)->size));
    return 0;
  }
  const auto head = parse_response_head(bytes);
  if (!head || !*head) return 0;
  ForwardRequest request;
  request.upgrade = data[0] % 4 == 1;
  const auto response = rewrite_response(**head, request, rules);
  if (!response || (*head)->fields.size() + 2 > kFieldLines) return 0;  // with the lines that are ours it is one that a browser may take, and we not
  const auto again = parse_response_head(bytes_of(response->head));
  demand(again && *again && (*again)->size == response->head.size());
  for (const HttpField& field : (*again)->fields)
    demand(field.name.size() != 10 || (field.name != "set-cookie" && field.name != "Set-Cookie") ||
           field.value.find(rules.cookie_prefix) != std::string_view::npos);
  measure(response->body, bytes.subspan((*head)->size));
  return 0;
}
