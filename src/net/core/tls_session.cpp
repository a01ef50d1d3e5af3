// SPDX-License-Identifier: GPL-3.0-or-later
// One connection over a BIO of our own: it reads from the caller's bytes and appends to the caller's buffer, nothing between.
#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <limits>

#include "core/tls_context.hpp"

namespace soulfabric::net {
namespace {

constexpr std::size_t kUnreadCap = 1024 * 1024;  // wire bytes kept for a caller who feeds and does not read

/// Both ends of the wire, as the library sees them.
struct Wire {
  ByteView in;
  Bytes* out = nullptr;
};

int wire_read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
  auto* wire = static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *count = std::min(size, wire->in.size());
  if (*count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::copy_n(wire->in.begin(), *count, into);
  wire->in = wire->in.subspan(*count);
  return 1;
}

int wire_write(BIO* bio, const char* from, std::size_t size, std::size_t* count) {
  auto* wire = static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(from);
  wire->out->insert(wire->out->end(), bytes, bytes + size);
  *count = size;
  return 1;
}

long wire_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int wire_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* wire_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "soulfabric wire");
    if (made == nullptr) return made;
    BIO_meth_set_read_ex(made, wire_read);
    BIO_meth_set_write_ex(made, wire_write);
    BIO_meth_set_ctrl(made, wire_control);
    BIO_meth_set_create(made, wire_create);
    return made;
  }();
  return method;
}

}  // namespace

struct TlsSession::State {
  std::shared_ptr<const SslIdentity> identity;
  Wire wire;
  PeerProof proof;
  Bytes unread;   // fed and not yet taken by the library
  Bytes pending;  // for the wire
  std::size_t pending_from = 0;
  bool established = false;
  bool ended = false;
  std::optional<Error> error;
  SslPtr ssl;  // dies first: its BIO names the wire

  Status fail_with(Errc code, std::string message) {
    error = Error{code, std::move(message)};
    return std::unexpected(*error);
  }

  Status fail_by_library() {
    const int reason = ERR_GET_REASON(ERR_peek_error());
    const bool unproven = reason == SSL_R_CERTIFICATE_VERIFY_FAILED || reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
    const std::string words = take_library_words();
    if (!unproven) return fail_with(Errc::Malformed, "The other side broke the rules of TLS: " + words + ".");
    if (proof.expected) return fail_with(Errc::Unauthorized, "The other side is not the expected peer.");
    return fail_with(Errc::Unauthorized, "The other side did not prove who it is.");
  }

  Status handshake() {
    if (error) return std::unexpected(*error);
    if (established) return {};
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl.get());
    if (done != 1) {
      if (SSL_get_error(ssl.get(), done) == SSL_ERROR_WANT_READ) return {};
      return fail_by_library();
    }
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl.get(), &chosen, &size);
    if (std::string_view(reinterpret_cast<const char*>(chosen), size) != identity->alpn())
      return fail_with(Errc::Malformed, "The other side does not speak " + std::string(identity->alpn()) + ".");
    if (!proof.key) return fail_with(Errc::Unauthorized, "The other side did not prove who it is.");
    established = true;
    return {};
  }

  Result<std::size_t> read(MutableByteView into) {
    if (auto ready = handshake(); !ready) return std::unexpected(std::move(ready).error());
    if (!established || ended || into.empty()) return 0;
    ERR_clear_error();
    std::size_t count = 0;
    if (SSL_read_ex(ssl.get(), into.data(), into.size(), &count) == 1) return count;
    switch (SSL_get_error(ssl.get(), 0)) {
      case SSL_ERROR_WANT_READ: return 0;
      case SSL_ERROR_ZERO_RETURN: ended = true; return 0;
      default: break;
    }
    return std::unexpected(fail_by_library().error());
  }

  /// Everything that the library writes while this runs goes to `out`.
  Status write(ByteView plain, Bytes& out) {
    if (error) return std::unexpected(*error);
    if (!established) return fail(Errc::Unavailable, "Nothing can be sent before the handshake is done.");
    if (plain.empty()) return {};
    ERR_clear_error();
    wire.out = &out;
    std::size_t count = 0;
    const int done = SSL_write_ex(ssl.get(), plain.data(), plain.size(), &count);
    wire.out = &pending;
    if (done != 1 || count != plain.size()) return fail_by_library();
    return {};
  }

  /// What was fed before is read first; only where there is none the library reads from the caller's bytes.
  template <class Use>
  auto with_unread(Use use) {
    wire.in = unread;
    auto result = use();
    const std::size_t taken = unread.size() - wire.in.size();
    wire.in = {};
    unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(taken));
    return result;
  }
};

