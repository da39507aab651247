#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Scripts that install, fetch and build, with an apt, a sudo and a dpkg that say
# what they were asked for and do nothing.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/tap.sh

scripts=$tap_top/kernel-patches/scripts
export LIBAF_CACHE=$tap_scratch/cache

# fake PROGRAM: standard input is what it does.
mkdir bin
export PATH=$tap_scratch/bin:$PATH
fake()
{
	{ echo '#!/bin/sh'; cat; } >"bin/$1"
	chmod +x "bin/$1"
}

real()
{
	rm -f "bin/$1"
	hash -r
}

says()
{
	grep -qF -e "$1" "$out"
}

#
# scripts/setup
#
fake apt-get <<<"echo \"\$*\" >>$tap_scratch/asked"
fake id <<<'echo 1000'
fake sudo <<<'exit 1'
export DPKG_ADMINDIR=$tap_scratch/dpkg
mkdir -p dpkg/updates dpkg/info
: >dpkg/status

setup()
{
	: >asked
	run "$1" "$tap_top/scripts/setup" --unit
}

asked_nobody()
{
	[ ! -s asked ]
}

# package NAME ARCHITECTURE: it is installed.
package()
{
	local others=same
	[ "$2" != all ] || others=foreign
	printf '%s: %s\n' Package "$1" Status 'install ok installed' \
		Architecture "$2" Multi-Arch "$others" Version 1 \
		Maintainer none Description none
	echo
} >>dpkg/status

# without NAME: all others are installed.
without()
{
	local p
	: >dpkg/status
	for p in $needed; do
		[ "$p" = "${1:-}" ] || package "$p" "$native"
	done
}

misses()
{
	says "install --no-install-recommends $1"
}

native=$(dpkg --print-architecture)
check 'packages are missing, and sudo does not work' setup 1
check 'it says what root is to do' says 'apt-get update && apt-get install'
needed=$(sed -n 's/.*--no-install-recommends //p' "$out")
check 'and leaves that to root' asked_nobody
without
check 'all are there' setup 0
check 'there is nothing to do' asked_nobody
without make
check 'one is missing' setup 1
check 'that one' misses make
package make all
check 'one for all architectures is there' setup 0
other=i386
[ "$native" != i386 ] || other=amd64
without libjansson-dev
package libjansson-dev "$other"
check 'one for another architecture is not' setup 1
check 'as is said' misses libjansson-dev
package libjansson-dev "$native"
check 'one for both is' setup 0

# With a password; script(1) is a terminal to ask at.
cat <<'SH' | fake sudo
case $1 in
-n) exit 1 ;;
-v) echo 'password' ;;
*) exec "$@" ;;
esac
SH
with_terminal()
{
	: >asked
	run 0 script -qec "$tap_top/scripts/setup --unit" /dev/null
}
without make
check 'with a terminal' with_terminal
check 'a password is asked for' says password
check 'and what is missing installed' \
	grep -q 'install --no-install-recommends make$' asked
check 'without one' setup 1
check 'nobody is asked' asked_nobody
real id
unset DPKG_ADMINDIR

#
# Where scripts are called
#
bases=$(cd "$tap_top/kernel-patches" && echo */BASE)
no_base()
{
	(cd "$tap_top" && run 1 "$@" kernel-patches/scripts/fetch --base 0.0) &&
		[ "$(cat "$out")" = \
		"fetch: no such base: 0.0 (there is: ${bases//\/BASE/})" ]
}
check 'a base that there is not' no_base env
check 'with CDPATH' no_base env CDPATH="$tap_top"
check 'without HOME' no_base env -u HOME -u XDG_CACHE_HOME -u LIBAF_CACHE

#
# fetch: lists of packages that are older than the archive
#
cat <<SH | fake apt-get
case "\$*" in
*update) touch $tap_scratch/fresh ;;
*download*) test -e $tap_scratch/fresh && echo none >none.deb ;;
*) exit 1 ;;
esac
SH
fake apt-cache <<<'test "$1" = show'
fake sudo <<<'test "$1" = -n && shift; exec "$@"'
check 'a package that is not what it was' run 1 "$scripts/fetch" --base 6.12
check 'is refused' says 'has SHA-256'
check 'after lists were updated for it' test -e fresh
fake apt-get <<<'exit 1'
check 'without an archive' run 1 "$scripts/fetch" --base 6.12
check 'there is none' says 'no package linux-source-6.12'
real apt-get
real apt-cache

#
# build: kernels that nobody has used for a month, with a source that is empty
#
base=$tap_top/kernel-patches/6.12/BASE
value_of()
{
	sed -n "s/^$1=//p" "$base"
}
sha256=$(value_of tarball_sha256)
source=cache/source/$(value_of version)-${sha256:0:12}
mkdir -p "$source/linux" cache/kernel/{old,new}
printf 'version=%s\n' "$(value_of version)" >"$source/INFO"
touch cache/kernel/{old,new}/{INFO,bzImage}
touch -d '40 days ago' cache/kernel/old
cat <<'SH' | fake rm
case $* in *old*) exec "$(which -a rm | tail -n 1)" "${2:?}/INFO" ;; esac
exec "$(which -a rm | tail -n 1)" "$@"
SH
build()
{
	run 1 "$scripts/build" --stock --base 6.12 && says 'cannot configure'
}
check 'a removal that is interrupted' build
check 'leaves a part' test -e cache/building/old/bzImage
check 'which is not taken for a kernel' test ! -e cache/kernel/old
check 'what is in use stays' test -e cache/kernel/new/INFO
real rm
check 'the next build' build
check 'removes the rest' test ! -e cache/building/old

#
# deb: flags for this machine
#
fake dpkg-parsechangelog <<<'echo 1'
cat <<'SH' | fake dpkg-buildpackage
env >../environment
touch ../libaf.deb
SH
deb()
{
	(cd "$tap_top" && run 0 env O="$tap_scratch/o" CC=cc CFLAGS=-O1 \
		LDFLAGS=-s DESTDIR=/x prefix=/y MAKEFLAGS=k scripts/deb) &&
		says o/deb/libaf.deb
}
# If it was not there, nothing was shown.
of_packages()
{
	grep -q '^PATH=' o/deb/environment && ! grep -E \
		'^(O|CC|CFLAGS|LDFLAGS|DESTDIR|prefix|MAKEFLAGS)=' \
		o/deb/environment >"$out"
}
check 'a package' deb
check 'is not built with flags for this machine' of_packages
finish
