// SPDX-License-Identifier: GPL-3.0-or-later
// Share lists: the input is read as compressed stream, and once more as what a stream unpacks to; stream and whole decode agree.
#include "soulseek/wire/browse_stream.hpp"
#include "soulseek_family.hpp"

using namespace soulfabric;
using namespace soulfabric::soulseek::wire;

namespace {

class Count final : public BrowseSink {
 public:
  void on_folder(std::string_view /*path*/, std::uint32_t /*files*/, bool /*is_private*/) override { ++folders; }
  void on_file(const BrowseFile& file) override {
    ++files;
    bytes += file.name.size() + file.extension.size() + file.attributes.size();
  }
  std::size_t folders = 0;
  std::size_t files = 0;
  std::size_t bytes = 0;
};

void check(ByteView body, std::size_t piece) {
  Count seen;
  BrowseParser parser(16 * kMiB);
  bool ok = true;
  for (ByteView left = body; ok && !left.empty();) {
    const std::size_t n = std::min(piece, left.size());
    ok = parser.feed(left.first(n), seen).has_value();
    left = left.subspan(n);
  }
  ok = ok && parser.finish().has_value();
  if (!ok) return;
  const auto whole = decode_peer(peer::SharedFileListResponse::kCode, body);
  if (!whole) return;  // a stream may end inside an optional part, and has no limit on entries
  const auto& list = std::get<peer::SharedFileListResponse>(*whole);
  std::size_t folders = list.folders.size();
  if (list.private_folders) folders += list.private_folders->size();
  must(seen.folders == folders, "stream and whole decode see other folders");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  const std::size_t piece = std::size_t{data[0]} + 1;
  check(input, piece);
  check(deflate_all(input), piece);
  return 0;
}
