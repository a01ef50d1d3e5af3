// SPDX-License-Identifier: GPL-3.0-or-later
// One upload from its slot to the downloader's close: announce, connect, send, wait.
#include <algorithm>

#include "soulfabric/guard/guard.hpp"
#include "transfers/uploads.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {
namespace {

namespace refusal = core::refusal;
constexpr std::uint64_t kFirstWindow = 256 * 1024;       // bytes sent between two looks at clock, limits and file
constexpr std::uint64_t kLeastWindow = 16 * 1024;
constexpr std::uint64_t kMostWindow = 4 * 1024 * 1024;
constexpr auto kShortWindow = std::chrono::milliseconds(200);  // sent faster than this, the next one is twice as large
constexpr auto kLongWindow = std::chrono::seconds(4);          // slower than this, half
constexpr std::size_t kCopyBlock = 256 * 1024;
constexpr double kSocketBuffer = 4.0 * 1024 * 1024;  // bytes that the kernel may still hold after the last write
constexpr auto kLongestClose = std::chrono::minutes(10);

}  // namespace

Task<Uploads::End> Uploads::perform(TransferRow& row, std::shared_ptr<Job> job) {
  guard::ActRequest want;
  want.origin = guard::Origin::LocalAutomation;
  auto permit = parts_.deps.courtesy.guard().try_permit<guard::SoulseekUpload>(want);
  if (!permit) co_return End{TransferState::Errored, "The upload was not permitted: " + permit.error().message, End::Tell::Failed};
  permit->spend();
  row.shown.exception.reset();
  parts_.book.set_state(row, TransferState::Initializing);
  auto source = co_await open_source(row);
  if (!source) {
    const bool gone = source.error().code == Errc::NotFound;
    const auto reason = gone ? refusal::kNotShared : refusal::kReadError;
    co_return End{TransferState::Errored, (gone ? "The file is not shared any more: " : "The file could not be read: ") + source.error().message,
                  End::Tell::Denied, reason};
  }
  auto refused = co_await negotiate(row, job);
  if (refused) co_return std::move(*refused);
  const Status connected = co_await connect(row, job);
  if (!connected) {
    const auto outcome = connected.error().code == Errc::TimedOut || connected.error().code == Errc::Offline ? TransferState::TimedOut : TransferState::Errored;
    co_return End{outcome, "No connection to the user could be made for the file: " + connected.error().message, End::Tell::Failed};
  }
  auto end = co_await send(row, job, std::move(*source));
  co_return end;
}

Task<Result<Uploads::Source>> Uploads::open_source(TransferRow& row) {
  auto opened = co_await parts_.deps.workers.run([open = parts_.deps.shares.opener(row.shown.filename)]() -> Result<Source> {
    SF_TRY_ASSIGN(std::unique_ptr<File> file, open());
    SF_TRY_ASSIGN(const FileStamp stamp, stamp_of(*file));
    return Source{std::move(file), stamp};
  });
  // The shares may know an older size: what is announced is what can be sent.
  if (opened) row.shown.size = opened->stamp.size;
  co_return opened;
}

Task<std::optional<Uploads::End>> Uploads::negotiate(TransferRow& row, std::shared_ptr<Job> job) {
  Bytes frame = wire::encode(wire::peer::TransferRequest{wire::peer::TransferDirection::Upload, job->token, row.shown.filename, row.shown.size});
  const std::string user = row.shown.username;
  const Status sent = co_await parts_.deps.peers.send(user, std::move(frame), parts_.deps.clock.now() + parts_.options.message_wait);
  if (!sent) {
    const bool offline = sent.error().code == Errc::Offline || sent.error().code == Errc::Unavailable;
    if (offline) co_return End{TransferState::TimedOut, "", End::Tell::Nothing, {}, true};
    co_return End{TransferState::TimedOut, "The user could not be reached: " + sent.error().message};
  }
  const MonoTime deadline = parts_.deps.clock.now() + parts_.options.message_wait;
  bool news = true;
  while (news && !job->answer && !job->offered && !job->cancelled) news = co_await job->changed.wait(parts_.deps.clock, deadline);
  if (job->cancelled) co_return End{};
  if (job->offered) co_return std::nullopt;
  if (!job->answer) co_return End{TransferState::TimedOut, "The user did not answer the announcement of the file."};
  if (job->answer->allowed) co_return std::nullopt;
  const std::string& reason = job->answer->reason;
  if (reason.starts_with(refusal::kComplete)) co_return End{TransferState::Succeeded, ""};
  if (reason.starts_with(refusal::kCancelled)) co_return End{TransferState::Cancelled, "The user does not want the file any more."};
  co_return End{TransferState::Rejected, "The user refused the file."};
}

