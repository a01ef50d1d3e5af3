// SPDX-License-Identifier: GPL-3.0-or-later
// Answers in every piece size and cut at every byte; each rule of the reader with bytes that break it; its caps.
#include "core/http_reader.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace soulfabric::net {
namespace {

constexpr std::uint64_t kCap = 100'000;

std::string pack(std::string_view text, int window = 15 + 16) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = const_cast<Bytef*>(bytes_of(text).data());
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  return out;
}

std::string with_length(const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Status and body, or the reason and code of the refusal.
std::string outcome(std::string_view wire, std::size_t piece, HttpMethod method = HttpMethod::Get, std::uint64_t cap = kCap) {
  HttpReader reader(method, cap);
  const auto said = [](const HttpFault& fault) { return std::string(name_of(fault.why)) + ":" + std::string(name_of(fault.error.code)); };
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    if (const auto fed = reader.feed(bytes_of(wire.substr(at, piece))); !fed) return said(fed.error());
  }
  if (const auto ended = reader.end(); !ended) return said(ended.error());
  EXPECT_TRUE(reader.done());
  const auto response = reader.take();
  return std::to_string(response.status) + " " + std::string(text_of(response.body));
}

/// The same in every piece size up to 40, and whole.
std::string read(std::string_view wire, HttpMethod method = HttpMethod::Get, std::uint64_t cap = kCap) {
  const auto whole = outcome(wire, wire.empty() ? 1 : wire.size(), method, cap);
  for (std::size_t piece = 1; piece <= 40; ++piece) EXPECT_EQ(outcome(wire, piece, method, cap), whole) << piece;
  return whole;
}

TEST(HttpReader, ReadsEachFraming) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), "200 hello");
  EXPECT_EQ(read("HTTP/1.1 200\r\ncontent-length:0\r\n\r\n"), "200 ");
  EXPECT_EQ(read("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2;x=\"y\"\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"),
            "404 hello");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00A\r\n0123456789\r\n0\r\n\r\n"), "200 0123456789");
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\n\r\nto the end"), "200 to the end");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n"), "200 ");
  EXPECT_EQ(read("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello"), "204 ");
  EXPECT_EQ(read("HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n"), "304 ");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", HttpMethod::Head), "200 ");
  EXPECT_EQ(read("HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
            "200 x");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\nanother"), "200 x");
}

TEST(HttpReader, ReadsPackedBodies) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "{\"id\":" + std::to_string(i * 7919) + "}";
  for (const auto& packed : {with_length(pack(text), "Content-Encoding: gzip\r\n"), with_length(pack(text), "Content-Encoding: X-GZip\r\n"),
                             with_length(pack(text, 15), "Content-Encoding: deflate\r\n")})
    EXPECT_EQ(read(packed), "200 " + text);
  EXPECT_EQ(read(with_length("", "Content-Encoding: gzip\r\n")), "200 ");
  EXPECT_EQ(read(with_length("x", "Content-Encoding: identity\r\n")), "200 x");
  HttpReader reader(HttpMethod::Get, kCap);
  ASSERT_TRUE(reader.feed(bytes_of(with_length(pack("x"), "Content-Encoding: gzip\r\nETag: a\r\n"))));
  EXPECT_EQ(reader.take().headers, (std::map<std::string, std::string>{{"etag", "a"}}));
}

TEST(HttpReader, EveryPrefixIsAnErrorAndNeverAnAnswer) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\nT: x\r\n\r\n";
  for (const auto& wire : {with_length("hello"), chunked, with_length(pack("hello hello hello"), "Content-Encoding: gzip\r\n")}) {
    for (std::size_t cut = 0; cut < wire.size(); ++cut)
      EXPECT_FALSE(outcome(std::string_view(wire).substr(0, cut), 7).starts_with("200")) << cut;
    EXPECT_TRUE(outcome(wire, 7).starts_with("200"));
  }
  const auto packed = pack("hello hello hello");
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
  for (std::size_t cut = 1; cut < packed.size(); ++cut) EXPECT_EQ(outcome(head + packed.substr(0, cut), 7), "inflation:malformed") << cut;
}

