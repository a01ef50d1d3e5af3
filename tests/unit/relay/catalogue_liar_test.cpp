// SPDX-License-Identifier: GPL-3.0-or-later
// Owners that lie: forged, replayed, expired, oversized and senseless answers are refused, charged, and the next owner is asked.
#include <gmock/gmock.h>

#include "catalogue_world.hpp"

namespace soulfabric::relay::testing {
namespace {

/// Node 0 asks, node 2 owns the key and lies, node 1 is honest.
class CatalogueLiar : public CatalogueWorld {
 public:
  using Make = std::function<Bytes(const CatalogueKey&)>;
  void make(Make message) {
    add();
    add();
    add(std::make_unique<Liar>([this, message = std::move(message)](CatalogueKey about, mesh::Stream& stream) -> Task<void> {
      const Bytes out = message(about);
      const auto written = co_await stream.write(out, clock.now() + 5s);
      static_cast<void>(written);
    }));
    start();
    owned = owned_by(nodes[2]->id, *nodes[0], {});
    serve(owned);
  }
  /// Refused, charged to the liar once, and the right answer came from elsewhere.
  void expect_found_out() {
    const auto answer = get(*nodes[0], owned);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(text_of(*answer->body), musicbrainz_answer("release"));
    EXPECT_NE(answer->fetcher, nodes[2]->id);
    EXPECT_EQ(nodes[0]->metrics().refused_answers, 1U);
    EXPECT_EQ(nodes[0]->metrics().owners_passed_over, 1U);
    EXPECT_EQ(nodes[0]->guard.metrics().violations, 1U);
    const auto charged = nodes[0]->guard.violations();
    ASSERT_EQ(charged.size(), 1U);
    EXPECT_EQ(charged[0].subject, guard::Subject::peer(nodes[2]->id.text()));
  }
  [[nodiscard]] SignedAnswer right(const CatalogueKey& about, std::string_view words) {
    return sign_answer(nodes[2]->key, about, answer_of(words, clock.wall()));
  }
  CatalogueKey owned;
  const std::string body = musicbrainz_answer("release_5medias");
};

TEST_F(CatalogueLiar, AnAnswerThatIsRightIsTaken) {
  make([this](const CatalogueKey& about) { return answer_message(right(about, body), body); });
  EXPECT_EQ(get(*nodes[0], owned)->fetcher, nodes[2]->id) << "the tests below differ from this one in their lie only";
  EXPECT_EQ(nodes[0]->guard.metrics().violations, 0U);
}
TEST_F(CatalogueLiar, ABodyThatWasChangedIsRefused) {
  make([this](const CatalogueKey& about) {
    std::string other = body;
    other[other.find("title") + 10] ^= 1;
    return answer_message(right(about, body), other);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, ATimeThatWasChangedIsRefused) {
  make([this](const CatalogueKey& about) {
    SignedAnswer answer = right(about, body);
    answer.expires += 1000;
    return answer_message(answer, body);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, AnAnswerToAnotherQuestionIsRefused) {
  make([this](const CatalogueKey& about) {
    CatalogueKey other = about;
    other.mbid.back() = other.mbid.back() == '0' ? '1' : '0';
    return answer_message(right(other, body), body);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, AnAnswerOfAnotherKindIsRefused) {
  make([this](const CatalogueKey& about) {
    SignedAnswer answer = right(about, body);
    answer.key.kind = CatalogueKind::ReleaseGroup;
    return answer_message(answer, body);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, SomebodyElsesSignatureIsRefused) {
  make([this](const CatalogueKey& about) {
    return answer_message(sign_answer(nodes[1]->key, about, answer_of(body, clock.wall())), body);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, AnAnswerThatExpiredIsRefused) {
  make([this](const CatalogueKey& about) {
    return answer_message(sign_answer(nodes[2]->key, about, answer_of(body, clock.wall() - 16min)), body);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, AnAnswerOfTomorrowIsRefused) {
  make([this](const CatalogueKey& about) {
    return answer_message(sign_answer(nodes[2]->key, about, answer_of(body, clock.wall() + 6min)), body);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, AnAnswerGoodForTooLongIsRefused) {
  make([this](const CatalogueKey& about) {
    CatalogueAnswer answer = answer_of(body, clock.wall());
    answer.expires = answer.fetched + 25h;
    return answer_message(sign_answer(nodes[2]->key, about, answer), body);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, AnAnswerOfTheWrongKindOfThingIsRefused) {
  make([this](const CatalogueKey& about) {
    const std::string artist = musicbrainz_answer("artist");
    return answer_message(right(about, artist), artist);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, ATypeThatIsNotOursToServeIsRefused) {
  make([this](const CatalogueKey& about) {
    CatalogueAnswer answer = answer_of(body, clock.wall());
    answer.content_type = "text/html";
    return answer_message(sign_answer(nodes[2]->key, about, answer), body);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, MoreThanAnyAnswerMayBeIsRefusedBeforeItComes) {
  make([](const CatalogueKey&) {
    const auto prefix = answer_prefix({200, 256 * 1024 + 1});
    return Bytes(prefix.begin(), prefix.end());
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, WordsThatNobodyKnowsAreRefused) {
  make([](const CatalogueKey&) { return Bytes{9, 9, 9}; });
  expect_found_out();
}
TEST_F(CatalogueLiar, ANoThatCarriesSomethingIsRefused) {
  make([this](const CatalogueKey& about) {
    CatalogueAnswer answer = answer_of(body, clock.wall(), 404);
    return answer_message(sign_answer(nodes[2]->key, about, answer), body);
  });
  expect_found_out();
}
TEST_F(CatalogueLiar, OneThatHangsUpInTheMiddleIsPassedOver) {
  make([this](const CatalogueKey& about) {
    Bytes message = answer_message(right(about, body), body);
    message.resize(message.size() / 2);
    return message;
  });
  ASSERT_TRUE(get(*nodes[0], owned));
  EXPECT_EQ(nodes[0]->metrics().owners_passed_over, 1U);
  EXPECT_EQ(nodes[0]->guard.metrics().violations, 0U);
}
TEST_F(CatalogueLiar, AnAnswerPastItsTimeThatSaysSoIsForWhenTheOriginIsDown) {
  make([this](const CatalogueKey& about) {
    CatalogueAnswer answer = answer_of(body, clock.wall() - 48h);
    answer.stale = true;
    return answer_message(sign_answer(nodes[2]->key, about, answer), body);
  });
  const auto better = get(*nodes[0], owned);
  ASSERT_TRUE(better);
  EXPECT_FALSE(better->stale) << "the origin has a better one";
  origin.down = true;
  nodes[0]->catalogue->clear();
  const auto old = get(*nodes[0], owned);
  ASSERT_TRUE(old);
  EXPECT_TRUE(old->stale);
  EXPECT_EQ(old->fetcher, nodes[2]->id);
  EXPECT_EQ(nodes[0]->metrics().entries, 0U) << "what is past its time is not kept";
  EXPECT_EQ(nodes[0]->guard.metrics().violations, 0U);
}
TEST_F(CatalogueLiar, FiveLiesBanTheLiar) {
  make([](const CatalogueKey&) { return Bytes{9}; });
  for (int n = 0; n < 5; ++n) {
    nodes[0]->catalogue->clear();
    ASSERT_TRUE(get(*nodes[0], owned));
  }
  EXPECT_TRUE(nodes[0]->guard.is_banned(guard::Subject::peer(nodes[2]->id.text())));
  nodes[0]->catalogue->clear();
  ASSERT_TRUE(get(*nodes[0], owned));
  EXPECT_EQ(nodes[0]->metrics().refused_answers, 5U) << "it is not asked any more";
}

}  // namespace
}  // namespace soulfabric::relay::testing
