// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Groups of system calls.  They never change within a version of the library,
 * and no call is in two of them, so that their names say what a policy permits.
 * What is rarely needed and dangerous is in a group of its own.
 */
#include "groups.h"

const struct af_group af_groups[] = {
	{
		.name = "io",
		.about = "reading and writing what is open, and waiting for it",
		.calls = "read readv pread64 preadv preadv2 write writev "
			 "pwrite64 pwritev pwritev2 lseek close close_range "
			 "dup dup2 dup3 fcntl pipe pipe2 poll ppoll select "
			 "pselect6 epoll_create epoll_create1 epoll_ctl "
			 "epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 "
			 "sendfile splice tee vmsplice copy_file_range "
			 "readahead fadvise64",
	},
	{
		.name = "stat",
		.about =
			"looking at files and directories without opening them",
		.calls = "stat fstat lstat newfstatat statx access faccessat "
			 "faccessat2 readlink readlinkat getcwd statfs fstatfs "
			 "getdents getdents64 getxattr lgetxattr fgetxattr "
			 "listxattr llistxattr flistxattr",
	},
	{
		.name = "open",
		.about = "opening files, for reading and for writing",
		.calls = "open openat openat2 creat",
	},
	{
		.name = "file",
		.about = "making, changing, moving and removing files",
		.calls = "mkdir mkdirat rmdir link linkat unlink unlinkat "
			 "rename renameat renameat2 symlink symlinkat truncate "
			 "ftruncate fallocate chmod fchmod fchmodat chown "
			 "fchown lchown fchownat utime utimes utimensat "
			 "futimesat umask flock fsync fdatasync sync syncfs "
			 "sync_file_range chdir fchdir mknod mknodat setxattr "
			 "lsetxattr fsetxattr removexattr lremovexattr "
			 "fremovexattr",
	},
	{
		.name = "network",
		.about = "sockets",
		.calls = "socket socketpair bind listen accept accept4 connect "
			 "getsockname getpeername getsockopt setsockopt "
			 "sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg "
			 "shutdown",
	},
	{
		.name = "memory",
		.about = "memory of the process itself",
		.calls = "brk mmap munmap mremap mprotect madvise mincore "
			 "msync mlock mlock2 munlock mlockall munlockall "
			 "membarrier memfd_create",
	},
	{
		.name = "thread",
		.about = "threads: making, joining, scheduling, locks",
		.calls = "clone clone3 futex futex_waitv set_tid_address "
			 "set_robust_list get_robust_list rseq gettid "
			 "arch_prctl sched_yield sched_getaffinity "
			 "sched_setaffinity sched_getparam sched_getscheduler "
			 "sched_get_priority_max sched_get_priority_min "
			 "getcpu exit exit_group",
	},
	{
		.name = "process",
		.about = "child processes and other programs",
		.calls = "fork vfork execve execveat wait4 waitid getpid "
			 "getppid getpgid getpgrp setpgid getsid setsid "
			 "pidfd_open pidfd_send_signal",
	},
	{
		.name = "signal",
		.about = "signals and timers",
		.calls = "rt_sigaction rt_sigprocmask rt_sigreturn "
			 "rt_sigsuspend rt_sigpending rt_sigtimedwait "
			 "rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack "
			 "signalfd signalfd4 kill tkill tgkill pause alarm "
			 "getitimer setitimer timer_create timer_settime "
			 "timer_gettime timer_getoverrun timer_delete "
			 "timerfd_create timerfd_settime timerfd_gettime "
			 "restart_syscall",
	},
	{
		.name = "time",
		.about = "asking for the time, and sleeping",
		.calls = "time gettimeofday clock_gettime clock_getres "
			 "clock_nanosleep nanosleep times",
	},
	{
		.name = "info",
		.about = "asking about the process, its user and the system",
		.calls = "getuid geteuid getgid getegid getresuid getresgid "
			 "getgroups capget getrlimit prlimit64 getrusage "
			 "getpriority uname sysinfo getrandom",
	},
	{
		.name = "ipc",
		.about =
			"System V and POSIX shared memory, messages, semaphores",
		.calls = "shmget shmat shmdt shmctl semget semop semtimedop "
			 "semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink "
			 "mq_timedsend mq_timedreceive mq_notify mq_getsetattr",
	},
	{
		.name = "privilege",
		.about = "changing users, limits, capabilities, namespaces",
		.calls = "setuid setgid setreuid setregid setresuid setresgid "
			 "setfsuid setfsgid setgroups capset setrlimit "
			 "setpriority prctl seccomp unshare setns chroot "
			 "pivot_root personality",
	},
	{
		.name = "debug",
		.about = "other processes' memory and secrets",
		.calls = "ptrace process_vm_readv process_vm_writev kcmp "
			 "pidfd_getfd process_madvise perf_event_open bpf "
			 "userfaultfd add_key request_key keyctl",
	},
	{
		.name = "system",
		.about = "the system as a whole, for its administrator",
		.calls = "mount umount2 open_tree move_mount fsopen fsconfig "
			 "fsmount fspick mount_setattr swapon swapoff reboot "
			 "sethostname setdomainname init_module finit_module "
			 "delete_module kexec_load kexec_file_load iopl ioperm "
			 "settimeofday clock_settime clock_adjtime adjtimex "
			 "acct quotactl syslog vhangup",
	},
};

const size_t af_nr_groups = sizeof(af_groups) / sizeof(*af_groups);
