# cookieshop_embed(TARGET FUNCTION name BASE folder FILES path …): an object library that holds files, and defines the
# function of source/embedded.hpp that gives them, named as they are inside BASE.
#
# The file is also the script that writes the source at build time, whenever one of the files changed:
# cmake -DOUTPUT=… -DFUNCTION=… -DBASE=… "-DFILES=a;b" -P embed.cmake

function(cookieshop_embed target)
    cmake_parse_arguments(embed "" "FUNCTION;BASE" "FILES" ${ARGN})
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp)
    set(script ${PROJECT_SOURCE_DIR}/scripts/cmake/embed.cmake)
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DFUNCTION=${embed_FUNCTION} -DBASE=${embed_BASE}
            "-DFILES=${embed_FILES}" -P ${script}
        DEPENDS ${embed_FILES} ${script}
        COMMENT "Embedding the files of ${target}" VERBATIM)
    add_library(${target} OBJECT ${output})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/source)
endfunction()

function(write_embedded_files)
    set(arrays "")
    set(entries "")
    set(number 0)
    foreach(path IN LISTS FILES)
        file(RELATIVE_PATH name ${BASE} ${path})
        file(READ ${path} content HEX)
        # Bytes, and not a string literal: those have a length limit and characters that would need escaping.
        string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${content}")
        # The zero is not part of the file; it makes an empty one an array too.
        string(APPEND arrays "constexpr char file_${number}[] = {${bytes}0};\n")
        string(APPEND entries "    {\"${name}\", {file_${number}, sizeof(file_${number}) - 1}},\n")
        math(EXPR number "${number} + 1")
    endforeach()
    file(WRITE ${OUTPUT}
        "#include \"embedded.hpp\"\n\nnamespace {\n\n${arrays}\n"
        "constexpr cookieshop::embedded_file files[] = {\n${entries}};\n\n}  // namespace\n\n"
        "std::span<const cookieshop::embedded_file> cookieshop::${FUNCTION}() { return files; }\n")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
    write_embedded_files()
endif()
