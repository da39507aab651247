#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af run with --warn and --explain: what is denied, what is not, and what is said
# of it.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/watch.sh

# Without any of it, so that what follows is about something.
check 'a call is denied' denied 159 af run kill.af -- "$caught" mkdir
check 'and made if it is permitted' made 7 af run mkdir.af -- "$caught" mkdir

reason='`mkdir` by libcalls.so, after `getppid`: denied, and the process killed, as no rule permits it'
check '--explain: it is killed' \
	denied 159 af run --explain kill.af -- "$caught" mkdir
check 'and nothing is run behind it' eval '! said ^mkdir:'
check 'the line, the caller and the call before are said' \
	said "^af: kill.af:18: $reason\$"
check 'with what to add' said '^  hint: add `mkdir` to the block in line 18$'
check 'the arguments, and by whom' said \
	'^  call: mkdir\(0x[0-9a-f]+, 0x1ed, 0x0, 0x0, .*\), by caught\[[0-9]+\]$'
check 'the code of the caller, with its function' said \
	'^  from: /.*/libcalls.so\+0x[0-9a-f]+, calls_any\+0x[0-9a-f]+$'
check 'what made the call for it, before that' eval \
	'grep -B1 "^  from" "$out" | grep -q "libc.so.6+0x.*, syscall+0x"'
check 'and who called it, up to main' eval \
	'sed "1,/^  from/d" "$out" | grep -q "/caught+0x.*, do_mkdir+0x" &&
	 sed "1,/^  from/d" "$out" | grep -q "/caught+0x.*, main+0x"'
check 'what is permitted is not reported' \
	made 7 af run --explain mkdir.af -- "$caught" mkdir
check 'at all' eval '! said ^af'

check '--explain: it is killed although it ignores the signal' \
	denied 159 af run --explain kill.af -- "$caught" ignore mkdir
check 'and although it handles it' \
	denied 159 af run --explain kill.af -- "$caught" handle mkdir
check 'without its handler' eval '! said ^handled'
check '--explain: it fails with the error of the policy' \
	denied 7 af run --explain errno.af -- "$caught" mkdir
check 'as it is told' said '^mkdir: EXDEV$'
check 'and reported' said \
	'^af: errno.af:18: `mkdir` by libcalls.so, after `getppid`: denied with EXDEV,'
check '--explain: it is trapped' \
	denied 159 af run --explain trap.af -- "$caught" mkdir
check 'and reported with caller and call before' said \
	'^af: trap.af:18: `mkdir` by libcalls.so, after `getppid`: denied with SIGSYS,'
check 'and the code' said '^  from: .*/libcalls.so\+0x.*, calls_any\+0x'
check '--explain: a trap is handled by the program' \
	denied 7 af run --explain trap.af -- "$caught" handle mkdir
check 'as without it' said '^handled$'
policy kill 'mkdir then errno EXDEV' >rule.af
check '--explain: one rule has an error of its own' \
	denied 7 af run --explain rule.af -- "$caught" mkdir
check 'which it gets' said '^mkdir: EXDEV$'
check 'and whose line is said' said \
	'^af: rule.af:19: .*: denied with EXDEV by line 19$'

check '--warn: what would be killed is made' \
	made 7 af run --warn kill.af -- "$caught" mkdir
check 'and told so' said '^mkdir: made$'
check 'and said to be not enforced' said \
	"^af: not enforced: kill.af:18: $reason\$"
check 'with what to add' said '^  hint: add `mkdir` to the block in line 18$'
check 'what would fail is made' \
	made 7 af run --warn errno.af -- "$caught" mkdir
check 'what would be trapped is made' \
	made 7 af run --warn trap.af -- "$caught" handle mkdir
check 'without a signal' eval '! said ^handled'
check '--warn: what comes after is reported as after it' \
	made 7 af run --warn kill.af -- "$caught" mkdir mkdir mkdir
check 'once' said_times 1 "^af: not enforced: .*mkdir"
check 'with the number of the others' said "^af: 2 more times: kill.af:18: $reason\$"
check 'the first call of all can be one' \
	eval 'echo "program { getpid }" >first.af;
	      run 7 af run --warn first.af -- "$helpers/first_call_nolibc"'
check 'and is said to come after execve' \
	said '^af: not enforced: first.af:1: `exit_group` by the program, after `execve`:'

# Who is watched.
check '--explain: a thread' \
	denied 159 af run --explain kill.af -- "$caught" thread
check 'by its number' said ', by caught\[[0-9]+\], thread [0-9]+$'
check '--warn: a thread' made 7 af run --warn kill.af -- "$caught" thread
check 'by its number, too' said ', by caught\[[0-9]+\], thread [0-9]+$'
check '--explain: a child' \
	denied 7 af run --explain kill.af -- "$caught" fork
check 'ends as its parent expects' said '^child: signal 31$'
check '--warn: a child' made 7 af run --warn kill.af -- "$caught" fork
check 'and its report' said "^af: not enforced: kill.af:18: $reason\$"
check '--explain: a program that is executed' \
	denied 159 af run --explain kill.af -- "$caught" exec mkdir
check 'and its report' said "^af: kill.af:18: $reason\$"
check '--warn: a program that is executed by a child' \
	made 7 af run --warn --log log little.af -- \
	sh -c '"$0" exec mkdir; exit $?' "$caught"
check 'and its caller' logged \
	'any(e["name"] == "mkdir" and e["file"].endswith("/libcalls.so")
	     and e["caller"] == "unknown" and e["comm"] == "caught"
	     for e in log)'
check '--explain: a child that cannot be watched gets nothing' \
	denied 7 af run --explain kill.af -- "$caught" untraced
check 'but ENOSYS' said '^child: status 38$'
check '--explain: a supervisor cannot let calls pass' \
	run 7 af run --explain mkdir.af -- "$caught" supervise
check 'as there can be none' said '^listener: EBUSY$'
check 'else there can' run 7 af run mkdir.af -- "$caught" supervise
check 'which works' said '^listener: installed$'
check '--explain: a call of 32-bit code' \
	run 159 af run --explain mkdir.af -- "$caught" foreign
check 'is reported as such' said \
	'^af: call 20 by another convention than that of x86-64'
check '--warn: it is made' \
	run 7 af run --warn mkdir.af -- "$caught" foreign
check 'and has its effect' said '^foreign: made$'

# What cannot be.
check 'both is a mistake' \
	denied 125 af run --warn --explain kill.af -- "$caught" mkdir
check 'a compiled policy' eval \
	'run 0 af compile -o kill.afp kill.af "$caught" &&
	 denied 125 af run --explain kill.afp -- "$caught" mkdir'
check 'is refused, and why' said \
	'^af: kill.afp: the policy is a compiled one$'
check 'with what to do' said '^af: hint: give the file that it was compiled from$'
policy notify '' >notify.af
check 'a policy with notify is refused' \
	denied 125 af run --warn notify.af -- "$caught" mkdir
check 'a wrong policy runs nothing' eval \
	'echo "program { exti_group }" >wrong.af
	 run 125 af run --warn wrong.af -- "$caught"'
check 'and is said' said '^af: wrong.af:1:11: '
check 'nobody has to be root' eval 'chmod a+rx . &&
	run 159 setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$(command -v af)" run --explain kill.af -- "$caught" mkdir'
finish
