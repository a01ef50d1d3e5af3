// SPDX-License-Identifier: GPL-3.0-or-later
// What a file is by its content, and the tree by which each piece of it is proven (BEP 52). Pure, thread-safe.
#pragma once
#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::library {

/// A file by its bytes. As text: "sha256:<64 lower-case hex digits>"; the size is told beside it.
struct ContentId {
  crypto::Sha256 sha256{};
  friend auto operator<=>(const ContentId&, const ContentId&) = default;
  [[nodiscard]] std::string text() const;
  /// With or without "sha256:" in front, either case. InvalidArgument.
  [[nodiscard]] static Result<ContentId> parse(std::string_view text);
};

inline constexpr std::uint64_t kBlockSize = 16 * 1024;        // leaves of the tree (BEP 52)
inline constexpr std::uint64_t kSmallestPiece = 256 * 1024;   // architecture, section 6
inline constexpr std::uint64_t kMostPieces = 4096;
inline constexpr std::uint64_t kLargestContent = 1ULL << 44;  // 16 TiB: pieces of 4 GiB

/// The smallest power of two of at least 256 KiB that gives at most 4,096 pieces.
[[nodiscard]] std::uint64_t piece_length_of(std::uint64_t size) noexcept;
[[nodiscard]] std::uint64_t piece_count_of(std::uint64_t size) noexcept;

/// What one source states of a content: a claim until a file was hashed (security rule S11).
struct Manifest {
  ContentId id;
  std::uint64_t size = 0;
  crypto::Sha256 root{};              // pieces root of BEP 52; of an empty file all zero
  std::vector<crypto::Sha256> layer;  // one hash per piece; empty where there is at most one piece: the root is its proof
  friend bool operator==(const Manifest&, const Manifest&) = default;

  [[nodiscard]] std::uint64_t piece_length() const noexcept { return piece_length_of(size); }
  [[nodiscard]] std::uint64_t pieces() const noexcept { return piece_count_of(size); }
  /// Bytes of one piece; the last one may be short.
  [[nodiscard]] std::uint64_t piece_size(std::uint64_t piece) const noexcept;
  /// What the piece must hash to.
  [[nodiscard]] const crypto::Sha256& proof(std::uint64_t piece) const noexcept;
  /// The layer is of the right length and leads to the root. Malformed.
  [[nodiscard]] Status check() const;
};

/// The hash of one piece in a file of `size` bytes: the root of its blocks, filled up to a whole piece (to the next power of two where
/// the file has one piece only).
[[nodiscard]] crypto::Sha256 piece_hash(ByteView piece, std::uint64_t size);
[[nodiscard]] bool is_piece(const Manifest& manifest, std::uint64_t piece, ByteView bytes);

/// SHA-256 of the whole, and optionally the tree, in one pass over the bytes in order.
class ContentHasher {
 public:
  /// `size` is what will come; it decides the length of the pieces.
  explicit ContentHasher(std::uint64_t size, bool with_tree = true);
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;
  ~ContentHasher();
  void update(ByteView bytes);
  /// Conflict where another number of bytes came than was announced. Used once.
  [[nodiscard]] Result<Manifest> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace soulfabric::library
