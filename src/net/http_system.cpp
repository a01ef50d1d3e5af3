// SPDX-License-Identifier: GPL-3.0-or-later
// Names by the system's resolver, trust by the system's certificate store.
#include "http_system.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cstdlib>
#include <filesystem>

#include "core/http_tls.hpp"
#include "tcp_stream.hpp"

namespace soulfabric::net {
namespace {

using Tcp = boost::asio::ip::tcp;

Task<Result<std::vector<IpAddress>>> look_up(IoContext& context, std::string host) {
  Tcp::resolver resolver(context);
  const auto [code, found] = co_await resolver.async_resolve(host, "", boost::asio::ip::resolver_base::flags(), kAwait);
  if (code) co_return fail(Errc::Offline, "no address");
  std::vector<IpAddress> addresses;
  for (const auto& entry : found) {
    const auto address = from_asio(entry.endpoint()).address;
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  co_return addresses;
}

/// Whether the folder holds certificates under their hashes, to be looked up one by one.
bool is_hashed(const char* folder) {
  std::error_code code;
  for (auto at = std::filesystem::directory_iterator(folder, code); !code && at != std::filesystem::directory_iterator();
       at.increment(code)) {
    if (at->path().extension() == ".0") return true;
  }
  return false;
}

/// Reading the system's whole bundle takes 70 ms, which the loop would notice; a hashed folder costs one small file for each handshake.
void believe_the_system(SSL_CTX* context) {
  const char* wished = ::secure_getenv(X509_get_default_cert_dir_env());
  const char* folder = wished == nullptr ? X509_get_default_cert_dir() : wished;
  if (::secure_getenv(X509_get_default_cert_file_env()) == nullptr && is_hashed(folder) && SSL_CTX_load_verify_dir(context, folder) == 1)
    return;
  (void)SSL_CTX_set_default_verify_paths(context);
}

}  // namespace

HttpResolver make_system_resolver(IoContext& context) {
  return [&context](std::string host, MonoTime) { return look_up(context, std::move(host)); };
}

Result<std::shared_ptr<SSL_CTX>> load_trust(const std::string& ca_file) {
  ERR_clear_error();
  auto context = make_http_tls_context();
  if (!context) return fail(Errc::Internal, "The TLS library could not be told what to insist on: " + take_library_words() + ".");
  believe_the_system(context.get());
  if (!ca_file.empty() && SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
    ERR_clear_error();
    return fail(Errc::Io, "The certificates in " + ca_file + " cannot be read; the file must hold them as PEM.");
  }
  ERR_clear_error();
  return std::shared_ptr<SSL_CTX>(context.release(), SSL_CTX_free);
}

}  // namespace soulfabric::net
