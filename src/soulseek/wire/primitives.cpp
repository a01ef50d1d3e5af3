// SPDX-License-Identifier: GPL-3.0-or-later
// Field reading and writing that needs no template.
#include "wire/primitives.hpp"

namespace soulfabric::soulseek::wire {

std::optional<std::uint32_t> attribute_of(const FileEntry& entry, AttributeType type) noexcept {
  for (const FileAttribute& attribute : entry.attributes) {
    if (attribute.type == type) return attribute.value;
  }
  return std::nullopt;
}

Error Reader::error(std::string_view family, std::uint32_t code) const {
  std::string text(family);
  text += " message " + std::to_string(code) + " was not understood: ";
  text += why_ == nullptr ? "no reason" : why_;
  return Error{too_large_ ? Errc::TooLarge : Errc::Malformed, std::move(text)};
}

void Reader::operator()(const char* /*name*/, std::string& value) {
  std::uint32_t length = 0;
  number(length);
  if (!ok()) return;
  if (length > bytes_.size()) return stop("a text is longer than the message");
  value.assign(text_of(bytes_.first(length)));
  bytes_ = bytes_.subspan(length);
}

void Reader::operator()(const char* /*name*/, IpAddress& value) noexcept {
  std::uint32_t raw = 0;
  number(raw);
  value = IpAddress::v4(raw);
}

void Reader::rest(const char* /*name*/, Bytes& value) {
  value.assign(bytes_.begin(), bytes_.end());
  bytes_ = {};
}

std::uint32_t Reader::count(std::size_t min_size, bool counted) noexcept {
  std::uint32_t n = 0;
  number(n);
  if (!ok()) return 0;
  if (n > bytes_.size() / min_size) {
    stop("a list claims more entries than the message can hold");
    return 0;
  }
  if (counted && n > kMaxListElements - elements_) {
    too_large_ = true;
    stop("its lists have more entries than one message may have");
    return 0;
  }
  if (!counted && n > kMaxAttributes) {
    if (min_size == kMinSize<FileAttribute>) {
      too_large_ = true;
      stop("a file has more attributes than one may have");
      return 0;
    }
  }
  if (counted) elements_ += n;
  return n;
}

void Writer::operator()(const char* /*name*/, std::string_view value) {
  number(static_cast<std::uint32_t>(value.size()));
  const ByteView raw = bytes_of(value);
  bytes_.insert(bytes_.end(), raw.begin(), raw.end());
}

void Writer::begin_frame(std::uint32_t code, std::size_t code_size) {
  number(std::uint32_t{0});
  if (code_size == 1) {
    number(static_cast<std::uint8_t>(code));
  } else {
    number(code);
  }
}

Bytes Writer::finish_frame() {
  const auto length = static_cast<std::uint32_t>(bytes_.size() - 4);
  for (std::size_t i = 0; i < 4; ++i) bytes_[i] = static_cast<std::uint8_t>(length >> (8 * i));
  return std::move(bytes_);
}

}  // namespace soulfabric::soulseek::wire
