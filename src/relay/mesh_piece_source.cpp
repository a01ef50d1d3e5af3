// SPDX-License-Identifier: GPL-3.0-or-later
// Questions are written at once, answers read one after the other into the caller's own memory.
#include "mesh_piece_source.hpp"

#include <algorithm>
#include <limits>

#include "content_service.hpp"
#include "soulfabric/mesh/blame.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kShownDigits = 8;
constexpr std::uint64_t kAhead = 2 * 1024 * 1024;  // bytes asked for beforehand
constexpr std::size_t kDepthLeast = 2;
constexpr std::size_t kDepthMost = 4;
constexpr std::size_t kScratch = 64 * 1024;

Error gone(const Error& error) {
  if (error.code == Errc::TimedOut) return {Errc::TimedOut, "The other node did not send in time."};
  return {Errc::Offline, "The other node ended the transfer."};
}

FetchFault fault_of(swarm::Fault fault) noexcept {
  switch (fault) {
    case swarm::Fault::WrongBytes: return FetchFault::WrongBytes;
    case swarm::Fault::FalseRoot: return FetchFault::FalseRoot;
    case swarm::Fault::Malformed: return FetchFault::Malformed;
    case swarm::Fault::Slow: return FetchFault::Slow;
    case swarm::Fault::Silent: break;
  }
  return FetchFault::Late;
}

void count(FetchFaults& faults, FetchFault fault) noexcept { ++faults[static_cast<std::size_t>(fault)]; }

}  // namespace

std::string_view name_of(FetchFault fault) noexcept {
  switch (fault) {
    case FetchFault::WrongBytes: return "wrong_bytes";
    case FetchFault::FalseRoot: return "false_root";
    case FetchFault::Malformed: return "malformed";
    case FetchFault::Short: return "short";
    case FetchFault::Late: return "late";
    case FetchFault::Slow: return "slow";
    case FetchFault::Refused: return "refused";
    case FetchFault::Busy: return "busy";
    case FetchFault::Gone: return "gone";
    case FetchFault::Record: return "record";
    case FetchFault::Count_: break;
  }
  return "gone";
}

/// Of a piece that somebody waits for. Whoever gives up leaves it to the next one to read past it.
class MeshPieceSource::Turn {
 public:
  Turn(MeshPieceSource& source, PieceHead head) : source_(source), due_(source.due_.emplace(source.due_.end())) {
    due_->head = head;
    due_->turn = this;
  }
  ~Turn() {
    if (done_ || !due_->asked) {
      source_.due_.erase(due_);
    } else {
      due_->turn = nullptr;
    }
    source_.turned_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  void done() noexcept { done_ = true; }
  [[nodiscard]] Due& due() noexcept { return *due_; }

 private:
  MeshPieceSource& source_;
  std::list<Due>::iterator due_;
  bool done_ = false;
};

MeshPieceSource::MeshPieceSource(MeshSourceDependencies dependencies, PeerId peer, guard::Origin origin)
    : deps_(dependencies), peer_(peer), origin_(origin), name_("peer " + std::string(peer.text().substr(0, kShownDigits))) {}

MeshPieceSource::~MeshPieceSource() { close(); }

std::optional<IpAddress> MeshPieceSource::address() const {
  if (stream_) return stream_->remote().address;
  const auto link = deps_.links.link(peer_);
  if (!link) return std::nullopt;
  return link->remote.address;
}

std::string MeshPieceSource::prefix() const {
  const auto at = address();
  if (!at) return name_;
  return at->prefix().to_string();
}

bool MeshPieceSource::is_reputable() const {
  return deps_.peers.is_trusted(peer_) || deps_.guard.is_reputable(guard::Subject::peer(peer_.text()));
}

Task<Result<library::Manifest>> MeshPieceSource::open(library::ContentId want, MonoTime deadline) {
  auto permit = deps_.guard.try_permit<guard::MeshCall>({origin_, guard::Subject::node()});
  if (!permit) co_return std::unexpected(permit.error());
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - deps_.clock.now());
  fabric::CallOptions options;
  options.to = peer_;
  options.timeout = std::max(left, std::chrono::milliseconds(1));
  auto stream = co_await deps_.fabric.open(std::move(*permit), std::string(kContentService), "Fetch",
                                           fabric::encode(ContentQuestion{want.sha256}), std::move(options));
  if (!stream) {
    count(deps_.faults, stream.error().code == Errc::TimedOut ? FetchFault::Late : FetchFault::Gone);
    co_return std::unexpected(stream.error());
  }
  stream_ = std::move(*stream);
  auto manifest = co_await read_manifest(want, deadline);
  if (!manifest) note(manifest.error(), false);
  if (!manifest) fail_all(manifest.error());
  co_return manifest;
}

