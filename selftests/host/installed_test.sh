#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs libaf, and builds selftests/installed with what is there.
#
# It is check that calls the functions:
# shellcheck disable=SC2317
set -u
. selftests/apps/tap.sh

version=$(sed -n 's/^LIBAF_\([0-9.]*\) {.*/\1/p' "$tap_top/lib/libaf.map" |
	tail -n 1)
project=$tap_top/selftests/installed
prefix=$tap_scratch/usr
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
strict='-Wall -Wextra -pedantic-errors -Werror'

of_make()
{
	make -C "$tap_top" O="$AF_BUILD" "$@"
}

# What there is to be installed, with NAME for the directory of libraries.
expected()
{
	printf '%s\n' bin/af include/libaf.h include/libaf/abi.h \
		"$1"/{libaf.a,libaf.so,libaf.so.0,"libaf.so.$version"} \
		"$1/pkgconfig/libaf.pc" \
		share/bash-completion/completions/af \
		share/fish/vendor_completions.d/af.fish \
		share/zsh/site-functions/_af
	find "$tap_top/lib/man" "$tap_top/tools" -name '*.[1-9]' |
		sed 's|.*/\(.*\)\.\(.\)$|share/man/man\2/\1.\2|'
}

# installed DIR NAME: these files are there, and no others.
installed()
{
	diff <(expected "$2" | sort) \
		<(cd "$1" && find . ! -type d | sed 's|^\./||' | sort) >"$out"
}

destdir()
{
	run 0 of_make install DESTDIR="$PWD/dest" prefix=/opt/af \
		libdir=/opt/af/lib64 && installed dest/opt/af lib64 &&
		! grep -r "$PWD" dest/opt/af/lib64/pkgconfig >"$out"
}

# What was there before stays.
uninstall()
{
	touch dest/opt/af/bin/other
	run 0 of_make uninstall DESTDIR="$PWD/dest" prefix=/opt/af \
		libdir=/opt/af/lib64 || return
	find dest ! -type d -o -path '*/include/libaf' >"$out"
	[ "$(cat "$out")" = dest/opt/af/bin/other ]
}

pkg_config()
{
	run 0 pkg-config --modversion libaf && grep -qxF "$version" "$out" &&
		run 0 pkg-config --variable=libdir libaf &&
		grep -qxF "$prefix/lib" "$out" &&
		run 0 pkg-config --libs libaf &&
		grep -q -e -laf "$out" && ! grep -q seccomp "$out" &&
		run 0 pkg-config --static --libs libaf &&
		grep -q -e '-laf.*-lseccomp' "$out"
}

# header COMPILER STANDARD: each header needs no other before it.
header()
{
	local h
	for h in libaf.h libaf/abi.h; do
		printf '#include <%s>\n#include <%s>\n' "$h" "$h" >header.c
		# shellcheck disable=SC2046,SC2086
		run 0 "$1" -x "${2%%[0-9]*}" -std="$2" $strict -fsyntax-only \
			$(pkg-config --cflags libaf) header.c || return
	done
}

# confined PROGRAM: it runs, and its policy is in force.
confined()
{
	run 0 env LD_LIBRARY_PATH="$prefix/lib" "$1" && grep -qx denied "$out"
}

# uses PROGRAM: the shared library is that which was installed.
uses()
{
	run 0 env LD_LIBRARY_PATH="$prefix/lib" ldd "$1" &&
		grep -qF "libaf.so.0 => $prefix/lib/libaf.so.0 " "$out"
}

# shellcheck disable=SC2046,SC2086
shared()
{
	rm -f shared
	run 0 "$1" -x "${2%%[0-9]*}" -std="$2" $strict -o shared \
		"$project/program.c" $(pkg-config --cflags --libs libaf) &&
		uses ./shared && confined ./shared
}

# Calls of the library that the program has, and those that there are.
all_functions()
{
	diff <(nm -D --undefined-only shared | grep -oE '\blibaf_[a-z_]+' |
			sort -u) \
		<(sed -n 's/^\t\(libaf_[a-z_]*\);$/\1/p' \
			"$tap_top/lib/libaf.map" | sort) >"$out"
}

# shellcheck disable=SC2046
static()
{
	run 0 gcc -static -o static "$project/program.c" \
		$(pkg-config --static --cflags --libs libaf) &&
		run 0 readelf -lW static && ! grep -qE 'INTERP|DYNAMIC' "$out" &&
		confined ./static
}

meson_project()
{
	run 0 meson setup meson "$project" && run 0 ninja -C meson &&
		uses meson/program && confined meson/program
}

cmake_project()
{
	run 0 cmake -S "$project" -B cmake && run 0 cmake --build cmake &&
		uses cmake/program && confined cmake/program
}

check 'make install succeeds' run 0 of_make install prefix="$prefix"
check 'it installs all of libaf and nothing else' installed "$prefix" lib
check 'DESTDIR holds it all and is nowhere in libaf.pc' destdir
check 'make uninstall removes it all and nothing else' uninstall
check 'pkg-config: -lseccomp only for static programs' pkg_config
check 'headers are C11 for gcc' header gcc c11
check 'headers are C11 for clang' header clang c11
check 'headers are C++17 for gcc' header g++ c++17
check 'headers are C++17 for clang' header clang++ c++17
check 'a C++17 program with the shared library' shared g++ c++17
check 'a C11 program with the shared library' shared gcc c11
check 'that program calls every function there is' all_functions
check 'a static program' static
check 'a project of meson' meson_project
check 'a project of cmake' cmake_project
# What the shell loads when it is asked to complete af.
completion()
{
	local script=$prefix/share/bash-completion/completions/af
	run 0 bash -c ". '$script'; complete -p af" &&
		grep -qxF 'complete -F _af af' "$out"
}
check 'bash completes what is typed for af' completion
check 'af runs' run 0 "$prefix/bin/af" --version
finish
