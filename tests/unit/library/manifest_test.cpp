// SPDX-License-Identifier: GPL-3.0-or-later
// Roots and layers as libtorrent's own torrent creator makes them; claims that contradict themselves are refused.
#include "soulfabric/library/manifest.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace soulfabric::library {
namespace {

Bytes formula_bytes(std::uint64_t size) {
  Bytes out(size);
  for (std::uint64_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>((i * 31 + (i >> 8U) * 7 + 5) & 0xFFU);
  return out;
}

struct Vector {
  std::uint64_t size = 0;
  std::string sha256;
  std::uint64_t piece_length = 0;
  std::string root;
  std::vector<std::string> layer;
};

/// The file is ours to read line by line: one value per line, as it was written.
std::vector<Vector> vectors() {
  std::ifstream in(std::string(SF_SOURCE_DIR) + "/tests/data/bep52/pieces_root.json");
  std::vector<Vector> out;
  std::string line;
  const auto text_in = [&line] {
    const auto end = line.rfind('"');
    const auto begin = line.rfind('"', end - 1);
    return line.substr(begin + 1, end - begin - 1);
  };
  while (std::getline(in, line)) {
    if (line.find("\"size\"") != std::string::npos) out.emplace_back().size = std::stoull(line.substr(line.find(':') + 1));
    if (out.empty()) continue;
    if (line.find("\"sha256\"") != std::string::npos) out.back().sha256 = text_in();
    else if (line.find("\"pieceLength\"") != std::string::npos) out.back().piece_length = std::stoull(line.substr(line.find(':') + 1));
    else if (line.find("\"piecesRoot\"") != std::string::npos) out.back().root = text_in();
    else if (line.find("    \"") == 0 && line.find(':') == std::string::npos) out.back().layer.push_back(text_in());
  }
  return out;
}

Manifest manifest_of(ByteView content, std::size_t step) {
  ContentHasher hasher(content.size());
  for (std::size_t at = 0; at < content.size(); at += step) hasher.update(content.subspan(at, std::min(step, content.size() - at)));
  auto made = hasher.finish();
  EXPECT_TRUE(made.has_value());
  return *made;
}

TEST(Manifest, HasTheRootsAndLayersThatLibtorrentMakes) {
  const auto all = vectors();
  ASSERT_GE(all.size(), 10U);
  bool layers = false;
  for (const Vector& vector : all) {
    SCOPED_TRACE(vector.size);
    ASSERT_EQ(vector.piece_length, 262144U);
    const Manifest made = manifest_of(formula_bytes(vector.size), 100'003);
    EXPECT_EQ(to_hex(made.id.sha256), vector.sha256);
    EXPECT_EQ(to_hex(made.root), vector.root);
    ASSERT_EQ(made.layer.size(), vector.layer.size());
    for (std::size_t i = 0; i < made.layer.size(); ++i) EXPECT_EQ(to_hex(made.layer[i]), vector.layer[i]);
    EXPECT_TRUE(made.check().has_value());
    layers |= !made.layer.empty();
  }
  EXPECT_TRUE(layers);
}

TEST(Manifest, IsTheSameInWhateverPartsTheBytesCome) {
  const Bytes content = formula_bytes(700'001);
  const Manifest whole = manifest_of(content, content.size());
  for (const std::size_t step : {1'000U, 16'384U, 16'385U, 300'000U}) EXPECT_EQ(manifest_of(content, step), whole);
}

TEST(Manifest, ProvesEachPieceAndNoOther) {
  Bytes content = formula_bytes(3 * kSmallestPiece + 77);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::uint8_t>(content[i] + i / kSmallestPiece);  // no two pieces alike
  const Manifest made = manifest_of(content, 50'000);
  ASSERT_EQ(made.pieces(), 4U);
  for (std::uint64_t piece = 0; piece < made.pieces(); ++piece) {
    Bytes bytes(content.begin() + static_cast<std::ptrdiff_t>(piece * kSmallestPiece),
                content.begin() + static_cast<std::ptrdiff_t>(piece * kSmallestPiece + made.piece_size(piece)));
    EXPECT_TRUE(is_piece(made, piece, bytes));
    EXPECT_FALSE(is_piece(made, (piece + 1) % 4, bytes));
    bytes.back() ^= 1U;
    EXPECT_FALSE(is_piece(made, piece, bytes));
    bytes.pop_back();
    EXPECT_FALSE(is_piece(made, piece, bytes));
  }
  EXPECT_FALSE(is_piece(made, 4, {}));
}

TEST(Manifest, OfOnePieceIsProvenByItsRoot) {
  for (const std::uint64_t size : {1ULL, 16'384ULL, 16'385ULL, 262'144ULL}) {
    const Bytes content = formula_bytes(size);
    const Manifest made = manifest_of(content, content.size());
    EXPECT_TRUE(made.layer.empty());
    EXPECT_TRUE(is_piece(made, 0, content));
  }
}

TEST(Manifest, OfAnEmptyFileHasNoPiece) {
  const Manifest made = manifest_of({}, 1);
  EXPECT_EQ(made.pieces(), 0U);
  EXPECT_EQ(to_hex(made.id.sha256), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_TRUE(made.check().has_value());
}

TEST(Manifest, ThatContradictsItselfIsRefused) {
  const Manifest good = manifest_of(formula_bytes(3 * kSmallestPiece), 50'000);
  Manifest bad = good;
  bad.layer[1][0] ^= 1U;
  EXPECT_FALSE(bad.check().has_value());
  bad = good;
  bad.layer.pop_back();
  EXPECT_FALSE(bad.check().has_value());
  bad = good;
  bad.size += kSmallestPiece;
  EXPECT_FALSE(bad.check().has_value());
  bad = good;
  bad.size = kLargestContent + 1;
  EXPECT_FALSE(bad.check().has_value());
  bad = good;
  bad.size = 1;
  EXPECT_FALSE(bad.check().has_value());
}

TEST(Manifest, HasAtMost4096PiecesOfAtLeast256KiB) {
  EXPECT_EQ(piece_length_of(0), kSmallestPiece);
  EXPECT_EQ(piece_length_of(1ULL << 30U), kSmallestPiece);
  EXPECT_EQ(piece_length_of((1ULL << 30U) + 1), 2 * kSmallestPiece);
  EXPECT_EQ(piece_count_of((1ULL << 30U) + 1), 2049U);
  EXPECT_LE(piece_count_of(kLargestContent), kMostPieces);
}

TEST(ContentHasher, SaysWhereTheFileGrewOrShrank) {
  ContentHasher more(3);
  more.update(formula_bytes(4));
  EXPECT_EQ(more.finish().error().code, Errc::Conflict);
  ContentHasher less(3);
  less.update(formula_bytes(2));
  EXPECT_EQ(less.finish().error().code, Errc::Conflict);
}

TEST(ContentId, IsReadWithOrWithoutItsPrefix) {
  const std::string hex(64, 'a');
  EXPECT_EQ(ContentId::parse("sha256:" + hex)->text(), "sha256:" + hex);
  EXPECT_EQ(ContentId::parse(std::string(64, 'A'))->text(), "sha256:" + hex);
  for (const std::string& bad : {std::string(), hex.substr(1), hex + "a", "sha1:" + hex, std::string(64, 'g')})
    EXPECT_EQ(ContentId::parse(bad).error().code, Errc::InvalidArgument) << bad;
}

}  // namespace
}  // namespace soulfabric::library
