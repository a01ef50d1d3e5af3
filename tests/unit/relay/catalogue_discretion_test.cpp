// SPDX-License-Identifier: GPL-3.0-or-later
// Who asked what is neither logged nor kept: every record of the log, and every byte of the shelf, of nodes that answer, refuse and lie.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "catalogue_world.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::relay::testing {
namespace {

class CatalogueDiscretion : public CatalogueWorld {
 public:
  CatalogueDiscretion() {
    std::string pattern = (std::filesystem::temp_directory_path() / "discretion-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    log::configure({.threshold = log::Level::Debug, .folder = std::nullopt, .color = false});
    log::set_sink([this](const log::Record& record) { logged += record.context + ": " + record.message + "\n"; });
  }
  ~CatalogueDiscretion() override {
    log::set_sink({});
    log::configure({});
    std::error_code error;
    std::filesystem::remove_all(folder, error);
  }
  [[nodiscard]] std::string kept() const {
    std::string out;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
      out += file.path().filename().string() + "\n";
      if (!file.is_regular_file()) continue;
      std::ifstream in(file.path(), std::ios::binary);
      out.append(std::istreambuf_iterator<char>(in), {});
    }
    return out;
  }
  std::filesystem::path folder;
  std::string logged;
};

TEST_F(CatalogueDiscretion, NeitherTheLogNorTheShelfTellsWhoAskedForWhat) {
  settings.spot_check = 1;
  add();
  settings.folder = folder / "owner";
  add();
  settings.folder.clear();
  add(std::make_unique<Liar>([this](CatalogueKey about, mesh::Stream& stream) -> Task<void> {
    const std::string words = musicbrainz_answer("release_5medias");
    SignedAnswer forged = sign_answer(nodes[2]->key, about, answer_of(words, clock.wall()));
    forged.signature[0] ^= 1;
    const auto written = co_await stream.write(answer_message(forged, words), clock.now() + 5s);
    static_cast<void>(written);
  }));
  start();
  std::vector<CatalogueKey> asked;
  for (int n = 0; n < 30; ++n) {
    if (n % 3 != 0) serve(key(n));
    if (n % 10 == 9) origin.pages[url(key(n))] = {200, "application/json", "no JSON", {}};
    asked.push_back(key(n));
    static_cast<void>(get(*nodes[0], key(n)));
  }
  clock.run_for(10min);
  nodes[0]->links.down.insert(nodes[1]->id);
  origin.down = true;
  for (int n = 30; n < 40; ++n) {
    asked.push_back(key(n));
    static_cast<void>(get(*nodes[0], key(n)));
  }
  ASSERT_GE(nodes[1]->metrics().served, 5U);
  ASSERT_GE(nodes[0]->metrics().faults.at(static_cast<std::size_t>(CatalogueFault::Forged)), 1U);
  ASSERT_GE(nodes[0]->metrics().passed_over.at(static_cast<std::size_t>(OwnerFault::Unreachable)), 1U);
  ASSERT_GE(nodes[0]->metrics().spot_checks, 1U);
  log::debug("test", "the sink hears this");
  ASSERT_THAT(logged, ::testing::HasSubstr("the sink hears this"));
  for (const CatalogueKey& one : asked) EXPECT_THAT(logged, ::testing::Not(::testing::HasSubstr(one.mbid)));
  for (const auto& node : nodes) {
    EXPECT_THAT(logged, ::testing::Not(::testing::HasSubstr(std::string(node->id.text().substr(0, 8)))));
    EXPECT_THAT(logged, ::testing::Not(::testing::HasSubstr(node->links.listening()->address.to_string())));
  }
  EXPECT_THAT(logged, ::testing::Not(::testing::HasSubstr(folder.string())));
  EXPECT_THAT(logged, ::testing::Not(::testing::HasSubstr("The Dark Side")));
  const auto stopped = soulfabric::testing::run_virtual(context, clock, soulfabric::testing::as_status(nodes[1]->catalogue->stop()));
  ASSERT_TRUE(stopped);
  const std::string shelf = kept();
  ASSERT_THAT(shelf, ::testing::HasSubstr("The Dark Side")) << "answers are kept";
  EXPECT_THAT(shelf, ::testing::Not(::testing::HasSubstr(std::string(nodes[0]->id.text()))));
  const PublicKey& asker = nodes[0]->key.public_key();
  EXPECT_THAT(shelf, ::testing::Not(::testing::HasSubstr(std::string(asker.begin(), asker.end()))));
}

}  // namespace
}  // namespace soulfabric::relay::testing
