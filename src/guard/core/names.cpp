// SPDX-License-Identifier: GPL-3.0-or-later
// Names of violations as they stand in metrics, exports and the ban list.
#include "soulfabric/guard/violations.hpp"

namespace soulfabric::guard {

std::string_view name_of(Violation violation) noexcept {
  switch (violation) {
    case Violation::InvalidMessage: return "invalid_message";
    case Violation::Oversize: return "oversize";
    case Violation::BadSignature: return "bad_signature";
    case Violation::RateExceeded: return "rate_exceeded";
    case Violation::WrongBytes: return "wrong_bytes";
    case Violation::PathTraversal: return "path_traversal";
    case Violation::DangerousContent: return "dangerous_content";
    case Violation::Impersonation: return "impersonation";
    case Violation::Protocol: return "protocol";
    case Violation::CallWhileBanned: return "call_while_banned";
  }
  return "unknown";
}

}  // namespace soulfabric::guard
