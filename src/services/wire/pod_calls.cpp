// SPDX-License-Identifier: GPL-3.0-or-later
// Questions and answers of the service `pods`, written and read.
#include "wire/pod_calls.hpp"

#include "wire/cbor_fields.hpp"

namespace soulfabric::services {
namespace {

void write_optional(cbor::Writer& writer, const std::optional<Bytes>& bytes) {
  if (bytes) {
    writer.bytes(*bytes);
  } else {
    writer.null();
  }
}

Result<std::optional<Bytes>> read_optional(cbor::Reader& reader, std::size_t cap) {
  SF_TRY_ASSIGN(const cbor::Kind kind, reader.peek());
  if (kind == cbor::Kind::Null) {
    SF_TRY(reader.null());
    return std::nullopt;
  }
  SF_TRY_ASSIGN(const ByteView bytes, reader.bytes(cap));
  return Bytes(bytes.begin(), bytes.end());
}

}  // namespace

Bytes encode_views(const std::vector<PodView>& views) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(views.size());
  for (const PodView& view : views) {
    writer.array(4);
    writer.bytes(view.statement);
    writer.number(static_cast<std::uint64_t>(view.yours));
    writer.number(view.members);
    write_optional(writer, view.roster);
  }
  return out;
}

Result<std::vector<PodView>> read_views(ByteView bytes) {
  cbor::Reader reader(bytes);
  SF_TRY_ASSIGN(const std::size_t count, reader.array(kPodsListed));
  std::vector<PodView> views;
  for (std::size_t i = 0; i < count; ++i) {
    PodView& view = views.emplace_back();
    SF_TRY(read_array(reader, 4));
    SF_TRY_ASSIGN(const ByteView statement, reader.bytes(kStatementCap));
    view.statement.assign(statement.begin(), statement.end());
    SF_TRY(read_enum(reader, view.yours, MemberState::Left));
    SF_TRY_ASSIGN(view.members, reader.number());
    SF_TRY_ASSIGN(view.roster, read_optional(reader, kRosterCap));
  }
  SF_TRY(reader.end());
  return views;
}

Bytes encode_pod_id(std::string_view pod) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(1);
  writer.text(pod);
  return out;
}

Result<std::string> read_pod_request(ByteView bytes) {
  cbor::Reader reader(bytes);
  std::string pod;
  SF_TRY(read_array(reader, 1));
  SF_TRY(read_pod_id(reader, pod));
  SF_TRY(reader.end());
  return pod;
}

Bytes encode_fetch(const FetchRequest& request) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(3);
  writer.text(request.pod);
  writer.number(request.since);
  writer.number(request.roster);
  return out;
}

Result<FetchRequest> read_fetch(ByteView bytes) {
  cbor::Reader reader(bytes);
  FetchRequest request;
  SF_TRY(read_array(reader, 3));
  SF_TRY(read_pod_id(reader, request.pod));
  SF_TRY_ASSIGN(request.since, reader.number());
  SF_TRY_ASSIGN(request.roster, reader.number());
  SF_TRY(reader.end());
  return request;
}

Bytes encode_news(const PodNews& news) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(4);
  writer.text(news.pod);
  writer.boolean(news.more);
  write_optional(writer, news.roster);
  writer.array(news.entries.size());
  for (const PodEntry& entry : news.entries) writer.bytes(encode_entry(entry));
  return out;
}

Result<PodNews> read_news(ByteView bytes) {
  cbor::Reader reader(bytes);
  PodNews news;
  SF_TRY(read_array(reader, 4));
  SF_TRY(read_pod_id(reader, news.pod));
  SF_TRY_ASSIGN(news.more, reader.boolean());
  SF_TRY_ASSIGN(news.roster, read_optional(reader, kRosterCap));
  SF_TRY_ASSIGN(const std::size_t count, reader.array(kPageEntries));
  for (std::size_t i = 0; i < count; ++i) {
    SF_TRY_ASSIGN(const ByteView entry, reader.bytes(kEntryCap));
    SF_TRY_ASSIGN(PodEntry read, read_entry(entry));
    if (!news.entries.empty() && news.entries.back().seq >= read.seq) return malformed_field();
    news.entries.push_back(std::move(read));
  }
  SF_TRY(reader.end());
  return news;
}

Bytes encode_post(const PostRequest& request) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(2);
  writer.text(request.pod);
  writer.bytes(encode_message(request.message));
  return out;
}

Result<PostRequest> read_post(ByteView bytes) {
  cbor::Reader reader(bytes);
  PostRequest request;
  SF_TRY(read_array(reader, 2));
  SF_TRY(read_pod_id(reader, request.pod));
  SF_TRY_ASSIGN(const ByteView message, reader.bytes(kMessageCap));
  SF_TRY(reader.end());
  SF_TRY_ASSIGN(request.message, read_message(message));
  return request;
}

}  // namespace soulfabric::services
