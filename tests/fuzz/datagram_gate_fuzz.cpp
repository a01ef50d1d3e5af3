// SPDX-License-Identifier: GPL-3.0-or-later
// One datagram of the DHT from a stranger, or as the answer to a get of ours; what the library would get reads back as it was written.
#include <cstdlib>

#include "mesh/core/datagram_gate.hpp"

using namespace soulfabric;
using namespace soulfabric::mesh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SeededRandom random(1);
  static DatagramGate gate(GateSettings{77, 0, 2048, 65536}, random);
  static MonoTime now{std::chrono::hours(1)};
  if (size == 0) return 0;
  now += std::chrono::microseconds(10);
  const Endpoint from{IpAddress::v4(0xCB007100U + data[0] % 4), 4000};
  if (data[0] % 2 == 1) {
    DatagramMessage get;
    get.kind = DatagramKind::Get;
    get.transaction = 5;
    get.sender.fill(1);
    (void)gate.open(from, get, now);
  }
  const ByteView datagram(data + 1, size - 1);
  const auto verdict = gate.admit(from, datagram, now, WallTime(std::chrono::seconds(1'800'000'000)));
  if (const auto* library = std::get_if<DatagramGate::ForLibrary>(&verdict.outcome)) {
    const auto again = parse_datagram(library->datagram, 77);
    if (!again || encode_datagram(*again, 77) != library->datagram) std::abort();
    (void)gate.may_leave(from, library->datagram, now);
  } else if (const auto* search = std::get_if<DatagramGate::ForSearch>(&verdict.outcome)) {
    if (search->message.kind == DatagramKind::Part) (void)parse_value(search->message.part_data);
  }
  return 0;
}
