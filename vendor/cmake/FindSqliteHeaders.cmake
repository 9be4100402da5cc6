# SQLite: headers only (Sqlite::Headers). The library is loaded by the first use of a store, because most starts need none.
find_path(SQLITE_INCLUDE_DIR sqlite3.h NO_CACHE)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SqliteHeaders REQUIRED_VARS SQLITE_INCLUDE_DIR REASON_FAILURE_MESSAGE "run: vendor/install build")
if(SqliteHeaders_FOUND)
  add_library(Sqlite::Headers INTERFACE IMPORTED)
  set_target_properties(Sqlite::Headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${SQLITE_INCLUDE_DIR})
endif()
