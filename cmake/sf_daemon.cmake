# SPDX-License-Identifier: GPL-3.0-or-later
# The program itself, at the top of the build folder. It exports no symbol: libraries of other Boost versions must not bind to ours.
add_executable(soulfabric ${CMAKE_SOURCE_DIR}/src/daemon/main.cpp)
target_link_libraries(soulfabric PRIVATE sf_flags sf_daemon)
target_include_directories(soulfabric PRIVATE ${CMAKE_SOURCE_DIR}/src/daemon)
target_compile_definitions(soulfabric PRIVATE SF_VERSION="${PROJECT_VERSION}")
set_target_properties(soulfabric PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
