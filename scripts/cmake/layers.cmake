# cookieshop_layer(NAME SOURCES a.cpp … MAY_INCLUDE layer … LINKS library …)
#
# A layer is a static library that links the layers it may include and nothing else; `scripts/check-layers` holds the
# #include lines to the same table. Its public headers are all that lie in include/cookieshop/NAME.

include(GNUInstallDirs)

# What nearly every source file includes. They are precompiled once, in util, and all layers reuse that: a copy a layer
# costs more time than it saves.
set(COOKIESHOP_PCH_HEADERS
    <algorithm> <array> <chrono> <functional> <memory> <optional> <span> <string> <string_view> <variant> <vector>
    <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/address.hpp> <boost/asio/use_awaitable.hpp> <boost/system/result.hpp>)

function(cookieshop_layer name)
    cmake_parse_arguments(layer "" "" "SOURCES;MAY_INCLUDE;LINKS" ${ARGN})
    set(target cookieshop_${name})
    add_library(${target} STATIC ${layer_SOURCES})
    add_library(cookieshop::${name} ALIAS ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/cookieshop/${name}/*.hpp)
    target_sources(${target} PUBLIC
        FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/source)
    target_compile_features(${target} PUBLIC cxx_std_20)
    list(TRANSFORM layer_MAY_INCLUDE PREPEND cookieshop_)
    target_link_libraries(${target}
        PUBLIC ${layer_MAY_INCLUDE} ${layer_LINKS}
        PRIVATE $<BUILD_INTERFACE:cookieshop_flags>)
    if(NOT COOKIESHOP_PCH)
        return()
    elseif(name STREQUAL "util")
        target_precompile_headers(${target} PRIVATE ${COOKIESHOP_PCH_HEADERS})
    else()
        target_precompile_headers(${target} REUSE_FROM cookieshop_util)
    endif()
endfunction()
