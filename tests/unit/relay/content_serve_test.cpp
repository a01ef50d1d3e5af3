// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces from node to node: proven, in order, within places and rates, and gone when the file is.
#include "content_world.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;

class ContentServe : public ContentWorld {
 public:
  ContentServe() {
    there_ = &add();
    here_ = &add();
  }
  Task<Bytes> fetch_piece(swarm::PieceSource& source, const library::Manifest& manifest, std::uint64_t piece) {
    Bytes bytes(manifest.piece_size(piece));
    const auto got = co_await source.fetch(piece, bytes, {}, in(30s));
    EXPECT_TRUE(got) << got.error().message;
    EXPECT_TRUE(library::is_piece(manifest, piece, bytes));
    co_return bytes;
  }
  ContentNode* there_;
  ContentNode* here_;
};

TEST_F(ContentServe, GivesTheManifestAndEveryPieceProven) {
  struct Test {
    static Task<void> fetch(ContentServe& t, swarm::PieceSource& source, const library::Manifest& manifest, std::uint64_t piece, Bytes& whole) {
      const auto bytes = co_await t.fetch_piece(source, manifest, piece);
      std::ranges::copy(bytes, whole.begin() + static_cast<std::ptrdiff_t>(piece * manifest.piece_length()));
    }
    static Task<void> run(ContentServe& t) {
      const Bytes data = some_bytes(2'500'000);
      const auto id = t.there_->copies.add(data, "Music/a.flac");
      const auto source = t.here_->relay->source(t.there_->id(), guard::Origin::UserLocal);
      EXPECT_EQ(source->name(), "peer " + t.there_->id().to_string().substr(0, 8));
      EXPECT_EQ(source->peer(), t.there_->id().text());
      const auto manifest = co_await source->open(id, t.in(10s));
      EXPECT_TRUE(manifest) << manifest.error().message;
      if (!manifest) co_return;
      EXPECT_EQ(*manifest, t.there_->copies.copies.at(id)->manifest);
      EXPECT_EQ(source->prefix(), t.mesh_.sim_host(0).prefix().to_string());
      EXPECT_EQ(source->depth(), 4U);
      Bytes whole(data.size());
      for (std::uint64_t piece = 0; piece < manifest->pieces(); ++piece) co_await fetch(t, *source, *manifest, piece, whole);
      EXPECT_EQ(whole, data);
      whole.assign(data.size(), 0);
      TaskScope scope(t.context_, "pieces");
      for (std::uint64_t piece = manifest->pieces(); piece-- > 0;) scope.spawn("piece", fetch(t, *source, *manifest, piece, whole));
      co_await scope.join();
      EXPECT_EQ(whole, data) << "all asked for before the first came";
      source->praise();
      EXPECT_EQ(t.here_->node.guard.reputation(guard::Subject::peer(t.there_->id().text())), 51);
      source->close();
      const bool left = co_await t.until([&t] { return t.there_->relay->metrics().streams == 0; });
      EXPECT_TRUE(left);
      const auto metrics = t.there_->relay->metrics();
      EXPECT_EQ(metrics.manifests, 1U);
      EXPECT_EQ(metrics.pieces, 20U);
      EXPECT_EQ(t.here_->relay->metrics().fetched_bytes, 2 * data.size());
      EXPECT_EQ(t.there_->node.guard.metrics().bytes_held, 0U);
      co_await scope.close();
    }
  };
  run(Test::run(*this));
}

TEST_F(ContentServe, GivesAnEmptyFile) {
  struct Test {
    static Task<void> run(ContentServe& t) {
      const auto id = t.there_->copies.add({}, "Files/empty");
      const auto source = t.here_->relay->source(t.there_->id(), guard::Origin::UserLocal);
      const auto manifest = co_await source->open(id, t.in(10s));
      EXPECT_TRUE(manifest && manifest->size == 0 && manifest->pieces() == 0);
    }
  };
  run(Test::run(*this));
}

TEST_F(ContentServe, EndsWhenTheFileChangesWhileItIsRead) {
  struct Test {
    static Task<void> run(ContentServe& t) {
      const auto id = t.there_->copies.add(some_bytes(3'000'000), "Music/a.flac");
      auto& copy = *t.there_->copies.copies.at(id);
      const auto source = t.here_->relay->source(t.there_->id(), guard::Origin::UserLocal);
      const auto manifest = co_await source->open(id, t.in(10s));
      if (!manifest) co_return;
      co_await t.fetch_piece(*source, *manifest, 0);
      copy.changed = true;  // a symlink swapped, a file written over: the handle says so at the next read
      Bytes bytes(manifest->piece_size(1));
      const auto got = co_await source->fetch(1, bytes, {}, t.in(30s));
      EXPECT_TRUE(!got && got.error().code == Errc::Offline);
      EXPECT_FALSE(t.there_->copies.find(id)) << "it is withdrawn";
      EXPECT_EQ(t.there_->refused(ContentRefusal::Changed), 1U);
      const auto again = t.here_->relay->source(t.there_->id(), guard::Origin::UserLocal);
      const auto refused = co_await again->open(id, t.in(10s));
      EXPECT_TRUE(!refused && refused.error().code == Errc::NotFound);
      EXPECT_EQ(t.here_->node.guard.metrics().violations, 0U) << "a file that changed is nobody's fault";
    }
  };
  run(Test::run(*this));
}

