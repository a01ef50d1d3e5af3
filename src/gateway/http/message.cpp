// SPDX-License-Identifier: GPL-3.0-or-later
// Header look-up, reasons, the head of an answer as text.
#include "http/message.hpp"

#include "http/head.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::string_view kOwnPolicy =
    "x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\n"
    "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'\r\n";
constexpr std::string_view kForeignPolicy =
    "x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\n"
    "content-security-policy: sandbox; default-src 'none'; frame-ancestors 'none'\r\n";

}  // namespace

std::string_view Request::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && equal_ignoring_ascii_case(key, name)) return value;
  }
  return {};
}

std::string_view reason_of(int status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 207: return "Multi-Status";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
  }
}

std::uint64_t body_size(const Response& response) noexcept {
  if (response.file) return response.file->length;
  return response.shared.empty() ? response.body.size() : response.shared.size();
}

void append_head(std::string& out, const Response& response, const HeadOptions& options) {
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out.push_back(' ');
  out += reason_of(response.status);
  out += "\r\ndate: ";
  out += options.date;
  out += "\r\n";
  if (!response.content_type.empty()) {
    out += "content-type: ";
    out += response.content_type;
    out += "\r\n";
  }
  if (response.status != 204 && response.status != 304) {
    out += "content-length: ";
    out += std::to_string(body_size(response));
    out += "\r\n";
  }
  out += response.foreign ? kForeignPolicy : kOwnPolicy;
  for (const auto& [name, value] : response.headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += options.keep_alive ? (options.old_client ? "connection: keep-alive\r\n" : "") : "connection: close\r\n";
  out += "\r\n";
}

}  // namespace soulfabric::gateway
