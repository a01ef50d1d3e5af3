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

/// Kept alive by the one who waits and by the library, whichever is longer: a lookup that has begun cannot be stopped.
struct Lookup {
  explicit Lookup(IoContext& context) : resolver(context), wake(context) {}
  Tcp::resolver resolver;
  boost::asio::steady_timer wake;
  bool done = false;
  std::vector<IpAddress> addresses;  // none: the system knows no such name
};

void begin(const std::shared_ptr<Lookup>& lookup, const std::string& host) {
  const boost::asio::ip::resolver_base::flags every_family{};
  lookup->resolver.async_resolve(host, "", every_family,
                                 [lookup](const boost::system::error_code& code, const Tcp::resolver::results_type& found) {
                                   lookup->done = true;
                                   if (!code) {
                                     for (const auto& entry : found) {
                                       const auto address = from_asio(entry.endpoint()).address;
                                       if (std::ranges::find(lookup->addresses, address) == lookup->addresses.end())
                                         lookup->addresses.push_back(address);
                                     }
                                   }
                                   lookup->wake.cancel();
                                 });
}

Task<Result<std::vector<IpAddress>>> look_up(IoContext& context, IoClock& clock, std::string host, MonoTime deadline) {
  const auto lookup = std::make_shared<Lookup>(context);
  begin(lookup, host);
  co_await clock.wait(lookup->wake, deadline);
  if (!lookup->done) {
    lookup->resolver.cancel();
    co_return fail(Errc::TimedOut, "no answer from the name server");
  }
  if (lookup->addresses.empty()) co_return fail(Errc::Offline, "no address");
  co_return std::move(lookup->addresses);
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

HttpResolver make_system_resolver(IoContext& context, IoClock& clock) {
  return [&context, &clock](std::string host, MonoTime deadline) { return look_up(context, clock, std::move(host), deadline); };
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
