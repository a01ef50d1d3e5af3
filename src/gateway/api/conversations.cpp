// SPDX-License-Identifier: GPL-3.0-or-later
// Private messages.
#include <algorithm>

#include "api/context.hpp"
#include "api/dto.hpp"
#include "core/json_input.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

using soulseek::Conversation;
using soulseek::PrivateMessage;

Task<Response> list(Context& context, Call& call) {
  const auto inactive = call.query.flag("includeInactive", false);
  const auto open_only = call.query.flag("unAcknowledgedOnly", false);
  if (!inactive || !open_only) co_return empty_response(400);
  auto result = co_await context.deps.client.chat().conversations(*inactive);
  if (!result) co_return error_response(result.error());
  if (*open_only) std::erase_if(*result, [](const Conversation& one) { return one.unacknowledged == 0; });
  const std::vector<PrivateMessage>* none = nullptr;
  co_return json_response(list_to_json(*result, none));
}

Task<std::optional<Conversation>> find(Context& context, std::string username) {
  const auto all = co_await context.deps.client.chat().conversations(true);
  if (!all) co_return std::nullopt;
  const auto it = std::ranges::find(*all, username, &Conversation::username);
  if (it == all->end()) co_return std::nullopt;
  co_return *it;
}

Task<Response> show(Context& context, Call& call) {
  const auto include = call.query.flag("includeMessages", true);
  if (!include) co_return empty_response(400);
  const std::string username = call.value(0);
  const auto conversation = co_await find(context, username);
  if (!conversation) co_return empty_response(404);
  const auto messages = co_await context.deps.client.chat().messages(username);
  if (!messages) co_return error_response(messages.error());
  const std::vector<PrivateMessage>* shown = *include ? &*messages : nullptr;
  co_return json_response(to_json(*conversation, shown));
}

Task<Response> messages(Context& context, Call& call) {
  const auto open_only = call.query.flag("unAcknowledgedOnly", false);
  if (!open_only) co_return empty_response(400);
  const std::string username = call.value(0);
  const auto conversation = co_await find(context, username);
  if (!conversation) co_return empty_response(404);
  auto result = co_await context.deps.client.chat().messages(username);
  if (!result) co_return error_response(result.error());
  if (*open_only) std::erase_if(*result, [](const PrivateMessage& one) { return one.acknowledged; });
  co_return json_response(list_to_json(*result));
}

Task<Response> send(Context& context, Call& call) {
  const auto text = parse_json_string(call.request->body);
  if (!text) co_return error_response(text.error());
  if (trim(*text).empty()) co_return string_response(400, "The message must not be empty.");
  const auto sent = co_await context.deps.client.chat().send(call.value(0), *text);
  co_return sent ? empty_response(201) : error_response(sent.error());
}

Task<Response> acknowledge(Context& context, Call& call) {
  std::optional<std::uint32_t> id;
  if (call.values.size() > 1) {
    const auto number = parse_u64(call.value(1));
    if (!number || *number > UINT32_MAX) co_return empty_response(400);
    id = static_cast<std::uint32_t>(*number);
  }
  const bool known = co_await context.deps.client.chat().acknowledge(call.value(0), id);
  co_return empty_response(known ? 200 : 404);
}

Task<Response> close(Context& context, Call& call) {
  const bool known = co_await context.deps.client.chat().close(call.value(0));
  co_return empty_response(known ? 204 : 404);
}

}  // namespace

void add_conversation_routes(RouteTable& table, Context& context) {
  const std::string base = "/api/v0/conversations";
  table.add({.method = "GET", .path = base, .summary = "Lists conversations without their messages.", .gives = "Conversation[]", .statuses = {200}},
            [&context](Call& call) { return list(context, call); });
  table.add({.method = "GET", .path = base + "/{username}", .summary = "Shows a conversation.", .gives = "Conversation", .statuses = {200, 404}},
            [&context](Call& call) { return show(context, call); });
  table.add({.method = "GET", .path = base + "/{username}/messages", .summary = "Lists the messages of a conversation.", .gives = "PrivateMessage[]", .statuses = {200, 404}},
            [&context](Call& call) { return messages(context, call); });
  table.add({.method = "POST", .path = base + "/{username}", .summary = "Sends a message.", .takes = "string", .statuses = {201, 409}},
            [&context](Call& call) { return send(context, call); });
  table.add({.method = "PUT", .path = base + "/{username}", .summary = "Marks all messages as seen.", .statuses = {200, 404}},
            [&context](Call& call) { return acknowledge(context, call); });
  table.add({.method = "PUT", .path = base + "/{username}/{id}", .summary = "Marks one message as seen.", .statuses = {200, 404}},
            [&context](Call& call) { return acknowledge(context, call); });
  table.add({.method = "DELETE", .path = base + "/{username}", .summary = "Closes a conversation.", .statuses = {204, 404}},
            [&context](Call& call) { return close(context, call); });
}

}  // namespace soulfabric::gateway
