# Lua 5.4: headers and the static library (Lua54::Lua), and the interpreter of the same version (LUA54_PROGRAM).
find_path(LUA54_INCLUDE_DIR lua.h PATH_SUFFIXES lua5.4 NO_CACHE)
find_library(LUA54_LIBRARY liblua5.4.a NO_CACHE)
find_program(LUA54_PROGRAM lua5.4 NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Lua54 REQUIRED_VARS LUA54_LIBRARY LUA54_INCLUDE_DIR LUA54_PROGRAM REASON_FAILURE_MESSAGE "run: vendor/install build")
if(Lua54_FOUND)
  add_library(Lua54::Lua UNKNOWN IMPORTED)
  set_target_properties(Lua54::Lua PROPERTIES IMPORTED_LOCATION ${LUA54_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${LUA54_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES "m;${CMAKE_DL_LIBS}")
endif()