/// Ours first; where it fails the downloader may connect instead.
Task<Status> Uploads::connect(TransferRow& row, std::shared_ptr<Job> job) {
  Result<FileConnection> connection = fail(Errc::TimedOut, "the user did not connect");
  const std::string user = row.shown.username;
  if (!job->offered) connection = co_await parts_.deps.peers.open_file(user, parts_.deps.clock.now() + parts_.options.connect_wait);
  if (job->cancelled) co_return fail(Errc::Cancelled, "the upload was cancelled");
  job->open = std::make_shared<OpenStream>();
  if (connection) {
    job->open->stream = std::move(connection->stream);
    const Bytes token = wire::encode(wire::file::TransferToken{job->token});
    auto sent = co_await job->open->stream->write(token, parts_.deps.clock.now() + parts_.options.handshake_wait);
    co_return sent;
  }
  job->open.reset();
  const MonoTime deadline = parts_.deps.clock.now() + parts_.options.second_chance_wait;
  bool news = true;
  while (news && !job->offered && !job->cancelled) news = co_await job->changed.wait(parts_.deps.clock, deadline);
  if (!job->offered) co_return std::unexpected(connection.error());
  job->open = std::make_shared<OpenStream>(OpenStream{std::move(job->offered)});
  co_return Status{};
}

Task<Uploads::End> Uploads::send(TransferRow& row, std::shared_ptr<Job> job, Source source) {
  net::ByteStream& stream = *job->open->stream;
  Bytes wanted(sizeof(std::uint64_t));
  const Status asked = co_await net::read_exactly(stream, wanted, parts_.deps.clock.now() + parts_.options.handshake_wait);
  if (!asked) {
    const auto outcome = asked.error().code == Errc::TimedOut ? TransferState::TimedOut : TransferState::Errored;
    co_return End{outcome, "The user opened the connection but did not say where to start.", End::Tell::Failed};
  }
  const auto offset = wire::decode_transfer_offset(wanted);
  const std::uint64_t start = offset ? offset->offset : UINT64_MAX;
  if (start > row.shown.size) co_return End{TransferState::Errored, "The user asked to start behind the end of the file.", End::Tell::Failed};
  row.shown.start_offset = row.shown.bytes_transferred = start;
  row.began = parts_.deps.clock.now();
  parts_.book.set_state(row, TransferState::InProgress);
  const Status sent = co_await send_range(row, stream, std::move(source));
  if (!sent) {
    const bool slow = sent.error().code == Errc::TimedOut;
    const bool changed = sent.error().code == Errc::Conflict;
    std::string problem = changed ? "The file changed while it was being uploaded; share it again when it is complete."
                          : slow  ? "The user took nothing for too long."
                                  : "The upload broke off: " + sent.error().message;
    co_return End{slow ? TransferState::TimedOut : TransferState::Errored, std::move(problem), End::Tell::Failed};
  }
  const Status closed = co_await await_close(row, stream);
  if (!closed) co_return End{TransferState::TimedOut, "All bytes were sent, but the user did not confirm them by closing the connection."};
  const auto sent_bytes = row.shown.size - start;
  if (sent_bytes > 0 && row.shown.average_speed >= 1) {
    const auto speed = static_cast<std::uint32_t>(std::min(row.shown.average_speed, 4.0e9));
    parts_.deps.server.send(wire::encode(wire::request::SendUploadSpeed{speed}));
  }
  co_return End{TransferState::Succeeded, ""};
}

