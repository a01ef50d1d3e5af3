// SPDX-License-Identifier: GPL-3.0-or-later
// All captured frames decode to their stated fields and encode back to their bytes.
#include "vectors.hpp"

#include <gtest/gtest.h>

#include "json_dump.hpp"
#include "soulseek/wire/wire.hpp"
#include "soulseek/wire/zlib_stream.hpp"

namespace soulfabric::soulseek::wire {
namespace {

using Json = nlohmann::json;

/// A decoded message as JSON and as bytes again, whatever its family.
struct Seen {
  Json fields;
  Bytes frame;
  bool known = false;
};

template <class... Ms>
Seen see(const Result<std::variant<Ms...>>& decoded) {
  Seen seen;
  if (!decoded) {
    ADD_FAILURE() << decoded.error().message;
    return seen;
  }
  std::visit(
      [&seen]<class M>(const M& message) {
        if constexpr (Message<M>) {
          JsonDump dump;
          fields(dump, message);
          seen.fields = dump.out;
          seen.frame = encode(message);
          seen.known = true;
        }
      },
      *decoded);
  return seen;
}

Seen decode(FrameKind kind, std::uint32_t code, ByteView body) {
  switch (kind) {
    case FrameKind::ServerReplies: return see(decode_server_reply(code, body));
    case FrameKind::ServerRequests: return see(decode_server_request(code, body));
    case FrameKind::Init: return see(decode_init(code, body));
    case FrameKind::Peer: return see(decode_peer(code, body));
    case FrameKind::Distributed: return see(decode_distributed(code, body));
  }
  return {};
}

/// The fields as stated, without what this test derives itself.
Json expected_fields(const Vector& vector) {
  Json out = Json::parse(vector.fields);
  for (const char* derived : {"inflated_hex", "key_hex", "plain_hex", "length", "code", "trailing_hex"}) out.erase(derived);
  if (out.contains("inner")) out["inner"].erase("message");
  return out;
}

void check_frame(const Vector& vector) {
  SCOPED_TRACE(vector.name);
  const Json stated = Json::parse(vector.fields);
  const bool obfuscated = vector.file == "obfuscated";
  const WholeFrame frame = read_one_frame(vector.kind(), vector.bytes, vector.bytes.size(), obfuscated);
  ASSERT_EQ(frame.code, stated["code"].get<std::uint32_t>());
  Seen seen = decode(vector.kind(), frame.code, frame.body);
  ASSERT_TRUE(seen.known);
  if (stated.contains("inner")) {
    Bytes inner;
    ASSERT_TRUE(from_hex(stated["body_hex"].get<std::string>(), inner));
    seen.fields["inner"] = decode(FrameKind::Distributed, stated["distrib_code"].get<std::uint32_t>(), inner).fields;
  }
  EXPECT_EQ(seen.fields, expected_fields(vector));
  if (stated.contains("inflated_hex")) {
    const auto inflated = inflate_all(ByteView(seen.frame).subspan(8), kMaxInflatedList);
    ASSERT_TRUE(inflated.has_value());
    EXPECT_EQ(to_hex(*inflated), stated["inflated_hex"].get<std::string>());
    return;
  }
  Bytes trailing;
  ASSERT_TRUE(from_hex(stated.value("trailing_hex", ""), trailing));
  Bytes again = seen.frame;
  again.insert(again.end(), trailing.begin(), trailing.end());
  again[0] = static_cast<std::uint8_t>(again[0] + trailing.size());
  EXPECT_EQ(to_hex(again), to_hex(vector.plain));
  if (!obfuscated) return;
  ObfuscationKey key{};
  std::copy_n(vector.bytes.begin(), key.size(), key.begin());
  EXPECT_EQ(to_hex(obfuscate(key, again)), to_hex(vector.bytes));
}

void check_file_stream(const Vector& vector) {
  SCOPED_TRACE(vector.name);
  const Json stated = Json::parse(vector.fields);
  if (vector.message == "TransferOffset") {
    const auto offset = decode_transfer_offset(vector.bytes);
    ASSERT_TRUE(offset.has_value());
    EXPECT_EQ(offset->offset, stated["offset"].get<std::uint64_t>());
    EXPECT_EQ(encode(*offset), vector.bytes);
    return;
  }
  const auto token = decode_transfer_token(vector.bytes);
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->token, stated["token"].get<std::uint32_t>());
  const ByteView data = ByteView(vector.bytes).subspan(file::TransferToken::kSize);
  EXPECT_EQ(to_hex(data), stated.value("data_hex", ""));
  EXPECT_EQ(encode(*token), Bytes(vector.bytes.begin(), vector.bytes.begin() + file::TransferToken::kSize));
}

TEST(Vectors, AllCapturedFramesDecodeToTheirFieldsAndEncodeBack) {
  ASSERT_EQ(all_vectors().size(), 455U);
  for (const Vector& vector : all_vectors()) {
    if (vector.connection == "F") {
      check_file_stream(vector);
    } else {
      check_frame(vector);
    }
  }
}

TEST(Vectors, ArriveWholeInEveryChunkSize) {
  for (const Vector& vector : all_vectors()) {
    if (vector.connection == "F") continue;
    SCOPED_TRACE(vector.name);
    const bool obfuscated = vector.file == "obfuscated";
    const WholeFrame whole = read_one_frame(vector.kind(), vector.bytes, vector.bytes.size(), obfuscated);
    for (std::size_t chunk = 1; chunk < vector.bytes.size(); chunk += 1 + chunk / 16) {
      const WholeFrame pieces = read_one_frame(vector.kind(), vector.bytes, chunk, obfuscated);
      ASSERT_EQ(pieces.code, whole.code) << "in pieces of " << chunk;
      ASSERT_EQ(pieces.body, whole.body) << "in pieces of " << chunk;
    }
  }
}

/// Every beginning of every body either decodes (the rest was optional) or is Malformed; never anything else.
TEST(Vectors, EveryPrefixOfABodyDecodesOrIsMalformed) {
  std::size_t malformed = 0;
  for (const Vector& vector : all_vectors()) {
    if (vector.connection == "F") continue;
    SCOPED_TRACE(vector.name);
    const std::size_t header = vector.kind() == FrameKind::Init || vector.kind() == FrameKind::Distributed ? 5 : 8;
    const ByteView body = ByteView(vector.plain).subspan(header);
    const std::uint32_t code = header == 5 ? vector.plain[4] : Json::parse(vector.fields)["code"].get<std::uint32_t>();
    for (std::size_t n = 0; n < body.size(); n += body.size() > 600 ? 7 : 1) {
      const auto outcome = [&]() -> Status {
        switch (vector.kind()) {
          case FrameKind::ServerReplies: SF_TRY(decode_server_reply(code, body.first(n))); break;
          case FrameKind::ServerRequests: SF_TRY(decode_server_request(code, body.first(n))); break;
          case FrameKind::Init: SF_TRY(decode_init(code, body.first(n))); break;
          case FrameKind::Peer: SF_TRY(decode_peer(code, body.first(n))); break;
          case FrameKind::Distributed: SF_TRY(decode_distributed(code, body.first(n))); break;
        }
        return {};
      }();
      if (outcome) continue;
      ++malformed;
      ASSERT_EQ(outcome.error().code, Errc::Malformed);
    }
  }
  EXPECT_GT(malformed, 5000U);
}

}  // namespace
}  // namespace soulfabric::soulseek::wire