TEST(HttpReader, RefusesHeadsThatBreakTheRules) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& wire : {std::string("HTTP/1.1 200 OK\n\n"),
                                  std::string("HTTP/2 200 OK\r\n\r\n"),
                                  std::string("HTTP/1.2 200 OK\r\n\r\n"),
                                  std::string("http/1.1 200 OK\r\n\r\n"),
                                  std::string("HTTP/1.1  200 OK\r\n\r\n"),
                                  std::string("HTTP/1.1 20 OK\r\n\r\n"),
                                  std::string("HTTP/1.1 2000 OK\r\n\r\n"),
                                  std::string("HTTP/1.1 600 OK\r\n\r\n"),
                                  std::string("HTTP/1.1 099 OK\r\n\r\n"),
                                  std::string("HTTP/1.1 -20 OK\r\n\r\n"),
                                  std::string("\r\nHTTP/1.1 200 OK\r\n\r\n"),
                                  std::string("ICY 200 OK\r\n\r\n"),
                                  std::string("HTTP/1.1 200 O\x01K\r\n\r\n"),
                                  std::string("HTTP/1.1 101 Switching\r\n\r\n"),
                                  ok + "A: b\n\r\n",
                                  ok + "A: b\rC: d\r\n\r\n",
                                  ok + "A : b\r\n\r\n",
                                  ok + " A: b\r\n\r\n",
                                  ok + "A: b\r\n c\r\n\r\n",
                                  ok + "A: b\r\n\tc\r\n\r\n",
                                  ok + ": b\r\n\r\n",
                                  ok + "A\r\n\r\n",
                                  ok + "A\": b\r\n\r\n",
                                  ok + "A: b\x01\r\n\r\n",
                                  ok + std::string("A: b\0c\r\n\r\n", 10),
                                  ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
                                  ok + "Content-Length: 1\r\ncontent-length: 2\r\n\r\nxx",
                                  ok + "Content-Length: 1, 1\r\n\r\nx",
                                  ok + "Content-Length: +1\r\n\r\nx",
                                  ok + "Content-Length: -1\r\n\r\nx",
                                  ok + "Content-Length: 0x1\r\n\r\nx",
                                  ok + "Content-Length: 1 1\r\n\r\nx",
                                  ok + "Content-Length:\r\n\r\n",
                                  ok + "Content-Length: 9999999999999999999\r\n\r\n",
                                  ok + "Content-Length: 99999999999999999999999\r\n\r\n",
                                  ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                  ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
                                  ok + "Transfer-Encoding: identity\r\n\r\n",
                                  ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                  ok + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                                  ok + "Transfer-Encoding:\r\n\r\n0\r\n\r\n",
                                  std::string("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                                  ok + "Content-Encoding: br\r\n\r\n",
                                  ok + "Content-Encoding: gzip, gzip\r\n\r\n",
                                  ok + "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n",
                                  ok + "Location: /a\r\nLocation: /b\r\n\r\n"})
    EXPECT_EQ(read(wire), "header:malformed") << wire;
}

TEST(HttpReader, RefusesChunksThatBreakTheRules) {
  const std::string ok = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& wire :
       {ok + "\r\n", ok + "x\r\n", ok + "-1\r\n", ok + "+1\r\nx\r\n", ok + "0x1\r\nx\r\n", ok + " 1\r\nx\r\n0\r\n\r\n",
        ok + "1 \r\nx\r\n0\r\n\r\n", ok + "1\nx\n0\n\n", ok + ";a\r\n", ok + "1\r\nxy\r\n0\r\n\r\n", ok + "1\r\nx0\r\n\r\n",
        ok + "1\r\nx\n0\r\n\r\n", ok + "0000000000000001\r\nx\r\n", ok + "1;\x01\r\nx\r\n0\r\n\r\n",
        ok + "1;" + std::string(300, 'a') + "\r\nx\r\n0\r\n\r\n", ok + "1\r\nx\r\n"})
    EXPECT_EQ(read(wire), "body:malformed") << wire;
  EXPECT_EQ(read(ok + "1\r\nx\r\n0\r\nA : b\r\n\r\n"), "header:malformed");
}

TEST(HttpReader, CapsTheHead) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const auto header = [](std::size_t line) { return "A: " + std::string(line - 3, 'b') + "\r\n"; };
  EXPECT_EQ(outcome(ok + header(kHttpLineCap) + "\r\n", 1000), "200 ");
  EXPECT_EQ(outcome(ok + header(kHttpLineCap + 1) + "\r\n", 1000), "header:too large");
  EXPECT_EQ(outcome(ok + std::string(kHttpLineCap + 1, 'A'), 1000), "header:too large") << "before the line ends";
  std::string many = ok;
  for (std::size_t i = 0; i < kHttpHeaderCap; ++i) many += "A: b\r\n";
  EXPECT_EQ(outcome(many + "\r\n", 1000), "200 ");
  EXPECT_EQ(outcome(many + "A: b\r\n\r\n", 1000), "header:too large");
  const auto four = header(8000) + header(8000) + header(8000) + header(4000);
  const auto room = kHttpHeadCap - ok.size() - four.size() - 4;
  EXPECT_EQ(outcome(ok + four + header(room) + "\r\n", 1000), "200 ");
  EXPECT_EQ(outcome(ok + four + header(room + 1) + "\r\n", 1000), "header:too large");
  std::string interim;
  for (unsigned i = 0; i < kHttpInterimCap; ++i) interim += "HTTP/1.1 100 C\r\n\r\n";
  EXPECT_EQ(outcome(interim + ok + "\r\n", 1000), "200 ");
  EXPECT_EQ(outcome(interim + "HTTP/1.1 100 C\r\n\r\n" + ok + "\r\n", 1000), "header:malformed");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + header(8000) + header(8000) + header(8000) +
                        header(8000) + header(8000),
                    1000),
            "header:too large")
      << "trailers too";
}

