# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# For tests of af run with --warn, --explain and --log: policies for caught, and
# what becomes of the directory that it makes.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2034,SC2317
. selftests/apps/tap.sh

caught=$helpers/caught

# policy DEFAULT RULES: all that caught needs but to make directories.  RULES are
# for libcalls.so, from line 19 on, whose block is in line 18.
policy()
{
	cat <<-AF
	default $1
	transparent libc.so.6 ld-linux-x86-64.so.2
	common {
		brk close futex getpid getrandom gettid madvise mmap mprotect
		munmap newfstatat openat read rseq rt_sigprocmask
		set_robust_list tgkill
	}
	library ld-linux-x86-64.so.2 {
		access arch_prctl pread64 prlimit64 readlink set_tid_address
	}
	library libc.so.6 { exit rt_sigreturn }
	program {
		clone clone3 execve exit_group pause
		rt_sigaction seccomp vfork wait4
		write
	}
	# Of which the calls are that are denied.
	library libcalls.so {
		$2
		getppid
	}
	AF
}

policy kill '' >kill.af
policy 'errno EXDEV' '' >errno.af
policy trap '' >trap.af
policy kill mkdir >mkdir.af
# For any program, as long as nothing is denied.
little='transparent libc.so.6 ld-linux-x86-64.so.2'
printf '%s\n' "$little" 'program { exit_group }' >little.af

# Each begins without the directory and without a log.
fresh()
{
	rm -rf made log
}

# denied STATUS OPTION... POLICY WHAT...: the call has no effect.
denied()
{
	fresh
	run "$@" && [ ! -e made ]
}

# made STATUS COMMAND...: it has.
made()
{
	fresh
	run "$@" && [ -d made ]
}

# The report has this line.
said()
{
	grep -qE "$1" "$out"
}

# It is there so often.
said_times()
{
	[ "$(grep -cE "$2" "$out")" = "$1" ]
}

# logged EXPRESSION: of the log, of which each line must be an object, in Python.
logged()
{
	python3 -I -S - "$1" <<-'PY' >>"$out" 2>&1
	import json, sys
	log = [json.loads(line) for line in open("log")]
	assert all(type(entry) is dict for entry in log), log
	first = log[0]
	assert eval("(" + sys.argv[1] + ")"), log
	PY
}
