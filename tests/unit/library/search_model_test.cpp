// SPDX-License-Identifier: GPL-3.0-or-later
// The index against a naive scanner over seeded random shares, and each search rule by name.
#include <gtest/gtest.h>

#include <algorithm>

#include "soulfabric/base/random.hpp"
#include "soulfabric/base/text.hpp"
#include "soulfabric/library/snapshot.hpp"
#include "soulfabric/library/snapshot_builder.hpp"

namespace soulfabric::library {
namespace {

using Words = std::vector<std::string>;

/// What a word is, said a second time and as plainly as possible: letters, digits and everything beyond ASCII.
Words words_of(const std::string& text) {
  Words words;
  std::string word;
  for (const char c : to_lower(text) + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || (static_cast<unsigned char>(c) & 0x80U) != 0) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

struct ModelFile {
  std::string folder, leaf;
  NetworkMask networks = kSoulseekNetwork;
  Words words;
  [[nodiscard]] std::string path() const { return folder + "\\" + leaf; }
  [[nodiscard]] bool has(const std::string& word) const { return std::find(words.begin(), words.end(), word) != words.end(); }
  [[nodiscard]] bool ends(const std::string& suffix) const {
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return word.ends_with(suffix); });
  }
  [[nodiscard]] bool adjacent(const Words& phrase) const {
    return std::search(words.begin(), words.end(), phrase.begin(), phrase.end()) != words.end();
  }
  [[nodiscard]] bool has_all(const Words& wanted) const {
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& word) { return has(word); });
  }
  [[nodiscard]] bool matches(const Query& query, const SearchLimits& limits) const {
    if ((networks & limits.network) == 0 || !has_all(query.words)) return false;
    for (const auto& suffix : query.suffixes) {
      if (!ends(suffix)) return false;
    }
    for (const auto& phrase : query.phrases) {
      if (!adjacent(phrase)) return false;
    }
    for (const auto& out : query.excluded) {
      if ((out.suffix.empty() || ends(out.suffix)) && (out.is_phrase ? adjacent(out.words) : has_all(out.words))) return false;
    }
    return limits.excluded == nullptr || !limits.excluded->matches(to_lower(path()));
  }
};

struct Corpus {
  std::vector<ModelFile> files;  // as the snapshot orders them
  std::shared_ptr<const Snapshot> snapshot;

  void add(std::string folder, std::string leaf, NetworkMask networks = kSoulseekNetwork) {
    ModelFile file{std::move(folder), std::move(leaf), networks, {}};
    file.words = words_of(file.path());
    files.push_back(std::move(file));
  }
  void build() {
    SnapshotBuilder builder(1);
    builder.add_share("Share", "/s");
    for (const ModelFile& file : files) {
      std::string raw = file.folder == "Share" ? "" : file.folder.substr(6);
      std::replace(raw.begin(), raw.end(), '\\', '/');
      SharedFile shared;
      shared.folder = raw;
      shared.leaf = file.leaf;
      shared.networks = file.networks;
      builder.add(shared);
    }
    auto built = builder.finish();
    ASSERT_TRUE(built.has_value());
    snapshot = *built;
    std::sort(files.begin(), files.end(), [](const ModelFile& a, const ModelFile& b) { return std::tie(a.folder, a.leaf) < std::tie(b.folder, b.leaf); });
  }
  Words expected(const Query& query, const SearchLimits& limits) const {
    Words out;
    for (const ModelFile& file : files) {
      if (out.size() < limits.max_files && file.matches(query, limits)) out.push_back(file.path());
    }
    return out;
  }
  Words found(const Query& query, const SearchLimits& limits) const {
    Words out;
    for (const FileId id : snapshot->search(query, limits)) out.push_back(snapshot->virtual_path(id));
    return out;
  }
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random(seed) {}
  SeededRandom random;
  std::string word() {  // few words, some very frequent, many with a common ending
    static const Words ends{"s", "ing", "\xC3\xA9", "ed", "x", "mix"};
    const auto n = random.below(random.below(60) + 1);
    std::string out = "w" + std::to_string(n);
    if (n % 3 != 0) out += ends[n % ends.size()];
    if (random.below(4) == 0) out[0] = 'W';
    return out;
  }
  std::string name(std::size_t most) {
    static const Words gaps{" ", " ", "_", " - ", ".", "(", "'"};
    std::string out = word();
    for (auto n = random.below(most); n > 0; --n) out += gaps[random.below(gaps.size())] + word();
    return out;
  }
  std::string query() {
    std::string out;
    for (auto n = random.below(3) + 1; n > 0; --n) out += word() + " ";
    if (random.below(3) == 0) out += "-" + word() + " ";
    if (random.below(6) == 0) out += "-" + word() + "." + word() + " ";
    if (random.below(4) == 0) out += "*" + word().substr(1) + " ";
    if (random.below(8) == 0) out += "*s ";
    if (random.below(8) == 0) out += "-*" + word().substr(1) + " ";
    if (random.below(6) == 0) out += "\"" + word() + " " + word() + "\" ";
    if (random.below(8) == 0) out += "-\"" + word() + " " + word() + "\" ";
    if (random.below(10) == 0) out += "nosuchword ";
    return out;
  }
};

