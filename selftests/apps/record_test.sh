#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The kernel attributes calls as af record did: what was recorded is permitted,
# with each call's caller and predecessor, and nothing else.
#
# It is check that calls the functions:
# shellcheck disable=SC2317
set -u
. selftests/apps/tap.sh

busy=$AF_BUILD/selftests/host/busy
export LC_ALL=C PYTHONHASHSEED=0

# What is written goes to work, which is empty each time.
fresh()
{
	rm -rf work
	mkdir work
}

# both OPTION... -- COMMAND...: the command is recorded, and does the same under
# the policy.
both()
{
	local options=() status
	fresh
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	status=0
	af record -q -o p.af "${options[@]}" -- "$@" \
		>recorded 2>"$out" </dev/null || status=$?
	fresh
	run "$status" af run p.af -- "$@" && cmp recorded "$out" && return
	cat p.af >>"$out"
	return 1
}

# The call before is that which was recorded, too.
agree()
{
	rm -f p.af
	both --after -- "$@"
}

# So it is not where it depends on time.  What threads call if they have to wait
# is permitted beforehand, as is what follows the end of a child.
agree_on_callers()
{
	cat >p.af <<-'AF'
	transparent libc.so.6 ld-linux-x86-64.so.2
	common { brk futex madvise mmap mprotect munmap }
	library libc.so.6 { rt_sigreturn }
	AF
	both -- "$@"
}

for doing in nothing fork signals dlopen rewrite generated time; do
	check "$doing" agree "$busy" $doing
done
check 'threads' agree_on_callers "$busy" threads
check 'a thread that executes a program' agree_on_callers "$busy" exec

rm -f p.af
check 'calls of 32-bit code are recorded by none' \
	run 7 af record -o p.af -- "$busy" foreign
check 'and denied' run 159 af run p.af -- "$busy" foreign
check 'all but them is permitted' run 7 af run p.af -- "$busy" nothing
check 'what was not recorded is denied' run 159 af run p.af -- "$busy" fork

# less CALL AFTER: the policy of time, without one predecessor.
less()
{
	sed "s/^\(	$1 after .*\)\<$2\>/\1/; s/^	$1 after *$/	$1 after $1/" \
		whole.af >p.af
	! cmp -s p.af whole.af && run 159 af run p.af -- "$busy" time
}
check 'a policy with predecessors' agree "$busy" time
mv p.af whole.af
check 'needs them where the vDSO makes no call, or where it does' \
	eval 'less getgid getuid || less getgid clock_gettime'
check 'needs the first of all' less brk execve

mkdir dir
echo text >dir/file
seq -f 'line %g, of which there are some' 100 >lines
check 'ls' agree ls -lR dir /etc/ssl
check 'sort' agree sort lines
check 'awk' agree awk '{ n++ } END { print n }' lines
check 'curl' agree curl -s "file://$PWD/dir/file"
check 'sqlite3' agree sqlite3 work/file.db \
	'create table t(a); insert into t values(1), (2); select sum(a) from t;'
check 'python3' agree /usr/bin/python3 -c \
	'import json, ssl, sqlite3; print(json.dumps({"a": [1, 2]}))'
check 'python3 with threads' agree_on_callers /usr/bin/python3 -c '
import threading
threads = [threading.Thread(target=lambda: len(open("lines").read()))
	   for i in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("done")'
check 'a shell and what it starts' agree_on_callers \
	sh -c 'ls dir | sort | tr a-z A-Z; exit 5'
check 'a shell with a handler' agree_on_callers \
	sh -c 'trap "echo handled" USR1; kill -USR1 $$; :'
echo 'int main(void) { return 0; }' >main.c
check 'gcc' agree_on_callers gcc -o work/main main.c

# What was recorded on one kind of work holds for another of the kind.
rm -f p.af
check 'sort is recorded' run 0 af record -o p.af -- sort lines
check 'and sorts something else' run 0 af run p.af -- sort -r /etc/passwd
finish
