#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Is each base's directory complete and as its checksums say?  Whether the patch
# in one piece is the series needs the source: scripts/refresh --check.
set -euo pipefail
cd "$(dirname "$0")/../../kernel-patches"
failed=0

fail()
{
	printf '%s: %s\n' "$base" "$*"
	failed=1
}

# The files and lines that patches change, in whatever order.
changes_of()
{
	sed -nE 's|^\+\+\+ b/([^[:space:]]+).*|\1|p' "$@" | sort -u
}

# What a patch does to the header that programs are built with.
abi_changes()
{
	sed -n '\|^+++ b/include/uapi/|,/^diff /{/^diff /d;/^[+-]/p}' "$1"
}

bases=0 first=''
for dir in */; do
	base=${dir%/}
	[ -f "$base/BASE" ] || continue
	bases=$((bases + 1))
	(cd "$base" && sha256sum --quiet -c SHA256SUMS) || fail 'wrong checksums'
	mapfile -t series < <(grep -v '^#' "$base/series")
	[ ${#series[@]} -gt 0 ] || fail 'no series'
	sed 's/^[0-9a-f]*  //' "$base/SHA256SUMS" | sort | diff - <(
		printf '%s\n' BASE series "${series[@]}" "libaf-$base.patch" \
			"libaf-$base.config" | sort) ||
		fail 'SHA256SUMS does not list what the series and BASE name'
	find "$base" -type f -printf '%P\n' | grep -vx SHA256SUMS | sort |
		diff - <(sed 's/^[0-9a-f]*  //' "$base/SHA256SUMS" | sort) ||
		fail 'a file has no checksum'
	(cd "$base" && changes_of "${series[@]}") |
		diff - <(changes_of "$base/libaf-$base.patch") ||
		fail 'the patch in one piece touches other files'
	[ -n "$first" ] || first=$base
	[ -n "$(abi_changes "$base/libaf-$base.patch")" ] ||
		fail 'the interface does not change'
	diff <(abi_changes "$first/libaf-$first.patch") \
		<(abi_changes "$base/libaf-$base.patch") ||
		fail "the interface is not that of $first"
	diff <(grep -h '^CONFIG' config/caller.config) \
		<(grep -h '^CONFIG_SECCOMP_C' "$base/libaf-$base.config") ||
		fail 'the fragment is not that of config/caller.config'
done
[ "$bases" -ge 2 ] || { echo "$bases bases"; failed=1; }
exit "$failed"
