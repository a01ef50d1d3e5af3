// SPDX-License-Identifier: GPL-3.0-or-later
// Every cap of the Soulseek wire in one place (protocol note, section 16).
#pragma once
#include <cstddef>
#include <cstdint>

namespace soulfabric::soulseek::wire {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// Frames: the length field, which counts code and body.
inline constexpr std::uint32_t kMaxInitFrame = 16 * kKiB;
inline constexpr std::uint32_t kMaxDistributedFrame = 16 * kKiB;
inline constexpr std::uint32_t kMaxServerFrame = 64 * kMiB;        // what a client takes from its server
inline constexpr std::uint32_t kMaxServerRequestFrame = 64 * kKiB;  // what our server takes from a client
inline constexpr std::uint32_t kMaxPeerFrame = 1 * kMiB;           // peer messages of a few fields
inline constexpr std::uint32_t kMaxPeerListFrame = 16 * kMiB;      // search answer, folder answer, unknown codes
inline constexpr std::uint32_t kMaxUserInfoFrame = 16 * kMiB;      // buffered whole, so far below the 448 MiB others allow
inline constexpr std::uint32_t kMaxBrowseFrame = 448 * kMiB;       // never buffered: handed on as it arrives

// Inflated bodies.
inline constexpr std::uint64_t kMaxInflatedList = 128 * kMiB;     // search answer, folder answer
inline constexpr std::uint64_t kMaxInflatedBrowse = 2048 * kMiB;  // streamed
inline constexpr std::uint64_t kMaxInflateRatio = 1000;           // output to input, once kInflateRatioFrom bytes came out
inline constexpr std::uint64_t kInflateRatioFrom = 1 * kMiB;

// Contents.
inline constexpr std::size_t kMinFileEntry = 21;           // u8, empty name, u64, empty extension, no attribute
inline constexpr std::size_t kMinFolder = 8;               // empty name, no file
inline constexpr std::uint32_t kMaxListedFiles = 250'000;  // entries decoded into memory from one message
inline constexpr std::uint32_t kMaxAttributes = 64;        // of one file
inline constexpr std::uint32_t kMaxPath = 16 * kKiB;       // one path in a streamed browse answer
inline constexpr std::uint32_t kMaxUserName = 256;         // read before a search answer is inflated in full

}  // namespace soulfabric::soulseek::wire
