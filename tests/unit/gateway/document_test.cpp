// SPDX-License-Identifier: GPL-3.0-or-later
// The OpenAPI document against the running routes: each described route answers, each answer has the described shape.
#include <nlohmann/json.hpp>
#include <set>

#include "fixture.hpp"
#include "gateway/api/schemas.hpp"
#include "support/fake_relay.hpp"

namespace soulfabric::gateway {
namespace {

using namespace soulfabric::soulseek;
using Tree = nlohmann::json;

class DocumentTest : public testing::GatewayTest {
 protected:
  DocumentTest() {
    Transfer transfer;
    transfer.id = "11111111-2222-4333-8444-555555555555";
    transfer.username = "u";
    transfer.filename = "a\\1";
    transfer.batch_id = transfer.id;
    transfer.size = 10;
    transfer.started_at = from_unix_micros(1);
    transfer.state = TransferState::InProgress;
    client.transfers_part.all.push_back(transfer);
    transfer.id = "22222222-2222-4333-8444-555555555555";
    transfer.direction = Direction::Upload;
    client.transfers_part.all.push_back(transfer);
    client.transfers_part.batches[*transfer.batch_id] = {*transfer.batch_id, "u", std::nullopt, {}, {}};
    Search search;
    search.id = *transfer.batch_id;
    client.searches_part.all.push_back(search);
    SearchResponse response;
    response.files.push_back({"a\\1", 1, "", 1, {}});
    response.locked_files = response.files;
    client.searches_part.found[search.id].push_back(response);
    client.users_part.folders.push_back({"a", response.files});
    library::ShareInfo share;
    share.id = *transfer.batch_id;
    shares.all.push_back(share);
    mesh.on = true;
    mesh.links.all.push_back({testing::peer_of(2), {}, mesh::Direction::Inbound, {IpAddress::v4(0xCB007105), 50305}, {}, std::chrono::milliseconds(12), 1, 2, 1});
    mesh.peers.all.push_back({});
    mesh.fabric.local.push_back({{.name = "mesh-introspect", .version = "1.0.0", .methods = {{.name = "GetStatus"}}, .metadata = {}}, true, {{{fabric::CallStatus::Ok, 3}}, 0, 0}});
    mesh.fabric.providers.push_back({.descriptor = {}, .linked = true, .known = true, .reputation = 50, .round_trip = std::chrono::milliseconds(3)});
    mesh.pods.all.push_back({.id = "pod:1", .name = "p", .visibility = {}, .owner = {}, .members = {{}}, .created = {}});
    mesh.pods.said.push_back({"m", "pod:1", {}, "hello", {}, false});
    relay = &relays;
    relays.catalogue.shown.from_memory = 1;
    relays.catalogue.knows("release/" + std::string(kMbid), R"({"id":"x"})");
    relays.copies.all.push_back({"music\\1", library::CopyState::Private, "Marked private.", library::ContentId{}, crypto::Sha256{}, 7, WallTime{}, 1.5});
    relays.copies.hidden.emplace_back("music");
    relays.content.found.push_back({testing::peer_of(2), true, true, 50});
    relays.content.all.push_back({.id = transfer.id, .name = "f", .asked = {}, .report = {}});
    relays.content.all.back().id = "11111111-2222-4333-8444-555555555555";
    relays.content.all.back().report.sources.push_back({"node", "dead", 1, 1, 0.5, "It fell silent."});
    relays.tunnels.all.push_back({.id = 7, .role = {}, .peer = {}, .via = testing::peer_of(3), .target = "mpd", .forward = "vps", .state = "open"});
    relays.tunnels.doors.push_back({.settings = {.name = "v", .peer = {}, .via = testing::peer_of(3), .socket = "/s"}, .url = "http://v.localhost:1/", .trouble = "", .tunnels = 0});
    for (int i = 0; i < 2; ++i) (void)guard.charge({.violation = {}, .subject = guard::Subject::user("u"), .address = {}, .channel = guard::Channel::WeDialled});
    (void)guard.ban(guard::Subject::user("v"), std::chrono::hours(1), "rude");
    guard.lower_reputation(guard::Subject::user("u"), 1);
    settings.remote_configuration = true;
    settings.incomplete_folder = folder;
  }
  /// Empty where `value` has the shape `schema`, else the place of the first fault.
  std::string fault(const Tree& schema, const Tree& value, const std::string& at) {
    if (schema.contains("$ref")) {
      const auto reference = schema["$ref"].get<std::string>();
      const auto name = reference.substr(reference.rfind('/') + 1);
      if (!document["components"]["schemas"].contains(name)) return at + ": no schema " + name;
      return fault(document["components"]["schemas"][name], value, at + "/" + name);
    }
    const auto type = schema.value("type", "");
    if (type.empty()) return "";
    const bool right = type == "string" ? value.is_string() : type == "integer" ? value.is_number_integer() : type == "number" ? value.is_number()
                       : type == "boolean" ? value.is_boolean() : type == "array" ? value.is_array() : value.is_object();
    if (!right) return at + ": not " + type;
    if (type == "array") {
      for (const auto& item : value) {
        if (auto found = fault(schema["items"], item, at + "[]"); !found.empty()) return found;
      }
    }
    if (type != "object") return "";
    for (const auto& name : schema.value("required", Tree::array())) {
      if (!value.contains(name.get<std::string>())) return at + ": lacks " + name.get<std::string>();
    }
    if (schema.contains("additionalProperties")) {
      for (const auto& [name, member] : value.items()) {
        if (auto found = fault(schema["additionalProperties"], member, at + "{" + name + "}"); !found.empty()) return found;
      }
      return "";
    }
    const auto& properties = schema["properties"];
    for (const auto& [name, member] : value.items()) {
      if (!properties.contains(name)) {
        if (at.ends_with("/Options")) continue;
        return at + ": has " + name + " which is not described";
      }
      if (auto found = fault(properties[name], member, at + "." + name); !found.empty()) return found;
    }
    return "";
  }
  static constexpr std::string_view kMbid = "b84ee12a-09ef-421b-82de-0441a926375b";
  soulfabric::testing::FakeRelay relays;
  static std::string fill(std::string path, std::string_view operation) {
    const auto put = [&](const std::string& name, const std::string& value) {
      if (const auto where = path.find(name); where != std::string::npos) path.replace(where, name.size(), value);
    };
    const bool upload = path.find("/uploads/") != std::string::npos;
    if (path.find("/conversations/") != std::string::npos) {
      put("{username}", "alice");
      put("{id}", "5");
    }
    put("{username}", "u");
    if (path.find("/relay/tunnels/") != std::string::npos) put("{id}", "7");
    if (path.find("/relay/catalogue/") != std::string::npos) put("{kind}", "release");
    put("{mbid}", std::string(kMbid));
    put("{contentId}", "sha256:" + std::string(64, 'a'));
    if (path == "/api/v0/relay/content/copies") path += "?folder=music";
    if (path.find("/pods/") != std::string::npos) put("{id}", "pod:1");
    put("{id}", upload ? "22222222-2222-4333-8444-555555555555" : "11111111-2222-4333-8444-555555555555");
    put("{type}", "Noop");
    put("{peer}", testing::peer_of(2).to_string());
    put("{kind}", "user");
    put("{name}", "v");
    put("{message}", "m");
    if (path == "/api/v0/mesh/services") path += "?name=pods";
    put("{base64}", operation == "get" ? "" : to_base64(bytes_of("none")));
    return path;
  }
  static std::string body_for(const std::string& path) {
    if (path.ends_with("/searches")) return R"({"searchText":"x"})";
    if (path.ends_with("/batches")) return R"({"username":"u","files":[{"filename":"f","size":1}]})";
    if (path.find("/transfers/downloads/") != std::string::npos) return R"([{"filename":"f","size":1}])";
    if (path.ends_with("/directory")) return R"({"directory":"a"})";
    if (path.ends_with("/yaml")) return R"("soulseek:\n  username: you\n")";
    if (path.ends_with("/options")) return R"({"soulseek":{"listenPort":2000}})";
    if (path.ends_with("/session")) return R"({"username":"soulfabric","password":"right-password"})";
    if (path.ends_with("/link")) return R"({"secret":"x"})";
    if (path.ends_with("/mesh/choice")) return R"({"join":true,"shares":["music"]})";
    if (path.ends_with("/mesh/links")) return R"({"peer":")" + testing::peer_of(2).to_string() + R"(","endpoint":"203.0.113.5:50305"})";
    if (path.ends_with("/pods")) return R"({"name":"p"})";
    if (path.ends_with("/pods/join")) return R"({"pod":"pod:1","host":")" + testing::peer_of(2).to_string() + "\"}";
    if (path.ends_with("/messages")) return R"({"body":"hello"})";
    if (path.find("/members/") != std::string::npos) return R"({"role":"member","state":"member"})";
    if (path.ends_with("/content/hashing")) return R"({"paused":true})";
    if (path.ends_with("/content/private")) return R"({"path":"music","private":true})";
    if (path.ends_with("/content/fetches")) return R"({"contentId":")" + std::string(64, 'b') + "\"}";
    if (path.ends_with("/relay/forwards")) return R"({"peer":")" + testing::peer_of(9).to_string() + R"(","name":"new"})";
    if (path.ends_with("/guard/bans")) return R"({"kind":"user","name":"w"})";
    if (path.ends_with("/guard/import")) return R"({"version":1})";
    return "\"text\"";
  }
  Tree document;
};

