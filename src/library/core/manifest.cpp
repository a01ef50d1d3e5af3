// SPDX-License-Identifier: GPL-3.0-or-later
// The tree of BEP 52: leaves of 16 KiB, the last one hashed at its real length, missing ones 32 zero bytes.
#include "soulfabric/library/manifest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "soulfabric/base/text.hpp"

namespace soulfabric::library {
namespace {

using Hash = crypto::Sha256;
constexpr std::string_view kPrefix = "sha256:";

/// One context used again and again: fetching the algorithm for each block costs more than hashing an inner node.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()), type_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) { begin(); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  ~Digest() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(type_);
  }
  void update(ByteView bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  [[nodiscard]] Hash finish() {
    Hash out{};
    EVP_DigestFinal_ex(context_, out.data(), nullptr);
    begin();
    return out;
  }
  [[nodiscard]] Hash of(ByteView bytes) {
    update(bytes);
    return finish();
  }
  [[nodiscard]] Hash of(const Hash& left, const Hash& right) {
    update(left);
    update(right);
    return finish();
  }

 private:
  void begin() { EVP_DigestInit_ex2(context_, type_, nullptr); }
  EVP_MD_CTX* context_;
  EVP_MD* type_;
};

Digest& digest() {
  thread_local Digest own;
  return own;
}

/// The root over `width` leaves (a power of two), of which those behind `leaves` are `filler`. Overwrites the leaves.
Hash root_of(std::vector<Hash>& leaves, std::uint64_t width, Hash filler) {
  while (width > 1) {
    const std::size_t count = leaves.size();
    for (std::size_t i = 0; i < count; i += 2) leaves[i / 2] = digest().of(leaves[i], i + 1 < count ? leaves[i + 1] : filler);
    leaves.resize((count + 1) / 2);
    filler = digest().of(filler, filler);
    width /= 2;
  }
  return leaves.empty() ? filler : leaves.front();
}

/// The hash that stands for a piece behind the end of the file.
Hash empty_piece(std::uint64_t piece_length) {
  std::vector<Hash> none;
  return root_of(none, piece_length / kBlockSize, Hash{});
}

std::uint64_t blocks_of(std::uint64_t bytes) { return (bytes + kBlockSize - 1) / kBlockSize; }

/// Leaves below the node that proves a piece of a file of this size.
std::uint64_t leaves_of_piece(std::uint64_t size) {
  return piece_count_of(size) > 1 ? piece_length_of(size) / kBlockSize : std::bit_ceil(std::max<std::uint64_t>(blocks_of(size), 1));
}

Hash root_of_layer(const std::vector<Hash>& layer, std::uint64_t piece_length) {
  std::vector<Hash> nodes = layer;
  return root_of(nodes, std::bit_ceil<std::uint64_t>(nodes.size()), empty_piece(piece_length));
}

}  // namespace

std::string ContentId::text() const { return std::string(kPrefix) + to_hex(sha256); }

Result<ContentId> ContentId::parse(std::string_view text) {
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  Bytes bytes;
  ContentId id;
  if (text.size() != 2 * id.sha256.size() || !from_hex(text, bytes))
    return fail(Errc::InvalidArgument, "This is no content id; give sha256: and 64 hex digits.");
  std::ranges::copy(bytes, id.sha256.begin());
  return id;
}

std::uint64_t piece_length_of(std::uint64_t size) noexcept {
  std::uint64_t length = kSmallestPiece;
  while (length * kMostPieces < size && length < (1ULL << 62U)) length *= 2;
  return length;
}

std::uint64_t piece_count_of(std::uint64_t size) noexcept {
  const std::uint64_t length = piece_length_of(size);
  return size / length + (size % length != 0 ? 1 : 0);
}

std::uint64_t Manifest::piece_size(std::uint64_t piece) const noexcept {
  const std::uint64_t begin = piece * piece_length();
  return begin >= size ? 0 : std::min(piece_length(), size - begin);
}

