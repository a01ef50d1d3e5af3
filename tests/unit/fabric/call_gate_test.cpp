// SPDX-License-Identifier: GPL-3.0-or-later
// What the router lets in: each limit is reached, and each is one peer's own affair.
#include "core/call_gate.hpp"

#include <gtest/gtest.h>

namespace soulfabric::fabric {
namespace {

using namespace std::chrono_literals;

constexpr guard::StrangersShare kEverything{100, 100};

PeerId peer(char c) { return *PeerId::parse(std::string(PeerId::kLength, c)); }
PeerId numbered(int number) {
  std::string id(PeerId::kLength, 'c');
  for (std::size_t i = 0; i < 3; ++i, number /= 26) id[i] = static_cast<char>('a' + number % 26);
  return *PeerId::parse(id);
}
/// Each number has a /24 of its own.
IpAddress place(int number) { return IpAddress::v4(0x08000001U + (static_cast<std::uint32_t>(number) << 8)); }

class CallGateTest : public ::testing::Test {
 protected:
  CallGateTest() {
    info_.name = "hello";
    info_.version = "1.0.0";
    info_.methods = {{"Greet"}, {"Small", false, false, 10, 10}, {"Big", false, false, kPayloadCap, kPayloadCap}};
    info_.calls_per_minute = 100;
    other_ = info_;
    other_.name = "other";
    private_ = info_;
    private_.name = "private";
    settings_.exposed = {"hello", "other"};
    make();
  }
  void make() {
    gate_.emplace(settings_);
    EXPECT_TRUE(gate_->add(info_, false));
    EXPECT_TRUE(gate_->add(other_, false));
    EXPECT_TRUE(gate_->add(private_, false));
  }
  [[nodiscard]] Arrival call(char who, std::string service = "hello", std::string method = "Greet") const {
    return {peer(who), place(who), false, guard::Standing::Proven, std::move(service), std::move(method), 5, 10s};
  }
  [[nodiscard]] Arrival stranger(int number, const IpAddress& from, std::size_t payload = 5) const {
    return {numbered(number), from, false, guard::Standing::Unproven, "hello", "Big", payload, 10s};
  }
  /// As many calls as this one gets.
  std::size_t fill(const Arrival& arrival, std::vector<Admitted>& open) {
    for (std::size_t count = 0;; ++count) {
      auto admission = gate_->admit(arrival, now_);
      if (!admission.call) return count;
      open.push_back(*admission.call);
    }
  }
  CallStatus pass(char who, std::string service = "hello") {
    const Admission admission = gate_->admit(call(who, std::move(service)), now_);
    if (admission.call) gate_->finish(*admission.call, {}, now_);
    return admission.status;
  }
  void fail_call(char who, CallEnd end) {
    const Admission admission = gate_->admit(call(who), now_);
    ASSERT_TRUE(admission.call);
    gate_->finish(*admission.call, end, now_);
  }

