// Which release this is, and which Redis it answers like.
#pragma once

namespace holdfast {

inline constexpr char kVersion[] = "0.1.0";
inline constexpr char kRedisVersion[] = "7.2.4";

}  // namespace holdfast
