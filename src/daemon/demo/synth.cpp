// SPDX-License-Identifier: GPL-3.0-or-later
// Notes are written down first, then each is added to the mix through a wave table and an envelope; an echo closes.
#include "demo/synth.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "soulfabric/base/random.hpp"

namespace soulfabric::daemon::demo {
namespace {

constexpr std::size_t kTableSize = 2048;
using Table = std::array<float, kTableSize>;

/// One cycle out of harmonics: partials[k] is the strength of the (k+1)th.
Table make_table(std::span<const float> partials) {
  Table table{};
  float peak = 0.0F;
  for (std::size_t i = 0; i < kTableSize; ++i) {
    float value = 0.0F;
    for (std::size_t k = 0; k < partials.size(); ++k) {
      const auto phase = 2.0F * std::numbers::pi_v<float> * static_cast<float>((k + 1) * i) / static_cast<float>(kTableSize);
      value += partials[k] * std::sin(phase);
    }
    table[i] = value;
    peak = std::max(peak, std::abs(value));
  }
  for (auto& value : table) value /= peak;
  return table;
}

struct Timbres {
  Table soft = make_table(std::array{1.0F, 0.20F, 0.05F});
  Table reed = make_table(std::array{1.0F, 0.50F, 0.65F, 0.25F, 0.30F, 0.12F, 0.10F});
  Table pluck = make_table(std::array{1.0F, 0.60F, 0.30F, 0.22F, 0.10F, 0.06F});
  Table saw = make_table(std::array{1.0F, 0.50F, 0.33F, 0.25F, 0.20F, 0.16F, 0.14F, 0.12F, 0.11F});
};

const Timbres& timbres() {
  static const Timbres all;
  return all;
}

/// What makes one mood unlike another.
struct Style {
  const Table* pad;
  const Table* lead;
  double beats_per_minute;
  int beats_per_bar;
  double pad_attack;   // seconds
  double lead_decay;   // seconds until a plucked note has fallen to a third
  float echo;          // how much comes back, 0..1
  bool drums;
  bool minor;
};

Style style_of(Mood mood) {
  const auto& t = timbres();
  switch (mood) {
    case Mood::Harbour: return {&t.soft, &t.soft, 66, 4, 0.9, 1.2, 0.45F, false, false};
    case Mood::Chamber: return {&t.reed, &t.reed, 84, 4, 0.25, 0.9, 0.25F, false, true};
    case Mood::Folk: return {&t.pluck, &t.pluck, 104, 4, 0.02, 0.45, 0.15F, true, false};
    case Mood::Samba: return {&t.pluck, &t.soft, 126, 4, 0.03, 0.35, 0.18F, true, false};
    case Mood::Synth: return {&t.saw, &t.saw, 112, 4, 0.4, 0.3, 0.40F, true, true};
    case Mood::Waltz: return {&t.reed, &t.pluck, 138, 3, 0.05, 0.5, 0.20F, false, true};
  }
  return {&t.soft, &t.soft, 90, 4, 0.5, 0.8, 0.3F, false, false};
}

struct Note {
  double start = 0;     // seconds
  double length = 0;    // seconds
  double frequency = 0;
  float level = 0;
  float pan = 0;        // -1 left .. 1 right
  double attack = 0;    // seconds
  double decay = 0;     // seconds to a third; 0: held
  const Table* table = nullptr;
};

double pitch(int semitones_from_a4) { return 440.0 * std::pow(2.0, semitones_from_a4 / 12.0); }

// Degrees of chord roots, four bars each: the turns that most songs take.
constexpr std::array<std::array<int, 4>, 4> kTurns{{{0, 4, 5, 3}, {0, 5, 3, 4}, {5, 3, 0, 4}, {0, 3, 1, 4}}};
constexpr std::array<int, 7> kMajor{0, 2, 4, 5, 7, 9, 11};
constexpr std::array<int, 7> kMinor{0, 2, 3, 5, 7, 8, 10};

int scale_note(bool minor, int degree) {
  const int octave = degree >= 0 ? degree / 7 : -((6 - degree) / 7);
  const auto step = static_cast<std::size_t>(degree - octave * 7);
  return 12 * octave + (minor ? kMinor : kMajor)[step];
}

class Composer {
 public:
  Composer(const Style& style, std::uint64_t seed, double seconds) : style_(style), random_(seed), seconds_(seconds) {
    key_ = -21 + static_cast<int>(random_.below(9));
    turn_ = kTurns[random_.below(kTurns.size())];
  }

  std::vector<Note> compose() {
    const double beat = 60.0 / style_.beats_per_minute;
    const double bar = beat * style_.beats_per_bar;
    for (std::size_t number = 0; static_cast<double>(number) * bar < seconds_; ++number) {
      const double at = static_cast<double>(number) * bar;
      const int root = turn_[number % turn_.size()];
      chord(at, bar, root);
      bass(at, beat, root);
      tune(at, beat, root);
      if (style_.drums) drums(at, beat);
    }
    return std::move(notes_);
  }

 private:
  double note(int degree, int octaves) { return pitch(key_ + 12 * octaves + scale_note(style_.minor, degree)); }

