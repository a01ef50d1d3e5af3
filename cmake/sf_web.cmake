# SPDX-License-Identifier: GPL-3.0-or-later
# The web page as a library: esbuild bundles and compresses it, an assembly file takes the bytes in, a generated table finds them.
find_program(SF_NODE node)
if(NOT SF_NODE)
  message(FATAL_ERROR "Node.js was not found: run ./dev setup, which installs Debian's nodejs (18 or newer).")
endif()
# Several work trees of one clone may share the install that lies in .deps.
set(SF_WEB_MODULES "")
foreach(folder ${CMAKE_SOURCE_DIR}/web/node_modules ${SF_DEPS}/web/node_modules)
  if(NOT SF_WEB_MODULES AND EXISTS ${folder}/esbuild/package.json AND EXISTS ${folder}/preact/package.json)
    set(SF_WEB_MODULES ${folder})
  endif()
endforeach()
if(NOT SF_WEB_MODULES)
  message(FATAL_ERROR "web/node_modules is missing: run ./dev setup, which runs npm ci in web/.")
endif()
file(GLOB_RECURSE sf_web_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/src/* ${CMAKE_SOURCE_DIR}/web/public/*)
set(sf_web_out ${CMAKE_BINARY_DIR}/web)
add_custom_command(
  OUTPUT ${sf_web_out}/assets.S ${sf_web_out}/assets_table.cpp
  COMMAND ${SF_NODE} ${CMAKE_SOURCE_DIR}/web/build.mjs --out ${sf_web_out} --modules ${SF_WEB_MODULES}
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
