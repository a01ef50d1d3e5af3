// SPDX-License-Identifier: GPL-3.0-or-later
// Order of proofs: API key, bearer, cookie. A valid one is never refused because of failed attempts by others.
#include "core/authentication.hpp"

#include <algorithm>

#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {

void Authority::set_api_keys(const std::vector<ApiKey>& keys) {
  keys_.clear();
  for (const auto& key : keys) keys_.push_back({key, crypto::sha256(bytes_of(key.key))});
}

void Authority::revoke(const std::string& session, std::int64_t expires) { revoked_.emplace(session, expires); }

std::string Authority::revoked_lines(std::int64_t now) const {
  std::string lines;
  for (const auto& [session, expires] : revoked_) {
    if (expires + kTokenSkewSeconds >= now) lines += session + " " + std::to_string(expires) + "\n";
  }
  return lines;
}

void Authority::read_revoked(std::string_view lines) {
  for (const auto line : split(lines, '\n')) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const auto expires = parse_u64(line.substr(space + 1));
    if (expires) revoked_.emplace(std::string(line.substr(0, space)), static_cast<std::int64_t>(*expires));
  }
}

const ApiKey* Authority::find_key(std::string_view text, const Presented& presented) const {
  if (text.empty() || text.size() > 255) return nullptr;
  const auto digest = crypto::sha256(bytes_of(text));
  const ApiKey* found = nullptr;
  for (const auto& rule : keys_) {
    if (equal_constant_time(rule.digest, digest)) found = &rule.key;
  }
  if (found == nullptr || found->networks.empty()) return found;
  const bool inside = presented.address && std::ranges::any_of(found->networks, [&](const IpNetwork& network) {
    return network.contains(*presented.address);
  });
  return inside ? found : nullptr;
}

std::optional<Claims> Authority::find_session(std::string_view token, std::int64_t now) const {
  if (token.empty()) return std::nullopt;
  auto claims = check_token(key_, token, now);
  if (!claims) return std::nullopt;
  const auto it = revoked_.lower_bound({claims->id, 0});
  if (it != revoked_.end() && it->first == claims->id) return std::nullopt;
  return claims;
}

Decision Authority::identify(const Presented& presented, std::int64_t now) const {
  Decision decision;
  const auto by_key = [&](std::string_view text) {
    const ApiKey* key = find_key(text, presented);
    if (key != nullptr) decision.identity = {Proof::Key, key->name, key->role, key->scopes, {}};
    return key != nullptr;
  };
  const auto by_session = [&](std::string_view token, Proof proof) {
    const auto claims = find_session(token, now);
    if (claims) decision.identity = {proof, claims->name, Role::Administrator, {}, claims->id};
    return claims.has_value();
  };
  if (presented.hub && by_session(presented.access_token, Proof::Token)) return decision;
  if (by_key(presented.api_key)) return decision;
  if (by_session(presented.bearer, Proof::Token)) return decision;
  if (presented.hub && by_key(presented.bearer)) return decision;
  if (by_session(presented.cookie, Proof::Cookie)) return decision;
  decision.tried = !presented.api_key.empty() || !presented.bearer.empty() || (presented.hub && !presented.access_token.empty());
  if (disabled_ && !presented.tunnelled) {
    decision.tried = false;
    decision.identity = {Proof::Disabled, "Anonymous", Role::Administrator, {}, {}};
  }
  return decision;
}

Decision Authority::decide(const Presented& presented, Policy policy, std::string_view scope, std::int64_t now) const {
  if (policy == Policy::Open) return {};
  auto decision = identify(presented, now);
  const auto& who = decision.identity;
  if (!who.known()) {
    decision.refusal = Refusal::Unauthorized;
    return decision;
  }
  if (who.proof == Proof::Cookie) {
    const bool csrf = equal_constant_time(bytes_of(csrf_of(key_, who.session)), bytes_of(presented.csrf));
    if ((presented.changes && !csrf) || (presented.upgrade && !presented.has_origin)) decision.refusal = Refusal::Csrf;
  }
  const bool administrator = who.role == Role::Administrator;
  if (policy == Policy::AnyAdministrator && !administrator) decision.refusal = Refusal::Forbidden;
  if (policy == Policy::TokenAdministrator && (!administrator || who.proof == Proof::Key)) decision.refusal = Refusal::Forbidden;
  if (!scope.empty() && who.proof == Proof::Key && std::ranges::find(who.scopes, scope) == who.scopes.end()) {
    decision.refusal = Refusal::Forbidden;
  }
  return decision;
}

}  // namespace soulfabric::gateway
