// SPDX-License-Identifier: GPL-3.0-or-later
// Endpoints as text: what is written is read back, anything else is no endpoint.
#include "soulfabric/base/endpoint.hpp"

#include <gtest/gtest.h>

namespace soulfabric {
namespace {

TEST(EndpointText, ComesBackAsItWasWritten) {
  for (const char* text : {"203.0.113.7:50305", "127.0.0.1:1", "[2001:db8::7]:65535"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->to_string(), text);
  }
}

TEST(EndpointText, IsNothingElse) {
  for (const char* text : {"", ":", "203.0.113.7", "203.0.113.7:", "203.0.113.7:0", "203.0.113.7:65536", "203.0.113.7:1x", "203.0.113.7:+1", "host:1", "[:1", "[]:1"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace
}  // namespace soulfabric
