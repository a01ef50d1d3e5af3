// SPDX-License-Identifier: GPL-3.0-or-later
// Verified copies in memory, in whatever state the test says, that count what memory and what the "disk" was asked.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>

#include "soulfabric/library/verified.hpp"

namespace soulfabric::testing {

class FakeCopies final : public library::VerifiedCopies {
 public:
  struct Copy {
    Bytes data;
    std::string path;
    library::Manifest manifest;
    library::CopyState state = library::CopyState::Verified;
    std::atomic<bool> changed = false;  // on the disk; nobody has noticed yet
    std::atomic<std::size_t> reads = 0;
    std::function<void()> on_read;
    std::shared_ptr<File> disk;  // read from there where it is set
  };

  /// A file that really is on the disk, with what it was found to be.
  library::ContentId add_file(std::shared_ptr<File> file, library::Manifest manifest, std::string path) {
    auto copy = std::make_shared<Copy>();
    copy->disk = std::move(file);
    copy->manifest = std::move(manifest);
    copy->path = std::move(path);
    const auto id = copy->manifest.id;
    copies[id] = std::move(copy);
    tell();
    return id;
  }

  library::ContentId add(Bytes data, std::string path, library::CopyState state = library::CopyState::Verified) {
    auto copy = std::make_shared<Copy>();
    library::ContentHasher hasher(data.size());
    hasher.update(data);
    copy->manifest = *hasher.finish();
    copy->data = std::move(data);
    copy->path = std::move(path);
    copy->state = state;
    const auto id = copy->manifest.id;
    copies[id] = std::move(copy);
    tell();
    return id;
  }
  void set_state(const library::ContentId& id, library::CopyState state) {
    copies.at(id)->state = state;
    tell();
  }
  void remove(const library::ContentId& id) {
    copies.erase(id);
    tell();
  }

  Task<Status> start() override { co_return Status{}; }
  Task<void> stop() override { co_return; }
  void configure(const library::VerifiedSettings&) override {}
  std::optional<library::VerifiedCopy> find(const library::ContentId& id) const override {
    ++finds;
    const auto found = copies.find(id);
    if (found == copies.end() || found->second->state != library::CopyState::Verified) return std::nullopt;
    return library::VerifiedCopy{id, found->second->manifest.size, found->second->manifest.root, found->second->path};
  }
  library::CopyState state_of(const library::ContentId& id) const override {
    const auto found = copies.find(id);
    return found == copies.end() ? library::CopyState::NotShared : found->second->state;
  }
  std::vector<library::ContentId> served() const override {
    std::vector<library::ContentId> out;
    for (const auto& [id, copy] : copies) {
      if (copy->state == library::CopyState::Verified) out.push_back(id);
    }
    return out;
  }
  Task<Result<library::Manifest>> manifest(library::ContentId id) override {
    const auto looked = look(id);
    if (!looked) co_return std::unexpected(looked.error());
    co_return (*looked)->manifest;
  }
  Task<Result<library::VerifiedFile>> open(library::ContentId id) override {
    const auto looked = look(id);
    if (!looked) co_return std::unexpected(looked.error());
    co_return library::VerifiedFile{std::make_shared<Handle>(*looked), (*looked)->manifest.size};
  }
  Task<Result<library::CopyStatus>> status_of(std::string virtual_path) override {
    library::CopyStatus status;
    status.virtual_path = std::move(virtual_path);
    status.state = library::CopyState::NotShared;
    co_return status;
  }
  Task<Result<std::vector<library::CopyStatus>>> status_in(std::string) override { co_return std::vector<library::CopyStatus>{}; }
  library::HashingProgress progress() const override { return {}; }
  void pause(bool) override {}
  Task<Status> set_private(std::string virtual_path, bool is_private) override {
    for (const auto& [id, copy] : copies) {
      if (copy->path == virtual_path) copy->state = is_private ? library::CopyState::Private : library::CopyState::Verified;
    }
    tell();
    co_return Status{};
  }
  std::vector<std::string> private_paths() const override { return {}; }
  void on_change(std::function<void()> callback) override { listeners_.push_back(std::move(callback)); }

  std::map<library::ContentId, std::shared_ptr<Copy>> copies;
  mutable std::size_t finds = 0;  // memory
  std::size_t looks = 0;          // disk

 private:
  class Handle final : public File {
   public:
    explicit Handle(std::shared_ptr<Copy> copy) : copy_(std::move(copy)) {}
    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
      ++copy_->reads;
      if (copy_->on_read) copy_->on_read();
      if (copy_->changed) return fail(Errc::Conflict, "the file is not what was hashed");
      if (copy_->disk) return copy_->disk->read_at(offset, out);
      if (offset >= copy_->data.size()) return 0;
      const std::size_t size = std::min<std::size_t>(out.size(), copy_->data.size() - offset);
      std::memcpy(out.data(), copy_->data.data() + offset, size);
      return size;
    }
    Status write_at(std::uint64_t, ByteView) override { return fail(Errc::Unsupported, "read only"); }
    Status sync() override { return {}; }
    Status truncate(std::uint64_t) override { return fail(Errc::Unsupported, "read only"); }
    Result<std::uint64_t> size() override { return copy_->manifest.size; }
    int descriptor() const noexcept override { return -1; }

   private:
    std::shared_ptr<Copy> copy_;
  };
  Result<std::shared_ptr<Copy>> look(const library::ContentId& id) {
    ++looks;
    const auto found = copies.find(id);
    if (found == copies.end() || found->second->state != library::CopyState::Verified) return fail(Errc::NotFound, "there is no such copy");
    if (!found->second->changed) return found->second;
    set_state(id, library::CopyState::Changed);
    return fail(Errc::Conflict, "the file is not what was hashed");
  }
  void tell() {
    for (const auto& listener : listeners_) listener();
  }
  std::vector<std::function<void()>> listeners_;
};

}  // namespace soulfabric::testing
