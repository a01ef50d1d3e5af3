// SPDX-License-Identifier: GPL-3.0-or-later
// The one translation unit that compiles Asio's bodies.
#include <boost/asio/impl/src.hpp>