TEST(SearchModel, SmallSharesAgreeWithANaiveScan) {
  std::size_t answered = 0;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    Generator make(seed);
    Corpus corpus;
    for (auto folders = make.random.below(30) + 1; folders > 0; --folders) {
      std::string folder = "Share";
      for (auto depth = make.random.below(4); depth > 0; --depth) folder += "\\" + make.name(3);
      for (auto files = make.random.below(25) + 1; files > 0; --files)
        corpus.add(folder, make.name(5) + (make.random.below(2) != 0 ? ".mp3" : ".flac"),
                   static_cast<NetworkMask>(seed % 3 == 0 ? make.random.below(4) : kSoulseekNetwork));
    }
    corpus.build();
    const ExcludedPhrases phrases({"w1", "w2ing w3"});
    for (int i = 0; i < 100; ++i) {
      const std::string text = make.query();
      const auto query = Query::parse(text);
      if (!query) continue;
      SearchLimits limits;
      limits.max_files = i % 4 == 0 ? 5 : 300;
      limits.excluded = i % 7 == 0 ? &phrases : nullptr;
      limits.network = i % 5 == 0 ? kMeshNetwork : kSoulseekNetwork;
      const Words found = corpus.found(*query, limits);
      answered += found.empty() ? 0 : 1;
      ASSERT_EQ(found, corpus.expected(*query, limits)) << "seed " << seed << ": " << text;
    }
  }
  EXPECT_GT(answered, 300U);
}

