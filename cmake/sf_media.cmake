# SPDX-License-Identifier: GPL-3.0-or-later
# soulfabric-media, the sandboxed child that reads tags and decodes: a program of its own, the only one that links TagLib and
# libavcodec.
# Its memory limit and its list of system calls leave no room for a sanitizer's or coverage runtime.
set(sf_media_dir ${CMAKE_SOURCE_DIR}/src/library)
set(sf_media_sources ${sf_media_dir}/media/main_media.cpp ${sf_media_dir}/media/main_media_reader.cpp
  ${sf_media_dir}/media/main_media_stream.cpp ${sf_media_dir}/media/main_media_sandbox.cpp ${sf_media_dir}/core/media_frames.cpp
  ${sf_media_dir}/core/media_info.cpp ${sf_media_dir}/core/media_check.cpp ${sf_media_dir}/media/main_media_flac.cpp
  ${sf_media_dir}/media/main_media_codec.cpp)
set(sf_bare -fno-sanitize=all -fno-profile-instr-generate -fno-coverage-mapping)

function(sf_media_program name)
  add_executable(${name} ${ARGN})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/include ${sf_media_dir} ${sf_media_dir}/media)
  target_compile_options(${name} PRIVATE ${sf_bare})
  target_link_options(${name} PRIVATE -fno-sanitize=all -fno-profile-instr-generate)
  target_link_libraries(${name} PRIVATE sf_flags PkgConfig::taglib PkgConfig::flac PkgConfig::avformat PkgConfig::avcodec PkgConfig::avutil
    PkgConfig::seccomp)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

sf_media_program(soulfabric-media ${sf_media_sources})
add_dependencies(sf_library soulfabric-media)

if(SF_TESTS)
  # A child that dies or hangs where a test's file says so, and a probe that tries what the sandbox forbids.
  sf_media_program(soulfabric-media-double ${sf_media_sources})
  target_compile_definitions(soulfabric-media-double PRIVATE SF_MEDIA_DOUBLE)
  target_include_directories(soulfabric-media-double PRIVATE ${CMAKE_SOURCE_DIR}/tests/media)
  sf_media_program(soulfabric-media-probe ${CMAKE_SOURCE_DIR}/tests/media/main_probe.cpp ${sf_media_dir}/media/main_media_sandbox.cpp)
  set_target_properties(soulfabric-media-double soulfabric-media-probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  # Real audio files made on the spot.
  add_library(sf_test_audio STATIC ${CMAKE_SOURCE_DIR}/tests/media/audio_files.cpp ${CMAKE_SOURCE_DIR}/tests/media/codec_files.cpp)
  target_link_libraries(sf_test_audio PRIVATE sf_flags PUBLIC sf_base PkgConfig::flac PkgConfig::mp3lame PkgConfig::avformat PkgConfig::avcodec
    PkgConfig::avutil)
  target_include_directories(sf_test_audio PUBLIC ${CMAKE_SOURCE_DIR}/tests)
  cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL add_dependencies test_library soulfabric-media-double soulfabric-media-probe)
  cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL target_link_libraries test_library PRIVATE sf_test_audio)
  # The scan's bench and its yardstick.
  add_executable(taglib-loop EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/media/main_taglib_loop.cpp)
  target_link_libraries(taglib-loop PRIVATE sf_flags PkgConfig::taglib Threads::Threads)
  set_target_properties(taglib-loop PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL target_link_libraries bench_scan PRIVATE sf_test_audio)
  cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL add_dependencies bench_scan taglib-loop soulfabric-media)
  cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL target_compile_definitions bench_scan PRIVATE
    SF_TAGLIB_LOOP="$<TARGET_FILE:taglib-loop>" SF_MEDIA_PROGRAM="$<TARGET_FILE:soulfabric-media>")
endif()