TEST_F(ContentServe, EndsWhenTheFileIsNoLongerShared) {
  struct Test {
    static Task<void> run(ContentServe& t) {
      const auto id = t.there_->copies.add(some_bytes(3'000'000), "Music/a.flac");
      const auto source = t.here_->relay->source(t.there_->id(), guard::Origin::UserLocal);
      const auto manifest = co_await source->open(id, t.in(10s));
      if (!manifest) co_return;
      co_await t.fetch_piece(*source, *manifest, 0);
      t.there_->copies.set_state(id, library::CopyState::Private);
      Bytes bytes(manifest->piece_size(1));
      const auto got = co_await source->fetch(1, bytes, {}, t.in(30s));
      EXPECT_FALSE(got);
      const bool left = co_await t.until([&t] { return t.there_->relay->metrics().streams == 0; });
      EXPECT_TRUE(left);
    }
  };
  run(Test::run(*this));
}

/// Everything that is logged while it lives, down to Debug.
class Heard {
 public:
  Heard() {
    log::configure({.threshold = log::Level::Debug, .folder = std::nullopt});
    log::set_sink([this](const log::Record& record) { text_ += record.message + "\n"; });
  }
  ~Heard() {
    log::set_sink({});
    log::configure({});
  }
  Heard(const Heard&) = delete;
  Heard& operator=(const Heard&) = delete;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

TEST_F(ContentServe, LeavesNoTraceOfWhoAskedForWhat) {
  struct Test {
    static Task<void> run(ContentServe& t, const Heard& heard) {
      log::debug("test", "the sink hears this");
      const Bytes data = some_bytes(600'000);
      const auto id = t.there_->copies.add(data, "Music/Some Album/a.flac");
      const auto hidden = t.there_->copies.add(some_bytes(10, 9), "Music/hidden.flac", library::CopyState::Private);
      for (const auto& want : {id, hidden, library::ContentId{}}) {
        const auto source = t.here_->relay->source(t.there_->id(), guard::Origin::UserLocal);
        const auto manifest = co_await source->open(want, t.in(10s));
        if (manifest) co_await t.fetch_piece(*source, *manifest, 0);
        source->close();
      }
      const auto late = t.here_->relay->source(t.there_->id(), guard::Origin::UserLocal);
      const auto opened = co_await late->open(id, t.in(10s));
      EXPECT_TRUE(opened);
      t.there_->copies.copies.at(id)->changed = true;
      Bytes bytes(data.size());
      const auto got = co_await late->fetch(1, MutableByteView(bytes).first(opened ? opened->piece_size(1) : 0), {}, t.in(10s));
      EXPECT_FALSE(got);
      EXPECT_NE(heard.text().find("the sink hears this"), std::string::npos);
      for (const auto& secret : {to_hex(id.sha256), to_hex(hidden.sha256), std::string(t.here_->id().text()), std::string(t.there_->id().text()),
                                 t.mesh_.sim_host(0).to_string(), t.mesh_.sim_host(1).to_string(), std::string("Some Album"),
                                 std::string("hidden.flac")}) {
        EXPECT_EQ(heard.text().find(secret), std::string::npos) << secret;
        EXPECT_EQ(heard.text().find(secret.substr(0, 8)), std::string::npos) << secret;
      }
    }
  };
  const Heard heard;
  run(Test::run(*this, heard));
}

TEST_F(ContentServe, EndsAndChargesWhoAsksForAPieceThatIsNotThere) {
  struct Test {
    static Task<void> run(ContentServe& t) {
      const auto id = t.there_->copies.add(some_bytes(600'000), "Music/a.flac");
      const auto stream = co_await t.open(*t.here_, *t.there_, id);
      if (!stream) co_return;
      const auto frame = encode_ask(3);
      co_await (*stream)->write(frame, t.in(10s));
      const auto all = co_await t.read_all(**stream);
      EXPECT_LE(all.size(), encode_manifest(t.there_->copies.copies.at(id)->manifest).size());
      EXPECT_EQ(t.there_->refused(ContentRefusal::Range), 1U);
      EXPECT_EQ(t.there_->node.guard.metrics().violations, 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(ContentServe, GoesOnWhenAPieceIsGivenUpHalfWay) {
  struct Test {
    static Task<void> give_up(swarm::PieceSource& source, std::uint64_t piece, Bytes& into, std::size_t& arrived) {
      const auto got = co_await source.fetch(piece, into, [&arrived](std::size_t bytes) { arrived += bytes; }, kNever);
      EXPECT_FALSE(got);
    }
    static Task<void> run(ContentServe& t) {
      const auto id = t.there_->copies.add(some_bytes(2'000'000), "Music/a.flac");
      const auto source = t.here_->relay->source(t.there_->id(), guard::Origin::UserLocal);
      const auto manifest = co_await source->open(id, t.in(10s));
      if (!manifest) co_return;
      TaskScope scope(t.context_, "pieces");
      Bytes bytes(manifest->piece_size(0));
      std::array<std::size_t, 3> arrived{};
      std::array<std::uint64_t, 3> children{};
      for (std::size_t piece = 0; piece < 3; ++piece) children[piece] = *scope.start("piece", give_up(*source, piece, bytes, arrived[piece]));
      const bool some = co_await t.until([&] { return arrived[0] > 0; });
      EXPECT_TRUE(some);
      EXPECT_LT(arrived[0], bytes.size());
      for (const auto child : children) scope.stop(child);
      co_await scope.join();
      EXPECT_EQ(arrived[1], 0U);
      for (const std::uint64_t piece : {5U, 1U, 7U}) co_await t.fetch_piece(*source, *manifest, piece);
      co_await scope.close();
    }
  };
  run(Test::run(*this));
}

}  // namespace
}  // namespace soulfabric::relay
