// SPDX-License-Identifier: GPL-3.0-or-later
// Reading ahead by one part, paying before each read, and an end for whoever neither asks nor takes.
#include "content_sending.hpp"

#include <algorithm>
#include <array>

#include "soulfabric/base/timeout.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kSlice = 256 * 1024;  // is given its own time to be taken

/// A place in the row of those who want to send, left at the end of its scope.
class InRow {
 public:
  InRow(ByteLanes& lanes, Notifier& left, const PeerId& peer) : lanes_(lanes), left_(left), ticket_(lanes.join(peer)) {}
  ~InRow() {
    lanes_.leave(ticket_);
    left_.notify_all();
  }
  InRow(const InRow&) = delete;
  InRow& operator=(const InRow&) = delete;
  [[nodiscard]] ByteLanes::Ticket ticket() const noexcept { return ticket_; }

 private:
  ByteLanes& lanes_;
  Notifier& left_;
  ByteLanes::Ticket ticket_;
};

/// On a worker. False where the file gives less than was hashed, or says that it changed.
bool read_all(File& file, std::uint64_t offset, MutableByteView into) {
  while (!into.empty()) {
    const auto got = file.read_at(offset, into);
    if (!got || *got == 0) return false;
    offset += *got;
    into = into.subspan(*got);
  }
  return true;
}

}  // namespace

ContentSending::ContentSending(ContentService& service, ContentService::Served served, mesh::Stream& stream, Standing standing)
    : service_(service),
      served_(std::move(served)),
      stream_(stream),
      standing_(standing),
      last_sent_(service.deps_.clock.now()),
      moved_(last_sent_) {
  service_.sendings_.push_back(this);
}

ContentSending::~ContentSending() { std::erase(service_.sendings_, this); }

void ContentSending::end() {
  broken_ = ended_ = true;
  stream_.close();
  changed_.notify_all();
}

void ContentSending::withdraw() {
  if (broken_) return;
  service_.refuse(ContentRefusal::Changed);
  end();
}

void ContentSending::make_way() {
  if (broken_) return;
  service_.refuse(ContentRefusal::Slow);
  end();
}

bool ContentSending::is_still() const {
  return !broken_ && !waits_for_us_ && service_.deps_.clock.now() - moved_ >= service_.patience_.still;
}

Task<void> ContentSending::run() {
  using namespace boost::asio::experimental::awaitable_operators;
  auto opening = encode_manifest(served_.manifest);
  const auto said = co_await service_.say(stream_, std::move(opening));
  if (said != fabric::CallStatus::Ok || broken_) co_return;
  ++service_.metrics_.manifests;
  co_await (listen() && send());
}

/// False: a question that cannot be answered.
bool ContentSending::take_questions(ByteView& received) {
  while (asked_.size() < kPiecesAsked) {
    const auto piece = parse_ask(received);
    if (!piece) return true;
    if (*piece >= served_.manifest.pieces()) return false;
    received = received.subspan(kPieceAsk);
    asked_.push_back(*piece);
  }
  return true;
}

Task<void> ContentSending::listen() {
  std::array<std::uint8_t, kPiecesAsked * kPieceAsk> buffer;
  std::size_t filled = 0;
  while (!ended_) {
    ByteView received(buffer.data(), filled);
    if (!take_questions(received)) {
      service_.refuse(ContentRefusal::Range);
      // The peer is blamed, never its address: who dialled the link is not known here (security rule S1).
      (void)service_.deps_.guard.charge(
          {guard::Violation::Protocol, guard::Subject::peer(stream_.peer().text()), std::nullopt, guard::Channel::WeDialled});
      end();
      break;
    }
    std::ranges::copy(received, buffer.begin());
    filled = received.size();
    changed_.notify_all();
    if (asked_.size() >= kPiecesAsked) {
      co_await changed_.wait(service_.deps_.clock, kNever);
      continue;
    }
    const MonoTime now = service_.deps_.clock.now();
    const auto got = co_await stream_.read_some(MutableByteView(buffer).subspan(filled), now + service_.patience_.idle);
    if (got) filled += *got;
    if (got && !sending_) moved_ = service_.deps_.clock.now();
    if (got) continue;
    const bool is_busy = sending_ || !asked_.empty() || last_sent_ > now;
    if (got.error().code != Errc::TimedOut || !is_busy) break;
  }
  ended_ = true;
  changed_.notify_all();
}

Task<bool> ContentSending::wait_for_question() {
  while (asked_.empty() && !ended_) co_await changed_.wait(service_.deps_.clock, kNever);
  co_return !asked_.empty() && !broken_;
}

std::optional<ContentSending::Part> ContentSending::next_part() {
  if (rest_) return std::exchange(rest_, std::nullopt);
  if (asked_.empty()) return std::nullopt;
  const Part part{asked_.front(), 0};
  asked_.pop_front();
  changed_.notify_all();
  return part;
}

