#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests kernel-patches/scripts/tree and refresh on a tiny base of its own.
set -euo pipefail
kernel_patches=$(realpath "$(dirname "$0")/../../kernel-patches")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export LIBAF_CACHE=$dir/cache GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@localhost
export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@localhost
failed=0

sum=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
source=$LIBAF_CACHE/source/1.2.3-${sum:0:12}
base=$dir/patches/1.2
mkdir -p "$base" "$source/linux/sub" "$dir/patches/config"
cp -r "$kernel_patches/scripts" "$dir/patches/scripts"
cp "$kernel_patches/config/caller.config" "$dir/patches/config/"
printf 'package=p\nversion=1.2.3\ndeb_sha256=%s\ntarball=/t\ntarball_sha256=%s\n' \
	$sum $sum >"$base/BASE"
printf 'package=p\nversion=1.2.3\n' >"$source/INFO"
seq 20 >"$source/linux/f"
seq 20 >"$source/linux/sub/gone"
# Hidden by the tree's own list, but part of the source.
echo hidden >"$source/linux/sub/hidden"
echo hidden >"$source/linux/.gitignore"
cp -r "$source/linux" "$dir/pristine"
tree=$dir/tree refresh="$dir/patches/scripts/refresh --base 1.2"

fail()
{
	echo "$*"
	failed=1
}

# expect STATUS TEXT COMMAND...: ends so and says so.
expect()
{
	local want=$1 text=$2 status=0
	shift 2
	"$@" >"$dir/log" 2>&1 || status=$?
	if [ "$status" = "$want" ] &&
	   { [ -z "$text" ] || grep -q -e "$text" "$dir/log"; }; then
		return
	fi
	fail "expected $want, \"$text\" from $*; is $status:"
	cat "$dir/log"
}

commit()
{
	git -C "$tree" add -A
	git -C "$tree" commit -q -m "$1"
}

head_of()
{
	git -C "$tree" rev-parse "HEAD^{tree}"
}

expect 0 'on the branch libaf' "$dir/patches/scripts/tree" --base 1.2 "$tree"
expect 1 'exists' "$dir/patches/scripts/tree" --base 1.2 "$tree"
git -C "$tree" ls-files | grep -qx sub/hidden ||
	fail 'the tree lacks what .gitignore hides'
# shellcheck disable=SC2086
expect 1 'has no commits since' $refresh "$tree"

sed -i 's/^10$/ten/' "$tree/f"
commit 'one: Change a line'
echo new >"$tree/sub/new"
rm "$tree/sub/gone"
commit 'two: Add and remove'
printf '#!/bin/sh\n' >"$tree/run"
chmod +x "$tree/run"
sed -i 's/^11$/eleven/' "$tree/f"
commit 'three: Add what can be run'
# shellcheck disable=SC2086
{
	expect 0 '1.2: 3 patches' $refresh "$tree"
	expect 0 '' $refresh --check
}
printf '%s\n' 0001-one-Change-a-line.patch 0002-two-Add-and-remove.patch \
	0003-three-Add-what-can-be-run.patch | diff - "$base/series" ||
	fail 'the series is another'
! grep -q "$dir" "$base"/* || fail 'a path of this machine is in the files'

# The series one by one, and all in one, give the tree.
one=$dir/one
cp -r "$dir/pristine" "$one"
(cd "$one" && LC_ALL=C patch -s -p1 --fuzz=0 <"$base/libaf-1.2.patch")
expect 0 '' "$dir/patches/scripts/apply" --base 1.2 "$dir/each"
diff -r -x .git "$tree" "$one" || fail 'the patch in one piece differs'
diff -r -x .git "$tree" "$dir/each" || fail 'the series differs'
[ -x "$one/run" ] || fail 'the patch in one piece loses a mode'
(cd "$base" && sha256sum --quiet -c SHA256SUMS) || fail 'wrong checksums'

# And back: the same commits, the same files.
before=$(head_of)
rm -rf "$tree"
expect 0 '' "$dir/patches/scripts/tree" --base 1.2 "$tree"
[ "$(head_of)" = "$before" ] || fail 'the tree of the series is another'
cp -r "$base" "$dir/before"
# shellcheck disable=SC2086
expect 0 '' $refresh "$tree"
diff -r "$dir/before" "$base" || fail 'there and back is not the same'

# What --check is for.
for f in libaf-1.2.patch libaf-1.2.config SHA256SUMS \
	0002-two-Add-and-remove.patch; do
	cp "$base/$f" "$dir/kept"
	echo >>"$base/$f"
	# shellcheck disable=SC2086
	expect 1 'not as refresh would write it' $refresh --check
	cp "$dir/kept" "$base/$f"
done
sed -i 's/^+ten$/+TEN/' "$base/0001-one-Change-a-line.patch"
# shellcheck disable=SC2086
expect 1 '' $refresh --check
sed -i 's/^+TEN$/+ten/' "$base/0001-one-Change-a-line.patch"

# Comments stay in front of what they are about; patches come and go.
sed -i -e '1i # general\n\n# first' -e '/three/i # third' "$base/series"
git -C "$tree" reset -q --hard HEAD~2
sed -i 's/^1$/ONE/' "$tree/f"
commit 'zero: Come in between'
git -C "$tree" rev-parse HEAD >"$dir/zero"
sed -i 's/^11$/eleven/' "$tree/f"
commit 'three: Add what can be run'
# shellcheck disable=SC2086
expect 0 '1.2: 3 patches' $refresh "$tree"
printf '%s\n' '# general' '' '# first' 0001-one-Change-a-line.patch \
	0002-zero-Come-in-between.patch '# third' \
	0003-three-Add-what-can-be-run.patch | diff - "$base/series" ||
	fail 'comments of the series'
[ "$(find "$base" -name '*.patch' | wc -l)" = 4 ] || fail 'old patches stay'

# What must not become a series.
echo dirty >>"$tree/f"
# shellcheck disable=SC2086
{
	expect 1 'changes that are not committed' $refresh "$tree"
	git -C "$tree" checkout -q f
	expect 1 'f at .* is not that of 1.2.3' $refresh "$tree" \
		--from "$(cat "$dir/zero")"
	expect 1 'no such commit' $refresh "$tree" --from nonsense
	expect 1 'usage' $refresh --check "$tree"
	expect 1 'is not a git tree' $refresh "$dir/pristine"
	expect 0 '' $refresh --check
}

# On another source than BASE names nothing can be written, or compared.
sed -i 's/^version=.*/version=1.2.4/' "$source/INFO"
# shellcheck disable=SC2086
{
	expect 1 '1.2.4 is not what 1.2/BASE names' $refresh
	expect 0 '1.2.4 is not what 1.2/BASE names' $refresh --check
}
diff -r "$dir/pristine" "$source/linux" || fail 'the source is another'
exit "$failed"
