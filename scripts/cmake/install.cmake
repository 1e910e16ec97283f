# `cmake --install` puts the library where find_package(cookieshop) finds it, and the program beside it.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/cookieshop)
set(package_config ${PROJECT_BINARY_DIR}/cookieshop-config.cmake)
set(package_version ${PROJECT_BINARY_DIR}/cookieshop-config-version.cmake)

install(TARGETS cookieshop COMPONENT program)
configure_file(${PROJECT_SOURCE_DIR}/scripts/systemd/cookieshop.service.in ${PROJECT_BINARY_DIR}/cookieshop.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cookieshop.service DESTINATION lib/systemd/system COMPONENT program)
install(TARGETS
        cookieshop_library cookieshop_util cookieshop_http cookieshop_view cookieshop_db cookieshop_session
        cookieshop_store cookieshop_auth
    EXPORT cookieshop_targets COMPONENT library FILE_SET HEADERS COMPONENT library)
install(EXPORT cookieshop_targets COMPONENT library NAMESPACE cookieshop:: DESTINATION ${package_folder})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/cookieshop-config.cmake.in ${package_config}
    INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${package_version} COMPATIBILITY SameMinorVersion)
install(FILES ${package_config} ${package_version} COMPONENT library DESTINATION ${package_folder})
