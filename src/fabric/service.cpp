// SPDX-License-Identifier: GPL-3.0-or-later
// What a service does that has no streaming methods, and statuses as errors.
#include "soulfabric/fabric/service.hpp"

#include "soulfabric/fabric/typed.hpp"

namespace soulfabric::fabric {

Task<CallStatus> MeshService::stream(CallContext& /*context*/, std::string /*method*/, ByteView /*payload*/, mesh::Stream& /*stream*/) {
  co_return CallStatus::MethodNotFound;
}

Error error_of(CallStatus status) {
  switch (status) {
    case CallStatus::Ok: break;
    case CallStatus::InvalidPayload: return {Errc::InvalidArgument, "The other node does not understand the question; one of the two is too old."};
    case CallStatus::Unauthorized: return {Errc::Unauthorized, "The other node wants to know who asks."};
    case CallStatus::Forbidden: return {Errc::Forbidden, "The other node does not allow this."};
    case CallStatus::NotFound: return {Errc::NotFound, "The other node does not have what was asked for."};
    case CallStatus::ServiceNotFound: return {Errc::Unsupported, "The other node does not offer this service."};
    case CallStatus::MethodNotFound: return {Errc::Unsupported, "The other node's service cannot do this."};
    case CallStatus::PayloadTooLarge: return {Errc::TooLarge, "The question is larger than the other node takes."};
    case CallStatus::RateLimited: return {Errc::RateLimited, "The other node asks for fewer calls; try again in a minute."};
    case CallStatus::QuotaExceeded: return {Errc::RateLimited, "What the other node does for us in a minute is used up; try again later."};
    case CallStatus::Timeout: return {Errc::TimedOut, "The other node needed too long."};
    case CallStatus::Unavailable: return {Errc::Unavailable, "The other node cannot do this at present; try again later."};
    case CallStatus::Internal: return {Errc::Rejected, "The other node failed; its operator may know more."};
  }
  return {Errc::Internal, "A call that went well is no error."};
}

}  // namespace soulfabric::fabric
