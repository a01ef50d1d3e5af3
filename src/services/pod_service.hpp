// SPDX-License-Identifier: GPL-3.0-or-later
// The service `pods`: what other nodes may ask of this one. Answers come from memory and call nobody. Network thread only.
#pragma once
#include <functional>

#include "core/pod_book.hpp"
#include "soulfabric/fabric/service.hpp"

namespace soulfabric::services {

inline constexpr const char* kPodsService = "pods";

class PodService final : public fabric::MeshService {
 public:
  /// All outlive it. `changed` is called after whatever may have changed the book.
  PodService(PodBook& book, guard::Guard& guard, IoClock& clock, std::function<void()> changed);
  [[nodiscard]] const fabric::ServiceInfo& info() const override { return info_; }
  [[nodiscard]] Task<fabric::Reply> call(fabric::CallContext& context, std::string method, ByteView payload) override;

 private:
  [[nodiscard]] Result<Bytes> answer(const PeerId& caller, const std::string& method, ByteView payload);
  [[nodiscard]] Result<Bytes> join(const PeerId& caller, ByteView payload);
  [[nodiscard]] Result<Bytes> post(const PeerId& caller, ByteView payload);
  [[nodiscard]] Result<Bytes> push(const PeerId& caller, ByteView payload);
  PodBook& book_;
  guard::Guard& guard_;
  IoClock& clock_;
  std::function<void()> changed_;
  const fabric::ServiceInfo info_;
};

}  // namespace soulfabric::services