const Hash& Manifest::proof(std::uint64_t piece) const noexcept { return layer.empty() ? root : layer[piece]; }

Status Manifest::check() const {
  if (size > kLargestContent) return fail(Errc::Malformed, "the manifest is of a file larger than any");
  const std::uint64_t count = pieces();
  if (count <= 1) {
    if (!layer.empty()) return fail(Errc::Malformed, "a file of one piece has no piece layer");
    if (size == 0 && root != Hash{}) return fail(Errc::Malformed, "an empty file has no root");
    return {};
  }
  if (layer.size() != count) return fail(Errc::Malformed, "the piece layer has another length than the file");
  if (root_of_layer(layer, piece_length()) != root) return fail(Errc::Malformed, "the piece layer does not lead to the root");
  return {};
}

Hash piece_hash(ByteView piece, std::uint64_t size) {
  std::vector<Hash> leaves;
  leaves.reserve(blocks_of(piece.size()));
  for (std::size_t at = 0; at < piece.size(); at += kBlockSize)
    leaves.push_back(digest().of(piece.subspan(at, std::min<std::size_t>(kBlockSize, piece.size() - at))));
  return root_of(leaves, leaves_of_piece(size), Hash{});
}

bool is_piece(const Manifest& manifest, std::uint64_t piece, ByteView bytes) {
  return piece < manifest.pieces() && bytes.size() == manifest.piece_size(piece) && piece_hash(bytes, manifest.size) == manifest.proof(piece);
}

struct ContentHasher::State {
  State(std::uint64_t size_in, bool with_tree_in) : size(size_in), with_tree(with_tree_in), leaves_per_piece(leaves_of_piece(size_in)) {}

  void add_leaf() {
    leaves.push_back(block.finish());
    in_block = 0;
    if (leaves.size() < leaves_per_piece) return;
    layer.push_back(root_of(leaves, leaves_per_piece, Hash{}));
    leaves.clear();
  }

  std::uint64_t size;
  bool with_tree;
  std::uint64_t leaves_per_piece;
  std::uint64_t seen = 0;
  std::uint64_t in_block = 0;
  Digest whole;
  Digest block;
  std::vector<Hash> leaves;  // of the piece that is being read
  std::vector<Hash> layer;
};

ContentHasher::ContentHasher(std::uint64_t size, bool with_tree) : state_(std::make_unique<State>(size, with_tree)) {}
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;
ContentHasher::~ContentHasher() = default;

void ContentHasher::update(ByteView bytes) {
  State& s = *state_;
  if (s.seen + bytes.size() > s.size) {  // already wrong: nothing more is kept of it
    s.seen += bytes.size();
    return;
  }
  s.seen += bytes.size();
  // Block by block through both, so that the second pass reads what is still in the nearest cache.
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min<std::size_t>(bytes.size(), kBlockSize - s.in_block));
    s.whole.update(part);
    if (s.with_tree) s.block.update(part);
    s.in_block += part.size();
    if (s.in_block == kBlockSize && s.with_tree) s.add_leaf();
    if (s.in_block == kBlockSize) s.in_block = 0;
    bytes = bytes.subspan(part.size());
  }
}

Result<Manifest> ContentHasher::finish() {
  State& s = *state_;
  if (s.seen != s.size) return fail(Errc::Conflict, "The file changed its size while it was read.");
  Manifest out;
  out.size = s.size;
  out.id.sha256 = s.whole.finish();
  if (!s.with_tree || s.size == 0) return out;
  if (s.in_block > 0) s.add_leaf();
  if (!s.leaves.empty()) s.layer.push_back(root_of(s.leaves, s.leaves_per_piece, Hash{}));
  if (s.layer.size() == 1) {
    out.root = s.layer.front();
  } else {
    out.root = root_of_layer(s.layer, out.piece_length());
    out.layer = std::move(s.layer);
  }
  return out;
}

}  // namespace soulfabric::library