TEST(SearchModel, ManyChunksAndManyEndingsAgreeWithANaiveScan) {
  Generator make(99);
  Corpus corpus;
  constexpr int kFiles = 67'000;
  for (int i = 0; i < kFiles; ++i) {
    // "all" is in every path, "half" in runs, "third" scattered, u<i>s unique, every width of container is met.
    std::string folder = "Share\\f" + std::to_string(i / 40) + (i / 10'000 % 2 == 0 ? " half" : " other");
    std::string leaf = std::to_string(i % 40) + " all u" + std::to_string(i) + "s";
    if (i % 3 == 0) leaf += " third";
    if (i % 100 < 30 && i % 7 == 0) leaf += " seven";
    if (make.random.below(300) == 0) leaf += " rare" + std::to_string(make.random.below(20)) + "ly";
    if (i > 66'000 && i % 50 == 0) leaf += " late";
    corpus.add(std::move(folder), std::move(leaf), i % 11 == 0 ? kMeshNetwork : kAllNetworks);
  }
  corpus.build();
  const ExcludedPhrases phrases({"third", " half\\1"});
  for (const char* text : {"all", "half all third", "seven third", "half -third", "other seven -third -half", "all late", "late *s -half",
                           "all *late", "third *9ly", "seven *ly", "all -*s", "late -*ly third", "half *00s", "all *77777s", "all -half -other",
                           "\"all u77s\"", "third -all.half", "rare3ly third", "f7 all"}) {
    const auto query = Query::parse(text);
    ASSERT_TRUE(query);
    SearchLimits limits;
    limits.excluded = text[0] == 'f' ? &phrases : nullptr;
    Words first = corpus.found(*query, limits);
    limits.max_files = 1'000'000;
    limits.max_inspected = 1'000'000;
    Words all = corpus.expected(*query, limits);
    ASSERT_EQ(corpus.snapshot->search(*query, limits).size(), all.size()) << text;
    all.resize(std::min<std::size_t>(all.size(), 300));
    ASSERT_EQ(first, all) << text;
  }
}

class SearchRules : public ::testing::Test {
 protected:
  void SetUp() override {
    corpus_.add("Share\\Pink Floyd\\1973 - The Dark Side", "01 Speak to Me.mp3");
    corpus_.add("Share\\Pink Floyd\\1973 - The Dark Side", "10_Eclipse.mp3");
    corpus_.add("Share\\Beyonc\xC3\xA9", "Halo (Live).flac");
    corpus_.add("Share\\Floyd Pink", "Side Dark.ogg");
    corpus_.build();
  }
  std::size_t hits(std::string_view text, const SearchLimits& limits = {}) const {
    const auto query = Query::parse(text);
    return query ? corpus_.snapshot->search(*query, limits).size() : 0;
  }
  Corpus corpus_;
};

TEST_F(SearchRules, MatchesWholeWordsOfTheWholePathInAnyOrder) {
  EXPECT_EQ(hits("mp3 eclipse pink"), 1U);
  EXPECT_EQ(hits("SHARE"), 4U) << "the share's name is part of the path";
  EXPECT_EQ(hits("floy"), 0U);
  EXPECT_EQ(hits("floyd pink dark"), 3U);
  EXPECT_EQ(hits("beyonce"), 0U) << "accents are significant";
  EXPECT_EQ(hits("BEYONC\xC3\x89"), 1U);
  EXPECT_EQ(hits("side.dark"), 3U) << "parts of a term need not be adjacent";
  EXPECT_EQ(hits("01speak"), 0U);
}

TEST_F(SearchRules, ExcludesWordsEndingsAndPhrases) {
  EXPECT_EQ(hits("floyd -ogg"), 2U);
  EXPECT_EQ(hits("floyd -speak -eclipse"), 1U);
  EXPECT_EQ(hits("floyd -eclips"), 3U) << "whole words";
  EXPECT_EQ(hits("floyd -speak.eclipse"), 3U) << "only what has both parts";
  EXPECT_EQ(hits("floyd -*ipse"), 2U);
  EXPECT_EQ(hits("floyd -\"pink floyd\""), 1U);
}

TEST_F(SearchRules, StarMatchesEndingsOnly) {
  EXPECT_EQ(hits("floyd *ipse"), 1U);
  EXPECT_EQ(hits("floyd *eclipse"), 1U) << "no leading character is fine";
  EXPECT_EQ(hits("floyd *clip"), 0U);
  EXPECT_EQ(hits("share *\xC3\xA9"), 1U);
}

TEST_F(SearchRules, PhrasesWantAdjacentWordsInOrder) {
  EXPECT_EQ(hits("\"dark side\""), 2U);
  EXPECT_EQ(hits("\"side dark\""), 1U);
  EXPECT_EQ(hits("\"floyd 1973\""), 2U) << "across a folder's border too";
}

TEST_F(SearchRules, ExcludedPhrasesAndLimitsApply) {
  const ExcludedPhrases phrases({"Eclipse"});
  SearchLimits limits;
  limits.excluded = &phrases;
  EXPECT_EQ(hits("floyd", limits), 2U);
  limits.max_inspected = 2;
  EXPECT_EQ(hits("share", limits), 2U) << "the cost of an answer is bounded";
  SearchLimits few;
  few.max_files = 1;
  EXPECT_EQ(hits("share", few), 1U);
  few.max_files = 0;
  EXPECT_EQ(hits("share", few), 0U);
}

}  // namespace
}  // namespace soulfabric::library
