// SPDX-License-Identifier: GPL-3.0-or-later
// Put, be told "stored", ask for it: byte for byte the same, or it is not there.
#include "core/dht_put.hpp"

#include <algorithm>

namespace soulfabric::mesh {

DhtPut::DhtPut(DhtKey key, ValueId slot, std::uint16_t type, Bytes data, const std::vector<DhtSearch::Holder>& holders, PutSettings settings)
    : key_(key), slot_(slot), type_(type), data_(std::move(data)), settings_(settings) {
  for (const auto& holder : holders) {
    Target target;
    target.node = holder.node;
    target.token = holder.token;
    targets_.push_back(std::move(target));
  }
}

MonoTime::duration DhtPut::patience(const Target& target) const {
  MonoTime::duration wait = settings_.patience;
  for (unsigned i = 1; i < target.attempts; ++i) wait += wait / 2;
  return wait;
}

void DhtPut::enter(Target& target, State state) {
  target.state = state;
  target.attempts = 0;
  target.is_first = true;
  target.parts = 0;
}

std::vector<SearchAsk> DhtPut::step(MonoTime now, Random& random) {
  std::vector<SearchAsk> out;
  for (auto& target : targets_) {
    if (!is_open(target)) continue;
    if (!target.is_first && now < target.asked + patience(target)) continue;
    if (target.attempts >= settings_.attempts) {
      target.state = State::Dead;
      continue;
    }
    ++target.attempts;
    target.is_first = false;
    target.asked = now;
    out.push_back({target.node, random.u32()});
  }
  return out;
}

DatagramMessage DhtPut::request_to(const SearchAsk& ask) const {
  DatagramMessage out;
  out.transaction = ask.transaction;
  out.target = key_;
  const auto target = std::ranges::find(targets_, ask.to, &Target::node);
  if (target != targets_.end() && target->state == State::Putting) {
    out.kind = DatagramKind::Put;
    out.values = {PackedValue{slot_, type_, data_}};
    out.token = target->token;
  } else {
    out.kind = DatagramKind::Get;
    out.query = DatagramQuery{{}, {{std::uint8_t{1}, slot_}}};
  }
  return out;
}

bool DhtPut::is_ours(const PackedValue& value) const {
  return value.id == slot_ && value.type == type_ && std::ranges::equal(value.data, data_);
}

void DhtPut::judge(Target& target, const std::vector<PackedValue>& values, MonoTime now) {
  if (std::ranges::any_of(values, [&](const PackedValue& value) { return is_ours(value); })) {
    target.state = State::ReadBack;
    if (!first_read_back_ && target.node.endpoint != own_store()) first_read_back_ = now;
  } else if (target.parts == 0) {
    target.state = State::Refused;
  }
}

void DhtPut::answer(const Endpoint& from, const DatagramMessage& message, MonoTime now) {
  const auto target = std::ranges::find_if(targets_, [&](const Target& one) { return one.node.endpoint == from; });
  if (target == targets_.end() || !is_open(*target)) return;
  if (message.kind == DatagramKind::Error) {
    target->state = State::Dead;  // the token is of no use any more: the next lookup brings another
  } else if (message.kind == DatagramKind::Part) {
    if (target->state != State::Reading || target->parts == 0) return;
    --target->parts;
    const auto value = message.part_offset == 0 ? parse_value(message.part_data) : std::nullopt;
    judge(*target, value ? std::vector{*value} : std::vector<PackedValue>{}, now);
  } else if (message.value_id != 0) {
    if (target->state == State::Putting && message.value_id == slot_) enter(*target, State::Reading);
  } else if (target->state == State::Reading) {
    target->parts = message.parts;
    judge(*target, message.values, now);
  }
}

bool DhtPut::finished(MonoTime now) const {
  if (std::ranges::none_of(targets_, [&](const Target& one) { return is_open(one); })) return true;
  return first_read_back_ && now >= *first_read_back_ + settings_.grace;
}

MonoTime DhtPut::next(MonoTime now) const {
  MonoTime out = now + settings_.patience;
  if (first_read_back_) out = std::min(out, *first_read_back_ + settings_.grace);
  for (const auto& target : targets_) {
    if (!is_open(target)) continue;
    out = std::min(out, target.is_first ? now : target.asked + patience(target));
  }
  return std::max(out, now + std::chrono::milliseconds(1));
}

std::size_t DhtPut::read_back() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      targets_, [](const Target& one) { return one.state == State::ReadBack && one.node.endpoint != own_store(); }));
}

std::size_t DhtPut::refused() const noexcept {
  return static_cast<std::size_t>(std::ranges::count(targets_, State::Refused, &Target::state));
}

}  // namespace soulfabric::mesh
