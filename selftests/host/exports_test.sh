#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The functions of libaf.h, the symbols of libaf.map and those that libaf.so
# exports are the same, and the library needs nothing but libc and libseccomp.
set -euo pipefail

declared()
{
	${CC:-gcc} -E -P -Iinclude include/libaf.h | tr '\n' ' ' |
		grep -oE '\blibaf_[a-z0-9_]+ ?\(' | tr -d ' (' | sort -u
}

mapped()
{
	sed -n 's/^\t\(libaf_[a-z0-9_]*\);$/\1/p' lib/libaf.map | sort
}

exported()
{
	nm -D --defined-only "$AF_BUILD/libaf.so" |
		sed -n 's/.* T \([a-z0-9_]*\)@@LIBAF_.*/\1/p' | sort
}

# Anything else that a program would see.
others()
{
	nm -D --defined-only "$AF_BUILD/libaf.so" |
		grep -vE ' T libaf_[a-z0-9_]*@@LIBAF_| A LIBAF_[0-9.]+$' || :
}

needed()
{
	readelf -d "$AF_BUILD/libaf.so" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' |
		grep -vE '^(libc\.so\.6|libseccomp\.so\.2|ld-linux-x86-64\.so\.2)$' || :
}

diff <(declared) <(mapped)
diff <(mapped) <(exported)
[ -n "$(exported)" ]
[ -z "$(others)" ] || { others; exit 1; }
[ -z "$(needed)" ] || { needed; exit 1; }
readelf -d "$AF_BUILD/libaf.so" | grep -qE 'SONAME.*\[libaf\.so\.[0-9]+\]$'
