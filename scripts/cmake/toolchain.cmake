# How everything here is compiled. cookieshop_flags carries it to our own targets only, never to those who link us.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Without these two ccache passes by whatever makes or uses precompiled headers.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
    add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)

add_library(cookieshop_flags INTERFACE)
target_compile_options(cookieshop_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wold-style-cast -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(cookieshop_flags INTERFACE
        # GCC's plain -Wshadow also forbids a parameter `status` of the type `status`.
        -Wshadow=local
        # A designated initialiser names what differs from the defaults; it is complete as it stands.
        -Wno-missing-field-initializers
        # GCC 12 sees uninitialised values in coroutine frames where there are none.
        $<$<NOT:$<CONFIG:Debug>>:-Wno-maybe-uninitialized>
        # At -O1 it takes the operator delete of a coroutine's frame for another one than its operator new's.
        -Wno-mismatched-new-delete
        # ccache can't tell what is in a precompiled header otherwise.
        -fpch-preprocess)
else()
    target_compile_options(cookieshop_flags INTERFACE -Wshadow -Wno-missing-field-initializers)
endif()
if(COOKIESHOP_WERROR)
    target_compile_options(cookieshop_flags INTERFACE -Werror)
endif()

# What makes a bug of memory end the process instead of serving an attacker. A sanitizer sees more, and each of these is in
# its way. docs/reliability.md says what they cost, which scripts/bench measures in programs that lack one or the other.
if(NOT COOKIESHOP_SANITIZE)
    set(protections
        -fstack-protector-strong -fstack-clash-protection -fcf-protection -D_GLIBCXX_ASSERTIONS
        # Without optimisation there is nothing that it could check.
        $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
    if(COOKIESHOP_UNPROTECTED)
        list(FILTER protections EXCLUDE REGEX "${COOKIESHOP_UNPROTECTED}")
    endif()
    target_compile_options(cookieshop_flags INTERFACE -fPIE ${protections})
    add_link_options(-pie LINKER:-z,relro,-z,now,-z,noexecstack)
endif()

if(COOKIESHOP_SANITIZE)
    # vptr needs the type information of SOCI's classes, which its libraries do not export.
    add_compile_options(
        -fsanitize=${COOKIESHOP_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${COOKIESHOP_SANITIZE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        # It marks functions in a way that clang 14 can't carry over to the parts of a coroutine.
        add_compile_options(-fno-sanitize=function)
    endif()
    if(COOKIESHOP_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # ThreadSanitizer does not see fences. Asio has one beside each handler that it calls, but hands handlers over
        # under a mutex, which it sees.
        add_compile_options(-Wno-tsan)
    endif()
endif()
