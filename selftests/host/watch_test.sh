#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af run with --warn, --explain and --log where the kernel does not tell callers
# apart: what is denied to all is denied, or said.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/tap.sh

if af check | grep -q 'who asks for a call: yes'; then
	echo '1..0 # SKIP the kernel tells callers apart'
	exit 4
fi

cat >sh.af <<'AF'
transparent libc.so.6 ld-linux-x86-64.so.2
unknown {
	access arch_prctl brk close clone clone3 exit_group fcntl futex getegid
	geteuid getgid getpid getppid getrandom getuid mmap mprotect munmap
	newfstatat openat pread64 prlimit64 read rseq rt_sigaction
	rt_sigprocmask rt_sigreturn set_robust_list set_tid_address vfork
	wait4 write
}
program { getpid }
AF
sed '1i default errno EXDEV' sh.af >errno.af
sed '1i default trap' sh.af >trap.af

# umask STATUS OPTION...: sh sets its umask.
umask()
{
	local status=$1
	shift
	rm -f log
	run "$status" af run "$@" -- sh -c 'umask 077; umask; exit 3'
}

said()
{
	grep -qE "$1" "$out"
}

check 'a policy is not enforced in part unasked' umask 125 --explain sh.af
check 'nor warned of' umask 125 --warn sh.af
check 'which is said' said 'the running kernel does not tell filters who'
check '--explain denies' umask 159 --degraded --explain sh.af
check 'before it is done' eval '! said ^0077'
check 'and says what, by whom' said \
	'^af: sh.af:9: `umask` by the program, after one that is not told: denied,'
check 'and where' said '^  from: .*/(da|ba)?sh\+0x'
check '--log denies, too' umask 159 --degraded --log log sh.af
check 'and logs it' grep -q '"name":"umask".*"caller":"program"' log
check '--explain fails calls' umask 3 --degraded --explain errno.af
check 'without their effect' eval '! said ^0077'
check 'and says so' said '^af: errno.af:10: .*: denied with EXDEV,'
check '--explain traps calls' umask 159 --degraded --explain trap.af
check 'and says so' said '^af: trap.af:10: .*: denied with SIGSYS,'
for policy in sh errno trap; do
	check "--warn makes calls: $policy" umask 3 --degraded --warn $policy.af
	check 'with their effect' said '^0077'
	check 'and says so' said "^af: not enforced: $policy.af:.*umask"
done

# Reports that nobody reads, or that have no room.
mkfifo fifo
exec 3<>fifo
exec 4>fifo
exec 3>&-
unread()
{
	local status=0
	af run --degraded "$1" "$2" -- sh -c "umask 077; $3" \
		>"$out" 2>&4 </dev/null || status=$?
	[ "$status" = "$4" ]
}
check '--warn does not stop what it is not read of' \
	unread --warn sh.af 'umask; exit 3' 3
check 'but lets it do all' said ^0077
check '--explain goes on to deny' unread --explain errno.af 'umask; exit 3' 3
check 'without effect' eval '! said ^0077'
check 'a SIGPIPE of the program is its own' \
	unread --warn sh.af 'kill -PIPE $$' 141
exec 4>&-
check 'the program does not ignore it' run 0 af run --degraded --warn sh.af -- \
	grep -q '^SigIgn:.*[02468ace]...$' /proc/self/status

: >reads
{ read -r _; exec <&-; rm reads; } <fifo &
check 'so it is with a log' run 3 af run --degraded --warn --log fifo sh.af -- \
	sh -c 'umask 077; while test -e reads; do :; done; umask 022; exit 3'
check 'which is said' said '^af: fifo: cannot be written: Broken pipe'
check 'with one that is full' eval '(ulimit -f 1; head -c 1024 /dev/zero >full
	af run --degraded --warn --log full sh.af -- \
	sh -c "umask 077; exit 3") 2>&1 </dev/null | cat >"$out"
	[ "${PIPESTATUS[0]}" = 3 ]'
check 'too' said '^af: full: cannot be written: File too large'

# passed_on SIGNAL: what is sent to af gets to the program, which says so.
passed_on()
{
	local status=0
	rm -f ready
	af run --degraded --warn sh.af -- sh -c \
		"trap 'exit 9' $1; : >ready; while :; do sleep 0.01; done" \
		>"$out" 2>&1 &
	until test -e ready; do sleep 0.01; done
	kill "-$1" $!
	wait $! || status=$?
	[ "$status" = 9 ]
}
for signal in HUP TERM USR1 CONT WINCH XCPU 34 64; do
	check "a signal is the program's: $signal" passed_on "$signal"
done

# Who decides is not to be changed by who is decided about, if not by root.
as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
sed 's/^unknown {/& dup2/' sh.af >files.af
opens()
{
	run "$1" "${as[@]}" af run --degraded --explain files.af -- \
		sh -c "exec 3<$2"
}
check 'the program opens its own memory' opens 0 '/proc/$$/mem'
check 'but not that of the tracer' opens 2 '/proc/$PPID/mem'
finish