TEST(HttpReader, CapsTheBodyBeforeItComes) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(outcome(with_length(std::string(100, 'x')), 9, HttpMethod::Get, 100), "200 " + std::string(100, 'x'));
  EXPECT_EQ(outcome(ok + "Content-Length: 101\r\n\r\n", 9, HttpMethod::Get, 100), "body:too large");
  EXPECT_EQ(outcome(ok + "Transfer-Encoding: chunked\r\n\r\n65\r\n", 9, HttpMethod::Get, 100), "body:too large");
  EXPECT_EQ(outcome(ok + "Transfer-Encoding: chunked\r\n\r\n64\r\n" + std::string(100, 'x') + "\r\n1\r\n", 9, HttpMethod::Get, 100),
            "body:too large");
  EXPECT_EQ(outcome(ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n", 9, HttpMethod::Get, 100), "body:too large");
  EXPECT_EQ(outcome(ok + "\r\n" + std::string(100, 'x'), 9, HttpMethod::Get, 100), "200 " + std::string(100, 'x'));
  EXPECT_EQ(outcome(ok + "\r\n" + std::string(101, 'x'), 9, HttpMethod::Get, 100), "body:too large");
  EXPECT_EQ(outcome(ok + "Content-Length: 1\r\n\r\nx", 9, HttpMethod::Get, 0), "body:too large");
}

TEST(HttpReader, CapsWhatChunksCostBesidesTheirBytes) {
  std::string wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 1000; ++i) wire += "1\r\nx\r\n";
  EXPECT_EQ(outcome(wire + "0\r\n\r\n", 100), "200 " + std::string(1000, 'x'));
  std::string dear = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 1000; ++i) dear += "1;" + std::string(200, 'a') + "\r\nx\r\n";
  EXPECT_EQ(outcome(dear + "0\r\n\r\n", 100), "body:malformed");
}

TEST(HttpReader, CapsWhatIsUnpacked) {
  std::string text(50'000, 'a');
  EXPECT_EQ(outcome(with_length(pack(text), "Content-Encoding: gzip\r\n"), 9, HttpMethod::Get, text.size()), "200 " + text);
  EXPECT_EQ(outcome(with_length(pack(text), "Content-Encoding: gzip\r\n"), 9, HttpMethod::Get, text.size() - 1), "inflation:too large");
  const std::string bomb(50'000'000, '\0');
  EXPECT_EQ(outcome(with_length(pack(bomb), "Content-Encoding: gzip\r\n"), 1000, HttpMethod::Get, 100'000'000), "inflation:too large")
      << "by its ratio";
  EXPECT_EQ(outcome(with_length(pack(bomb), "Content-Encoding: gzip\r\n"), 100'000, HttpMethod::Get, 256 * 1024), "inflation:too large");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 70000\r\n\r\n", 9, HttpMethod::Get, 100),
            "body:too large")
      << "packed it is too large already";
}

TEST(HttpReader, RefusesDamagedPackedBodies) {
  const auto packed = pack("hello hello hello");
  for (std::size_t i = 0; i < packed.size(); ++i) {
    auto damaged = packed;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    const auto said = outcome(with_length(damaged, "Content-Encoding: gzip\r\n"), 5);
    EXPECT_TRUE(said == "inflation:malformed" || said == "200 hello hello hello") << i << said;  // some bytes of the gzip head say nothing
  }
  EXPECT_EQ(read(with_length(packed + "x", "Content-Encoding: gzip\r\n")), "inflation:malformed");
  EXPECT_EQ(read(with_length(packed + packed, "Content-Encoding: gzip\r\n")), "inflation:malformed");
  EXPECT_EQ(read(with_length("not packed", "Content-Encoding: gzip\r\n")), "inflation:malformed");
  EXPECT_EQ(read(with_length(pack("x"), "Content-Encoding: deflate\r\n")), "inflation:malformed");
}

TEST(HttpReader, JoinsRepeatedHeaders) {
  HttpReader reader(HttpMethod::Get, kCap);
  ASSERT_TRUE(reader.feed(bytes_of("HTTP/1.1 200 OK\r\nVary: a\r\nVARY:\tb \r\nContent-Length: 0\r\n\r\n")));
  EXPECT_EQ(reader.take().headers.at("vary"), "a, b");
}

}  // namespace
}  // namespace soulfabric::net
