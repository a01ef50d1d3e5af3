// SPDX-License-Identifier: GPL-3.0-or-later
// The service "catalogue-fetch" on the wire (docs/relays.md): a signed answer, and what is sent while it is not there yet. Pure.
#pragma once
#include <array>
#include <cstdint>
#include <expected>
#include <string>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/ed25519.hpp"
#include "soulfabric/relay/catalogue_answer.hpp"

namespace soulfabric::relay {

/// The first byte of each message that the fetcher sends.
enum class CatalogueMessage : std::uint8_t {
  Working = 1,  // it has heard the question and asks the origin; may come again
  Answer = 2,   // lengths, head and body follow; nothing after it
  Refusal = 3,  // nothing after it
};

constexpr std::size_t kAnswerHeadCap = 512;
constexpr std::size_t kAnswerTypeCap = 64;
constexpr std::chrono::minutes kAnswerSkew{5};       // of two clocks
constexpr std::chrono::hours kAnswerLongestLife{24};
/// Behind the first byte: bytes of the head, bytes of the body, both big endian.
constexpr std::size_t kAnswerLengths = 2 + 4;

/// What the fetcher states of an answer. Times are Unix milliseconds.
struct SignedAnswer {
  CatalogueKey key;
  int status = 0;
  std::string content_type;
  std::int64_t fetched = 0;
  std::int64_t expires = 0;
  bool stale = false;
  PublicKey signer{};
  Signature signature{};
  friend bool operator==(const SignedAnswer&, const SignedAnswer&) = default;
};

/// Why an answer is not taken.
enum class AnswerFault : std::uint8_t { Form, OtherKey, OtherSigner, Forged, Expired };
[[nodiscard]] std::string_view name_of(AnswerFault fault) noexcept;

/// Signs kind, id, status, content type, hash of the body, fetch time, expiry and whether it is past its time (security rule S16).
[[nodiscard]] SignedAnswer sign_answer(const SigningKey& key, const CatalogueKey& about, const CatalogueAnswer& answer);
[[nodiscard]] Bytes encode_head(const SignedAnswer& answer);
/// Malformed.
[[nodiscard]] Result<SignedAnswer> decode_head(ByteView head);

struct AnswerLengths {
  std::size_t head = 0;
  std::size_t body = 0;
};
[[nodiscard]] std::array<std::uint8_t, 1 + kAnswerLengths> answer_prefix(AnswerLengths lengths);
/// `bytes` is what follows the first byte. TooLarge; Malformed where there is no head.
[[nodiscard]] Result<AnswerLengths> read_lengths(std::array<std::uint8_t, kAnswerLengths> bytes);

/// Everything but what the body says: the peer that was asked signed this very answer to this very question, and its time is not over.
[[nodiscard]] std::expected<CatalogueAnswer, AnswerFault> check_answer(const SignedAnswer& answer, std::shared_ptr<const Bytes> body,
                                                                       const CatalogueKey& asked, const PeerId& peer, WallTime now);

}  // namespace soulfabric::relay
