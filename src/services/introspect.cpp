// SPDX-License-Identifier: GPL-3.0-or-later
// What a node tells about itself: numbers and names of services, nothing that leads to a person, a machine or a place.
#include "soulfabric/services/introspect.hpp"

#include <algorithm>

#include "soulfabric/base/cbor.hpp"

namespace soulfabric::services {
namespace {

constexpr std::size_t kRequestCap = 64;
constexpr std::size_t kServicesTold = 256;

fabric::ServiceInfo info_of_introspect() {
  fabric::ServiceInfo info;
  info.name = "mesh-introspect";
  info.version = "1.0.0";
  for (const char* name : {"GetStatus", "GetCapabilities", "GetServices"}) {
    fabric::MethodInfo method;
    method.name = name;
    method.idempotent = true;
    method.request_cap = kRequestCap;
    info.methods.push_back(std::move(method));
  }
  info.calls_per_minute = 60;
  info.longest_call = std::chrono::milliseconds(5'000);
  return info;
}

/// An empty map; entries of a later version are passed over.
bool is_request(ByteView payload) {
  cbor::Reader reader(payload);
  const auto entries = reader.map(kRequestCap);
  if (!entries) return false;
  for (std::size_t i = 0; i < *entries * 2; ++i) {
    if (!reader.skip()) return false;
  }
  return reader.end().has_value();
}

class Introspect final : public fabric::MeshService {
 public:
  Introspect(fabric::Fabric& fabric, mesh::Links& links, IoClock& clock, std::string version)
      : fabric_(fabric), links_(links), clock_(clock), version_(std::move(version)), started_(clock.now()), info_(info_of_introspect()) {}

  [[nodiscard]] const fabric::ServiceInfo& info() const override { return info_; }

  [[nodiscard]] Task<fabric::Reply> call(fabric::CallContext& /*context*/, std::string method, ByteView payload) override {
    if (!is_request(payload)) co_return fabric::Reply{fabric::CallStatus::InvalidPayload, {}};
    fabric::Reply reply;
    if (method == "GetStatus") {
      reply.payload = status();
    } else if (method == "GetCapabilities") {
      reply.payload = capabilities();
    } else if (method == "GetServices") {
      reply.payload = services();
    } else {
      reply.status = fabric::CallStatus::MethodNotFound;
    }
    co_return reply;
  }

 private:
  [[nodiscard]] std::vector<fabric::Fabric::Local> exposed() const {
    auto locals = fabric_.services();
    std::erase_if(locals, [](const fabric::Fabric::Local& local) { return !local.exposed; });
    std::ranges::sort(locals, {}, [](const fabric::Fabric::Local& local) { return local.info.name; });
    if (locals.size() > kServicesTold) locals.resize(kServicesTold);
    return locals;
  }

  /// Up-time in whole minutes: finer steps would tell nodes apart by their start.
  [[nodiscard]] Bytes status() const {
    Bytes out;
    cbor::Writer writer(out);
    writer.map(4);
    writer.text("links");
    writer.number(links_.links().size());
    writer.text("version");
    writer.text(version_);
    writer.text("services");
    writer.number(exposed().size());
    writer.text("uptime_minutes");
    const auto up = std::chrono::round<std::chrono::minutes>(clock_.now() - started_);
    writer.number(static_cast<std::uint64_t>(std::max<std::int64_t>(0, up.count())));
    return out;
  }

  [[nodiscard]] static Bytes capabilities() {
    Bytes out;
    cbor::Writer writer(out);
    writer.map(3);
    writer.text("streams");
    writer.boolean(true);
    writer.text("protocol");
    writer.text(mesh::kAlpn);
    writer.text("payload_cap");
    writer.number(fabric::kPayloadCap);
    return out;
  }

  [[nodiscard]] Bytes services() const {
    const auto locals = exposed();
    Bytes out;
    cbor::Writer writer(out);
    writer.array(locals.size());
    for (const auto& local : locals) {
      writer.map(3);
      writer.text("name");
      writer.text(local.info.name);
      writer.text("methods");
      writer.array(local.info.methods.size());
      for (const auto& method : local.info.methods) writer.text(method.name);
      writer.text("version");
      writer.text(local.info.version);
    }
    return out;
  }

  fabric::Fabric& fabric_;
  mesh::Links& links_;
  IoClock& clock_;
  const std::string version_;
  const MonoTime started_;
  const fabric::ServiceInfo info_;
};

}  // namespace

std::unique_ptr<fabric::MeshService> make_introspect(fabric::Fabric& fabric, mesh::Links& links, IoClock& clock, std::string version) {
  return std::make_unique<Introspect>(fabric, links, clock, std::move(version));
}

}  // namespace soulfabric::services
