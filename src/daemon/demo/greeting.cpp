// SPDX-License-Identifier: GPL-3.0-or-later
// Lines for people on standard output; a program that reads them finds the same in demo.json.
#include "demo/greeting.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "demo/generic_files.hpp"
#include "demo/songbook.hpp"
#include "soulfabric/gateway/gateway.hpp"

namespace soulfabric::daemon::demo {
namespace {

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string artists_of(const NodePlan& node) {
  std::string out;
  for (const auto number : node.albums) {
    if (!out.empty()) out += ", ";
    out += songbook()[number].tracks.front().tags.artist;
  }
  return out;
}

std::string seconds_since(MonoTime then, MonoTime now) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(now - then).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

Greeting::Greeting(const NetworkPlan& plan, Random& random, Clock& clock)
    : plan_(plan), random_(random), clock_(clock), begun_(clock.now()), terminal_(::isatty(STDOUT_FILENO) == 1), color_(terminal_ && std::getenv("NO_COLOR") == nullptr) {}

std::string Greeting::bold(const std::string& text) const { return color_ ? "\033[1m" + text + "\033[0m" : text; }
std::string Greeting::dim(const std::string& text) const { return color_ ? "\033[2m" + text + "\033[0m" : text; }

void Greeting::begin() { say("Making music and starting " + std::to_string(plan_.nodes.size()) + " nodes on this machine ..."); }

void Greeting::music(const MusicMade& made) {
  say(dim(std::to_string(made.files) + " files, " + std::to_string(made.bytes / 1'000'000) + " MB, after " + seconds_since(begun_, clock_.now())));
}

Status Greeting::welcome() {
  say("");
  say(bold("The network is ready") + " after " + seconds_since(begun_, clock_.now()) + ":");
  say("");
  for (const auto& node : plan_.nodes) say("  " + bold(padded(node.name, 6)) + "  " + padded(browser_url(node), 30) + "  " + dim("shares " + artists_of(node)));
  say("");
  SF_TRY(links());
  say("Try it: search for \"slow bicycle\" or \"neon\", download the folder, then look into My shares.");
  mesh_hints();
  say("For curl: addresses, API keys and passwords are in " + (plan_.folder / "demo.json").string());
  say(terminal_ ? dim("Enter: fresh links.  Ctrl-C: end the network.") : "It ends with this process.");
  return {};
}

void Greeting::mesh_hints() {
  if (plan_.nodes.size() < 3) return;
  const auto& here = plan_.nodes[0];
  const auto& there = plan_.nodes[2];
  say("The nodes form a mesh of their own: see the page Mesh. " + here.name + " calls a service on " + there.name + ", of which it knows the id only:");
  say("");
  say("  curl -X POST " + tool_url(here) + "/mesh/http/mesh-introspect/GetStatus -H 'X-API-Key: " + here.api_key + "' -H 'X-Mesh-Peer: " + there.peer_id + "'");
  say("  curl '" + tool_url(here) + "/api/v0/mesh/services?name=mesh-introspect' -H 'X-API-Key: " + here.api_key + "'");
  say("");
  relay_hints(here);
}

void Greeting::relay_hints(const NodePlan& here) {
  const auto& file = generic_files().front();
  const auto& release = songbook()[scattered_album()].tracks.front().tags.release_id;
  say("One lookup of a release serves them all, and a file is fetched by what it is from three nodes at once: see the page Relays, or");
  say("");
  say("  curl -i " + tool_url(here) + "/api/v0/relay/catalogue/release/" + release + " -H 'X-API-Key: " + here.api_key + "'");
  say("  curl -X POST " + tool_url(here) + "/api/v0/relay/content/fetches -H 'X-API-Key: " + here.api_key +
      "' -H 'Content-Type: application/json' -d '{\"contentId\":\"" + id_of(file).text() + "\"}'");
  say("  curl " + catalogue_url(plan_) + "/stats");
  say("");
}

void Greeting::lost(const NodePlan& node) {
  std::string command = "soulfabric";
  for (const auto& word : node_command(plan_, node)) command += " " + word;
  say(node.name + " has ended: its last words are in " + (plan_.folder / node.name / "output.log").string() + ", and this starts it again: " + command);
}

Status Greeting::links() {
  if (!terminal_) {
    say("A link that signs you in: soulfabric login-link --app-dir " + (plan_.folder / plan_.nodes.front().name).string());
    return {};
  }
  say("Sign in by a link, good once and for ten minutes:");
  say("");
  for (const auto& node : plan_.nodes) {
    SF_TRY_ASSIGN(const std::string link, gateway::write_login_link(plan_.folder / node.name / "secrets", browser_url(node), random_, clock_.wall()));
    say("  " + bold(link));
  }
  say("");
  return {};
}

void Greeting::farewell() { say("\nEnding the network ..."); }

}  // namespace soulfabric::daemon::demo
