#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af compile: that what it writes confines as the policy does, and is refused
# before anything is run when it is not for the files that are there.
set -u
. selftests/apps/tap.sh

cat >sh.af <<'AF'
transparent libc.so.6 ld-linux-x86-64.so.2
common { brk mmap munmap mprotect close read futex getrandom }
library ld-linux-x86-64.so.2 {
	access arch_prctl newfstatat openat pread64 prlimit64 rseq
	set_robust_list set_tid_address
}
library libc.so.6 { rt_sigreturn }
program {
	exit_group fcntl getegid geteuid getgid getpgrp getpid getppid getuid
	ioctl lseek newfstatat openat rt_sigaction rt_sigprocmask sysinfo uname
	write
	dup2 after fcntl close openat
}
AF

check 'a policy is compiled' run 0 af compile -o sh.afp sh.af sh
check 'what comes of it is the same again' \
	run 0 af compile sh.af --output again.afp -- "$(command -v sh)"
check 'byte by byte' cmp sh.afp again.afp
check 'it runs its program' run 3 af run sh.afp -- sh -c 'exit 3'
check 'which may do what it may' \
	run 0 af run sh.afp -- sh -c 'echo allowed; : >allowed'
check 'and does it' test -e allowed
check 'and is killed for what it must not' \
	run 159 af run sh.afp -- sh -c 'umask 077; : >denied'
check 'before it has done it' test ! -e denied
check 'so is what comes after another call than it has to' \
	run 159 af run sh.afp -- sh -c 'kill -CONT $$; : >denied'
check 'and has no effect' test ! -e denied
check 'nobody has to be root' \
	run 3 setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$(command -v af)" run sh.afp -- sh -c 'exit 3'

check 'af check finds all files as they were' run 0 af check sh.afp
check 'and says which' grep -q '/libc.so.6$' "$out"
check 'af explain wants the policy itself' run 2 af explain sh.afp read
check 'and says so' grep -q 'the policy is a compiled one' "$out"

first=$helpers/first_call_nolibc
cp "$first" program
cp "$helpers/libcalls.so" libx.so
printf 'program { exit_group }\nlibrary %s/libx.so { getpid }\n' "$PWD" >x.af
printf 'optional library %s/liby.so { getuid }\n' "$PWD" >>x.af
check 'a policy that names a library' run 0 af compile -o x.afp x.af ./program
check 'runs its program' run 7 af run x.afp -- ./program
check 'and not a copy of it' run 125 af run x.afp -- "$first"
check 'which is said' grep -q 'program: is what the policy was compiled for' \
	"$out"
cp libx.so same.so
mv same.so libx.so
check 'the same library, installed again, is as good' \
	run 7 af run x.afp -- ./program
cp "$helpers/libguest.so" libx.so
check 'another library is refused' run 125 af run x.afp -- ./program
check 'by its name' grep -q "^af: $PWD/libx.so: is not what the policy" "$out"
check 'with what to do' grep -q '^af: hint: .*af compile' "$out"
check 'af check refuses it' run 1 af check x.afp
check 'and after that has been done' run 0 af compile -o x.afp x.af ./program
check 'it runs again' run 7 af run x.afp -- ./program
: >liby.so
check 'an optional library that has come is noticed' \
	run 125 af run x.afp -- ./program
check 'by its name' grep -q "^af: $PWD/liby.so: was not there" "$out"
rm liby.so libx.so
check 'a library that has gone is noticed' run 125 af run x.afp -- ./program
check 'by its name' grep -q "^af: $PWD/libx.so: has gone" "$out"

head -c 1000 sh.afp >cut.afp
check 'a part of a compiled policy runs nothing' \
	run 125 af run cut.afp -- sh -c 'exit 3'
check 'and is said to be one' grep -q 'not as it was written' "$out"

printf 'common { exit_group }\nphase late {\nprogram { getpid }\n}\n' >phase.af
check 'a phase is compiled by its name' \
	run 0 af compile --phase late -o late.afp phase.af "$first"
check 'and is that phase' run 159 af run late.afp -- "$first"
check 'the policy is compiled without it' \
	run 0 af compile -o whole.afp phase.af "$first"
check 'and is that policy' run 7 af run whole.afp -- "$first"
check 'a phase that there is not is an error' \
	run 1 af compile --phase early -o early.afp phase.af "$first"
check 'and writes nothing' test ! -e early.afp
echo 'program { exti_group }' >wrong.af
check 'a wrong policy leaves what was there' \
	run 1 af compile -o whole.afp wrong.af "$first"
check 'as it was' run 7 af run whole.afp -- "$first"
check 'there has to be somewhere to write to' \
	run 1 af compile -o none/x.afp x.af "$first"
check 'there has to be a program' run 2 af compile -o y.afp x.af
check 'and a name for the file' run 2 af compile x.af "$first"
check 'no part of a file is left behind' \
	test -z "$(find . -name '*.afp.*')"
finish
