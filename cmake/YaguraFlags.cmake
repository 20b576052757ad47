# One interface target carries every warning and hardening flag; nothing else sets any.
add_library(yagura_flags INTERFACE)

target_compile_options(yagura_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Wvla
  -Wundef -Wextra-semi -Wsuggest-override -Werror -g
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(yagura_flags INTERFACE -Wduplicated-cond -Wlogical-op)
  # g++ 12 sees null pointers and overflows inside inlined library code that are not there.
  target_compile_options(yagura_flags INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow)
else()
  target_compile_options(yagura_flags INTERFACE -Wunreachable-code -Wno-gnu-statement-expression)
endif()
target_compile_options(yagura_flags INTERFACE -Wno-pedantic)
target_compile_definitions(yagura_flags INTERFACE _GLIBCXX_ASSERTIONS)

if(YAGURA_HARDENING)
  # Line tables are enough for stack traces and save a third of the compile time. Assertions stay on:
  # a broken invariant ends the process, in the shipped build too.
  target_compile_options(yagura_flags INTERFACE
    -g1 -UNDEBUG -O2 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection
    -ftrivial-auto-var-init=zero -fno-strict-overflow -fno-delete-null-pointer-checks
    -fvisibility=hidden)
  target_link_options(yagura_flags INTERFACE
    -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed -Wl,--build-id=sha1)
endif()

if(YAGURA_SANITIZE)
  target_compile_options(yagura_flags INTERFACE
    -g1 -fno-omit-frame-pointer -fsanitize=${YAGURA_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(yagura_flags INTERFACE -fsanitize=${YAGURA_SANITIZE})
endif()

if(YAGURA_FUZZ)
  target_compile_options(yagura_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(YAGURA_MOLD mold)
if(YAGURA_MOLD AND NOT YAGURA_HARDENING)
  target_link_options(yagura_flags INTERFACE -fuse-ld=mold)
endif()
