// SPDX-License-Identifier: GPL-3.0-or-later
// One question that is under way, and everybody who waits for its answer.
#pragma once
#include <memory>
#include <optional>

#include "core/origin_queue.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/relay/catalogue_answer.hpp"

namespace soulfabric::relay {

/// An answer, and whether it may be given to other nodes under our signature.
struct CatalogueFound {
  CatalogueAnswer answer;
  bool ours = false;
};

/// Shared by the coroutine that asks and those that wait: each may end first.
struct CatalogueFlight {
  CatalogueKey key;
  guard::Origin origin = guard::Origin::UserLocal;  // the highest of those who wait
  bool remote = false;                              // begun for another node: its limits and refusals are not those of the user
  std::optional<guard::Permit<guard::CatalogueFetch>> permit{};  // of the call that began it
  OriginQueue* queue = nullptr;                                  // while it stands in it
  OriginQueue::Ticket ticket = 0;
  std::shared_ptr<CatalogueFlight> onward{};  // the one that this one waits for
  std::optional<Result<CatalogueFound>> outcome{};
  Notifier done{};
};
using FlightPtr = std::shared_ptr<CatalogueFlight>;

}  // namespace soulfabric::relay
