#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af explain: what the kernel's own record of a denial leads to, up to a policy
# in which the call is permitted.
set -u
. selftests/apps/tap.sh

first=$helpers/first_call_nolibc
echo 'program { getpid }' >getpid.af

# The records since the last time, as the kernel prints them without auditd.
denials()
{
	dmesg -c
}

denials >/dev/null
check 'a call is denied' run 159 af run getpid.af -- "$first"
denials >log
check 'and the kernel says so' grep -q 'syscall=231 .* caller=1' log
check 'which can be explained' run 1 af explain --audit getpid.af log
check 'with the program, the call and the one before' grep -q \
	'^getpid.af:1: .exit_group. by the program, after .execve.: denied' \
	"$out"
check 'and with what to add' grep -q \
	'hint: add .exit_group. to the block in line 1' "$out"

echo 'program { getpid exit_group }' >both.af
check 'that permits it' run 0 af explain --after execve both.af exit_group
check 'and it does' run 7 af run both.af -- "$first"
check 'without another record' \
	test -z "$(denials | grep 'type=1326')"

printf 'program { exit_group }\npart start of program symbol _start { getpid }\n' \
	>part.af
check 'a call of a part is denied' run 159 af run part.af -- "$first"
denials >log
check 'which is explained, too' run 1 af explain --audit part.af log
check 'by its name' grep -q \
	'^part.af:2: .exit_group. by part start of the program, after' "$out"

check 'a call that is denied is not a mistake' \
	run 1 af explain both.af mkdir
check 'one that is not there is' run 2 af explain both.af mkdri
check 'as is a caller that the policy does not name' \
	run 2 af explain --by libx.so both.af mkdir
finish
