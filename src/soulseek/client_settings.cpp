// SPDX-License-Identifier: GPL-3.0-or-later
// From Options to what each part wants to know.
#include "client_settings.hpp"

#include <algorithm>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMaxPicture = 1024 * 1024;
constexpr int kMostAnswerFiles = 300;  // enough for any client we know

std::uint64_t limit_of(int value) { return value >= kUnlimited || value < 0 ? 0 : static_cast<std::uint64_t>(value); }

}  // namespace

ServerSessionOptions server_options(const Options& options) {
  ServerSessionOptions out;
  out.host = options.soulseek.address;
  out.port = static_cast<std::uint16_t>(options.soulseek.port);
  out.username = options.soulseek.username;
  out.password = options.soulseek.password;
  out.times.connect_timeout = std::chrono::milliseconds(options.soulseek.timeout.connect);
  return out;
}

PeerHubOptions hub_options(const Options& options) {
  PeerHubOptions out;
  out.listen.address = IpAddress::parse(options.soulseek.listen_ip_address).value_or(IpAddress{});
  out.listen.port = static_cast<std::uint16_t>(options.soulseek.listen_port);
  out.times.connect = std::chrono::milliseconds(options.soulseek.timeout.connect);
  return out;
}

TransferOptions transfer_options(const Options& options, const std::filesystem::path& app_dir) {
  const auto& directories = options.directories;
  const auto& download = options.transfers.download;
  TransferOptions out;
  out.downloads = directories.downloads.empty() ? app_dir / "downloads" : std::filesystem::path(directories.downloads);
  out.incomplete = directories.incomplete.empty() ? app_dir / "incomplete" : std::filesystem::path(directories.incomplete);
  out.subdirectory = download.destination.subdirectory;
  out.on_existing = download.destination.exists == "overwrite" ? OnExisting::Overwrite : OnExisting::Rename;
  out.resume = download.retry.partial != "overwrite";
  out.download.retry_attempts = static_cast<unsigned>(std::max(1, download.retry.attempts));
  out.download.retry_delay = std::chrono::milliseconds(download.retry.delay);
  out.download.retry_max_delay = std::chrono::milliseconds(download.retry.max_delay);
  const auto& upload = options.transfers.upload;
  const auto& group = options.transfers.groups.default_upload;
  out.upload.slots = static_cast<unsigned>(std::min(upload.slots, group.slots));
  out.upload.order = group.strategy == "firstinfirstout" ? core::UploadOrder::FirstInFirstOut : core::UploadOrder::RoundRobin;
  out.upload.queued_files = static_cast<std::uint32_t>(limit_of(upload.limits.queued.files.value_or(kUnlimited)));
  out.upload.queued_megabytes = limit_of(upload.limits.queued.megabytes.value_or(kUnlimited));
  out.slot_speed_limit = limit_of(group.speed_limit) * kKiB;
  out.idle_wait = std::chrono::milliseconds(options.soulseek.timeout.transfer);
  return out;
}

AnswerOptions answer_options(const Options& options) {
  AnswerOptions out;
  out.max_files = static_cast<std::size_t>(std::clamp(options.throttling.response_file_limit, 1, kMostAnswerFiles));
  out.ignored = options.filters.search_request;
  return out;
}

TreeOptions tree_options(const Options& options) {
  const auto& network = options.soulseek.distributed_network;
  TreeOptions out;
  out.enabled = !network.disabled;
  out.accept_children = !network.disable_children;
  out.child_limit = static_cast<std::uint32_t>(std::max(0, network.child_limit));
  return out;
}

Profile profile_of(const Options& options) {
  Profile out;
  out.description = options.soulseek.description;
  if (options.soulseek.picture.empty()) return out;
  const auto picture = read_whole(options.soulseek.picture, kMaxPicture);
  if (picture) {
    out.picture = std::string(text_of(*picture));
  } else {
    log::warning("soulseek", "the picture of soulseek.picture is left out: " + picture.error().message);
  }
  return out;
}

}  // namespace soulfabric::soulseek
