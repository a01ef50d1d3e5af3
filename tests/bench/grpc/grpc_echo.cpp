// SPDX-License-Identifier: GPL-3.0-or-later
// gRPC's callback API over TLS on loopback: one call at a time, then many in flight on one channel.
#include <grpcpp/grpcpp.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

#include "bench/call_yardsticks.hpp"
#include "bench/figures.hpp"
#include "echo.grpc.pb.h"

namespace soulfabric::bench {
namespace {

/// What calls on a channel, as the generated code makes it.
using EchoClient = decltype(wire::Echo::NewStub(nullptr))::element_type;

struct Pem {
  std::string key;
  std::string certificate;
};

std::string text_of_bio(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// Self-signed for "localhost", P-256.
Pem make_pem() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* const alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
  X509_add_ext(certificate, alternative, -1);
  X509_sign(certificate, key, EVP_sha256());
  BIO* const key_text = BIO_new(BIO_s_mem());
  BIO* const certificate_text = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_text, key, nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_X509(certificate_text, certificate);
  Pem pem{text_of_bio(key_text), text_of_bio(certificate_text)};
  BIO_free(key_text);
  BIO_free(certificate_text);
  X509_EXTENSION_free(alternative);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pem;
}

class EchoService final : public wire::Echo::CallbackService {
 public:
  grpc::ServerUnaryReactor* Say(grpc::CallbackServerContext* context, const wire::Words* request, wire::Words* reply) override {
    reply->set_text(request->text());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

/// Keeps `in_flight` calls going until `calls` have ended.
class Flight {
 public:
  Flight(EchoClient& client, int calls) : client_(client), left_(calls), open_(calls) {}
  void run(int in_flight) {
    for (int i = 0; i < in_flight; ++i) next();
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return open_ == 0; });
  }

 private:
  struct Call {
    grpc::ClientContext context;
    wire::Words request;
    wire::Words reply;
  };
  void next() {
    if (left_.fetch_sub(1) <= 0) return;
    auto* const call = new Call;
    call->request.set_text("sixteen letters.");
    client_.async()->Say(&call->context, &call->request, &call->reply, [this, call](const grpc::Status& status) {
      if (!status.ok()) std::abort();
      delete call;
      next();
      const std::lock_guard lock(mutex_);
      if (--open_ == 0) ended_.notify_all();
    });
  }
  EchoClient& client_;
  std::atomic<int> left_;
  int open_;
  std::mutex mutex_;
  std::condition_variable ended_;
};

double one_trip(EchoClient& client) {
  wire::Words request;
  wire::Words reply;
  request.set_text("sixteen letters.");
  grpc::ClientContext context;
  const double begin = wall_seconds();
  if (!client.Say(&context, request, &reply).ok()) std::abort();
  return (wall_seconds() - begin) * 1e6;
}

}  // namespace

GrpcFigures grpc_echo(int trips, int calls, int in_flight) {
  const Pem pem = make_pem();
  EchoService service;
  grpc::SslServerCredentialsOptions server_options;
  server_options.pem_key_cert_pairs.push_back({pem.key, pem.certificate});
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("localhost:0", grpc::SslServerCredentials(server_options), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return {};
  grpc::SslCredentialsOptions client_options;
  client_options.pem_root_certs = pem.certificate;
  const auto client = wire::Echo::NewStub(grpc::CreateChannel("localhost:" + std::to_string(port), grpc::SslCredentials(client_options)));
  Rounds micros;
  for (int i = 0; i < trips / 10; ++i) one_trip(*client);
  for (int i = 0; i < trips; ++i) micros.add(one_trip(*client));
  Rounds per_core;
  Rounds per_second;
  for (int round = 0; round < 5; ++round) {
    const double cpu = process_cpu_seconds();
    const double wall = wall_seconds();
    Flight(*client, calls).run(in_flight);
    per_core.add(calls / (process_cpu_seconds() - cpu));
    per_second.add(calls / (wall_seconds() - wall));
  }
  server->Shutdown();
  print_rounds("grpc_calls_per_second", per_second, "calls/s", "none");
  return {micros.quantile(0.5), per_core.median(), per_second.median()};
}

}  // namespace soulfabric::bench
