// SPDX-License-Identifier: GPL-3.0-or-later
// A content relay that says it has a content and does not keep to it, in one of many ways. Lives in tests only.
#pragma once
#include <set>

#include "relay/wire/content_frames.hpp"
#include "soulfabric/fabric/typed.hpp"
#include "soulfabric/mesh/record.hpp"

namespace soulfabric::testing {

enum class Lie : std::uint8_t {
  None,
  WrongBytes,   // the right manifest, one byte of every piece turned
  FalseRoot,    // a manifest of other bytes, and pieces that fit it
  WrongLayer,   // a layer that does not lead to the root
  Huge,         // says that a manifest of 4 GiB follows
  Short,        // announces a piece and ends in its middle
  Long,         // more bytes than it announced
  OtherPiece,   // the head of another piece than was asked for
  Late,         // each piece after ten seconds
  Never,        // takes questions and answers none
  NoManifest,   // says Ok and then nothing
};

class LyingProvider final : public fabric::TypedService<LyingProvider> {
 public:
  struct Question {
    crypto::Sha256 sha256{};
    template <class Visitor>
    void fields(Visitor& f) {
      f("sha256", sha256);
    }
  };
  struct Ids {
    std::vector<crypto::Sha256> ids;
    template <class Visitor>
    void fields(Visitor& f) {
      f("ids", ids, 64);
    }
  };
  struct Records {
    std::vector<Bytes> records;
    template <class Visitor>
    void fields(Visitor& f) {
      f("records", records, 64);
    }
  };

  LyingProvider(IoClock& clock, SigningKey key, Bytes data, Lie lie)
      : TypedService({.name = "content-relay", .version = "1.0.0", .longest_call = std::chrono::hours(24)},
                     {fabric::stream_method<&LyingProvider::fetch>("Fetch", {.units = 1}),
                      fabric::method<&LyingProvider::announced>("Announced", {.idempotent = true})}),
        clock_(clock),
        key_(std::move(key)),
        lie_(lie) {
    manifest_ = manifest_of(data);
    id_ = manifest_.id;
    if (lie == Lie::FalseRoot) {
      for (auto& byte : data) byte ^= 0x55;
      manifest_ = manifest_of(data);
    }
    if (lie == Lie::WrongLayer && !manifest_.layer.empty()) manifest_.layer[0][0] ^= 1;
    data_ = std::move(data);
  }
  [[nodiscard]] const library::ContentId& id() const noexcept { return id_; }

  Task<Result<Records>> announced(fabric::CallContext&, Ids question) {
    Records out;
    if (std::ranges::find(question.ids, id_.sha256) == question.ids.end()) co_return out;
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch()).count();
    mesh::SignedRecord record;
    record.kind = mesh::RecordKind::Provider;
    record.key = mesh::dht_key("provider", id_.sha256);
    record.created = now;
    record.expires = now + 3600;
    record.sequence = static_cast<std::uint64_t>(now) * 1000;
    record.body = {1};
    const auto made = mesh::sign_record(key_, record);
    if (made) out.records.push_back(mesh::encode_record(*made));
    co_return out;
  }

  Task<fabric::CallStatus> fetch(fabric::CallContext&, Question question, mesh::Stream& stream) {
    ++streams;
    Bytes opening = question.sha256 == id_.sha256 ? relay::encode_manifest(manifest_) : relay::encode_opening(relay::Opening::NotFound);
    if (lie_ == Lie::NoManifest) co_await clock_.sleep_for(std::chrono::minutes(10));
    if (lie_ == Lie::Huge) opening[1] = 0xFF;
    const auto said = co_await stream.write(opening, patience());
    if (!said || opening[0] != 0) co_return fabric::CallStatus::Ok;
    for (;;) {
      Bytes ask(relay::kPieceAsk);
      const auto got = co_await net::read_exactly(stream, ask, patience());
      if (!got) co_return fabric::CallStatus::Ok;
      const auto piece = relay::parse_ask(ask);
      if (lie_ == Lie::Never || !piece || *piece >= manifest_.pieces()) continue;
      if (lie_ == Lie::Late) co_await clock_.sleep_for(std::chrono::seconds(10));
      Bytes answer = answer_of(*piece);
      ++pieces;
      const auto written = co_await stream.write(answer, patience());
      if (!written || lie_ == Lie::Short) co_return fabric::CallStatus::Ok;
    }
  }

  std::size_t streams = 0;
  std::size_t pieces = 0;

 private:
  static library::Manifest manifest_of(ByteView data) {
    library::ContentHasher hasher(data.size());
    hasher.update(data);
    return *hasher.finish();
  }
  [[nodiscard]] MonoTime patience() const { return clock_.now() + std::chrono::minutes(10); }
  [[nodiscard]] Bytes answer_of(std::uint32_t piece) const {
    const auto size = static_cast<std::size_t>(manifest_.piece_size(piece));
    const auto from = data_.begin() + static_cast<std::ptrdiff_t>(piece * manifest_.piece_length());
    Bytes out(relay::kPieceHead);
    const std::uint32_t shown = lie_ == Lie::OtherPiece ? piece + 1 : piece;
    relay::write_piece_head(std::span<std::uint8_t, relay::kPieceHead>(out.data(), relay::kPieceHead), {shown, size});
    out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(size));
    if (lie_ == Lie::WrongBytes) out.back() ^= 1;
    if (lie_ == Lie::Short) out.resize(out.size() / 2);
    if (lie_ == Lie::Long) out.insert(out.end(), 1000, 0x77);
    return out;
  }
  IoClock& clock_;
  SigningKey key_;
  Lie lie_;
  Bytes data_;
  library::Manifest manifest_;
  library::ContentId id_;
};

}  // namespace soulfabric::testing
