// SPDX-License-Identifier: GPL-3.0-or-later
// One line "yes" or "no", then one line per share.
#include "mesh_choice.hpp"

#include <sstream>

#include "soulfabric/base/files.hpp"

namespace soulfabric::daemon {
namespace {

constexpr std::string_view kFile = "mesh-answer";
constexpr std::size_t kCap = 1024 * 1024;

}  // namespace

std::optional<MeshAnswer> read_mesh_answer(const std::filesystem::path& data) {
  const auto content = read_whole(data / kFile, kCap);
  if (!content) return std::nullopt;
  std::istringstream in{std::string(text_of(*content))};
  std::string line;
  if (!std::getline(in, line) || (line != "yes" && line != "no")) return std::nullopt;
  MeshAnswer answer{line == "yes", {}};
  while (answer.shares.size() < kAnsweredShares && std::getline(in, line))
    if (!line.empty()) answer.shares.push_back(line);
  return answer;
}

Status write_mesh_answer(const std::filesystem::path& data, const MeshAnswer& answer) {
  if (answer.shares.size() > kAnsweredShares) return fail(Errc::TooLarge, "There are more shares than can be remembered; name at most 1000.");
  std::string text = answer.join ? "yes\n" : "no\n";
  for (const auto& share : answer.shares) {
    if (share.empty() || share.find('\n') != std::string::npos) return fail(Errc::InvalidArgument, "A share has no such name; choose one that is configured.");
    text += share + "\n";
  }
  return write_whole(data / kFile, bytes_of(text), 0600);
}

}  // namespace soulfabric::daemon
