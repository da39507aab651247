#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af run: who is confined, from when on, and what is said if it fails.
set -u
. selftests/apps/tap.sh

# Coreutils and a shell, as far as they are used here.
cat >sh.af <<'AF'
transparent libc.so.6 ld-linux-x86-64.so.2
common { brk mmap munmap mprotect close read futex getrandom }
library ld-linux-x86-64.so.2 {
	access arch_prctl newfstatat openat pread64 prlimit64 rseq
	set_robust_list set_tid_address
}
library libc.so.6 { rt_sigreturn }
# What the shell starts is unknown code, although libc is not.
unknown {
	brk close copy_file_range exit_group fadvise64 futex getrandom mmap
	munmap newfstatat
	openat read write
}
program {
	clone execve exit_group fcntl getegid geteuid getgid getpgrp getpid
	getppid getuid ioctl kill lseek newfstatat openat rt_sigaction
	rt_sigprocmask rt_sigreturn set_robust_list sysinfo uname vfork wait4
	write
}
AF

check 'the status of a program is passed on' \
	run 3 af run sh.af -- sh -c 'exit 3'
check 'and the signal that killed it' \
	run 143 af run sh.af -- sh -c 'kill -TERM $$'
check 'a program that does what it must not is killed' \
	run 159 af run sh.af -- sh -c 'umask 077; echo still alive'
check 'before it has done it' test ! -s "$out"

mkdir dir
check 'a child is confined, too' \
	run 159 af run sh.af -- sh -c 'rmdir dir; exit $?'
check 'and what it was denied did not happen' test -d dir
check 'a child may do what it may' \
	run 0 af run sh.af -- sh -c 'cat sh.af; exit $?'
check 'and does it' cmp -s sh.af "$out"

first=$helpers/first_call_nolibc
echo 'program { exit_group after execve }' >after.af
check 'the first call comes after execve: no window' \
	run 7 af run after.af -- "$first"
echo 'program { exit_group after getpid }' >after.af
check 'and only after execve' run 159 af run after.af -- "$first"
echo 'program { getpid }' >after.af
check 'the first call can be denied' run 159 af run after.af -- "$first"

echo 'program { exit_group }' >plain.af
printf 'program %s { exit_group }\n' "$first" >path.af
cp "$first" copy
check 'the program is the one that is executed' run 7 af run plain.af -- ./copy
check 'or the one that the policy names' run 7 af run path.af -- "$first"
check 'and not a copy of that' run 159 af run path.af -- ./copy

echo 'part start of program symbol _start { exit_group }' >part.af
check 'a part of a program may make the call' \
	run 7 af run part.af -- "$first"
printf 'program { exit_group }\npart start of program symbol _start { getpid }\n' \
	>part.af
check 'and is not the program' run 159 af run part.af -- "$first"
echo 'part start of program symbol start { exit_group }' >part.af
check 'if it is there' run 125 af run part.af -- "$first"
check 'and what is there is said' grep -q 'hint: .*_start' "$out"

printf '#!%s\n' "$first" >script
chmod +x script
check 'the program of a script is its interpreter' \
	run 7 af run plain.af -- ./script

echo 'program { brk exit_group getrandom mprotect newfstatat prlimit64
	arch_prctl set_tid_address set_robust_list rseq readlink write
	openat close }' |
	sed 's/{ /{\n/' >af.af
check 'af can run af' run 0 af run af.af -- af --version
check 'which works' grep -q '^af 0' "$out"

# The launcher executes once, and for nobody else.
borrow=("$helpers/borrow_nolibc" "$AF_BUILD/af" "$first")
rules='open lseek mmap seccomp exit_group'
# What would be executed is unknown code, and could then exit.
printf 'program { %s }\nunknown { exit_group }\n' "$rules" >borrow.af
check 'who may install filters cannot borrow the launcher' \
	run 159 af run borrow.af -- "${borrow[@]}"
printf 'program { %s }\nunknown { execve exit_group }\n' "$rules" >borrow.af
check 'unless what it does is free for all' \
	run 7 af run borrow.af -- "${borrow[@]}"

check 'nobody has to be root' \
	run 7 setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$(command -v af)" run plain.af -- "$first"

check 'no program' run 127 af run plain.af -- no-such-program
check 'is said' grep -q 'no-such-program: No such file' "$out"
check 'a program that may not be executed' run 126 af run plain.af -- ./plain.af
check 'is said, too' grep -q 'plain.af: Permission denied' "$out"
printf '\177ELF-damaged' >damaged
chmod +x damaged
check 'a program that is none' run 125 af run plain.af -- ./damaged
check 'is said, too' grep -q 'no x86-64 ELF file' "$out"
sed 's|/lib64/ld-linux-x86-64.so.2|/lib64/ld-linux-x86-64.no.2|' /bin/true >lost
chmod +x lost
check 'a program that only the kernel finds not to work' \
	run 126 af run plain.af -- ./lost
check 'is said although af is confined by then' \
	grep -q 'lost: the kernel cannot execute it' "$out"
echo 'program { exti_group }' >wrong.af
check 'a wrong policy runs nothing' run 125 af run wrong.af -- "$first"
check 'and is said with its place' \
	grep -q '^af: wrong.af:1:11: ' "$out"
check 'and a suggestion' grep -q 'hint: .*exit_group' "$out"
check 'no policy runs nothing' run 125 af run nothing.af -- "$first"
check 'no arguments run nothing' run 125 af run

check 'af check knows this kernel' run 0 af check
check 'and says so' grep -q 'who asks for a call: yes' "$out"
check 'af check reads a policy' run 0 af check "$policies/curl.af" curl
check 'and finds the files' grep -q '/libcurl.so.4$' "$out"
check 'af check refuses a wrong one' run 1 af check wrong.af
chmod a+w copy
echo 'program /proc/self/cwd/copy { }' >rw.af
check 'af check warns' run 0 af check rw.af "$first"
check 'of a program that can be written' grep -q 'warning: everybody' "$out"
finish
