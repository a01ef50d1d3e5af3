// SPDX-License-Identifier: GPL-3.0-or-later
// Reading and writing of little-endian fields; both walk the field lists of *_fields.hpp, so a message is described once.
#pragma once
#include <concepts>
#include <cstring>
#include <type_traits>

#include "soulfabric/base/error.hpp"
#include "wire/limits.hpp"
#include "wire/types.hpp"

namespace soulfabric::soulseek::wire {

/// `M` is `T` or `const T`: lets one field list serve reading and writing.
template <class M, class T>
concept Like = std::same_as<std::remove_const_t<M>, T>;

template <class M, class... Ts>
concept OneOf = (Like<M, Ts> || ...);

template <class T>
concept Scalar = std::is_integral_v<T> || std::is_enum_v<T>;

/// Least number of bytes one list element takes; a count above remaining bytes divided by this is a lie.
template <class T>
inline constexpr std::size_t kMinSize = 4;
template <>
inline constexpr std::size_t kMinSize<FileEntry> = kMinFileEntry;
template <>
inline constexpr std::size_t kMinSize<Folder> = kMinFolder;
template <>
inline constexpr std::size_t kMinSize<FileAttribute> = 8;

/// How many elements the lists of one message may have together (attributes aside).
inline constexpr std::uint32_t kMaxListElements = kMaxListedFiles;

/// Takes fields from the front of a body. After the first failure every call does nothing and ok() is false.
class Reader {
 public:
  static constexpr bool kReading = true;
  explicit Reader(ByteView bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] bool ok() const noexcept { return why_ == nullptr; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size(); }
  /// Malformed or TooLarge with the reason; the message code is named for the log of a developer.
  [[nodiscard]] Error error(std::string_view family, std::uint32_t code) const;

  template <Scalar T>
  void operator()(const char* /*name*/, T& value) noexcept {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t raw = 0;
      number(raw);
      value = raw != 0;
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> raw{};
      number(raw);
      value = static_cast<T>(raw);
    } else {
      number(value);
    }
  }
  void operator()(const char* /*name*/, std::string& value);
  void operator()(const char* /*name*/, IpAddress& value) noexcept;
  template <class T>
  void operator()(const char* name, std::vector<T>& list) {
    const std::uint32_t n = count(kMinSize<T>, !std::is_same_v<T, FileAttribute>);
    list.clear();
    list.reserve(n);
    for (std::uint32_t i = 0; i < n && ok(); ++i) {
      T& element = list.emplace_back();
      if constexpr (Scalar<T> || std::is_same_v<T, std::string>) {
        (*this)(name, element);
      } else {
        fields(*this, element);
      }
    }
  }
  /// Absent where fewer bytes are left than the value takes at least.
  template <class T>
  void operator()(const char* name, std::optional<T>& value) {
    value.reset();
    if (!ok() || left() < least<T>()) return;
    (*this)(name, value.emplace());
  }
  /// A last field that some programs leave out: keeps its default then.
  template <Scalar T>
  void trailing(const char* name, T& value) noexcept {
    if (left() >= sizeof(T)) (*this)(name, value);
  }
  /// One of several parallel lists; the first sets how many rows there are, surplus values of later ones are dropped.
  template <class Row, class T>
  void column(const char* name, std::vector<Row>& rows, T Row::* member, bool first) {
    const std::uint32_t n = count(column_size<T>(), first);
    if (first) rows.resize(n);
    for (std::uint32_t i = 0; i < n && ok(); ++i) {
      T value{};
      if constexpr (Scalar<T> || std::is_same_v<T, std::string>) {
        (*this)(name, value);
      } else {
        fields(*this, value);
      }
      if (i < rows.size()) rows[i].*member = std::move(value);
    }
  }
  void blob(const char* name, std::string& value) { (*this)(name, value); }
  void size(const char* name, std::uint64_t& value) noexcept {
    (*this)(name, value);
    value = effective_size(value);
  }
  void rest(const char* /*name*/, Bytes& value);

 private:
  template <std::integral T>
  void number(T& value) noexcept {
    if (bytes_.size() < sizeof(T)) return stop("it ends inside a field");
    std::make_unsigned_t<T> raw = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) raw = static_cast<decltype(raw)>(raw | (static_cast<decltype(raw)>(bytes_[i]) << (8 * i)));
    value = static_cast<T>(raw);
    bytes_ = bytes_.subspan(sizeof(T));
  }
  template <class T>
  [[nodiscard]] static constexpr std::size_t least() noexcept {
    if constexpr (Scalar<T>) return sizeof(T);
    return 1;
  }
  template <class T>
  [[nodiscard]] static constexpr std::size_t column_size() noexcept {
    if constexpr (std::is_same_v<T, UserStats>) return 20;
    return 4;
  }
  [[nodiscard]] std::uint32_t count(std::size_t min_size, bool counted) noexcept;
  void stop(const char* why) noexcept {
    if (why_ == nullptr) why_ = why;
    bytes_ = {};
  }

  ByteView bytes_;
  const char* why_ = nullptr;
  bool too_large_ = false;
  std::uint32_t elements_ = 0;
};

/// Appends fields to a buffer.
class Writer {
 public:
  static constexpr bool kReading = false;

  template <Scalar T>
  void operator()(const char* /*name*/, T value) {
    if constexpr (std::is_same_v<T, bool>) {
      bytes_.push_back(value ? 1 : 0);
    } else if constexpr (std::is_enum_v<T>) {
      number(static_cast<std::make_unsigned_t<std::underlying_type_t<T>>>(value));
    } else {
      number(static_cast<std::make_unsigned_t<T>>(value));
    }
  }
  void operator()(const char* /*name*/, std::string_view value);
  void operator()(const char* name, const std::string& value) { (*this)(name, std::string_view(value)); }
  void operator()(const char* name, const IpAddress& value) { (*this)(name, value.to_v4()); }
  template <class T>
  void operator()(const char* name, const std::vector<T>& list) {
    number(static_cast<std::uint32_t>(list.size()));
    for (const T& element : list) {
      if constexpr (Scalar<T> || std::is_same_v<T, std::string>) {
        (*this)(name, element);
      } else {
        fields(*this, element);
      }
    }
  }
  template <class T>
  void operator()(const char* name, const std::optional<T>& value) {
    if (value) (*this)(name, *value);
  }
  template <Scalar T>
  void trailing(const char* name, T value) {
    (*this)(name, value);
  }
  template <class Row, class T>
  void column(const char* name, const std::vector<Row>& rows, T Row::* member, bool /*first*/) {
    number(static_cast<std::uint32_t>(rows.size()));
    for (const Row& row : rows) {
      if constexpr (Scalar<T> || std::is_same_v<T, std::string>) {
        (*this)(name, row.*member);
      } else {
        fields(*this, row.*member);
      }
    }
  }
  void blob(const char* name, const std::string& value) { (*this)(name, value); }
  void size(const char* name, std::uint64_t value) { (*this)(name, value); }
  void rest(const char* /*name*/, ByteView value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }

  /// The bytes so far, without length and code.
  [[nodiscard]] Bytes take() { return std::move(bytes_); }
  /// Begins a frame: room for the length, then the code in `code_size` bytes (1 or 4). Call first, once.
  void begin_frame(std::uint32_t code, std::size_t code_size);
  /// Fills in the length and gives the whole frame.
  [[nodiscard]] Bytes finish_frame();

 private:
  template <std::unsigned_integral T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  Bytes bytes_;
};

}  // namespace soulfabric::soulseek::wire
