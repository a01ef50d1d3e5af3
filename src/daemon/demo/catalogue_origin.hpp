// SPDX-License-Identifier: GPL-3.0-or-later
// The demo's stand-in for MusicBrainz and the Cover Art Archive: HTTP on loopback, which counts what it is asked. Network thread only.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/net/tcp.hpp"

namespace soulfabric::daemon::demo {

class CatalogueOrigin {
 public:
  CatalogueOrigin(IoContext& context, IoClock& clock, Endpoint at);
  /// Conflict: the port is taken.
  [[nodiscard]] Status start();
  [[nodiscard]] Task<void> stop();
  /// By path and query, as asked; "/stats" itself is not counted. The same as GET /stats gives: {"requests":{...}}.
  [[nodiscard]] std::string stats() const;

 private:
  [[nodiscard]] Task<void> accept();
  [[nodiscard]] Task<void> serve(std::unique_ptr<net::ByteStream> stream);
  [[nodiscard]] std::string answer(const std::string& head);

  IoContext& context_;
  IoClock& clock_;
  Endpoint at_;
  std::unique_ptr<net::Listener> listener_;
  std::map<std::string, std::uint64_t> requests_;
  TaskScope scope_;
};

}  // namespace soulfabric::daemon::demo