Task<Result<library::Manifest>> MeshPieceSource::read_manifest(library::ContentId want, MonoTime deadline) {
  std::array<std::uint8_t, kOpeningHead> buffer;
  const auto got = co_await net::read_exactly(*stream_, buffer, deadline);
  if (!got) co_return std::unexpected(gone(got.error()));
  const auto head = parse_opening(buffer);
  if (!head) co_return std::unexpected(head.error());
  switch ((*head)->opening) {
    case Opening::NotFound: co_return fail(Errc::NotFound, "The other node does not serve this content.");
    case Opening::Busy: co_return fail(Errc::Unavailable, "The other node serves as many as it can; try again later.");
    case Opening::Manifest: break;
  }
  Bytes body((*head)->body);
  const auto whole = co_await net::read_exactly(*stream_, body, deadline);
  if (!whole) co_return std::unexpected(gone(whole.error()));
  auto manifest = parse_manifest(body, want);
  if (manifest) piece_length_ = manifest->piece_length();
  co_return manifest;
}

std::size_t MeshPieceSource::depth() const {
  if (piece_length_ == 0) return kDepthMost;
  return std::clamp<std::size_t>(static_cast<std::size_t>(kAhead / piece_length_), kDepthLeast, kDepthMost);
}

Task<Status> MeshPieceSource::fetch(std::uint64_t piece, MutableByteView into, std::function<void(std::size_t)> arrived, MonoTime deadline) {
  if (piece > std::numeric_limits<std::uint32_t>::max()) co_return fail(Errc::InvalidArgument, "There is no such piece.");
  if (broken_) co_return std::unexpected(*broken_);
  if (!stream_) co_return fail(Errc::Unavailable, "The conversation with this source has not begun.");
  Turn turn(*this, {static_cast<std::uint32_t>(piece), into.size()});
  auto outcome = co_await ask(turn.due(), deadline);
  if (outcome) outcome = co_await wait_for_turn(turn.due(), deadline);
  if (outcome) outcome = co_await drop_unwanted(deadline);
  if (outcome) outcome = co_await receive(turn.due(), into, std::move(arrived), deadline);
  if (!outcome && !broken_) note(outcome.error(), turn.due().head_read > 0);
  if (!outcome) fail_all(outcome.error());
  turn.done();
  co_return outcome;
}

/// Four bytes, one writer at a time; those who ask write in the order in which they will read.
Task<Status> MeshPieceSource::ask(Due& due, MonoTime deadline) {
  const auto is_next = [&] { return &*std::ranges::find(due_, false, &Due::asked) == &due; };
  while ((writing_ || !is_next()) && !broken_) {
    const bool woken = co_await turned_.wait(deps_.clock, deadline);
    if (!woken && deps_.clock.now() >= deadline) co_return fail(Errc::TimedOut, "The other node takes no more questions.");
  }
  if (broken_) co_return std::unexpected(*broken_);
  struct Writing {
    MeshPieceSource& source;
    bool done = false;
    ~Writing() {
      source.writing_ = false;
      if (!done) source.fail_all({Errc::Cancelled, "A question for a piece was given up half-way."});
      source.turned_.notify_all();
    }
  };
  writing_ = true;
  Writing writing{*this};
  const auto frame = encode_ask(due.head.piece);
  const auto written = co_await stream_->write(frame, deadline);
  if (!written) co_return std::unexpected(gone(written.error()));
  writing.done = due.asked = true;
  co_return Status{};
}

