// SPDX-License-Identifier: GPL-3.0-or-later
// One content on its way to one peer: questions come in, pieces go out, the next part is read while the present one is sent.
#pragma once
#include <deque>
#include <optional>

#include "content_service.hpp"
#include "wire/content_frames.hpp"

namespace soulfabric::relay {

/// Lives on the handler's frame; the service knows of it as long as it lives.
class ContentSending {
 public:
  ContentSending(ContentService& service, ContentService::Served served, mesh::Stream& stream, Standing standing);
  ~ContentSending();
  ContentSending(const ContentSending&) = delete;
  ContentSending& operator=(const ContentSending&) = delete;

  /// Until the other side has no more questions, is silent, or the content is withdrawn.
  [[nodiscard]] Task<void> run();
  /// The stream is reset: the content changed or is not served any more.
  void withdraw();
  /// The stream is reset: others wait for its place.
  void make_way();
  [[nodiscard]] Standing standing() const noexcept { return standing_; }
  /// Neither took nor asked for anything for a while, and not because of a limit of ours.
  [[nodiscard]] bool is_still() const;
  [[nodiscard]] MonoTime moved() const noexcept { return moved_; }
  [[nodiscard]] const library::ContentId& id() const noexcept { return served_.manifest.id; }
  [[nodiscard]] bool is_whole() const noexcept { return !broken_; }

  /// What is read and sent at once: a piece, or a part of a large one.
  static constexpr std::size_t kPart = 1024 * 1024;

 private:
  struct Part {
    std::uint32_t piece = 0;
    std::uint64_t offset = 0;  // within the piece
  };
  using Loaded = PieceCache::Part;  // nothing: it could not be read

  [[nodiscard]] Task<void> listen();
  [[nodiscard]] Task<void> send();
  [[nodiscard]] bool take_questions(ByteView& received);
  [[nodiscard]] Task<bool> wait_for_question();
  [[nodiscard]] std::optional<Part> next_part();
  [[nodiscard]] Task<Loaded> load(Part part);
  [[nodiscard]] Task<std::uint64_t> pay(std::uint64_t bytes);
  [[nodiscard]] Task<Loaded> read(Part part, std::size_t size);
  [[nodiscard]] Task<bool> write(Loaded part);
  [[nodiscard]] std::shared_ptr<Bytes> spare();
  [[nodiscard]] Task<void> look_again();
  void end();

  ContentService& service_;
  ContentService::Served served_;
  mesh::Stream& stream_;
  Standing standing_;
  std::deque<std::uint32_t> asked_;
  std::optional<Part> rest_;    // of a piece that is under way
  std::vector<std::shared_ptr<Bytes>> buffers_;
  Notifier changed_;
  MonoTime last_sent_;
  MonoTime moved_;       // when the other side last did its part
  bool sending_ = false;
  bool waits_for_us_ = false;  // for bytes that a limit gives, or that the disk does
  bool ended_ = false;   // no more questions will come
  bool broken_ = false;  // nothing more may be sent
  bool suspect_ = false; // a read failed: the file may not be what was hashed
};

}  // namespace soulfabric::relay
