// SPDX-License-Identifier: GPL-3.0-or-later
// What is to be told is looked up when the socket can take it: two changes of one thing are one text.
#include "api/dto.hpp"
#include "api/dto_mesh.hpp"
#include "api/dto_relay.hpp"
#include "api/hub.hpp"
#include "api/state.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::size_t kMaxQueued = 20'000;
constexpr std::size_t kMaxMessages = 1'000;
constexpr std::size_t kResponsesText = 512 * 1024;  // where a text of search responses is cut
constexpr std::chrono::milliseconds kRest{50};      // between batches, so that ticks join
constexpr std::chrono::milliseconds kRelayRest{200};

std::string begin_event(std::string_view type) { return R"({"type":")" + std::string(type) + R"(","data":)"; }

template <class... Args>
std::string event_of(std::string_view type, const Args&... args) {
  auto text = begin_event(type);
  JsonWriter json(text);
  write(json, args...);
  text.push_back('}');
  return text;
}

std::string with_id(std::string_view type, const std::string& id) {
  auto text = begin_event(type);
  JsonWriter(text).begin_object().member("id", id).end_object();
  text.push_back('}');
  return text;
}

std::string relay_event(Context& context) {
  auto text = begin_event("relay");
  JsonWriter json(text);
  write_relay_news(json, context);
  text.push_back('}');
  return text;
}

}  // namespace

void EventSocket::received(std::string_view /*text*/) {
  // Pages send only signs of life.
}

void EventSocket::end() {
  ended_ = true;
  changed_.notify_all();
}

void EventSocket::tell(News news, const std::string& id) {
  if (ended_) return;
  Key key{news, id};
  if (!queued_.insert(key).second) return;
  queue_.push_back(std::move(key));
  if (queue_.size() > kMaxQueued) {
    end();
    return;
  }
  changed_.notify_all();
}

void EventSocket::tell_responses(const std::string& search, std::size_t from) {
  told_responses_.try_emplace(search, from);
  tell(News::Responses, search);
}

void EventSocket::tell_relay() {
  relay_due_ = true;
  changed_.notify_all();
}

void EventSocket::tell_message(const std::string& text) {
  messages_.push_back(text);
  if (messages_.size() > kMaxMessages) end();
  changed_.notify_all();
}

Task<std::optional<std::string>> EventSocket::next() {
  while (!ended_) {
    if (!greeted_) {
      greeted_ = true;
      co_return render_hello();
    }
    if (!rested_) {
      co_await context_.deps.clock.sleep_for(kRest);
      rested_ = true;
      continue;
    }
    if (!messages_.empty()) {
      auto text = std::move(messages_.front());
      messages_.pop_front();
      co_return text;
    }
    const auto now = context_.deps.clock.now();
    if (relay_due_ && now >= relay_next_) {
      relay_due_ = false;
      relay_next_ = now + kRelayRest;
      co_return relay_event(context_);
    }
    if (queue_.empty()) {
      const MonoTime until = relay_due_ ? relay_next_ : kNever;
      const bool told = co_await changed_.wait(context_.deps.clock, until);
      rested_ = !told;
      continue;
    }
    Key key = std::move(queue_.front());
    queue_.pop_front();
    queued_.erase(key);
    auto text = co_await render(std::move(key));
    if (!text.empty()) co_return text;
  }
  co_return std::nullopt;
}

Task<std::string> EventSocket::render(Key key) {
  auto& client = context_.deps.client;
  const auto now = context_.deps.clock.wall();
  const auto& [news, id] = key;
  if (news == News::Responses) co_return co_await render_responses(id);
  std::string text;
  switch (news) {
    case News::Application:
      text = begin_event("application");
      {
        JsonWriter json(text);
        write_application(json, context_);
      }
      text.push_back('}');
      break;
    case News::Shares:
      text = begin_event("shares");
      {
        JsonWriter json(text);
        write_shares_state(json, context_);
      }
      text.push_back('}');
      break;
    case News::Search:
      if (const auto search = client.searches().find(id)) text = event_of("search", *search);
      break;
    case News::Transfer:
      if (const auto transfer = client.transfers().find(id)) text = event_of("transfer", *transfer, now);
      break;
    case News::Browse:
      if (const auto status = client.users().browse_status(id)) text = event_of("browse", *status);
      break;
    case News::Mesh:
      text = begin_event("mesh");
      {
        JsonWriter json(text);
        write_mesh(json, context_);
      }
      text.push_back('}');
      break;
    case News::Pod: text = with_id("pod", id); break;
    case News::SearchRemoved: text = with_id("search.removed", id); break;
    case News::TransferRemoved: text = with_id("transfer.removed", id); break;
    case News::Responses:
    case News::Relay: break;
  }
  co_return text;
}

Task<std::string> EventSocket::render_responses(std::string search) {
  const auto from = told_responses_[search];
  const auto responses = co_await context_.deps.client.searches().responses(search, from);
  if (!responses || responses->empty()) co_return std::string();
  auto text = begin_event("search.responses");
  JsonWriter json(text);
  json.begin_object().member("searchId", search).member("from", from).key("responses").begin_array();
  std::size_t count = 0;
  for (const auto& response : *responses) {
    if (text.size() > kResponsesText) break;
    write(json, response);
    ++count;
  }
  json.end_array().end_object();
  text.push_back('}');
  told_responses_[search] = from + count;
  if (count < responses->size()) tell(News::Responses, search);
  co_return text;
}

std::string EventSocket::render_hello() const {
  auto& client = context_.deps.client;
  const auto now = context_.deps.clock.wall();
  auto text = begin_event("hello");
  JsonWriter json(text);
  json.begin_object().key("application");
  write_application(json, context_);
  json.key("downloads");
  write_groups(json, client.transfers().list(soulseek::Direction::Download, false), now);
  json.key("uploads");
  write_groups(json, client.transfers().list(soulseek::Direction::Upload, false), now);
  json.key("searches").begin_array();
  for (const auto& search : client.searches().list()) write(json, search);
  json.end_array().key("shares");
  write_share_map(json, context_);
  json.end_object();
  text.push_back('}');
  return text;
}

}  // namespace soulfabric::gateway
