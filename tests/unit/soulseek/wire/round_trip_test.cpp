// SPDX-License-Identifier: GPL-3.0-or-later
// Every message of every family, the ones never seen on a wire included, survives encode and decode.
#include <gtest/gtest.h>

#include "json_dump.hpp"
#include "soulseek/wire/frame_reader.hpp"
#include "soulseek/wire/wire.hpp"

namespace soulfabric::soulseek::wire {
namespace {

/// Fills every field with a value that is not its default and differs from field to field.
class Filler {
 public:
  static constexpr bool kReading = false;
  template <class T>
  void operator()(const char* name, T& value) {
    one(name, value);
  }
  template <class T>
  void operator()(const char* name, std::vector<T>& list) {
    list.resize(2);
    for (T& element : list) one(name, element);
  }
  template <class T>
  void operator()(const char* name, std::optional<T>& value) {
    (*this)(name, value.emplace());
  }
  template <class T>
  void trailing(const char* name, T& value) {
    one(name, value);
  }
  template <class Row, class T>
  void column(const char* name, std::vector<Row>& rows, T Row::* member, bool /*first*/) {
    rows.resize(2);
    for (Row& row : rows) one(name, row.*member);
  }
  void blob(const char* name, std::string& value) { one(name, value); }
  void size(const char* name, std::uint64_t& value) { one(name, value); }
  void rest(const char* /*name*/, Bytes& value) { value = {1, 2, 3, 0, 255}; }

 private:
  template <class T>
  void one(const char* name, T& value) {
    ++next_;
    if constexpr (std::is_same_v<T, bool>) {
      value = std::string_view(name) != "has_picture";  // no field but a question about the next one
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(1);
    } else if constexpr (std::is_same_v<T, IpAddress>) {
      value = IpAddress::v4(0x0A00'0000U + next_);
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = std::string(name) + '\0' + std::to_string(next_) + "\xe9";
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(next_ + (std::uint64_t{1} << (sizeof(T) * 8 - 2)));
    } else {
      fields(*this, value);
    }
  }
  std::uint32_t next_ = 0;
};

template <class M>
void check(FrameKind kind, auto decode) {
  SCOPED_TRACE(testing::Message() << "code " << M::kCode);
  M message;
  Filler filler;
  fields(filler, message);
  const Bytes frame = encode(message);
  FrameReader reader(kind);
  const std::size_t header = kind == FrameKind::Init || kind == FrameKind::Distributed ? 5 : 8;
  const auto decoded = decode(M::kCode, ByteView(frame).subspan(header));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  ASSERT_TRUE(std::holds_alternative<M>(*decoded));
  JsonDump sent;
  JsonDump got;
  fields(sent, message);
  fields(got, std::get<M>(*decoded));
  EXPECT_EQ(got.out, sent.out);
  EXPECT_EQ(encode(std::get<M>(*decoded)), frame);
}

template <class... Ms>
std::size_t check_all(std::type_identity<std::variant<Ms...>> /*family*/, FrameKind kind, auto decode) {
  std::size_t checked = 0;
  const auto one = [&]<class M>(std::type_identity<M> /*type*/) {
    if constexpr (Message<M>) {
      check<M>(kind, decode);
      ++checked;
    }
  };
  (one(std::type_identity<Ms>{}), ...);
  return checked;
}

TEST(RoundTrip, EveryServerRequest) {
  EXPECT_EQ(check_all(std::type_identity<ServerRequest>{}, FrameKind::ServerRequests, decode_server_request), 72U);
}
TEST(RoundTrip, EveryServerReply) {
  EXPECT_EQ(check_all(std::type_identity<ServerReply>{}, FrameKind::ServerReplies, decode_server_reply), 74U);
}
TEST(RoundTrip, EveryInitMessage) { EXPECT_EQ(check_all(std::type_identity<InitMessage>{}, FrameKind::Init, decode_init), 2U); }
TEST(RoundTrip, EveryPeerMessage) { EXPECT_EQ(check_all(std::type_identity<PeerMessage>{}, FrameKind::Peer, decode_peer), 17U); }
TEST(RoundTrip, EveryDistributedMessage) {
  EXPECT_EQ(check_all(std::type_identity<DistributedMessage>{}, FrameKind::Distributed, decode_distributed), 6U);
}

TEST(RoundTrip, RefusalsAndAbsentOptionals) {
  const Bytes refused = encode(reply::Login{.ok = false, .reason = "INVALIDPASS"});
  const auto login = std::get<reply::Login>(*decode_server_reply(1, ByteView(refused).subspan(8)));
  EXPECT_FALSE(login.ok);
  EXPECT_EQ(login.reason, "INVALIDPASS");
  EXPECT_FALSE(login.detail.has_value());
  const Bytes gone = encode(reply::WatchUser{.user = "anna", .exists = false});
  EXPECT_FALSE(std::get<reply::WatchUser>(*decode_server_reply(5, ByteView(gone).subspan(8))).exists);
  const Bytes denied = encode(peer::TransferResponse{.token = 1, .allowed = false, .reason = "Queued"});
  EXPECT_EQ(std::get<peer::TransferResponse>(*decode_peer(41, ByteView(denied).subspan(8))).reason, "Queued");
  const Bytes wanted = encode(peer::TransferRequest{peer::TransferDirection::Download, 1, "a", 5});
  EXPECT_EQ(std::get<peer::TransferRequest>(*decode_peer(40, ByteView(wanted).subspan(8))).size, 0U);
}

}  // namespace
}  // namespace soulfabric::soulseek::wire
