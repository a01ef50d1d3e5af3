// SPDX-License-Identifier: GPL-3.0-or-later
// The one translation unit that compiles Beast's bodies.
#include <boost/beast/src.hpp>
