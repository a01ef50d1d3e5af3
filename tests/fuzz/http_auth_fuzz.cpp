// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as Host, Origin, Cookie, Authorization, Range and token: nobody gets in without the key.
#include <cstdlib>

#include "gateway/core/authentication.hpp"
#include "gateway/core/headers.hpp"
#include "gateway/core/hosts.hpp"
#include "gateway/core/login.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace soulfabric;
  using namespace soulfabric::gateway;
  const auto text = text_of({data, size});
  static const Authority authority = [] {
    Authority made;
    made.set_key(Bytes(32, 0xA5));
    made.set_api_keys({ApiKey{"one", "0123456789abcdef-key", Role::Administrator, {}, {}}});
    return made;
  }();
  Presented presented;
  presented.cookie = find_cookie(text, "sf_session_0123456789ab");
  presented.bearer = bearer_of(text);
  presented.api_key = text;
  presented.access_token = text;
  presented.hub = true;
  const auto decision = authority.decide(presented, Policy::Any, {}, 1'800'000'000);
  if (decision.refusal == Refusal::None && text != "0123456789abcdef-key" && presented.bearer != "0123456789abcdef-key") std::abort();
  if (const auto host = parse_host(text)) {
    if (host->host.empty()) std::abort();
    if (origin_matches(text, *host)) std::abort();
    (void)is_allowed_host(*host, {});
  }
  ByteRange range;
  const auto answer = parse_range(text, 1000, range);
  if (answer == RangeAnswer::Part && (range.length == 0 || range.offset + range.length > 1000)) std::abort();
  (void)choose_encoding(text, true, true);
  (void)matches_etag(text, "\"tag\"");
  (void)parse_login_file(text);
  const auto type = sniff_media({data, size});
  if (!type.empty() && !type.starts_with("image/") && !type.starts_with("audio/")) std::abort();
  return 0;
}
