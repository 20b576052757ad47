# Writes OUTPUT: the migrations of FOLDER/NNNN_name.sql as C++ text.
file(GLOB files ${FOLDER}/[0-9][0-9][0-9][0-9]_*.sql)
list(SORT files)
set(entries "")
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  string(SUBSTRING ${name} 0 4 digits)
  string(REGEX REPLACE "^0+([0-9])" "\\1" number ${digits})
  file(READ ${file} text)
  string(APPEND entries "    {${number}, \"${name}\", R\"yagura_sql(${text})yagura_sql\"},\n")
endforeach()
file(WRITE ${OUTPUT}.new "// Made from sql/ by embed_sql.cmake.
#include <array>

#include \"db/migrations.h\"

namespace yagura::db {

std::span<const Migration> embedded_migrations() {
  static constexpr auto kMigrations = std::to_array<Migration>({
${entries}  });
  return kMigrations;
}

}  // namespace yagura::db
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
