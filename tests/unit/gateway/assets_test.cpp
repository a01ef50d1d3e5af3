// SPDX-License-Identifier: GPL-3.0-or-later
// The built page inside the program: found by path, whole, compressed forms equal, nothing inline, nothing from elsewhere.
#include "gateway/assets.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <set>
#include <string>

namespace soulfabric::gateway {
namespace {

std::string gunzip(ByteView packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  Bytes input(packed.begin(), packed.end());
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  std::string out;
  std::array<Bytef, 16384> piece{};
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    for (std::size_t i = 0; i < piece.size() - stream.avail_out; ++i) {
      out.push_back(static_cast<char>(piece[i]));
    }
  }
  EXPECT_EQ(status, Z_STREAM_END);
  inflateEnd(&stream);
  return out;
}

TEST(WebAssets, FindsTheDocumentAndEveryFileItNames) {
  const Asset* page = find_asset("/index.html");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  const std::string_view html = text_of(page->plain);
  std::size_t named = 0;
  for (const Asset& asset : all_assets()) {
    if (asset.path.starts_with("/assets/")) {
      EXPECT_NE(html.find("\"" + std::string(asset.path.substr(1)) + "\""), std::string_view::npos) << asset.path;
      ++named;
    }
    EXPECT_EQ(find_asset(asset.path), &asset);
  }
  EXPECT_EQ(named, 2U);
}

TEST(WebAssets, KnowsNothingElse) {
  EXPECT_EQ(find_asset("/"), nullptr);
  EXPECT_EQ(find_asset(""), nullptr);
  EXPECT_EQ(find_asset("/index.htm"), nullptr);
  EXPECT_EQ(find_asset("/../index.html"), nullptr);
}

TEST(WebAssets, CompressedFormsHoldTheSameBytes) {
  for (const Asset& asset : all_assets()) {
    EXPECT_FALSE(asset.plain.empty());
    if (!asset.gzip.empty()) {
      EXPECT_LT(asset.gzip.size(), asset.plain.size());
      EXPECT_EQ(gunzip(asset.gzip), text_of(asset.plain)) << asset.path;
    }
    if (!asset.brotli.empty()) {
      EXPECT_LT(asset.brotli.size(), asset.plain.size());
    }
  }
}

TEST(WebAssets, HaveDistinctQuotedEntityTags) {
  std::set<std::string_view> seen;
  for (const Asset& asset : all_assets()) {
    EXPECT_TRUE(asset.etag.size() > 2 && asset.etag.front() == '"' && asset.etag.back() == '"');
    EXPECT_TRUE(seen.insert(asset.etag).second);
  }
}

TEST(WebAssets, DocumentHasNoInlineScriptOrStyleAndNoForeignAddress) {
  const std::string_view html = text_of(find_asset("/index.html")->plain);
  EXPECT_EQ(html.find("<style"), std::string_view::npos);
  EXPECT_EQ(html.find("style="), std::string_view::npos);
  EXPECT_EQ(html.find("://"), std::string_view::npos);
  const auto script = html.find("<script");
  ASSERT_NE(script, std::string_view::npos);
  EXPECT_EQ(html.find("<script", script + 1), std::string_view::npos);
  EXPECT_EQ(html.substr(script).find("src=\"assets/"), html.substr(script).find("src="));
}

}  // namespace
}  // namespace soulfabric::gateway
