// SPDX-License-Identifier: GPL-3.0-or-later
// Yardstick for the content relay: two libtorrent sessions on loopback, one has a file, the other fetches it. Prints the seconds from
// the first request to "finished" as one number. A program of its own: libtorrent is built with another Boost than ours.
//
//   libtorrent_pair FOLDER MIB
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

namespace {

namespace lt = libtorrent;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
constexpr auto kTick = std::chrono::milliseconds(2);
constexpr auto kLimit = std::chrono::minutes(3);

lt::settings_pack quiet_settings() {
  lt::settings_pack pack;
  pack.set_str(lt::settings_pack::listen_interfaces, "127.0.0.1:0");
  pack.set_bool(lt::settings_pack::enable_dht, false);
  pack.set_bool(lt::settings_pack::enable_lsd, false);
  pack.set_bool(lt::settings_pack::enable_upnp, false);
  pack.set_bool(lt::settings_pack::enable_natpmp, false);
  pack.set_bool(lt::settings_pack::enable_outgoing_utp, false);
  pack.set_bool(lt::settings_pack::enable_incoming_utp, false);
  pack.set_bool(lt::settings_pack::allow_multiple_connections_per_ip, true);
  pack.set_int(lt::settings_pack::alert_mask, 0);
  return pack;
}

void make_file(const fs::path& path, std::size_t mib) {
  std::ofstream out(path, std::ios::binary);
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> block(1024 * 1024 / sizeof(std::uint64_t));
  for (std::size_t i = 0; i < mib; ++i) {
    for (auto& word : block) word = random();
    out.write(reinterpret_cast<const char*>(block.data()), 1024 * 1024);
  }
}

std::shared_ptr<lt::torrent_info> make_torrent(const fs::path& folder, const std::string& name) {
  lt::file_storage files;
  lt::add_files(files, (folder / name).string());
  lt::create_torrent torrent(files, 0, lt::create_torrent::v2_only);
  lt::set_piece_hashes(torrent, folder.string());
  std::vector<char> buffer;
  lt::bencode(std::back_inserter(buffer), torrent.generate());
  return std::make_shared<lt::torrent_info>(buffer, lt::from_span);
}

lt::torrent_handle add(lt::session& session, const std::shared_ptr<lt::torrent_info>& info, const fs::path& folder, bool seed) {
  lt::add_torrent_params params;
  params.ti = info;
  params.save_path = folder.string();
  params.flags &= ~(lt::torrent_flags::auto_managed | lt::torrent_flags::paused);
  if (seed) params.flags |= lt::torrent_flags::seed_mode;
  return session.add_torrent(params);
}

template <class Done>
bool wait_for(Done done) {
  const auto limit = Clock::now() + kLimit;
  while (!done() && Clock::now() < limit) std::this_thread::sleep_for(kTick);
  return done();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const fs::path folder(argv[1]);
  fs::create_directories(folder / "from");
  fs::create_directories(folder / "to");
  make_file(folder / "from" / "data", static_cast<std::size_t>(std::atoi(argv[2])));
  const auto info = make_torrent(folder / "from", "data");
  lt::session giver{lt::session_params(quiet_settings())};
  lt::session taker{lt::session_params(quiet_settings())};
  const auto here = add(giver, info, folder / "from", true);
  if (!wait_for([&] { return giver.listen_port() != 0 && taker.listen_port() != 0; })) return 1;
  auto there = add(taker, info, folder / "to", false);
  // Until the giver can be found: its own checks are not what is measured.
  if (!wait_for([&] { return here.status().is_seeding && there.status().state == lt::torrent_status::downloading; })) return 1;
  const auto begun = Clock::now();
  there.connect_peer({lt::make_address_v4("127.0.0.1"), giver.listen_port()});
  if (!wait_for([&] { return there.status().is_seeding; })) return 1;
  std::printf("%.6f\n", std::chrono::duration<double>(Clock::now() - begun).count());
  return 0;
}
