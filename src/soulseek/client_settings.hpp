// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration in the terms of each part of the client. Pure.
#pragma once
#include "core/tree_core.hpp"
#include "peer_hub.hpp"
#include "search_answerer.hpp"
#include "server_session.hpp"
#include "share_answers.hpp"
#include "soulfabric/base/options.hpp"
#include "transfers/options.hpp"

namespace soulfabric::soulseek {

[[nodiscard]] ServerSessionOptions server_options(const Options& options);
[[nodiscard]] PeerHubOptions hub_options(const Options& options);
[[nodiscard]] TransferOptions transfer_options(const Options& options, const std::filesystem::path& app_dir);
[[nodiscard]] AnswerOptions answer_options(const Options& options);
[[nodiscard]] TreeOptions tree_options(const Options& options);
/// Reads the picture file; a picture that cannot be read is left out.
[[nodiscard]] Profile profile_of(const Options& options);

}  // namespace soulfabric::soulseek
