// SPDX-License-Identifier: GPL-3.0-or-later
// Reserved places first, then chance, under a cap for each neighbourhood.
#include "core/provider_choice.hpp"

#include <algorithm>
#include <map>

namespace soulfabric::fabric {
namespace {

void shuffle(std::vector<Contender>& contenders, Random& random) {
  for (std::size_t i = contenders.size(); i > 1; --i) std::swap(contenders[i - 1], contenders[random.below(i)]);
}

class Places {
 public:
  explicit Places(std::size_t count) : count_(count), unplaced_left_(count - count / 2) {}

  void offer(Contender& contender) {
    if (kept_.size() >= count_ || !has_room_for(contender)) return;
    kept_.push_back(std::move(contender));
  }
  [[nodiscard]] bool is_reserve_full() const { return kept_.size() >= count_ / 2; }
  [[nodiscard]] std::vector<Contender> take() && { return std::move(kept_); }

 private:
  bool has_room_for(const Contender& contender) {
    if (!contender.address) {
      if (contender.vouched) return true;
      if (unplaced_left_ == 0) return false;
      --unplaced_left_;
      return true;
    }
    if (contender.address->is_loopback() || contender.address->is_private()) return true;
    std::size_t& used = of_prefix_[contender.address->prefix()];
    if (used >= kKeptOfPrefix) return false;
    ++used;
    return true;
  }

  std::size_t count_;
  std::size_t unplaced_left_;
  std::map<IpAddress, std::size_t> of_prefix_;
  std::vector<Contender> kept_;
};

}  // namespace

std::vector<Contender> choose_providers(std::vector<Contender> contenders, std::size_t count, Random& random) {
  shuffle(contenders, random);
  const auto rank = [](const Contender& one) {
    if (one.linked && (one.address || one.vouched)) return 0;
    return one.known && (one.address || one.vouched) ? 1 : 2;
  };
  std::ranges::sort(contenders, {}, rank);  // after the shuffle: chance within a rank
  Places places(count);
  auto next = contenders.begin();
  while (next != contenders.end() && rank(*next) < 2 && !places.is_reserve_full()) places.offer(*next++);
  // What is left of the known ones is no better than a stranger here: otherwise a house full of friends would never meet anybody.
  std::vector<Contender> open(std::make_move_iterator(next), std::make_move_iterator(contenders.end()));
  shuffle(open, random);
  for (auto& contender : open) places.offer(contender);
  return std::move(places).take();
}

std::optional<PeerId> rendezvous_owner(ByteView salt, std::span<const PeerId> believed, std::span<const PeerId> passed_over) {
  std::optional<PeerId> best;
  crypto::Sha256 highest{};
  for (const PeerId& peer : believed) {
    if (std::ranges::find(passed_over, peer) != passed_over.end()) continue;
    Bytes message(salt.begin(), salt.end());
    const auto text = bytes_of(peer.text());  // always 32 characters: the salt's length needs no prefix
    message.insert(message.end(), text.begin(), text.end());
    const auto score = crypto::sha256(message);
    if (best && score <= highest) continue;
    best = peer;
    highest = score;
  }
  return best;
}

}  // namespace soulfabric::fabric
