// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an answer: read in two ways of cutting them with one outcome, within its caps; and as a URL and a redirect that keep
// their promises. The first byte says how.
#include <algorithm>
#include <cstdlib>

#include "net/core/http_reader.hpp"
#include "net/core/http_rules.hpp"

namespace {

using namespace soulfabric;
using namespace soulfabric::net;

constexpr std::uint64_t kBodyCap = 4096;

struct Outcome {
  bool fine = false;
  HttpRefusal why = HttpRefusal::Count_;
  HttpResponse response;
};

Outcome read(ByteView wire, HttpMethod method, std::size_t piece) {
  HttpReader reader(method, kBodyCap);
  Outcome out;
  while (!wire.empty()) {
    const auto count = std::min(piece, wire.size());
    if (const auto fed = reader.feed(wire.first(count)); !fed) {
      out.why = fed.error().why;
      return out;
    }
    wire = wire.subspan(count);
  }
  if (const auto ended = reader.end(); !ended) {
    out.why = ended.error().why;
    return out;
  }
  if (!reader.done()) std::abort();
  out.fine = true;
  out.response = reader.take();
  return out;
}

void try_answer(ByteView wire, HttpMethod method) {
  const auto whole = read(wire, method, wire.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    const auto parts = read(wire, method, piece);
    if (parts.fine != whole.fine) std::abort();
    if (whole.fine && (parts.response.body != whole.response.body || parts.response.headers != whole.response.headers ||
                       parts.response.status != whole.response.status))
      std::abort();
  }
  if (!whole.fine) {
    if (whole.why != HttpRefusal::Header && whole.why != HttpRefusal::Body && whole.why != HttpRefusal::Inflation) std::abort();
    return;
  }
  const auto& response = whole.response;
  if (response.status < 200 || response.status > 599 || response.body.size() > kBodyCap || response.headers.size() > kHttpHeaderCap)
    std::abort();
  if (method == HttpMethod::Head && !response.body.empty()) std::abort();
  for (const auto& [name, value] : response.headers) {
    if (name.empty() || value.find_first_of("\r\n") != std::string::npos) std::abort();
  }
}

void check(const HttpUrl& url) {
  if (url.host.empty() || url.port == 0 || !url.target.starts_with('/')) std::abort();
  if (url.host.find_first_of("@%/\\ \r\n") != std::string::npos || url.target.find_first_of(" \r\n#") != std::string::npos) std::abort();
  if (url.literal && url.literal->to_string() != url.host) std::abort();
  if (!url.literal && IpAddress::parse(url.host)) std::abort();
  const auto again = parse_http_url((url.tls ? "https://" : "http://") + url.authority() + url.target);
  if (again && *again != url) std::abort();
  if (!again && url.target.size() + url.host.size() < kHttpUrlCap - 32) std::abort();
}

void try_url(std::string_view text) {
  HttpRequest request;
  request.url = text;
  if (const auto url = parse_http_url(text)) check(*url);
  if (const auto step = judge_first(request, {}); step && step->url.literal && !step->url.literal->is_global()) std::abort();
  const auto from = parse_http_url("https://musicbrainz.org/a/b?c").value();
  const auto led = follow_location(from, text);
  if (led) check(*led);
  const auto step = judge_redirect(request, {}, {from, false}, text, false);
  if (step && ((step->url.literal && !step->url.literal->is_global()) || !step->url.tls || (step->url.port != 443 && step->url.port != 80)))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ByteView rest(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0: try_answer(rest, HttpMethod::Get); break;
    case 1: try_answer(rest, HttpMethod::Head); break;
    default: try_url(text_of(rest)); break;
  }
  return 0;
}