TlsSession::TlsSession(std::shared_ptr<const TlsIdentity> identity, TlsSide side, std::optional<PeerId> expected)
    : state_(std::make_unique<State>()) {
  state_->identity = std::static_pointer_cast<const SslIdentity>(std::move(identity));
  state_->proof.expected = expected;
  state_->wire.out = &state_->pending;
  state_->ssl.reset(SSL_new(state_->identity->context()));
  BIO* bio = state_->ssl ? BIO_new(wire_method()) : nullptr;
  if (bio == nullptr) {
    state_->error = Error{Errc::Internal, "There was no memory for a TLS session."};
    return;
  }
  BIO_set_data(bio, &state_->wire);
  SSL_set_bio(state_->ssl.get(), bio, bio);
  SSL_set_app_data(state_->ssl.get(), &state_->proof);
  if (side == TlsSide::Server) {
    SSL_set_accept_state(state_->ssl.get());
    return;
  }
  SSL_set_connect_state(state_->ssl.get());
  (void)state_->handshake();  // the first message of a client waits for nothing
}

TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;
TlsSession::~TlsSession() = default;

Status TlsSession::feed(ByteView bytes) {
  if (state_->error) return std::unexpected(*state_->error);
  if (bytes.size() > kUnreadCap - std::min(kUnreadCap, state_->unread.size()))
    return state_->fail_with(Errc::TooLarge, "More TLS records arrived than were read.");
  state_->unread.insert(state_->unread.end(), bytes.begin(), bytes.end());
  return state_->with_unread([this] { return state_->handshake(); });
}

Result<std::size_t> TlsSession::read(MutableByteView into) {
  return state_->with_unread([this, into] { return state_->read(into); });
}

Result<std::size_t> TlsSession::read(ByteView& wire, MutableByteView into) {
  if (!state_->unread.empty()) {
    state_->unread.insert(state_->unread.end(), wire.begin(), wire.end());
    wire = {};
    return read(into);
  }
  state_->wire.in = wire;
  auto result = state_->read(into);
  wire = std::exchange(state_->wire.in, ByteView{});
  return result;
}

Status TlsSession::write(ByteView plain) { return state_->write(plain, state_->pending); }

Status TlsSession::write(ByteView plain, Bytes& out) {
  const auto waiting = pending();
  out.insert(out.end(), waiting.begin(), waiting.end());
  sent(waiting.size());
  return state_->write(plain, out);
}

ByteView TlsSession::pending() const noexcept { return ByteView(state_->pending).subspan(state_->pending_from); }

void TlsSession::sent(std::size_t bytes) noexcept {
  state_->pending_from += std::min(bytes, pending().size());
  if (state_->pending_from < state_->pending.size()) return;
  Bytes().swap(state_->pending);  // nothing is kept for an idle session
  state_->pending_from = 0;
}

bool TlsSession::established() const noexcept { return state_->established; }
bool TlsSession::ended() const noexcept { return state_->ended; }

void TlsSession::close() {
  if (!state_->established || state_->error) return;
  ERR_clear_error();
  (void)SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
}

std::optional<PeerId> TlsSession::peer() const {
  const auto key = peer_key();
  if (!key) return std::nullopt;
  return PeerId::of(*key);
}

std::optional<PublicKey> TlsSession::peer_key() const { return state_->established ? state_->proof.key : std::nullopt; }

}  // namespace soulfabric::net
