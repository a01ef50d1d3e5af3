// SPDX-License-Identifier: GPL-3.0-or-later
// Reconnect policy: jitter first, doubling after, silence taken as a ban, kicks and rejections left to the user.
#include "core/session_core.hpp"

#include <algorithm>

namespace soulfabric::soulseek {

bool SessionCore::want(MonoTime now) {
  if (phase_ == Phase::Connecting || phase_ == Phase::LoggingIn || phase_ == Phase::LoggedIn) return false;
  final_ = false;
  failures_ = 0;
  problem_.reset();
  phase_ = Phase::Connecting;
  next_attempt_ = now;
  return true;
}

void SessionCore::stop(std::string reason) {
  phase_ = Phase::Idle;
  final_ = true;
  problem_ = reason.empty() ? "disconnected by the user" : std::move(reason);
}

void SessionCore::tick(MonoTime now) {
  if (phase_ == Phase::Waiting && now >= next_attempt_) phase_ = Phase::Connecting;
}

void SessionCore::on_connected() {
  if (phase_ == Phase::Connecting) phase_ = Phase::LoggingIn;
}

void SessionCore::on_connect_failed(const std::string& why, MonoTime now) {
  if (phase_ != Phase::Connecting) return;
  wait("the server could not be reached (" + why + "), it is tried again by itself", next_delay(), now);
}

void SessionCore::on_login_accepted() {
  if (phase_ != Phase::LoggingIn) return;
  phase_ = Phase::LoggedIn;
  problem_.reset();
  failures_ = 0;
  silences_ = 0;
}

void SessionCore::on_login_rejected(const std::string& reason, const std::string& detail, MonoTime now) {
  if (phase_ != Phase::LoggingIn) return;
  silences_ = 0;
  if (reason == "SVRFULL") {
    wait(explain_rejection(reason, detail), next_delay(), now);
  } else {
    give_up(explain_rejection(reason, detail));
  }
}

void SessionCore::on_login_silence(MonoTime now) {
  if (phase_ != Phase::LoggingIn) return;
  ++silences_;
  if (silences_ < 2) {
    wait("the server did not answer the login, it is tried again by itself", next_delay(), now);
  } else {
    wait("the server does not answer logins: it may be overloaded or have banned this account or address for a while", times_.silent_login_delay, now);
  }
}

void SessionCore::on_relogged() {
  give_up("this account was logged in by another program, so we stay away until you connect again");
}

void SessionCore::on_lost(const std::string& why, MonoTime now) {
  // A banned account is not answered: the connection is closed instead (protocol note, section 3).
  if (phase_ == Phase::LoggingIn) return on_login_silence(now);
  if (phase_ != Phase::LoggedIn) return;
  wait("the connection to the server was lost (" + why + "), it is made again by itself", next_delay(), now);
}

void SessionCore::wait(std::string why, Duration delay, MonoTime now) {
  phase_ = Phase::Waiting;
  next_attempt_ = now + delay;
  problem_ = std::move(why);
}

void SessionCore::give_up(std::string why) {
  phase_ = Phase::Idle;
  final_ = true;
  problem_ = std::move(why);
}

Duration SessionCore::next_delay() {
  const auto jitter = Duration(static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(times_.first_jitter.count()) + 1)));
  Duration delay = times_.first_delay + jitter;
  for (unsigned i = 0; i < failures_ && delay < times_.longest_delay; ++i) delay *= 2;
  ++failures_;
  return std::min(delay, times_.longest_delay);
}

std::string explain_rejection(const std::string& reason, const std::string& detail) {
  const std::string more = detail.empty() ? "" : " (" + detail + ")";
  if (reason == "INVALIDPASS") return "the server refused the password of this account, check user name and password";
  if (reason == "INVALIDUSERNAME") return "the server refused the user name" + more + ", choose 1 to 30 plain letters, digits or signs without blanks at the ends";
  if (reason == "EMPTYPASSWORD") return "the server wants a password, set soulseek.password";
  if (reason == "INVALIDVERSION") return "the server refused this client version, update soulfabric";
  if (reason == "SVRFULL") return "the server is full, it is tried again by itself";
  if (reason == "SVRPRIVATE") return "the server takes no new accounts, ask its operator for one";
  return "the server refused the login: " + reason + more;
}

}  // namespace soulfabric::soulseek
