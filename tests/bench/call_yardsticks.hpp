// SPDX-License-Identifier: GPL-3.0-or-later
// What calls are measured against: a few bytes over bare TLS 1.3, and the same echo by gRPC.
#pragma once
#include <time.h>

namespace soulfabric::bench {

struct PingPong {
  double p50 = 0;  // microseconds
  double p99 = 0;
};
/// Two threads, blocking sockets on loopback, 64 bytes each way.
[[nodiscard]] PingPong bare_tls_ping_pong(int trips);

/// All zero where gRPC was not there at build time.
struct GrpcFigures {
  double p50 = 0;        // microseconds, one in flight
  double per_core = 0;   // calls per second of CPU of both ends
  double per_second = 0;
};
[[nodiscard]] GrpcFigures grpc_echo(int trips, int calls, int in_flight);

/// CPU that all threads of this program have used.
inline double process_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace soulfabric::bench