Task<std::uint64_t> Uploads::allowance(TransferRow& row, std::uint64_t want, guard::ByteBucket& slot) {
  const guard::Subject who = guard::Subject::user(row.shown.username);
  for (;;) {
    const auto now = parts_.deps.clock.now();
    const auto own = slot.take(now, want);
    const auto granted = own.granted > 0 ? parts_.deps.courtesy.guard().take_upload(who, own.granted) : own;
    slot.refund(own.granted - std::min(own.granted, granted.granted));
    if (granted.granted > 0) co_return granted.granted;
    co_await parts_.deps.clock.sleep_until(granted.retry_at);
  }
}

Task<Status> Uploads::send_range(TransferRow& row, net::ByteStream& stream, Source source) {
  guard::ByteBucket slot(parts_.options.slot_speed_limit);
  std::uint64_t at = row.shown.start_offset;
  std::uint64_t window = kFirstWindow;
  bool by_copy = source.file->descriptor() < 0;
  while (at < row.shown.size) {
    const std::uint64_t count = co_await allowance(row, std::min(window, row.shown.size - at), slot);
    const MonoTime before = parts_.deps.clock.now();
    auto sent = co_await send_window(stream, source, at, count, by_copy);
    if (!sent) co_return sent;
    at += count;
    progress(row, count);
    const Duration took = parts_.deps.clock.now() - before;
    if (took < kShortWindow) window = std::min(window * 2, kMostWindow);
    if (took > kLongWindow) window = std::max(window / 2, kLeastWindow);
  }
  co_return Status{};
}

Task<Status> Uploads::send_window(net::ByteStream& stream, Source source, std::uint64_t at, std::uint64_t count, bool& by_copy) {
  if (!by_copy) {
    auto ready = co_await parts_.deps.workers.run([source, at, count] { return make_resident(*source.file, at, count, source.stamp); });
    if (!ready) co_return ready;
    const MonoTime deadline = parts_.deps.clock.now() + parts_.options.idle_wait;
    auto sent = co_await stream.send_file(source.file->descriptor(), at, count, deadline);
    if (sent || sent.error().code != Errc::Unsupported) co_return sent;
    by_copy = true;
  }
  while (count > 0) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(count, kCopyBlock));
    auto block = co_await parts_.deps.workers.run([source, at, want]() -> Result<Bytes> {
      SF_TRY_ASSIGN(const FileStamp now, stamp_of(*source.file));
      if (!(now == source.stamp)) return fail(Errc::Conflict, "the file changed");
      Bytes bytes(want);
      SF_TRY_ASSIGN(const std::size_t got, source.file->read_at(at, bytes));
      if (got == 0) return fail(Errc::Conflict, "the file became shorter");
      bytes.resize(got);
      return bytes;
    });
    if (!block) co_return std::unexpected(block.error());
    auto sent = co_await stream.write(*block, parts_.deps.clock.now() + parts_.options.idle_wait);
    if (!sent) co_return sent;
    at += block->size();
    count -= block->size();
  }
  co_return Status{};
}

/// The downloader closes when it has everything; until then the kernel may still be sending.
Task<Status> Uploads::await_close(TransferRow& row, net::ByteStream& stream) {
  const double speed = std::max(row.shown.average_speed, 1.0);
  const auto drain = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(2 * kSocketBuffer / speed, 600.0)));
  const MonoTime deadline = parts_.deps.clock.now() + std::min<Duration>(std::max(parts_.options.close_wait, drain), kLongestClose);
  Bytes scrap(256);
  for (;;) {
    const auto got = co_await stream.read_some(scrap, deadline);
    if (got) continue;
    if (got.error().code == Errc::TimedOut) co_return std::unexpected(got.error());
    co_return Status{};
  }
}

void Uploads::progress(TransferRow& row, std::uint64_t bytes) {
  parts_.bytes_out += bytes;
  row.shown.bytes_transferred += bytes;
  const double seconds = std::chrono::duration<double>(parts_.deps.clock.now() - row.began).count();
  if (seconds > 0) row.shown.average_speed = static_cast<double>(row.shown.bytes_transferred - row.shown.start_offset) / seconds;
  parts_.book.tell_progress(row, parts_.options.progress_interval);
}

}  // namespace soulfabric::soulseek
