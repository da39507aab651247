#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests kernel-patches/scripts/apply on a tiny base of its own.
set -euo pipefail
scripts=$(realpath "$(dirname "$0")/../../kernel-patches/scripts")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export LIBAF_CACHE=$dir/cache
failed=0

sum=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
source=$LIBAF_CACHE/source/1.2.3-${sum:0:12}
mkdir -p "$dir/patches/1.2" "$source/linux"
cp -r "$scripts" "$dir/patches/scripts"
printf 'package=p\nversion=1.2.3\ndeb_sha256=%s\ntarball=/t\ntarball_sha256=%s\n' \
	$sum $sum >"$dir/patches/1.2/BASE"
printf 'version=1.2.3\n' >"$source/INFO"
seq 20 >"$source/linux/f"
cp "$source/linux/f" "$dir/f"
apply=$dir/patches/scripts/apply

# a_patch NAME FIRST: changes the line 10 of "seq 20"; FIRST is where it says
# that its context begins, $3 its first line.
a_patch()
{
	printf -- '--- a/f\n+++ b/f\n@@ -%d,7 +%d,7 @@\n %s\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n' \
		"$2" "$2" "${3:-7}" >"$dir/patches/1.2/$1"
	printf '# a comment\n\n%s\n' "$1" >"$dir/patches/1.2/series"
}

# expect STATUS TEXT: apply ends so and says so; the source stays as it was.
expect()
{
	local status=0
	"$apply" --base 1.2 "$dir/tree" >"$dir/log" 2>&1 || status=$?
	if [ "$status" != "$1" ] || { [ -n "$2" ] && ! grep -q -e "$2" "$dir/log"; }; then
		printf 'expected %s, "%s"; is %s:\n' "$1" "$2" "$status"
		cat "$dir/log"
		failed=1
	fi
	cmp "$dir/f" "$source/linux/f" || failed=1
}

a_patch good.patch 7
expect 0 ''
[ "$(sed -n 10p "$dir/tree/f")" = ten ] || { echo 'not applied'; failed=1; }
[ ! -s "$dir/log" ] || { echo 'not quiet'; failed=1; }
expect 1 'tree exists'
rm -rf "$dir/tree"
a_patch moved.patch 5
expect 0 'offset 2 lines'
rm -rf "$dir/tree"
a_patch fuzzy.patch 7 seven
expect 1 'fuzzy.patch does not apply to 1.2.3'
a_patch good.patch 7
echo good.patch >>"$dir/patches/1.2/series"
expect 1 'good.patch does not apply'
[ ! -e "$dir/tree" ] || { echo 'a failure leaves a tree'; failed=1; }
echo absent.patch >"$dir/patches/1.2/series"
expect 1 'absent.patch, which does not exist'
rm "$dir/patches/1.2/series"
expect 0 ''
cmp "$dir/f" "$dir/tree/f" || failed=1
exit "$failed"
