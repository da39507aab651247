#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests selftests/count: no way for a failure to be counted as a success.
set -euo pipefail
count=$(dirname "$0")/../count
failed=0

# expect STATUS OUTPUT RESULTS
expect()
{
	local is
	is=$(printf '%b' "$2" | "$count" n "$1" | tr '\t' ' ' | paste -sd,)
	[ "$is" = "$3" ] && return
	printf 'status "%s", output "%s":\n  expected %s\n  but is   %s\n' \
		"$1" "$2" "$3" "$is"
	failed=1
}

v='TAP version 13\n'
expect 'exit 0' '' 'ok n'
expect 'exit 1' '' 'not ok n'
expect 'exit 4' '' 'skip n'
expect 'exit 127' 'ok 1 a\n' 'not ok n'
expect 'signal 11' '' 'not ok n'
expect 'timeout 5' 'fine\n' 'not ok n'
expect lost '' 'not ok n'
expect 'exit 0' 'ok 1 no header\n' 'ok n'
expect 'exit 0' "${v}1..2\nok 1 a\nok 2 - b\n" 'ok n: a,ok n: b'
expect 'exit 0' "${v}1..1\r\nok 1 a\r\n" 'ok n: a'
expect 'exit 0' "${v}ok 1 a\n1..1\n" 'ok n: a'
expect 'exit 0' "noise\n${v}1..1\nok 1 a\n" 'ok n: a'
expect 'exit 0' "KTAP version 1\n1..1\n    1..1\n    not ok 1 s\nok 1 a\n" \
	'ok n: a'
expect 'exit 0' "${v}1..1\nnot ok 1 a\n" 'not ok n: a'
expect 'exit 0' "${v}1..1\nnot ok 1 a # TODO\n" 'not ok n: a'
expect 'exit 0' "${v}1..1\nnot ok 1 a # SKIP\n" 'not ok n: a'
expect 'exit 0' "${v}1..1\nok 1 a # SKIP why\n" 'skip n: a'
expect 'exit 0' "${v}1..1\nok 1 a # XFAIL why\n" 'ok n: a'
expect 'exit 0' "${v}1..2\nok 1 a\n" 'ok n: a,not ok n: 1 of 2 planned tests ran'
expect 'exit 0' "${v}1..1\nok 1 a\nok 2 b\n" \
	'ok n: a,ok n: b,not ok n: 2 of 1 planned tests ran'
expect 'exit 0' "${v}ok 1 a\n" 'ok n: a,not ok n: no plan'
expect 'exit 0' "$v" 'not ok n: no plan'
expect 'exit 0' "${v}1..0\n" 'not ok n: no tests'
expect 'exit 4' "${v}1..0 # SKIP why\n" 'skip n'
expect 'exit 1' "${v}1..0 # SKIP why\n" \
	'not ok n: no tests'
expect 'exit 1' "${v}1..1\nok 1 a\n" 'ok n: a,not ok n: ended with exit 1'
expect 'exit 1' "${v}1..1\nnot ok 1 a\n" 'not ok n: a'
expect 'signal 6' "${v}1..1\nok 1 a\n" 'ok n: a,not ok n: ended with signal 6'
exit "$failed"
