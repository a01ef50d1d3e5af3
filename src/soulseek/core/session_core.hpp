// SPDX-License-Identifier: GPL-3.0-or-later
// The life of the session with the server: when to connect, when to give up, when never to try again. Sans-IO.
#pragma once
#include <optional>
#include <string>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::soulseek {

/// Numbers: protocol note, sections 3 and 17.
struct SessionTimes {
  Duration first_delay = std::chrono::seconds(5);    // after a loss: this ...
  Duration first_jitter = std::chrono::seconds(10);  // ... plus up to this, then doubling
  Duration longest_delay = std::chrono::minutes(5);
  Duration silent_login_delay = std::chrono::minutes(30);  // the second login in a row without any answer looks like a ban
  Duration connect_timeout = std::chrono::seconds(10);
  Duration login_timeout = std::chrono::seconds(75);
  Duration keep_alive = std::chrono::minutes(5);
};

class SessionCore {
 public:
  enum class Phase { Idle, Waiting, Connecting, LoggingIn, LoggedIn };

  SessionCore(SessionTimes times, Random& random) : times_(times), random_(random) {}

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  /// Set while Waiting.
  [[nodiscard]] MonoTime next_attempt() const noexcept { return next_attempt_; }
  /// One sentence: why we are not connected.
  [[nodiscard]] const std::optional<std::string>& problem() const noexcept { return problem_; }
  /// True: no attempt is made until `want` is called again.
  [[nodiscard]] bool is_final() const noexcept { return final_; }
  [[nodiscard]] const SessionTimes& times() const noexcept { return times_; }

  /// The user (or start-up) wants to be connected. False where it already is or is on its way without waiting.
  bool want(MonoTime now);
  /// The user wants to be disconnected.
  void stop(std::string reason);
  /// Waiting is over when its time has come.
  void tick(MonoTime now);
  void on_connected();
  void on_connect_failed(const std::string& why, MonoTime now);
  void on_login_accepted();
  /// `reason` and `detail` are the server's words.
  void on_login_rejected(const std::string& reason, const std::string& detail, MonoTime now);
  void on_login_silence(MonoTime now);
  /// The account was logged in elsewhere: final.
  void on_relogged();
  void on_lost(const std::string& why, MonoTime now);

 private:
  void wait(std::string why, Duration delay, MonoTime now);
  void give_up(std::string why);
  [[nodiscard]] Duration next_delay();

  SessionTimes times_;
  Random& random_;
  Phase phase_ = Phase::Idle;
  MonoTime next_attempt_{};
  std::optional<std::string> problem_;
  bool final_ = false;
  unsigned failures_ = 0;
  unsigned silences_ = 0;
};

/// The server's reason code as a sentence that says what to do.
[[nodiscard]] std::string explain_rejection(const std::string& reason, const std::string& detail);

}  // namespace soulfabric::soulseek
