// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of every file that is offered to the mesh: which are verified, which are still to be read. Decisions only.
#pragma once
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/folder_record.hpp"
#include "soulfabric/library/manifest.hpp"
#include "soulfabric/library/snapshot.hpp"
#include "soulfabric/library/verified_states.hpp"

namespace soulfabric::library {

/// A file by its share's root and the path beneath it, raw bytes: what stays the same when a share gets another name.
struct CopyPlace {
  std::string root;
  std::string path;
  bool operator==(const CopyPlace&) const = default;
  [[nodiscard]] std::string real() const { return root + "/" + path; }
};

/// One file that a look at the shares saw; `is_there` is false where the disk has no such regular file of the size that the snapshot says.
struct SeenCopy {
  CopyPlace place;
  FileId file{};
  FileStamp stamp;
  bool is_there = false;
};

/// What a reading of one file came to.
struct CopyReading {
  CopyState state = CopyState::Waiting;
  FileStamp stamp;
  std::optional<Manifest> manifest;  // the file was read whole and held still, whatever the decoder said afterwards
  double seconds = -1;               // of decoded audio; below zero: none
  std::string fault;                 // where the machine is not able to judge any file
};

struct CopyRecord {
  CopyPlace place;
  FileStamp stamp;
  CopyState state = CopyState::Waiting;
  bool is_hashed = false;
  bool has_id = false;  // `id` is of this reading, or of an earlier one where the file changed since
  bool is_queued = false;
  ContentId id;
  crypto::Sha256 root{};
  double seconds = -1;
  std::int64_t checked_us = 0;
  std::uint64_t look = 0;  // the last look that saw it; 0: known from an earlier run, not seen yet
  FileId file{};           // in the snapshot of that look
  std::size_t number = 0;  // among the verified ones
};

struct CopyCounts {
  std::uint64_t files = 0;
  std::uint64_t files_done = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t verified = 0;
  std::uint64_t refused = 0;
};

/// One thread. Records keep their address until they are forgotten.
class CopyBook {
 public:
  /// From an earlier run; not served before a look has seen it unchanged.
  void load(CopyRecord record);

  /// Looks are numbered from 1; files not seen by one are forgotten at its end.
  void begin_look() { ++look_; }
  /// True where the set of verified files changed.
  bool see(const SeenCopy& seen);
  /// Places that are gone. What lies under the roots `away` is not: a disk that is not mounted keeps its results, to be seen again.
  [[nodiscard]] std::vector<CopyPlace> end_look(const std::set<std::string>& away = {});
  [[nodiscard]] std::uint64_t look() const noexcept { return look_; }

  /// The next file to be read, now Working. Nothing where all is done.
  [[nodiscard]] const CopyRecord* next();
  [[nodiscard]] bool has_next() const noexcept { return !queue_.empty(); }
  /// Null where it was forgotten meanwhile.
  const CopyRecord* finish(const CopyPlace& place, const CopyReading& reading, std::int64_t now_us);
  /// Back to the front of the queue, as if it had not been taken.
  void give_back(const CopyPlace& place);
  /// Not to be read before the next retry.
  void set_aside(const CopyPlace& place);
  /// It is not what was hashed any more: read again. False where it is not known.
  bool withdraw(const CopyPlace& place);
  /// All that changed while it was read, could not be read or was set aside, once more.
  std::size_t retry();

  [[nodiscard]] const CopyRecord* at(const CopyPlace& place) const;
  /// Verified files of this content that a look has seen.
  [[nodiscard]] std::vector<const CopyRecord*> of(const ContentId& id) const;
  /// All that a look has seen and that are this content, or were it before they changed: one id for each file at most.
  [[nodiscard]] std::vector<const CopyRecord*> known_as(const ContentId& id) const;
  /// Verified files that a look has seen, in no order, from number `from` on: visits at most `most` and gives where to go on, or 0 at the
  /// end. What changes between two calls may be visited twice or not at all.
  template <class Visit>
  std::size_t visit_verified(std::size_t from, std::size_t most, Visit&& visit) const {
    std::size_t at = from;
    for (; at < verified_.size() && at - from < most; ++at) visit(*verified_[at]);
    return at < verified_.size() ? at : 0;
  }
  [[nodiscard]] const CopyCounts& counts() const noexcept { return counts_; }

 private:
  struct IdHash {
    std::size_t operator()(const ContentId& id) const noexcept;
  };
  void count(const CopyRecord& record, bool add);
  /// Takes it out of the counts and the index, changes it, and puts it back.
  template <class Change>
  void change(CopyRecord& record, Change&& change);
  void enqueue(CopyRecord& record);
  void list(CopyRecord& record);
  void unlist(const CopyRecord& record);
  [[nodiscard]] CopyRecord* find(const CopyPlace& place);

  std::unordered_map<std::string, CopyRecord> records_;
  std::unordered_multimap<ContentId, const CopyRecord*, IdHash> by_id_;
  std::vector<CopyRecord*> verified_;
  std::deque<std::string> queue_;
  CopyCounts counts_;
  std::uint64_t look_ = 0;
};

/// The files and folders that their owner keeps to himself, by real path.
class PrivatePaths {
 public:
  /// `shown` is the virtual path as the user gave it.
  void add(std::string real, std::string shown) { paths_.insert_or_assign(std::move(real), std::move(shown)); }
  /// Real paths that were shown so; they are private no longer.
  std::vector<std::string> remove(std::string_view shown, std::string_view real);
  /// It, or a folder above it.
  [[nodiscard]] bool covers(std::string_view real) const;
  [[nodiscard]] std::vector<std::string> shown() const;

 private:
  std::unordered_map<std::string, std::string> paths_;
};

/// One sentence for the user; empty where verified.
[[nodiscard]] std::string reason_of(CopyState state);

}  // namespace soulfabric::library