/// Everybody before this one has what it wanted, or wants nothing any more.
Task<Status> MeshPieceSource::wait_for_turn(Due& due, MonoTime deadline) {
  const auto is_first = [&] {
    const auto first = std::ranges::find_if(due_, [](const Due& one) { return one.turn != nullptr; });
    return first == due_.end() || &*first == &due;
  };
  while (!is_first() && !broken_) {
    const bool woken = co_await turned_.wait(deps_.clock, deadline);
    if (!woken && deps_.clock.now() >= deadline) co_return fail(Errc::TimedOut, "The other node did not send in time.");
  }
  if (broken_) co_return std::unexpected(*broken_);
  co_return Status{};
}

Task<Status> MeshPieceSource::read_head(Due& due, MonoTime deadline) {
  while (due.head_read < kPieceHead) {
    const auto got = co_await stream_->read_some(MutableByteView(due.head_bytes).subspan(due.head_read), deadline);
    if (!got) co_return std::unexpected(gone(got.error()));
    due.head_read += *got;
  }
  const auto head = parse_piece_head(due.head_bytes, due.head);
  if (!head) co_return std::unexpected(head.error());
  co_return Status{};
}

Task<Status> MeshPieceSource::drop_unwanted(MonoTime deadline) {
  Bytes scratch;
  while (!due_.empty() && due_.front().turn == nullptr) {
    Due& due = due_.front();
    auto read = co_await read_head(due, deadline);
    if (!read) co_return read;
    scratch.resize(kScratch);
    while (due.body_read < due.head.size) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(scratch.size(), due.head.size - due.body_read));
      const auto got = co_await stream_->read_some(MutableByteView(scratch).first(wanted), deadline);
      if (!got) co_return std::unexpected(gone(got.error()));
      due.body_read += *got;
    }
    due_.pop_front();
  }
  co_return Status{};
}

Task<Status> MeshPieceSource::receive(Due& due, MutableByteView into, std::function<void(std::size_t)> arrived, MonoTime deadline) {
  auto read = co_await read_head(due, deadline);
  if (!read) co_return read;
  while (due.body_read < due.head.size) {
    const auto part = co_await stream_->read_some(into.subspan(due.body_read), deadline);
    if (!part) co_return std::unexpected(gone(part.error()));
    due.body_read += *part;
    deps_.fetched_bytes += *part;
    if (arrived) arrived(*part);
  }
  co_return Status{};
}

/// What breaks the form is counted with the charge for it.
void MeshPieceSource::note(const Error& why, bool in_a_piece) {
  switch (why.code) {
    case Errc::NotFound: return count(deps_.faults, FetchFault::Refused);
    case Errc::Unavailable: return count(deps_.faults, FetchFault::Busy);
    case Errc::TimedOut: return count(deps_.faults, FetchFault::Late);
    case Errc::Offline: return count(deps_.faults, in_a_piece ? FetchFault::Short : FetchFault::Gone);
    default: return;
  }
}

void MeshPieceSource::fail_all(Error why) {
  if (!broken_) broken_ = std::move(why);
  if (stream_) stream_->close();
  turned_.notify_all();
}

void MeshPieceSource::blame(swarm::Fault fault) {
  count(deps_.faults, fault_of(fault));
  if (fault == swarm::Fault::Slow || fault == swarm::Fault::Silent) return;
  const auto violation = fault == swarm::Fault::Malformed ? guard::Violation::InvalidMessage : guard::Violation::WrongBytes;
  (void)deps_.guard.charge(stream_ ? mesh::charge_of(violation, *stream_) : mesh::charge_of(violation, peer_, deps_.links));
}

void MeshPieceSource::praise() { deps_.guard.reward(guard::Subject::peer(peer_.text()), address()); }

void MeshPieceSource::close() { fail_all({Errc::Cancelled, "The transfer was ended."}); }

}  // namespace soulfabric::relay
