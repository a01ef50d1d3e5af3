# SPDX-License-Identifier: GPL-3.0-or-later
# The web page as a library: esbuild bundles and compresses it, an assembly file takes the bytes in, a generated table finds them.
find_program(SF_NODE node)
if(NOT SF_NODE)
  message(FATAL_ERROR "Node.js was not found: run ./dev setup, which installs Debian's nodejs (18 or newer).")
endif()
if(NOT EXISTS ${CMAKE_SOURCE_DIR}/web/node_modules/esbuild/package.json)
  message(FATAL_ERROR "web/node_modules is missing: run ./dev setup, which runs npm ci in web/.")
endif()
file(GLOB_RECURSE sf_web_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/src/* ${CMAKE_SOURCE_DIR}/web/public/*)
set(sf_web_out ${CMAKE_BINARY_DIR}/web)
add_custom_command(
  OUTPUT ${sf_web_out}/assets.S ${sf_web_out}/assets_table.cpp
  COMMAND ${SF_NODE} ${CMAKE_SOURCE_DIR}/web/build.mjs --out ${sf_web_out}
  DEPENDS ${sf_web_sources} ${CMAKE_SOURCE_DIR}/web/build.mjs ${CMAKE_SOURCE_DIR}/web/embed.mjs ${CMAKE_SOURCE_DIR}/web/package-lock.json
  COMMENT "web page" VERBATIM)
add_library(sf_web_assets STATIC ${sf_web_out}/assets.S ${sf_web_out}/assets_table.cpp)
target_link_libraries(sf_web_assets PRIVATE sf_flags PUBLIC sf_base)
target_include_directories(sf_web_assets PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src/gateway)

get_target_property(sf_gateway_type sf_gateway TYPE)
if(sf_gateway_type STREQUAL "INTERFACE_LIBRARY")
  target_link_libraries(sf_gateway INTERFACE sf_web_assets)
else()
  target_link_libraries(sf_gateway PUBLIC sf_web_assets)
endif()