Task<void> ContentSending::send() {
  using namespace boost::asio::experimental::awaitable_operators;
  Loaded present;
  while (!broken_) {
    auto part = next_part();
    if (!present && !part) {
      const bool asked = co_await wait_for_question();
      if (!asked) break;
      continue;
    }
    sending_ = true;
    if (!present) {
      present = co_await load(*part);
    } else if (!part) {
      const bool taken = co_await write(std::exchange(present, nullptr));
      if (!taken) break;
    } else {
      auto [taken, next] = co_await (write(std::move(present)) && load(*part));
      present = std::move(next);
      if (!taken) break;
    }
    sending_ = present != nullptr || rest_.has_value();
  }
  sending_ = false;
  if (broken_ || !ended_) end();
  co_await look_again();
}

Task<std::uint64_t> ContentSending::pay(std::uint64_t bytes) {
  if (standing_ == Standing::Trusted || !service_.lanes_.is_limited()) co_return bytes;
  const InRow row(service_.lanes_, service_.lane_left_, stream_.peer());
  while (!broken_) {
    const auto turn = service_.lanes_.take(row.ticket(), bytes, service_.deps_.clock.now());
    if (turn.granted > 0) co_return turn.granted;
    co_await service_.lane_left_.wait(service_.deps_.clock, turn.retry_at);
  }
  co_return 0;
}

/// What could not be read ends the conversation: the file is not what was hashed any more.
Task<ContentSending::Loaded> ContentSending::load(Part part) {
  const std::uint64_t whole = served_.manifest.piece_size(part.piece);
  const std::uint64_t wanted = std::min<std::uint64_t>(whole - part.offset, kPart);
  waits_for_us_ = true;
  const std::uint64_t size = co_await pay(wanted);
  if (size == 0) co_return nullptr;
  const bool is_last = part.offset + size == whole;
  if (!is_last) rest_ = Part{part.piece, part.offset + size};
  auto loaded = size == whole ? service_.cache_.find({id(), part.piece}) : nullptr;
  if (loaded) {
    ++service_.metrics_.cache_hits;
  } else {
    if (part.offset == 0) ++service_.metrics_.cache_misses;
    loaded = co_await read(part, static_cast<std::size_t>(size));
  }
  waits_for_us_ = false;
  moved_ = service_.deps_.clock.now();  // it is the other side's turn only now
  if (loaded && is_last) ++service_.metrics_.pieces;
  suspect_ = suspect_ || !loaded;
  if (!loaded) withdraw();
  co_return loaded;
}

std::shared_ptr<Bytes> ContentSending::spare() {
  const auto free = std::ranges::find_if(buffers_, [](const auto& buffer) { return buffer.use_count() == 1; });
  if (free != buffers_.end()) return *free;
  return buffers_.emplace_back(std::make_shared<Bytes>());
}

Task<ContentSending::Loaded> ContentSending::read(Part part, std::size_t size) {
  const std::uint64_t whole = served_.manifest.piece_size(part.piece);
  const PieceCache::Key key{id(), part.piece};
  const bool keep = size == whole && service_.cache_.note(key);
  const std::size_t head = part.offset == 0 ? kPieceHead : 0;
  const auto buffer = keep ? std::make_shared<Bytes>() : spare();
  buffer->resize(head + size);
  if (head != 0) write_piece_head(std::span<std::uint8_t, kPieceHead>(buffer->data(), kPieceHead), {part.piece, whole});
  struct Outcome {
    bool read = false;
    bool proven = false;
  };
  const std::uint64_t offset = part.piece * served_.manifest.piece_length() + part.offset;
  const auto outcome = co_await service_.deps_.workers.run([file = served_.file, buffer, head, offset, keep, piece = part.piece, this] {
    const MutableByteView into = MutableByteView(*buffer).subspan(head);
    Outcome out{read_all(*file, offset, into), false};
    out.proven = keep && out.read && library::is_piece(served_.manifest, piece, into);
    return out;
  });
  if (!outcome.read || (keep && !outcome.proven)) co_return nullptr;
  if (keep && !broken_) service_.cache_.insert(key, buffer);
  co_return buffer;
}

Task<bool> ContentSending::write(Loaded part) {
  ByteView left = *part;
  while (!left.empty()) {
    const ByteView slice = left.first(std::min(left.size(), kSlice));
    const auto written = co_await stream_.write(slice, service_.deps_.clock.now() + service_.patience_.take);
    if (!written) co_return false;
    left = left.subspan(slice.size());
    moved_ = service_.deps_.clock.now();
    service_.metrics_.bytes += slice.size();
  }
  last_sent_ = service_.deps_.clock.now();
  co_return true;
}

/// Whoever keeps the copies finds out for good what a read only suspected.
Task<void> ContentSending::look_again() {
  if (!suspect_) co_return;
  const auto still = co_await service_.deps_.copies.open(id());
  if (!still) service_.cache_.drop(id());
}

}  // namespace soulfabric::relay