  void chord(double at, double bar, int root) {
    float pan = -0.5F;
    for (const int third : {0, 2, 4}) {
      notes_.push_back({at, bar * 1.05, note(root + third, 1), 0.10F, pan, style_.pad_attack, style_.pad_attack < 0.1 ? 1.0 : 0.0, style_.pad});
      pan += 0.5F;
    }
  }

  void bass(double at, double beat, int root) {
    for (int i = 0; i < style_.beats_per_bar; i += 2) {
      const int degree = i == 0 ? root : root + 4;
      notes_.push_back({at + i * beat, beat * 1.8, note(degree, i == 0 ? 0 : -1), 0.20F, 0.0F, 0.01, 0.9, &timbres().soft});
    }
  }

  void tune(double at, double beat, int root) {
    for (int half = 0; half < 2 * style_.beats_per_bar; ++half) {
      // On the beat a note of the chord; between beats a step from the last one, often a rest.
      const bool on_beat = half % 2 == 0;
      if (random_.below(100) < (on_beat ? 15U : 55U)) continue;
      if (on_beat) {
        last_ = root + 2 * static_cast<int>(random_.below(3));
      } else {
        last_ += random_.below(2) == 0 ? 1 : -1;
      }
      const double length = beat * (random_.below(3) == 0 ? 1.5 : 0.8);
      notes_.push_back({at + half * beat / 2, length + 0.4, note(last_, 2), 0.16F, 0.25F, 0.012, style_.lead_decay, style_.lead});
    }
  }

  void drums(double at, double beat) {
    for (int i = 0; i < style_.beats_per_bar; ++i) {
      notes_.push_back({at + i * beat, 0.12, i % 2 == 0 ? 55.0 : 180.0, i % 2 == 0 ? 0.30F : 0.08F, 0.0F, 0.002, 0.04, &timbres().soft});
    }
  }

  Style style_;
  SeededRandom random_;
  double seconds_;
  int key_ = 0;
  int last_ = 0;
  std::array<int, 4> turn_{};
  std::vector<Note> notes_;
};

void add(Audio& audio, const Note& note) {
  const double rate = audio.sample_rate;
  const auto begin = static_cast<std::size_t>(note.start * rate);
  const auto end = std::min(audio.frames(), static_cast<std::size_t>((note.start + note.length) * rate));
  if (begin >= end) return;
  const auto count = end - begin;
  const auto step = static_cast<float>(note.frequency * kTableSize / rate);
  const auto attack = std::max(1.0F, static_cast<float>(note.attack * rate));
  const auto release = std::max(1.0F, static_cast<float>(std::min(0.25, note.length / 3) * rate));
  const float fall = note.decay > 0 ? static_cast<float>(std::exp(-1.1 / (note.decay * rate))) : 1.0F;
  const float left = note.level * std::sqrt(0.5F * (1.0F - note.pan));
  const float right = note.level * std::sqrt(0.5F * (1.0F + note.pan));
  const auto& table = *note.table;
  float* out = audio.samples.data() + 2 * begin;
  float phase = 0.0F;
  float sustained = 1.0F;
  for (std::size_t i = 0; i < count; ++i) {
    const auto position = static_cast<float>(i);
    const float opening = std::min(1.0F, position / attack);
    const float closing = std::min(1.0F, static_cast<float>(count - i) / release);
    const float value = table[static_cast<std::size_t>(phase)] * sustained * opening * closing;
    out[2 * i] += left * value;
    out[2 * i + 1] += right * value;
    sustained *= fall;
    phase += step;
    if (phase >= static_cast<float>(kTableSize)) phase -= static_cast<float>(kTableSize);
  }
}

/// Every sample comes back from the other side after a third of a second.
void echo(Audio& audio, float strength) {
  const auto delay = static_cast<std::size_t>(audio.sample_rate) / 3;
  auto& samples = audio.samples;
  for (std::size_t i = delay; i < audio.frames(); ++i) {
    samples[2 * i] += strength * samples[2 * (i - delay) + 1];
    samples[2 * i + 1] += strength * samples[2 * (i - delay)];
  }
}

/// Brings the loudest sample to 0.8 and lets the last second fade.
void finish(Audio& audio) {
  float peak = 1e-6F;
  for (const float value : audio.samples) peak = std::max(peak, std::abs(value));
  const float gain = 0.8F / peak;
  const auto fade = std::min(audio.frames(), static_cast<std::size_t>(audio.sample_rate));
  for (std::size_t i = 0; i < audio.frames(); ++i) {
    const auto left = audio.frames() - i;
    const float factor = left < fade ? gain * static_cast<float>(left) / static_cast<float>(fade) : gain;
    audio.samples[2 * i] *= factor;
    audio.samples[2 * i + 1] *= factor;
  }
}

}  // namespace

Audio render(Mood mood, std::uint64_t seed, int seconds, int sample_rate) {
  const auto style = style_of(mood);
  Audio audio;
  audio.sample_rate = sample_rate;
  audio.samples.assign(2 * static_cast<std::size_t>(seconds) * static_cast<std::size_t>(sample_rate), 0.0F);
  for (const auto& note : Composer(style, seed, seconds).compose()) add(audio, note);
  echo(audio, style.echo);
  finish(audio);
  return audio;
}

}  // namespace soulfabric::daemon::demo
