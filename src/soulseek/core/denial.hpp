// SPDX-License-Identifier: GPL-3.0-or-later
// What a peer's refusal means for a download (protocol note, section 10).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace soulfabric::soulseek::core {

enum class Denial : std::uint8_t {
  Queued,       // no refusal at all
  Complete,     // the peer thinks that we have it
  NotShared,    // once more with the path in latin-1, then final
  ReadError,    // again after a quarter of an hour
  Shutdown,     // again after some minutes
  Limited,      // its queue for us is full: again when one of our files ends
  Overwhelmed,  // again after some minutes
  Internal,     // again as after any failure
  Final,
};

/// Exact words, but upper and lower case and a dot at the end do not matter; old wordings by their beginning.
[[nodiscard]] Denial classify_denial(std::string_view reason);
/// "Transfer rejected: <reason>" with the peer's words made printable and cut to a sensible length.
[[nodiscard]] std::string rejection_text(std::string_view reason);

}  // namespace soulfabric::soulseek::core
