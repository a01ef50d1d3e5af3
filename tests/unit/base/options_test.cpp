// SPDX-License-Identifier: GPL-3.0-or-later
// Reading settings: order of sources, slskd's spellings, what is wrong and where, what changed, what HTTP may not touch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "base/config/schema.hpp"
#include "base/config/schema_text.hpp"
#include "soulfabric/base/options_loader.hpp"

namespace soulfabric {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Options options_of(OptionSources sources) {
  auto loaded = load_options(sources);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded ? loaded->options : Options{};
}
Options of_yaml(std::string yaml) { return options_of({.yaml = std::move(yaml)}); }
std::string error_of(std::string yaml) {
  const auto loaded = load_options({.yaml = std::move(yaml)});
  return loaded ? std::string() : loaded.error().message;
}
std::vector<std::string> warnings_of(std::string yaml) {
  const auto loaded = load_options({.yaml = std::move(yaml)});
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded ? loaded->warnings : std::vector<std::string>();
}

TEST(LoadOptions, EmptySourcesGiveTheDefaults) {
  for (const char* yaml : {"", "\n", "# only a comment\n", "~", "---\n...\n"}) EXPECT_EQ(of_yaml(yaml), Options{}) << yaml;
}

TEST(LoadOptions, EachSourceWritesOverTheOnesBeforeIt) {
  OptionSources sources;
  sources.environment = {
      {"SLSKD_UPLOAD_SLOTS", "1"}, {"SLSKD_SLSK_USERNAME", "env"}, {"SLSKD_HTTP_PORT", "1"}, {"SLSKD_INSTANCE_NAME", "env"}};
  sources.yaml = "transfers:\n  upload:\n    slots: 2\nsoulseek:\n  username: yaml\ninstance_name: yaml\n";
  sources.command_line.settings = {{"transfers.upload.slots", "3"}, {"soulseek.username", "cli"}};
  sources.overlay = {{"transfers.upload.slots", "4"}};
  const Options options = options_of(sources);
  EXPECT_EQ(options.transfers.upload.slots, 4);
  EXPECT_EQ(options.soulseek.username, "cli");
  EXPECT_EQ(options.instance_name, "yaml") << "YAML goes before the environment";
  EXPECT_EQ(options.web.port, 1);
}

TEST(LoadOptions, KeysMatchWithoutUnderscoresDashesAndCase) {
  for (const char* key : {"listen_port", "listenPort", "LISTENPORT", "Listen-Port", "listenport"})
    EXPECT_EQ(of_yaml("SoulSeek:\n  " + std::string(key) + ": 12345\n").soulseek.listen_port, 12345) << key;
}

TEST(LoadOptions, TildeNullAndNothingMeanNotSet) {
  for (const char* value : {"~", "null", "", "\"\"", "'~'", "Null"})
    EXPECT_EQ(
        options_of({.environment = {{"SLSKD_UPLOAD_SLOTS", "7"}}, .yaml = "transfers:\n  upload:\n    slots: " + std::string(value) + "\n"})
            .transfers.upload.slots,
        7)
        << value;
}

TEST(LoadOptions, AListThatIsNamedTakesThePlaceOfItsDefault) {
  EXPECT_EQ(of_yaml("mesh:\n  services: [pods]\n").mesh.services, std::vector<std::string>{"pods"});
  EXPECT_EQ(of_yaml("mesh:\n  services: pods\n").mesh.services, std::vector<std::string>{"pods"});
  EXPECT_EQ(of_yaml("mesh:\n  services: []\n").mesh.services, std::vector<std::string>{}) << "nothing is offered";
  EXPECT_EQ(of_yaml("mesh:\n  services: ~\n").mesh.services, Options{}.mesh.services) << "not set";
}

TEST(LoadOptions, ListsMergeByIndexAcrossSources) {
  const Options options = options_of({.environment = {{"SLSKD_SHARE_FILTER", "a;b;c"}}, .yaml = "shares:\n  filters:\n    - x\n    - ~\n"});
  EXPECT_EQ(options.shares.filters, (std::vector<std::string>{"x", "b", "c"}));
  OptionSources sources;
  sources.command_line.settings = {{"rooms", "one"}, {"rooms", "two"}};
  EXPECT_EQ(options_of(sources).rooms, (std::vector<std::string>{"one", "two"}));
}

TEST(LoadOptions, ChoicesOfTwoWordsAreTakenAsTheyAreWritten) {
  const std::string id(32, 'a');
  const Options options = of_yaml("mesh:\n  peers:\n    " + id + ":\n      rights: [tunnel_targets, Believe-Catalogue]\n");
  EXPECT_EQ(options.mesh.peers.at(id).rights, (std::vector<std::string>{"tunnel_targets", "believe_catalogue"}));
}

TEST(LoadOptions, SharesHaveAliasesExclusionsAndNetworks) {
  const Options options = of_yaml(
      "shares:\n  directories:\n    - /srv/music/\n    - '[Live]/srv/live'\n    - '!/srv/music/private'\n    - \"-/srv/music/old\"\n"
      "    - path: /srv/docs\n      alias: Papers\n      networks: [mesh]\n      private: true\n");
  const auto& shares = options.shares.directories;
  ASSERT_EQ(shares.size(), 5U);
  EXPECT_EQ(shares[0], (ShareDirectory{"/srv/music", "", false, true, false, false}));
  EXPECT_EQ(shares[1], (ShareDirectory{"/srv/live", "Live", false, true, false, false}));
  EXPECT_EQ(shares[2], (ShareDirectory{"/srv/music/private", "", true, true, false, false}));
  EXPECT_TRUE(shares[3].excluded);
  EXPECT_EQ(shares[4], (ShareDirectory{"/srv/docs", "Papers", false, false, true, true}));
}

TEST(LoadOptions, SharesThatCannotBeAreNamedWithLineAndRemedy) {
  EXPECT_EQ(error_of("shares:\n  directories:\n    - music\n"),
            "soulfabric.yml line 3: shares.directories: \"music\" cannot be shared; give an absolute path such as /srv/music.");
  EXPECT_THAT(error_of("shares:\n  directories:\n    - /\n"), HasSubstr("share a folder instead of the whole machine"));
  EXPECT_THAT(error_of("shares:\n  directories:\n    - '[a/b]/srv'\n"), HasSubstr("take the slash out"));
  EXPECT_THAT(error_of("shares:\n  directories:\n    - [a]\n"), HasSubstr("put it in quotes"));
  EXPECT_THAT(error_of("shares:\n  directories:\n    - /srv/../etc\n"), HasSubstr("without .."));
  EXPECT_THAT(error_of("shares:\n  directories:\n    - /a/music\n    - /b/Music\n"), HasSubstr("two folders have the name"));
  EXPECT_THAT(error_of("shares:\n  directories:\n    - path: /a\n      networks: [napster]\n"),
              HasSubstr("line 4: shares.directories.networks: \"napster\" is no network; give soulseek, mesh or both."));
}

TEST(LoadOptions, BadValueNamesKeyLineAndRemedyInOneSentence) {
  EXPECT_EQ(error_of("web:\n  port: 99999\n"),
            "soulfabric.yml line 2: web.port: \"99999\" is out of range; give a whole number from 1 to 65535.");
  EXPECT_EQ(error_of("debug: maybe\n"), "soulfabric.yml line 1: debug: \"maybe\" is neither true nor false; give true or false.");
  EXPECT_EQ(error_of("\n\ntransfers:\n  groups:\n    default:\n      upload:\n        strategy: lottery\n"),
            "soulfabric.yml line 7: transfers.groups.default.upload.strategy: \"lottery\" is not one of the choices; give one of "
            "roundrobin, firstinfirstout.");
  EXPECT_EQ(load_options({.environment = {{"SLSKD_UPLOAD_SLOTS", "many"}}}).error().message,
            "SLSKD_UPLOAD_SLOTS: transfers.upload.slots: \"many\" is not a whole number; give a whole number from 1 to 2147483647.");
  OptionSources sources;
  sources.command_line.settings = {{"web.port", "x"}};
  EXPECT_EQ(load_options(sources).error().message,
            "command line --http-port: web.port: \"x\" is not a whole number; give a whole number from 1 to 65535.");
}

TEST(LoadOptions, AllProblemsAreReportedAtOnce) {
  const std::string message = error_of("web:\n  port: 0\nsoulseek:\n  listen_port: x\n");
  EXPECT_THAT(message, HasSubstr("web.port"));
  EXPECT_THAT(message, HasSubstr("soulseek.listen_port"));
  EXPECT_EQ(std::ranges::count(message, '\n'), 1);
}

TEST(LoadOptions, SecretsStayOutOfMessages) {
  const std::string message =
      error_of("web:\n  authentication:\n    api_keys:\n      x:\n        key: tooshort\n    jwt:\n      key: hunter2\n");
  EXPECT_THAT(message, Not(HasSubstr("tooshort")));
  EXPECT_THAT(message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(message, HasSubstr("16 to 255 characters"));
}

TEST(LoadOptions, TextThatIsNoYamlIsNamedByLine) {
  EXPECT_THAT(error_of("web:\n  port: 1\n bad: [\n"), HasSubstr("soulfabric.yml line"));
  EXPECT_THAT(error_of("- a\n- b\n"), HasSubstr("line 1"));
  EXPECT_THAT(error_of("web: 5\n"), HasSubstr("a value stands where settings belong"));
  EXPECT_THAT(error_of("debug:\n  x: 1\n"), HasSubstr("settings stand where a value belongs"));
  EXPECT_THAT(error_of("web:\n  port: [1, 2]\n"), HasSubstr("give one value"));
  EXPECT_THAT(error_of("a: \xff\xfe\n"), HasSubstr("save it as UTF-8"));
  EXPECT_THAT(error_of("? [a]\n: b\n"), HasSubstr("key that is not plain text"));
}

TEST(LoadOptions, AliasBombAndDeepNestingAreRefused) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + c + " [*" + before;
    for (int i = 0; i < 9; ++i) bomb += ",*" + before;
    bomb += "]\n";
  }
  EXPECT_THAT(error_of(bomb), HasSubstr("too deeply or too large"));
  EXPECT_THAT(error_of("a: " + std::string(40, '[') + std::string(40, ']')), HasSubstr("too deeply"));
  EXPECT_FALSE(error_of("a: " + std::string(100'000, '[')).empty());
  EXPECT_THAT(error_of(std::string(kConfigFileCap + 1, '#')), HasSubstr("larger than 1 MiB"));
}

TEST(LoadOptions, UnknownKeysWarnOnceAndNeverFail) {
  const auto warnings = warnings_of("wbe:\n  port: 1\nsoulseek:\n  usrname: x\nintegrations:\n  webhooks:\n    a:\n      on: [All]\n");
  ASSERT_EQ(warnings.size(), 3U);
  EXPECT_EQ(warnings[0], "soulfabric.yml line 2: wbe is no setting that is known here and has no effect; check its spelling.");
  EXPECT_THAT(warnings[1], HasSubstr("soulseek.usrname"));
  EXPECT_THAT(warnings[2], HasSubstr("integrations.webhooks is known and has no effect"));
  const auto loaded = load_options({.environment = {{"SLSKD_NONSENSE", "1"}, {"SLSKD_UMASK", "022"}, {"PATH", "/bin"}}});
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_THAT(loaded->warnings[0], HasSubstr("SLSKD_NONSENSE"));
}

TEST(LoadOptions, KnownKeysWithoutEffectWarnOnlyWhenTheyAreUsed) {
  EXPECT_THAT(warnings_of("relay:\n  enabled: false\nweb:\n  https:\n    disabled: true\n  socket: ~\n"), IsEmpty());
  EXPECT_EQ(warnings_of("web:\n  https:\n    port: 7000\n").size(), 1U);
}

TEST(LoadOptions, WhatMustNotBeIgnoredIsRefused) {
  EXPECT_THAT(error_of("relay:\n  enabled: true\n"), HasSubstr("relay.enabled: it is switched on; the two-instance relay mode"));
  EXPECT_THAT(error_of("soulseek:\n  connection:\n    proxy:\n      enabled: true\n"), HasSubstr("your address would show"));
  EXPECT_THAT(error_of("integrations:\n  vpn:\n    enabled: true\n"), HasSubstr("would not wait for the VPN"));
  EXPECT_FALSE(load_options({.environment = {{"SLSKD_SLSK_PROXY", "true"}}}));
}

TEST(LoadOptions, SectionsOfOlderFilesAreRead) {
  const auto loaded = load_options(
      {.yaml = "global:\n  upload:\n    slots: 3\n    speed_limit: 100\n  limits:\n    queued:\n      files: 9\n  download:\n    slots: 4\n"
               "groups:\n  user_defined:\n    friends:\n      upload:\n        priority: 2\n      members: [anna, ben]\n  blacklisted:\n   "
               " members: [eve]\n"
               "permissions:\n  file:\n    mode: 640\nintegration:\n  ftp:\n    enabled: false\n"});
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Options& options = loaded->options;
  EXPECT_EQ(options.transfers.upload.slots, 3);
  EXPECT_EQ(options.transfers.upload.speed_limit, 100);
  EXPECT_EQ(options.transfers.upload.limits.queued.files, 9);
  EXPECT_EQ(options.transfers.download.slots, 4);
  EXPECT_EQ(options.transfers.groups.user_defined.at("friends").upload.priority, 2);
  EXPECT_EQ(options.transfers.groups.user_defined.at("friends").members, (std::vector<std::string>{"anna", "ben"}));
  EXPECT_EQ(options.transfers.groups.blacklisted.members, std::vector<std::string>{"eve"});
  EXPECT_EQ(options.transfers.download.destination.permissions_mode, "640");
  EXPECT_THAT(loaded->warnings, testing::Contains(HasSubstr("the section \"global\" of older files is still read")));
  EXPECT_THAT(loaded->warnings, testing::Contains(HasSubstr("\"permissions\"")));
}

TEST(LoadOptions, SettingsThatNothingObeysAreNamedWhenTheyAreGivenAValue) {
  const auto warnings = warnings_of(
      "transfers:\n  groups:\n    leechers:\n      upload:\n        slots: 2\n    default:\n      upload:\n        slots: 2\nrooms: "
      "[jazz]\n");
  EXPECT_THAT(warnings, testing::UnorderedElementsAre("transfers.groups.leechers.upload.slots is read and has no effect in this version.",
                                                      "rooms is read and has no effect in this version."));
}

TEST(LoadOptions, NamedEntriesKeepTheirNames) {
  const Options options = of_yaml(
      "web:\n  authentication:\n    api_keys:\n      My_Key:\n        key: 0123456789abcdef\n        role: Administrator\n        cidr: "
      "10.0.0.0/8,::1/128\n        scopes: [guard]\n");
  const ApiKeyOptions& key = options.web.authentication.api_keys.at("My_Key");
  EXPECT_EQ(key.role, "administrator");
  EXPECT_EQ(key.cidr, "10.0.0.0/8,::1/128");
  EXPECT_EQ(key.scopes, std::vector<std::string>{"guard"});
  EXPECT_THAT(error_of("web:\n  authentication:\n    api_keys:\n      a:\n        role: readonly\n"),
              HasSubstr("api_keys.a.key: it is missing"));
}

TEST(LoadOptions, DuplicateKeysAreReportedAndTheLastOneHolds) {
  const auto loaded = load_options({.yaml = "web:\n  port: 1\n  Port: 2\n"});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->options.web.port, 2);
  EXPECT_THAT(loaded->warnings, testing::Contains(HasSubstr("stated twice")));
}

TEST(LoadOptions, DangerousPatternsAreRefusedBeforeTheyAreCompiled) {
  EXPECT_THAT(error_of("shares:\n  filters: ['" + std::string(900, '(') + "']\n"), HasSubstr("shorter regular expression"));
  EXPECT_THAT(error_of("shares:\n  filters: ['[']\n"), HasSubstr("correct the regular expression"));
  EXPECT_TRUE(load_options({.yaml = "shares:\n  filters:\n    - \\.ini$\n    - Thumbs.db$\n    - \\.DS_Store$\n"}));
}

TEST(LoadOptions, NoColorIsHonoured) { EXPECT_TRUE(options_of({.environment = {{"NO_COLOR", "1"}}}).logger.no_color); }

TEST(CommandLine, ReadsFlagsLettersValuesAndSwitches) {
  const auto line = parse_command_line(
      {"-a", "/data", "--config=/etc/s.yml", "-d", "--no-auth", "--shared", "/a", "-s", "/b", "-l", "8080", "--slsk-username", "me"});
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->app_dir, "/data");
  EXPECT_EQ(line->config, "/etc/s.yml");
  const Options options = options_of({.command_line = *line});
  EXPECT_TRUE(options.debug);
  EXPECT_TRUE(options.web.authentication.disabled);
  ASSERT_EQ(options.shares.directories.size(), 2U);
  EXPECT_EQ(options.shares.directories[1].path, "/b");
  EXPECT_EQ(options.web.port, 8080);
  EXPECT_EQ(options.soulseek.username, "me");
}

TEST(CommandLine, ShortKIsSecretLengthOrApiKey) {
  EXPECT_EQ(parse_command_line({"-k", "32"})->generate_secret, 32);
  const auto line = parse_command_line({"-k", "0123456789abcdefgh"});
  EXPECT_EQ(line->settings.at(0).first, "web.authentication.api_key");
  EXPECT_THAT(parse_command_line({"--generate-secret", "7"}).error().message, HasSubstr("16 to 255"));
}

TEST(CommandLine, UnknownFlagAndMissingValueAreNamed) {
  EXPECT_EQ(parse_command_line({"--nope"}).error().message,
            "\"--nope\" is no flag that is known here; soulfabric daemon --help lists them.");
  EXPECT_EQ(parse_command_line({"--http-port"}).error().message, "--http-port stands without a value; write it after the flag.");
  EXPECT_FALSE(parse_command_line({"stray"}));
}

TEST(AppPaths, FollowFlagThenVariableThenHome) {
  EXPECT_EQ(find_app_paths({{"SLSKD_APP_DIR", "/env"}}, {.app_dir = "/flag"})->app_dir, "/flag");
  EXPECT_EQ(find_app_paths({{"SLSKD_APP_DIR", "/env"}}, {})->config, "/env/soulfabric.yml");
  EXPECT_EQ(find_app_paths({{"HOME", "/h"}}, {})->app_dir, "/h/.local/share/soulfabric");
  EXPECT_THAT(find_app_paths({}, {}).error().message, HasSubstr("--app-dir"));
}

TEST(AppPaths, ExistingFileOfSlskdIsUsedWhereOursIsMissing) {
  const auto folder = std::filesystem::path(SF_BINARY_DIR) / "options_test_paths";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "slskd.yml") << "debug: true\n";
  EXPECT_EQ(find_app_paths({}, {.app_dir = folder.string()})->config, folder / "slskd.yml");
  std::ofstream(folder / "soulfabric.yml") << "debug: true\n";
  EXPECT_EQ(find_app_paths({}, {.app_dir = folder.string()})->config, folder / "soulfabric.yml");
  std::filesystem::remove_all(folder);
}

TEST(RenderOptions, ShowsTheTreeInCamelCaseWithSecretsHidden) {
  const Options options = of_yaml(
      "soulseek:\n  username: me\n  password: hunter2hunter2\nweb:\n  authentication:\n    password: hunter2hunter2\n    api_keys:\n      "
      "my_key:\n        key: hunter2hunter2hunter2\n"
      "    jwt:\n      key: hunter2hunter2hunter2hunter2hunter2\nshares:\n  directories: ['[A]/a']\n");
  const ConfigNode tree = render_options(options);
  const auto text = [&](std::string_view path) { return std::get<std::string>(tree.at(path)->value); };
  EXPECT_EQ(text("soulseek.password"), "*****");
  EXPECT_EQ(text("web.authentication.password"), "*****");
  EXPECT_EQ(text("web.authentication.apiKey"), "*****");
  EXPECT_EQ(text("web.authentication.jwt.key"), "*****");
  EXPECT_EQ(text("web.authentication.apiKeys.my_key.key"), "*****");
  EXPECT_EQ(text("soulseek.username"), "me");
  EXPECT_EQ(std::get<std::int64_t>(tree.at("soulseek.listenPort")->value), 50300);
  EXPECT_EQ(std::get<std::int64_t>(tree.at("transfers.upload.speedLimit")->value), 2147483647);
  EXPECT_TRUE(tree.at("retention.search")->is_null());
  EXPECT_EQ(std::get<bool>(tree.at("flags.caseSensitiveRegEx")->value), false);
  EXPECT_EQ(std::get<ConfigNode::List>(tree.at("shares.directories")->value).size(), 1U);
  EXPECT_NE(tree.at("transfers.groups.userDefined"), nullptr);
  EXPECT_EQ(std::get<bool>(tree.at("relay.enabled")->value), false);
  const std::function<void(const ConfigNode&)> look = [&](const ConfigNode& node) {
    if (const auto* map = std::get_if<ConfigNode::Map>(&node.value))
      for (const auto& [key, child] : *map) look(child);
    if (const auto* value = std::get_if<std::string>(&node.value)) EXPECT_THAT(*value, Not(HasSubstr("hunter2")));
  };
  look(tree);
}

TEST(ChangedOptions, TellWhatEachChangeNeeds) {
  const Options before = of_yaml("web:\n  authentication:\n    api_keys:\n      a:\n        key: 0123456789abcdef\n");
  const Options after = of_yaml("web:\n  port: 1234\nsoulseek:\n  listen_port: 2345\n  username: me\nshares:\n  directories: [/a]\n");
  std::map<std::string, Effect> changes;
  for (const OptionChange& change : changed_options(before, after)) changes[change.key] = change.effect;
  EXPECT_EQ(changes.at("web.port"), Effect::Restart);
  EXPECT_EQ(changes.at("soulseek.listen_port"), Effect::Live);
  EXPECT_EQ(changes.at("soulseek.username"), Effect::Reconnect);
  EXPECT_EQ(changes.at("shares.directories"), Effect::Live);
  EXPECT_EQ(changes.at("web.authentication.api_keys.a.key"), Effect::Live);
  EXPECT_THAT(changed_options(after, after), IsEmpty());
}

TEST(RestrictedChanges, CoverEverySettingOfRelaysAndForwards) {
  std::size_t seen = 0;
  for (const auto& setting : config::settings()) {
    if (!setting.key.starts_with("relay.") && !setting.key.starts_with("forwards.")) continue;
    ++seen;
    EXPECT_TRUE(is_restricted_key(setting.key)) << setting.key;
  }
  EXPECT_GE(seen, 30U);
}

TEST(RestrictedChanges, CoverTheRightsOfOtherNodes) {
  const std::string id(32, 'a');
  const auto changes = restricted_changes("mesh:\n  port: 1\n", "mesh:\n  port: 2\n  peers:\n    " + id + ":\n      rights: [tunnel_targets]\n");
  ASSERT_TRUE(changes.has_value());
  ASSERT_EQ(changes->size(), 1U);
  EXPECT_TRUE(changes->front().starts_with("mesh.peers.")) << changes->front();
}

TEST(RestrictedChanges, NameEveryKeyThatHttpMayNotTouchHoweverItIsWritten) {
  const std::string before = "web:\n  port: 5030\nshares:\n  directories: [/a]\n";
  const auto changes = [&](const std::string& after) { return *restricted_changes(before, after); };
  EXPECT_THAT(changes(before + "soulseek:\n  username: me\nshares_:\n  x: 1\n"), IsEmpty());
  EXPECT_THAT(changes("WEB:\n  Port: \"5030\"\nshares:\n  directories:\n    - /a\n  filters: [x]\n"), IsEmpty());
  EXPECT_EQ(changes("web:\n  port: 5031\nshares:\n  directories: [/a]\n"), std::vector<std::string>{"web.port"});
  EXPECT_EQ(changes("web:\n  port: 5030\nshares:\n  directories: [/a, /etc]\n"), std::vector<std::string>{"shares.directories"});
  EXPECT_EQ(changes("web:\n  port: 5030\n"), std::vector<std::string>{"shares.directories"});
  EXPECT_EQ(changes(before + "Directories:\n  down-loads: /etc\n"), std::vector<std::string>{"directories.downloads"});
  EXPECT_EQ(changes(before + "Integration:\n  Scripts:\n    x:\n      run:\n        command: id\n"),
            std::vector<std::string>{"integrations.scripts.x.run.command"});
  EXPECT_EQ(changes(before + "relay:\n  mode: agent\n"), std::vector<std::string>{"relay.mode"});
  EXPECT_EQ(changes(before + "forwards:\n  a: b\n"), std::vector<std::string>{"forwards.a"});
  EXPECT_EQ(changes(before + "web:\n  port: 7\n"), std::vector<std::string>{"web.port"}) << "a second web section is seen too";
  EXPECT_FALSE(restricted_changes(before, "a: ["));
  EXPECT_TRUE(is_restricted_key("web.authentication.disabled"));
  EXPECT_TRUE(is_restricted_key("Shares.Directories"));
  EXPECT_FALSE(is_restricted_key("shares.filters"));
  EXPECT_FALSE(is_restricted_key("soulseek.username"));
}

TEST(Schema, NamesFlagsAndVariablesAreUniqueAndEveryFieldIsReached) {
  std::set<std::string> keys;
  std::set<std::string> flags;
  std::set<char> letters{'a', 'c', 'h', 'v', 'e', 'k'};
  std::set<std::string> variables;
  for (const config::Setting& setting : config::settings()) {
    EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
    if (!setting.flag.empty()) EXPECT_TRUE(flags.insert(std::string(setting.flag)).second) << setting.flag;
    if (setting.letter != 0) EXPECT_TRUE(letters.insert(setting.letter).second) << setting.letter;
    if (!setting.env.empty()) EXPECT_TRUE(variables.insert(std::string(setting.env)).second) << setting.env;
    if (!setting.is_inert()) EXPECT_FALSE(setting.meaning.empty()) << setting.key;
  }
}

TEST(ExampleConfig, TakenOutOfItsCommentsGivesTheDefaultsWithoutAWarning) {
  std::istringstream lines{std::string(example_config())};
  std::string yaml;
  bool body = false;
  for (std::string line; std::getline(lines, line);) {
    body = body || line.empty();
    if (body) yaml += (line.starts_with("# ") ? line.substr(2) : line) + "\n";
  }
  const auto loaded = load_options({.yaml = yaml});
  ASSERT_TRUE(loaded) << loaded.error().message << yaml;
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_EQ(loaded->options, Options{});
  EXPECT_EQ(of_yaml(std::string(example_config())), Options{});
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ExampleConfig, CommittedFileAndGuideAreWhatTheTableSays) {
  const auto made = std::filesystem::path(SF_BINARY_DIR) / "made_from_schema";
  std::filesystem::create_directories(made);
  std::ofstream(made / "soulfabric.example.yml") << example_config();
  std::ofstream(made / "settings_table.md") << config::make_settings_table();
  EXPECT_EQ(read_file(std::filesystem::path(SF_SOURCE_DIR) / "config/soulfabric.example.yml"), example_config())
      << "copy " << made / "soulfabric.example.yml" << " to config/";
  EXPECT_THAT(read_file(std::filesystem::path(SF_SOURCE_DIR) / "docs/configuration.md"), HasSubstr(config::make_settings_table()))
      << "put " << made / "settings_table.md" << " into docs/configuration.md";
}

TEST(EnvironmentHelp, ListsWhatComposeFilesSet) {
  for (const char* name : {"SLSKD_SLSK_USERNAME", "SLSKD_SLSK_PASSWORD", "SLSKD_REMOTE_CONFIGURATION", "SLSKD_SHARED_DIR",
                           "SLSKD_DOWNLOADS_DIR", "SLSKD_INCOMPLETE_DIR", "SLSKD_NO_AUTH", "SLSKD_API_KEY", "SLSKD_USERNAME",
                           "SLSKD_PASSWORD", "SLSKD_HTTP_PORT", "SLSKD_SLSK_LISTEN_PORT", "SLSKD_SWAGGER"})
    EXPECT_THAT(environment_help(), HasSubstr(std::string(name) + "\n")) << name;
  EXPECT_THAT(command_line_help(), HasSubstr("--slsk-username VALUE"));
}

}  // namespace
}  // namespace soulfabric
