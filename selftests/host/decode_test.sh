#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests selftests/qemu/decode: a stream that is cut short or wrong anywhere
# must not pass for a whole one.
set -euo pipefail
decode=$AF_BUILD/selftests/qemu/decode
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

u32()
{
	local i
	for i in 0 8 16 24; do
		printf '%b' "\\x$(printf %02x $((($1 >> i) & 255)))"
	done
}

# record TYPE DATA (with escapes of printf's %b)
record()
{
	printf '%b' "$2" >"$dir/data"
	u32 0x4c424146
	u32 "$1"
	u32 "$(stat -c %s "$dir/data")"
	cat "$dir/data"
}

begin() { record 1 "$1"; }
output() { record 2 "$1"; }
end() { record 4 "\\x0$1\\0\\0\\0\\x0$2\\0\\0\\0"; }
final() { record 5 "\\x0$1\\0\\0\\0"; }

# expect WHAT STATUS LINES: decodes $dir/stream
expect()
{
	local status=0 is
	rm -rf "$dir/out"
	mkdir "$dir/out"
	is=$("$decode" --tests "$dir/stream" "$dir/out" </dev/null 2>"$dir/err" |
		tr '\t\n' ' ,') || status=$?
	[ "$status $is" = "$2 $3" ] && return
	printf '%s: expected %s %s but is %s %s\n' "$1" "$2" "$3" "$status" "$is"
	cat "$dir/err"
	failed=1
}

{ begin a; output 'x\n\0y'; output z; end 1 0; begin b; end 2 9; final 2; } \
	>"$dir/stream"
expect whole 0 'a exit 0,b signal 9,'
[ "$(od -An -c "$dir/out/a" | tr -d ' ')" = 'x\n\0yz' ] || failed=1

size=$(stat -c %s "$dir/stream")
cp "$dir/stream" "$dir/whole"
for ((i = 0; i < size; i++)); do
	head -c "$i" "$dir/whole" >"$dir/stream"
	rm -rf "$dir/out"
	mkdir "$dir/out"
	if "$decode" --tests "$dir/stream" "$dir/out" </dev/null \
	   >"$dir/lines" 2>"$dir/err"; then
		echo "cut at $i: passes"
		failed=1
	fi
	[ -s "$dir/err" ] || { echo "cut at $i: not a word"; failed=1; }
done

{ begin a; end 1 0; final 2; } >"$dir/stream"
expect 'wrong number' 125 'a exit 0,'
{ begin a; end 1 0; final 1; final 1; } >"$dir/stream"
expect 'two final records' 125 'a exit 0,'
{ begin a; final 0; } >"$dir/stream"
expect 'final inside a test' 125 'a lost,'
{ begin a; begin b; } >"$dir/stream"
expect 'test inside a test' 125 'a lost,'
{ end 1 0; final 0; } >"$dir/stream"
expect 'end of nothing' 125 ''
{ output x; final 0; } >"$dir/stream"
expect 'output of nothing' 125 ''
{ begin ../a; end 1 0; final 1; } >"$dir/stream"
expect 'bad name' 125 ''
{ begin a; end 1 0; begin a; end 1 0; final 2; } >"$dir/stream"
expect 'same name twice' 125 'a exit 0,a lost,'
{ begin a; end 7 0; final 1; } >"$dir/stream"
expect 'unknown end' 125 'a lost,'
{ record 9 ''; final 0; } >"$dir/stream"
expect 'unknown record' 125 ''
{ record 6 'no disk'; final 0; } >"$dir/stream"
expect 'fatal' 125 ''
grep -q 'no disk' "$dir/err" || failed=1
{ u32 1; u32 5; u32 4; u32 0; } >"$dir/stream"
expect 'no magic' 125 ''
{ u32 0x4c424146; u32 2; u32 65537; } >"$dir/stream"
expect 'too long' 125 ''
exit "$failed"
