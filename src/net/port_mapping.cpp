// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps one port mapped: asks, renews at half of the lifetime, tries again after a failure, takes it back at the end.
#include "soulfabric/net/port_mapping.hpp"

#include <algorithm>

#include "port_mapping_router.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/base/timeout.hpp"
#include "soulfabric/base/worker_pool.hpp"

namespace soulfabric::net {
namespace {

class RouterMapper final : public PortMapper {
 public:
  RouterMapper(IoContext& context, IoClock& clock, PortMappingSettings settings, std::function<void()> on_change)
      : clock_(clock), settings_(std::move(settings)), on_change_(std::move(on_change)), scope_(context, "port mapping") {}

  Status start() override {
    if (std::ranges::find(settings_.never, settings_.port) != settings_.never.end() || settings_.port == 0)
      return fail(Errc::Forbidden, "Port " + std::to_string(settings_.port) + " is never opened at the router; give mesh.port a port of its own.");
    scope_.spawn("mapping", keep());
    return {};
  }

  Task<void> stop() override {
    co_await scope_.close();
    if (!mapping_) co_return;
    mapping_.reset();
    // The answer is not worth more than a moment; a router forgets by itself.
    co_await thread_.run([port = settings_.port, router = settings_.router] { return ask_router(port, std::chrono::seconds(0), router); });
  }

  std::optional<PortMapping> mapping() const override { return mapping_; }
  std::string trouble() const override { return trouble_; }

 private:
  Task<void> keep() {
    for (;;) {
      const auto answer =
          co_await thread_.run([port = settings_.port, life = settings_.lifetime, router = settings_.router] { return ask_router(port, life, router); });
      take(answer);
      const auto pause = answer ? settings_.lifetime / 2 : settings_.retry;
      co_await clock_.sleep_for(pause);
    }
  }

  void take(const Result<PortMapping>& answer) {
    const bool changed = answer.has_value() != mapping_.has_value() ||
                         (answer && (answer->outer != mapping_->outer || answer->external != mapping_->external));
    if (answer) mapping_ = *answer;
    if (!answer) mapping_.reset();
    trouble_ = answer ? std::string() : answer.error().message;
    if (changed) log::info("mesh", answer ? "the router lets others in, by " + answer->by : "the router does not let others in any more");
    if (changed) on_change_();
  }

  IoClock& clock_;
  PortMappingSettings settings_;
  std::function<void()> on_change_;
  std::optional<PortMapping> mapping_;
  std::string trouble_;
  WorkerPool thread_{1};
  TaskScope scope_;
};

}  // namespace

std::unique_ptr<PortMapper> make_port_mapper(IoContext& context, IoClock& clock, PortMappingSettings settings,
                                             std::function<void()> on_change) {
  return std::make_unique<RouterMapper>(context, clock, std::move(settings), std::move(on_change));
}

}  // namespace soulfabric::net
