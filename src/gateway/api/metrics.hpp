// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers in Prometheus' text form. No label carries a user, peer, path or hash.
#pragma once
#include <string>
#include <string_view>

#include "core/json_writer.hpp"

namespace soulfabric::gateway {

struct Context;

class Metrics {
 public:
  void gauge(std::string_view name, std::string_view help, double value) { one(name, help, "gauge", value); }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) { one(name, help, "counter", static_cast<double>(value)); }
  void family(std::string_view name, std::string_view help, std::string_view type) {
    out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(std::string_view name, std::string_view label, std::string_view label_value, double value) {
    out_.append(name);
    if (!label.empty()) out_.append("{").append(label).append("=\"").append(label_value).append("\"}");
    out_.push_back(' ');
    JsonWriter(number_).value(value);
    out_.append(number_).push_back('\n');
    number_.clear();
  }
  /// `labels` is text such as `service="pods",result="ok"`.
  void labelled(std::string_view name, std::string_view labels, double value) {
    out_.append(name).append("{").append(labels).append("} ");
    JsonWriter(number_).value(value);
    out_.append(number_).push_back('\n');
    number_.clear();
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void one(std::string_view name, std::string_view help, std::string_view type, double value) {
    family(name, help, type);
    sample(name, {}, {}, value);
  }
  std::string out_;
  std::string number_;
};

/// Links, the table, calls by service of ours and outcome; nothing while this node is not on the mesh but that it is not.
void mesh_metrics(Metrics& metrics, Context& context);
/// Of each relay that runs.
void relay_metrics(Metrics& metrics, Context& context);

}  // namespace soulfabric::gateway
