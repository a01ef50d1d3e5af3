// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a described struct: refused, or a value that is read again as the same value.
#include <cstdlib>

#include "soulfabric/fabric/fields.hpp"

namespace {

using namespace soulfabric;

struct Leaf {
  std::int32_t number = 0;
  std::optional<std::string> text;
  template <class Visitor>
  void fields(Visitor& f) {
    f("n", number);
    f("t", text, 20);
  }
};
struct Tree {
  std::vector<Leaf> list;
  Bytes bytes;
  bool flag = false;
  template <class Visitor>
  void fields(Visitor& f) {
    f("l", list, 10);
    f("b", bytes, 30);
    f("f", flag);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto tree = fabric::decode<Tree>({data, size});
  if (!tree) return 0;
  if (tree->list.size() > 10 || tree->bytes.size() > 30) std::abort();
  const Bytes once = fabric::encode(*tree);
  const auto again = fabric::decode<Tree>(once);
  if (!again || fabric::encode(*again) != once || once.size() > size) std::abort();
  return 0;
}
