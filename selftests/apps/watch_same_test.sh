#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af run with --warn, --explain and --log: but for what is denied, the program is
# as it would be without them.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/watch.sh

echo 'program { exit_group }' >plain.af
sed 's|/lib64/ld-linux-x86-64.so.2|/lib64/ld-linux-x86-64.no.2|' /bin/true >lost
chmod +x lost
for options in --warn --explain '--log log'; do
	read -ra words <<<"$options"
	check "$options: the exit status" \
		made 7 af run "${words[@]}" mkdir.af -- "$caught" mkdir
	check 'the signal that ends it' \
		run 143 af run "${words[@]}" kill.af -- "$caught" raise
	check 'no program' run 127 af run "${words[@]}" kill.af -- no-such
	check 'a program that only the kernel finds not to work' \
		run 126 af run "${words[@]}" plain.af -- ./lost
	check 'which is said' said 'lost: the kernel cannot execute it'
done

# answers OPTION SIGNAL STATUS WHAT...: af gets a signal when the program waits.
# What runs in the background ignores SIGINT.
answers()
{
	local option=$1 signal=$2 status=$3 pid ret=0
	shift 3
	env --default-signal=INT \
		af run "$option" kill.af -- "$caught" "$@" >"$out" 2>&1 &
	pid=$!
	until grep -q '^waiting$' "$out"; do
		kill -0 "$pid" || return
		sleep 0.05
	done
	kill "-$signal" "$pid"
	wait "$pid" 2>/dev/null || ret=$?
	[ "$ret" = "$status" ] && return
	echo "exit status $ret" >>"$out"
	return 1
}

check 'SIGTERM to af ends the program' answers --explain TERM 143 pause
check 'and it can handle it' answers --warn TERM 5 term pause
check 'which it does' said '^terminated$'
check 'SIGINT, too' answers --explain INT 130 pause
check 'SIGUSR1, too' answers --warn USR1 138 pause
check 'SIGKILL ends both' answers --explain KILL 137 pause
check 'which takes a moment' timeout 60 sh -c \
	'while grep -qs "^caught$" /proc/[0-9]*/comm; do sleep 0.1; done'

# closes: what the program writes to ends when it says so, while it goes on.
closes()
{
	mkfifo go
	af run --warn little.af -- \
		sh -c 'echo text; exec >&-; read -r word <go' 2>/dev/null |
		{ cat >"$out"; echo go >go; }
	[ "$(cat "$out")" = text ]
}
check 'who reads what it writes sees the end' closes
check 'it reads what af would' eval \
	'echo text | af run --warn little.af -- cat >"$out" 2>/dev/null; said "^text$"'
finish
