// SPDX-License-Identifier: GPL-3.0-or-later
// `soulfabric identity show | export | import | rotate`: the node's key at rest (security rule S10).
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <optional>

#include "config_control.hpp"
#include "run_daemon.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/mesh/identity.hpp"

namespace soulfabric::daemon {
namespace {

constexpr const char* kUsage =
    "usage: soulfabric identity <show | export | import | rotate> [options] [--app-dir DIR]\n"
    "\n"
    "  show                    the id of this node\n"
    "  export --file FILE      the key under a passphrase, into a file that only you can read\n"
    "  import --file FILE      takes such a file; --replace gives up the identity that is there\n"
    "  rotate                  a new key, vouched for by the old one; --compromised: the old one is worth nothing any more\n"
    "\n"
    "The passphrase is asked for, or is the first line of --passphrase-file FILE.\n";

struct IdentityArguments {
  std::string act;
  std::optional<std::filesystem::path> file;
  std::optional<std::filesystem::path> passphrase_file;
  bool replace = false;
  bool compromised = false;
  Arguments rest;  // for the configuration
};

Result<IdentityArguments> parse(const Arguments& arguments) {
  IdentityArguments out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const bool takes_value = word == "--file" || word == "--passphrase-file";
    if (takes_value && i + 1 == arguments.size()) return fail(Errc::InvalidArgument, word + " needs the name of a file after it.");
    if (word == "--file") {
      out.file = arguments[++i];
    } else if (word == "--passphrase-file") {
      out.passphrase_file = arguments[++i];
    } else if (word == "--replace") {
      out.replace = true;
    } else if (word == "--compromised") {
      out.compromised = true;
    } else if (out.act.empty() && !word.starts_with('-')) {
      out.act = word;
    } else {
      out.rest.push_back(word);
    }
  }
  return out;
}

/// Turns the terminal's echo off as long as it lives.
class Silence {
 public:
  Silence() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool changed_ = false;
};

Result<std::string> passphrase(const IdentityArguments& arguments, bool twice) {
  constexpr std::size_t kCap = 4096;
  if (arguments.passphrase_file) {
    SF_TRY_ASSIGN(const Bytes content, read_whole(*arguments.passphrase_file, kCap));
    const std::string_view text = text_of(content);
    return std::string(text.substr(0, text.find_first_of("\r\n")));
  }
  if (::isatty(STDIN_FILENO) != 1)
    return fail(Errc::InvalidArgument, "There is no terminal to ask for the passphrase; give it in a file by --passphrase-file.");
  const Silence silence;
  const auto ask = [](const char* question) {
    std::fputs(question, stderr);
    std::string line;
    std::getline(std::cin, line);
    std::fputs("\n", stderr);
    return line;
  };
  std::string first = ask("Passphrase: ");
  if (twice && ask("Once more: ") != first) return fail(Errc::InvalidArgument, "The two passphrases differ; try again.");
  return first;
}

Result<std::string> show(const std::filesystem::path& secrets) {
  SF_TRY_ASSIGN(const std::optional<SigningKey> key, mesh::load_identity(secrets));
  if (!key) return fail(Errc::NotFound, "This node has no identity yet; it gets one when it joins the mesh.");
  return PeerId::of(key->public_key()).to_string();
}

Result<std::string> write_out(const std::filesystem::path& secrets, const IdentityArguments& arguments) {
  if (!arguments.file) return fail(Errc::InvalidArgument, "Say where the exported identity is to go, by --file.");
  SF_TRY_ASSIGN(const std::optional<SigningKey> key, mesh::load_identity(secrets));
  if (!key) return fail(Errc::NotFound, "This node has no identity yet; it gets one when it joins the mesh.");
  SF_TRY_ASSIGN(const std::string words, passphrase(arguments, true));
  SystemRandom random;
  SF_TRY_ASSIGN(const std::string exported, mesh::export_identity(*key, words, random));
  SF_TRY(write_whole(*arguments.file, bytes_of(exported + "\n"), 0600));
  return "The identity " + PeerId::of(key->public_key()).to_string() + " is in " + arguments.file->string() + ", under the passphrase.";
}

Result<std::string> take_in(const std::filesystem::path& secrets, const IdentityArguments& arguments) {
  constexpr std::size_t kCap = 4096;
  if (!arguments.file) return fail(Errc::InvalidArgument, "Say which file holds the exported identity, by --file.");
  SF_TRY_ASSIGN(const Bytes content, read_whole(*arguments.file, kCap));
  SF_TRY_ASSIGN(const std::string words, passphrase(arguments, false));
  SF_TRY_ASSIGN(const SigningKey key, mesh::import_identity(text_of(content), words));
  SF_TRY(mesh::store_identity(secrets, key, arguments.replace));
  return "This node is now " + PeerId::of(key.public_key()).to_string() + "; restart soulfabric if it runs.";
}

Result<std::string> rotate(const std::filesystem::path& secrets, const IdentityArguments& arguments) {
  SystemRandom random;
  SF_TRY_ASSIGN(const mesh::Rotation rotation, mesh::rotate_identity(secrets, random, SystemClock{}.wall(), arguments.compromised));
  return "This node was " + PeerId::of(rotation.before).to_string() + " and is now " + PeerId::of(rotation.after).to_string() +
         "; restart soulfabric if it runs, and ask those who gave it rights to give them to the new id.";
}

Result<std::string> act(const std::filesystem::path& secrets, const IdentityArguments& arguments) {
  if (arguments.act == "show") return show(secrets);
  if (arguments.act == "export") return write_out(secrets, arguments);
  std::error_code ignored;
  std::filesystem::create_directories(secrets, ignored);
  std::filesystem::permissions(secrets, std::filesystem::perms::owner_all, ignored);
  if (arguments.act == "import") return take_in(secrets, arguments);
  return rotate(secrets, arguments);
}

}  // namespace

int run_identity(const Arguments& arguments) {
  if (!crypto::initialise()) return report("the system gives no randomness");
  const auto parsed = parse(arguments);
  if (!parsed) return report(parsed.error().message);
  if (parsed->act != "show" && parsed->act != "export" && parsed->act != "import" && parsed->act != "rotate") {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto configured = read_configuration(parsed->rest);
  if (!configured) return report(configured.error().message);
  const auto said = act(configured->paths.app_dir / "secrets", *parsed);
  if (!said) return report(said.error().message);
  std::printf("%s\n", said->c_str());
  return 0;
}

}  // namespace soulfabric::daemon
