// SPDX-License-Identifier: GPL-3.0-or-later
// The service "catalogue-fetch": what other nodes may ask of this one, a kind and an id and nothing else. Network thread only.
#pragma once
#include <functional>

#include "soulfabric/fabric/typed.hpp"
#include "soulfabric/relay/catalogue_answer.hpp"

namespace soulfabric::relay {

struct CatalogueQuestion {
  std::uint8_t kind = 0;
  std::string id;
  template <class Visitor>
  void fields(Visitor& f) {
    f("kind", kind);
    f("id", id, 36);
  }
};

class CatalogueService final : public fabric::TypedService<CatalogueService> {
 public:
  using Answer = std::function<Task<fabric::CallStatus>(fabric::CallContext&, CatalogueKey, mesh::Stream&)>;
  explicit CatalogueService(Answer answer);
  /// The signed answer by a stream, whose first byte says at once whether it is there, comes or will not come.
  [[nodiscard]] Task<fabric::CallStatus> fetch(fabric::CallContext& context, CatalogueQuestion question, mesh::Stream& stream);

 private:
  Answer answer_;
};

}  // namespace soulfabric::relay
