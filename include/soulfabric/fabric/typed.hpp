// SPDX-License-Identifier: GPL-3.0-or-later
// Services and calls with typed questions and answers: a new service is one small class (docs/mesh-services.md). Network thread only.
#pragma once
#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/fabric/fields.hpp"

namespace soulfabric::fabric {

/// A method of `S`: what others see of it, and how bytes become its question.
template <class S>
struct TypedMethod {
  MethodInfo info;
  Task<Reply> (*call)(S&, CallContext&, ByteView) = nullptr;
  Task<CallStatus> (*stream)(S&, CallContext&, ByteView, mesh::Stream&) = nullptr;
};

namespace detail {

template <class M>
struct MethodTraits;
template <class S, class Question, class Answer>
struct MethodTraits<Task<Result<Answer>> (S::*)(CallContext&, Question)> {
  using Service = S;
  using In = std::remove_cvref_t<Question>;
  using Out = Answer;
};
template <class S, class Question>
struct MethodTraits<Task<CallStatus> (S::*)(CallContext&, Question, mesh::Stream&)> {
  using Service = S;
  using In = std::remove_cvref_t<Question>;
};

template <auto Member>
Task<Reply> call_typed(typename MethodTraits<decltype(Member)>::Service& service, CallContext& context, ByteView payload) {
  using Traits = MethodTraits<decltype(Member)>;
  auto question = decode<typename Traits::In>(payload);
  if (!question) co_return Reply{CallStatus::InvalidPayload, {}};
  const auto answer = co_await (service.*Member)(context, std::move(*question));
  if (!answer) co_return Reply{status_of(answer.error()), {}};
  co_return Reply{CallStatus::Ok, encode(*answer)};
}

template <auto Member>
Task<CallStatus> stream_typed(typename MethodTraits<decltype(Member)>::Service& service, CallContext& context, ByteView payload,
                              mesh::Stream& stream) {
  using Traits = MethodTraits<decltype(Member)>;
  auto question = decode<typename Traits::In>(payload);
  if (!question) co_return CallStatus::InvalidPayload;
  const auto status = co_await (service.*Member)(context, std::move(*question), stream);
  co_return status;
}

}  // namespace detail

/// `Member`: Task<Result<Answer>> member(CallContext&, Question), both structs with `fields`. `options.name` is not used.
template <auto Member>
[[nodiscard]] auto method(std::string name, MethodInfo options = {}) {
  using Service = typename detail::MethodTraits<decltype(Member)>::Service;
  options.name = std::move(name);
  return TypedMethod<Service>{std::move(options), &detail::call_typed<Member>, nullptr};
}

/// `Member`: Task<CallStatus> member(CallContext&, Question, mesh::Stream&); it owns the stream until it returns.
template <auto Member>
[[nodiscard]] auto stream_method(std::string name, MethodInfo options = {}) {
  using Service = typename detail::MethodTraits<decltype(Member)>::Service;
  options.name = std::move(name);
  options.streams = true;
  return TypedMethod<Service>{std::move(options), nullptr, &detail::stream_typed<Member>};
}

/// class Hello final : public TypedService<Hello> { Hello() : TypedService({.name = "hello", ...}, {method<&Hello::greet>("Greet")}) {} ... };
template <class S>
class TypedService : public MeshService {
 public:
  [[nodiscard]] const ServiceInfo& info() const override { return info_; }
  [[nodiscard]] Task<Reply> call(CallContext& context, std::string name, ByteView payload) override {
    const TypedMethod<S>* const found = find(name);
    if (found == nullptr || found->call == nullptr) co_return Reply{CallStatus::MethodNotFound, {}};
    co_return co_await found->call(static_cast<S&>(*this), context, payload);
  }
  [[nodiscard]] Task<CallStatus> stream(CallContext& context, std::string name, ByteView payload, mesh::Stream& stream) override {
    const TypedMethod<S>* const found = find(name);
    if (found == nullptr || found->stream == nullptr) co_return CallStatus::MethodNotFound;
    co_return co_await found->stream(static_cast<S&>(*this), context, payload, stream);
  }

 protected:
  /// `info.methods` is filled from `methods`.
  TypedService(ServiceInfo info, std::vector<TypedMethod<S>> methods) : info_(std::move(info)), methods_(std::move(methods)) {
    for (const TypedMethod<S>& method : methods_) info_.methods.push_back(method.info);
  }

 private:
  [[nodiscard]] const TypedMethod<S>* find(const std::string& name) const {
    for (const TypedMethod<S>& method : methods_) {
      if (method.info.name == name) return &method;
    }
    return nullptr;
  }
  ServiceInfo info_;
  std::vector<TypedMethod<S>> methods_;
};

/// A status other than Ok as an error of ours, for callers that only want the answer.
[[nodiscard]] Error error_of(CallStatus status);

/// Asks and reads the answer. Errors as Fabric::call, and each status other than Ok as the error it stands for.
template <Described Answer, Described Question>
[[nodiscard]] Task<Result<Answer>> ask(Fabric& fabric, guard::Permit<guard::MeshCall> permit, std::string service, std::string method,
                                       Question question, CallOptions options = {}) {
  auto outcome = co_await fabric.call(std::move(permit), std::move(service), std::move(method), encode(question), std::move(options));
  if (!outcome) co_return std::unexpected(std::move(outcome).error());
  if (outcome->status != CallStatus::Ok) co_return std::unexpected(error_of(outcome->status));
  co_return decode<Answer>(outcome->payload);
}

}  // namespace soulfabric::fabric
