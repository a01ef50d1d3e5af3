// SPDX-License-Identifier: GPL-3.0-or-later
// Clients over loopback with short times.
#include "support/soulseek_network.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace soulfabric::testing {

Peer::Peer(IoContext& context, IoClock& clock, const std::filesystem::path& folder, std::uint16_t server_port, const std::string& name, Options options)
    : context_(context), clock_(clock), folder_(folder / name), options_(std::move(options)) {
  for (const char* part : {"share", "downloads", "incomplete", "data"}) std::filesystem::create_directories(folder_ / part);
  options_.soulseek.address = "127.0.0.1";
  options_.soulseek.port = server_port;
  options_.soulseek.username = name;
  if (options_.soulseek.password.empty()) options_.soulseek.password = "secret of " + name;
  if (options_.soulseek.listen_ip_address == "0.0.0.0") options_.soulseek.listen_ip_address = "127.0.0.1";
  if (options_.soulseek.listen_port == 50300) options_.soulseek.listen_port = 0;
  dialer_ = net::make_tcp_dialer(context, clock);
}

Task<void> Peer::start() {
  co_await begin();
  const auto logged_in = co_await client_->session().wait_logged_in(clock_.now() + std::chrono::seconds(20));
  EXPECT_TRUE(logged_in) << logged_in.error().message;
}

Task<void> Peer::begin() {
  guard_ = std::make_unique<guard::Guard>(guard::GuardOptions{}, clock_);
  desk_ = std::make_unique<guard::CourtesyDesk>(*guard_, clock_);
  auto database = Database::open(folder_ / "data" / "soulseek.db", soulseek::client_migrations());
  EXPECT_TRUE(database) << database.error().message;
  if (!database) co_return;
  store_ = std::make_unique<DbWriter>(context_, clock_, std::move(*database));
  shares_ = std::make_unique<FixedShares>("music", share());
  if (!options_.shares.directories.empty()) co_await scan();
  client_ = soulseek::make_client({context_, clock_, random_, *dialer_, *desk_, present_shares(), workers_, *store_, files_, folder_ / "data" / "browse"}, options_, folder_);
  const auto started = co_await client_->start();
  EXPECT_TRUE(started) << started.error().message;
}

Task<void> Peer::scan() {
  library::SharesSettings settings;
  settings.options = options_.shares;
  settings.data = folder_ / "data";
  auto made = library::make_shares(context_, clock_, std::move(settings));
  EXPECT_TRUE(made) << made.error().message;
  if (!made) co_return;
  scanned_ = std::move(*made);
  const auto started = co_await scanned_->start();
  EXPECT_TRUE(started) << started.error().message;
  const bool is_scanned = co_await eventually(clock_, [&] { return scanned_->progress().state == library::ScanState::Ready; });
  EXPECT_TRUE(is_scanned);
}

Task<void> Peer::stop() {
  if (!client_) co_return;
  co_await client_->stop();
  client_.reset();
  co_await store_->close();
  store_.reset();
  if (scanned_) co_await scanned_->stop();
  scanned_.reset();
  shares_.reset();
  desk_.reset();
  guard_.reset();
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "soulfabric-XXXXXX").string();
  path_ = ::mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_noise(const std::filesystem::path& file, std::size_t size, std::uint64_t seed) {
  std::filesystem::create_directories(file.parent_path());
  SeededRandom random(seed);
  Bytes content(size);
  random.fill(content);
  const auto written = write_whole(file, content, 0644);
  EXPECT_TRUE(written);
}

Bytes content_of(const std::filesystem::path& file) {
  auto content = read_whole(file, 1ULL << 30);
  return content ? std::move(*content) : Bytes{};
}

}  // namespace soulfabric::testing
