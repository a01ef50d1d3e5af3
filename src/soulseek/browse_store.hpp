// SPDX-License-Identifier: GPL-3.0-or-later
// A fetched share list on disk, read by pages: however large the other side's share, it costs disk and no memory.
// Blocking; one object belongs to one fetch and is used by one worker job at a time.
#pragma once
#include <filesystem>
#include <memory>

#include "soulfabric/base/sqlite.hpp"
#include "soulfabric/soulseek/client.hpp"
#include "wire/browse_stream.hpp"

namespace soulfabric::soulseek {

class BrowseStore final : private wire::BrowseSink {
 public:
  /// Starts an empty list at `file`, replacing what was there.
  [[nodiscard]] static Result<std::shared_ptr<BrowseStore>> create(const std::filesystem::path& file);
  ~BrowseStore() override;
  BrowseStore(const BrowseStore&) = delete;
  BrowseStore& operator=(const BrowseStore&) = delete;

  /// The next piece of the compressed answer.
  [[nodiscard]] Status feed(ByteView compressed);
  /// All pieces were fed.
  [[nodiscard]] Status finish();

  [[nodiscard]] Result<Page<BrowseFolderEntry>> folders(const std::string& parent, std::uint64_t offset, std::uint32_t limit);
  [[nodiscard]] Result<Page<RemoteFile>> files(const std::string& folder, std::uint64_t offset, std::uint32_t limit);
  [[nodiscard]] Result<Page<RemoteFolder>> list(bool locked, std::uint64_t offset, std::uint32_t limit);

 private:
  BrowseStore(std::filesystem::path file, Database database);
  [[nodiscard]] Status prepare();
  void on_folder(std::string_view path, std::uint32_t files, bool is_private) override;
  void on_file(const wire::BrowseFile& file) override;
  void keep(Status status);
  [[nodiscard]] Result<std::vector<RemoteFile>> files_of(std::int64_t folder, std::uint64_t offset, std::uint64_t limit);

  std::filesystem::path file_;
  Database database_;
  std::unique_ptr<wire::BrowseParser> parser_;
  SqlStatement add_folder_;
  SqlStatement add_parent_;
  SqlStatement add_file_;
  std::string last_parent_;  // whose chain of ancestors is stored already
  std::int64_t folder_ = 0;
  std::int64_t n_ = 0;
  Status failure_ = {};
};

}  // namespace soulfabric::soulseek