TEST_F(DocumentTest, DescribesExactlyTheRoutesThatRun) {
  launch();
  const auto text = call("GET", "/api/v0/openapi.json");
  ASSERT_EQ(text.status, 200);
  document = Tree::parse(text.body);
  const auto login = Tree::parse(stranger("POST", "/api/v0/session", body_for("/session")).body);
  const std::string bearer = "Authorization: Bearer " + login["token"].get<std::string>();
  std::size_t shaped = 0;
  std::vector<std::pair<std::string, std::string>> order;  // what removes things comes last
  for (const std::string method : {"get", "patch", "put", "post", "delete"}) {
    for (const auto& [path, operations] : document["paths"].items()) {
      const bool last = path == "/api/v0/session" && method == "delete";
      if (operations.contains(method) && !last) order.emplace_back(path, method);
    }
  }
  order.emplace_back("/api/v0/session", "delete");
  for (const auto& [path, method] : order) {
    const auto& operation = document["paths"][path][method];
    std::string verb = method;
    for (auto& c : verb) c = static_cast<char>(c - 'a' + 'A');
    const bool takes = operation.contains("requestBody");
    const auto reply = stranger(verb, fill(path, method), takes ? body_for(path) : "", {bearer});
    const auto name = verb + " " + path;
    const auto status = std::to_string(reply.status);
    const bool described = operation["responses"].contains(status) || reply.status == 401 || reply.status == 403;
    EXPECT_TRUE(described) << name << " answered " << status << " " << reply.body;
    if (reply.status == 404) EXPECT_TRUE(reply.status == 404 && operation["responses"].contains("404")) << name;
    const auto answer = operation["responses"].value(status, Tree::object());
    if (!answer.contains("content")) {
      if (reply.status < 300) EXPECT_EQ(reply.body, "") << name << " gives a body that is not described";
      continue;
    }
    if (!answer["content"].contains("application/json") || reply.body.empty()) continue;
    EXPECT_EQ(fault(answer["content"]["application/json"]["schema"], Tree::parse(reply.body), name), "") << reply.body;
    ++shaped;
  }
  EXPECT_GE(shaped, 35U) << "answers held against their shapes";
  EXPECT_GE(order.size(), 70U);
}

TEST_F(DocumentTest, NamesOnlySchemasThatExistAndEachIsUsed) {
  launch();
  const auto text = call("GET", "/api/v0/openapi.json").body;
  std::set<std::string> names;
  for (const auto& schema : all_schemas()) {
    EXPECT_TRUE(names.insert(std::string(schema.name)).second) << schema.name << " stands twice";
    EXPECT_NE(text.find("/schemas/" + std::string(schema.name) + "\""), std::string::npos) << schema.name << " is not used";
  }
  for (std::size_t at = 0; (at = text.find("#/components/schemas/", at)) != std::string::npos; ++at) {
    const auto begin = at + 21;
    EXPECT_TRUE(names.contains(text.substr(begin, text.find('"', begin) - begin)));
  }
}

}  // namespace
}  // namespace soulfabric::gateway
