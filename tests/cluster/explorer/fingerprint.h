// 128 bits of a state: whatever has Fields() is walked, everything else is a number or a container.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::explorer {

class Fingerprint {
 public:
  template <typename T>
  void Add(const T& value) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      Word(static_cast<uint64_t>(value));
    } else if constexpr (requires { value.Fields(); }) {
      std::apply([&](const auto&... fields) { (Add(fields), ...); }, value.Fields());
    } else {
      Add(value.value);  // a quantity of the domain
    }
  }
  template <typename T>
  void Add(const std::vector<T>& values) {
    Word(values.size());
    for (const T& value : values) Add(value);
  }
  template <typename T, size_t kSize>
  void Add(const std::array<T, kSize>& values) {
    for (const T& value : values) Add(value);
  }
  template <typename T>
  void Add(const std::optional<T>& value) {
    Word(value.has_value());
    if (value) Add(*value);
  }
  template <typename... T>
  void Add(const std::variant<T...>& value) {
    Word(value.index());
    std::visit([&](const auto& alternative) { Add(alternative); }, value);
  }

  std::pair<uint64_t, uint64_t> Digest() const;

 private:
  // Values are small: most words fit into a byte.
  void Word(uint64_t word) {
    while (word >= 0x80) {
      bytes_.push_back(static_cast<char>(word | 0x80));
      word >>= 7;
    }
    bytes_.push_back(static_cast<char>(word));
  }

  std::string bytes_;
};

}  // namespace holdfast::explorer