  ServiceInfo info_;
  ServiceInfo other_;
  ServiceInfo private_;
  RouterSettings settings_;
  std::optional<CallGate> gate_;
  MonoTime now_{1h};
};

TEST_F(CallGateTest, KnowsNoDifferenceBetweenAnUnknownServiceAndOneNotExposed) {
  const Admission hidden = gate_->admit(call('b', "private"), now_);
  const Admission unknown = gate_->admit(call('b', "nothing"), now_);
  EXPECT_EQ(hidden.status, CallStatus::ServiceNotFound);
  EXPECT_EQ(unknown.status, CallStatus::ServiceNotFound);
  EXPECT_FALSE(hidden.charge);
  EXPECT_FALSE(unknown.charge);
  settings_.exposed = {"private"};
  gate_->configure(settings_);
  EXPECT_EQ(pass('b', "private"), CallStatus::Ok);
  EXPECT_EQ(pass('b', "hello"), CallStatus::ServiceNotFound);
}

TEST_F(CallGateTest, RefusesTheBannedBeforeAnythingElse) {
  Arrival arrival = call('b', "nothing");
  arrival.banned = true;
  const Admission admission = gate_->admit(arrival, now_);
  EXPECT_EQ(admission.status, CallStatus::Forbidden);
  EXPECT_EQ(admission.charge, guard::Violation::CallWhileBanned);
  EXPECT_EQ(gate_->tracked_peers(), 0U);
}

TEST_F(CallGateTest, LimitsTheCallAfterTheHundredthOfOnePeerToOneService) {
  for (int i = 0; i < 100; ++i) ASSERT_EQ(pass('b'), CallStatus::Ok) << i;
  EXPECT_EQ(pass('b'), CallStatus::RateLimited);
  EXPECT_EQ(pass('b', "other"), CallStatus::Ok);
  EXPECT_EQ(pass('c'), CallStatus::Ok);
}

TEST_F(CallGateTest, AllowsNoDoubleBurstAroundTheEndOfAMinute) {
  now_ += 59s;
  for (int i = 0; i < 100; ++i) ASSERT_EQ(pass('b'), CallStatus::Ok);
  now_ += 2s;
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += pass('b') == CallStatus::Ok ? 1 : 0;
  EXPECT_LE(passed, 4);
}

TEST_F(CallGateTest, LimitsAPeerOverAllServicesUnknownOnesIncluded) {
  for (int i = 0; i < 500; ++i) ASSERT_EQ(pass('b', "nothing"), CallStatus::ServiceNotFound) << i;
  EXPECT_EQ(pass('b', "nothing"), CallStatus::RateLimited);
  EXPECT_EQ(pass('b'), CallStatus::RateLimited);
  EXPECT_EQ(pass('c'), CallStatus::Ok);
}

TEST_F(CallGateTest, ChargesAnOverrunOnceAMinute) {
  for (int i = 0; i < 100; ++i) ASSERT_EQ(pass('b'), CallStatus::Ok);
  int charges = 0;
  for (int i = 0; i < 300; ++i) charges += gate_->admit(call('b'), now_).charge ? 1 : 0;
  EXPECT_EQ(charges, 1);
}

TEST_F(CallGateTest, GivesANewKeyHalfAsOneThatLostEverythingAndTheReputableTwice) {
  for (const auto& [reputation, most] : {std::pair{0, 50}, {49, 50}, {50, 50}, {51, 100}, {69, 100}, {70, 200}}) {
    make();
    int passed = 0;
    for (int i = 0; i < 300; ++i) {
      Arrival arrival = call('b');
      arrival.standing = guard::standing_of(reputation, false);
      const Admission admission = gate_->admit(arrival, now_);
      if (!admission.call) continue;
      ++passed;
      gate_->finish(*admission.call, {}, now_);
    }
    EXPECT_EQ(passed, most) << reputation;
  }
}

TEST_F(CallGateTest, LetsStrangersHoldAFifthOfAllCallsSoThatAFriendsGetsThrough) {
  std::vector<Admitted> open;
  for (int i = 0; i < 32; ++i) fill(stranger(i, place(i)), open);
  EXPECT_EQ(open.size(), 1024U / 5);
  EXPECT_EQ(gate_->admit(stranger(40, place(40)), now_).status, CallStatus::Unavailable);
  Arrival friendly = stranger(41, place(0));
  friendly.standing = guard::Standing::Welcome;
  EXPECT_EQ(fill(friendly, open), 64U) << "twice what one peer may";
  for (const Admitted& one : open) gate_->finish(one, {}, now_);
  EXPECT_EQ(gate_->admit(stranger(40, place(40)), now_).status, CallStatus::Ok);
}

TEST_F(CallGateTest, LetsOnePrefixHoldAQuarterOfTheStrangersCallsHoweverManyKeysItMakes) {
  std::vector<Admitted> open;
  for (int i = 0; i < 250; ++i) fill(stranger(i, IpAddress::v4(0x08000000U + static_cast<std::uint32_t>(i))), open);
  EXPECT_EQ(open.size(), 1024U / 5 / 4);
  EXPECT_EQ(fill(stranger(300, place(1)), open), 16U);
  for (const Admitted& one : open) gate_->finish(one, {}, now_);
}

TEST_F(CallGateTest, LetsThirtyTwoStrangersWhoAnnounceMegabytesHoldNoFriendsQuestionUp) {
  std::vector<Admitted> open;
  for (int i = 0; i < 32; ++i) fill(stranger(i, place(i), kPayloadCap), open);
  EXPECT_LE(gate_->held(), settings_.bytes_held / 5);
  EXPECT_GE(gate_->held(), 12U * kPayloadCap);
  std::uint64_t of_one = 0;
  for (const Admitted& one : open) of_one += one.peer == numbered(0) ? one.bytes : 0;
  EXPECT_EQ(of_one, 3U * kPayloadCap) << "one prefix";
  EXPECT_FALSE(gate_->hold_reply(open.front(), kPayloadCap));
  Arrival friendly = stranger(41, place(41), kPayloadCap);
  friendly.standing = guard::Standing::Welcome;
  auto admission = gate_->admit(friendly, now_);
  ASSERT_TRUE(admission.call);
  EXPECT_TRUE(gate_->hold_reply(*admission.call, kPayloadCap));
  open.push_back(*admission.call);
  for (const Admitted& one : open) gate_->finish(one, {}, now_);
  EXPECT_EQ(gate_->held(), 0U);
}

TEST_F(CallGateTest, CountsACallWhereItBeganAlsoWhenItsPeerMovedOrGotAName) {
  settings_.tracked_peers = 4;
  make();
  Arrival arrival = stranger(0, place(0));
  std::vector<Admitted> open;
  EXPECT_EQ(fill(arrival, open), 16U);
  gate_->finish(open.back(), {}, now_);
  open.pop_back();
  arrival.address = place(1);
  open.push_back(gate_->admit(arrival, now_).call.value());
  gate_->finish(open.back(), {}, now_);
  open.back() = open.front();
  open.erase(open.begin());
  arrival.standing = guard::Standing::Welcome;
  open.push_back(gate_->admit(arrival, now_).call.value());
  for (const Admitted& one : open) gate_->finish(one, {}, now_);
  EXPECT_EQ(gate_->in_flight(), 0U);
  for (int i = 10; i < 100; ++i) {
    now_ += 1ms;
    gate_->finish(gate_->admit(stranger(i, place(i)), now_).call.value(), {}, now_);
    EXPECT_LE(gate_->tracked_prefixes(), 5U) << "places are forgotten with their peers";
  }
}

TEST_F(CallGateTest, HoldsThirtyTwoCallsOfAPeerAndOneThousandTwentyFourInAll) {
  settings_.strangers = kEverything;
  make();
  std::vector<Admitted> open;
  for (int i = 0; i < 32; ++i) open.push_back(gate_->admit(call('b'), now_).call.value());
  EXPECT_EQ(gate_->admit(call('b'), now_).status, CallStatus::RateLimited);
  gate_->finish(open.back(), {}, now_);
  open.back() = gate_->admit(call('b'), now_).call.value();
  for (int p = 1; p < 32; ++p) {
    Arrival arrival = call('b');
    std::string id(PeerId::kLength, 'c');
    id[0] = static_cast<char>(p < 26 ? 'a' + p : '2' + p - 26);
    arrival.peer = *PeerId::parse(id);
    for (int i = 0; i < 32; ++i) open.push_back(gate_->admit(arrival, now_).call.value());
  }
  EXPECT_EQ(gate_->in_flight(), 1024U);
  EXPECT_EQ(gate_->admit(call('z'), now_).status, CallStatus::Unavailable);
  for (const Admitted& one : open) gate_->finish(one, {}, now_);
  EXPECT_EQ(gate_->in_flight(), 0U);
  EXPECT_EQ(gate_->held(), 0U);
  EXPECT_EQ(pass('z'), CallStatus::Ok);
}

TEST_F(CallGateTest, HoldsNoMoreBytesThanItMay) {
  settings_.bytes_held_per_peer = 12;
  settings_.bytes_held = 20;
  settings_.strangers = kEverything;
  make();
  Admitted first = gate_->admit(call('b'), now_).call.value();
  Admitted second = gate_->admit(call('b'), now_).call.value();
  EXPECT_EQ(gate_->admit(call('b'), now_).status, CallStatus::RateLimited);
  EXPECT_TRUE(gate_->hold_reply(first, 2));
  EXPECT_FALSE(gate_->hold_reply(second, 1));
  Admitted third = gate_->admit(call('c'), now_).call.value();
  EXPECT_EQ(gate_->admit(call('d'), now_).status, CallStatus::Unavailable);
  for (const Admitted& one : {first, second, third}) gate_->finish(one, {}, now_);
  EXPECT_EQ(gate_->held(), 0U);
}

TEST_F(CallGateTest, ChecksMethodSizeAndDeadline) {
  EXPECT_EQ(gate_->admit(call('b', "hello", "Nothing"), now_).status, CallStatus::MethodNotFound);
  Arrival arrival = call('b', "hello", "Small");
  arrival.payload = 11;
  const Admission large = gate_->admit(arrival, now_);
  EXPECT_EQ(large.status, CallStatus::PayloadTooLarge);
  EXPECT_FALSE(large.charge) << "what a method takes is not known to the caller";
  arrival.payload = 10;
  arrival.allowed = 0ms;
  EXPECT_EQ(gate_->admit(arrival, now_).status, CallStatus::Timeout);
  arrival.allowed = 7ms;
  Admitted mine = gate_->admit(arrival, now_).call.value();
  EXPECT_EQ(mine.deadline, now_ + 7ms);
  arrival.allowed = std::chrono::hours(24 * 40);
  Admitted ours = gate_->admit(arrival, now_).call.value();
  EXPECT_EQ(ours.deadline, now_ + info_.longest_call);
}

TEST_F(CallGateTest, BreaksOneServiceForOnePeerAfterFiveFailuresInARow) {
  for (int i = 0; i < 4; ++i) fail_call('b', {CallStatus::Internal});
  EXPECT_EQ(pass('b'), CallStatus::Ok);
  for (int i = 0; i < 5; ++i) fail_call('b', {CallStatus::Internal});
  EXPECT_EQ(pass('b'), CallStatus::Unavailable);
  EXPECT_EQ(pass('b', "other"), CallStatus::Ok);
  EXPECT_EQ(pass('c'), CallStatus::Ok) << "nobody switches a service off for others";
  now_ += settings_.breaker_open;
  const Admission trial = gate_->admit(call('b'), now_);
  EXPECT_EQ(trial.status, CallStatus::Ok);
  EXPECT_EQ(gate_->admit(call('b'), now_).status, CallStatus::Unavailable) << "one trial at a time";
  gate_->finish(*trial.call, {CallStatus::Internal}, now_);
  EXPECT_EQ(pass('b'), CallStatus::Unavailable);
  now_ += settings_.breaker_open;
  EXPECT_EQ(pass('b'), CallStatus::Ok);
  EXPECT_EQ(pass('b'), CallStatus::Ok);
}

TEST_F(CallGateTest, CountsNoCancelledCallAndNoDeadlineOfTheCallerAsAFailure) {
  for (int i = 0; i < 10; ++i) fail_call('b', {CallStatus::Internal, true});
  for (int i = 0; i < 10; ++i) fail_call('b', {CallStatus::Timeout});  // 10 s, where the service allows 30
  for (int i = 0; i < 10; ++i) fail_call('b', {CallStatus::NotFound});
  EXPECT_EQ(pass('b'), CallStatus::Ok);
}

TEST_F(CallGateTest, RemembersNoMorePeersThanItMayAndForgetsTheIdle) {
  settings_.tracked_peers = 4;
  make();
  const Admitted kept = gate_->admit(call('b'), now_).call.value();
  for (char c = 'c'; c <= 'z'; ++c) {
    now_ += 1ms;
    EXPECT_EQ(pass(c), CallStatus::Ok);
    EXPECT_LE(gate_->tracked_peers(), 5U);
  }
  gate_->finish(kept, {}, now_);
  now_ += 1h;
  EXPECT_EQ(pass('c'), CallStatus::Ok);
  EXPECT_LE(gate_->tracked_peers(), 2U);
}

TEST_F(CallGateTest, CountsCallsByOutcome) {
  pass('b');
  fail_call('b', {CallStatus::NotFound});
  (void)gate_->admit(call('b', "hello", "Nothing"), now_);
  const ServiceMetrics& metrics = gate_->services().front().metrics;
  EXPECT_EQ(metrics.calls.at(CallStatus::Ok), 1U);
  EXPECT_EQ(metrics.calls.at(CallStatus::NotFound), 1U);
  EXPECT_EQ(metrics.calls.at(CallStatus::MethodNotFound), 1U);
  EXPECT_EQ(metrics.in_flight, 0U);
}

TEST_F(CallGateTest, TakesNoServiceThatIsWronglyDescribed) {
  EXPECT_EQ(gate_->add(info_, false).error().code, Errc::Conflict);
  ServiceInfo wrong = info_;
  wrong.name = "Wrong Name";
  EXPECT_EQ(gate_->add(wrong, false).error().code, Errc::InvalidArgument);
  wrong = info_;
  wrong.name = "wide";
  wrong.methods[0].reply_cap = kPayloadCap + 1;
  EXPECT_EQ(gate_->add(wrong, false).error().code, Errc::InvalidArgument);
  wrong.methods = {{"Same"}, {"Same"}};
  EXPECT_EQ(gate_->add(wrong, false).error().code, Errc::InvalidArgument);
}

}  // namespace
}  // namespace soulfabric::fabric
