// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a system call is worth to somebody who has taken a caller over. */
#include <string.h>

#include "af.h"
#include "calls.h"
#include "ranking.h"

static const struct af_ranking rankings[] = {
	/*
	 * Ours: af-score(1) has the reasons.  All calls that there are have
	 * their place; one that comes to be later weighs 3 until it has, too.
	 */
	{
		.name = "libaf",
		.otherwise = 3,
		.calls[3] =
			"open openat openat2 creat open_by_handle_at open_tree "
			"execve execveat uselib chmod fchmod fchmodat "
			"fchmodat2 chown fchown lchown fchownat rename "
			"renameat renameat2 link linkat unlink unlinkat mount "
			"move_mount mount_setattr fsopen fsconfig fsmount "
			"fspick pivot_root chroot setuid setgid setreuid "
			"setregid setresuid setresgid setfsuid setfsgid "
			"setgroups capset setns unshare ptrace "
			"process_vm_readv process_vm_writev pidfd_getfd "
			"create_module init_module finit_module kexec_load "
			"kexec_file_load bpf iopl ioperm io_uring_setup "
			"io_uring_enter io_uring_register",
		.calls[2] =
			"fork vfork clone clone3 kill tkill tgkill "
			"rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal "
			"process_madvise process_mrelease mmap mprotect "
			"pkey_mprotect remap_file_pages map_shadow_stack "
			"memfd_create shmat socket connect bind listen accept "
			"accept4 sendto sendmsg sendmmsg setsockopt ioctl dup "
			"dup2 dup3 flock mkdir mkdirat rmdir mknod mknodat "
			"symlink symlinkat truncate ftruncate fallocate utime "
			"utimes utimensat futimesat setxattr lsetxattr "
			"fsetxattr removexattr lremovexattr fremovexattr "
			"umount2 quotactl quotactl_fd acct swapon swapoff "
			"reboot sethostname setdomainname syslog vhangup "
			"_sysctl nfsservctl delete_module settimeofday "
			"clock_settime adjtimex clock_adjtime modify_ldt "
			"personality prctl setrlimit prlimit64 setpriority "
			"ioprio_set sched_setparam sched_setscheduler "
			"sched_setattr sched_setaffinity migrate_pages "
			"move_pages shmctl semctl msgctl mq_unlink add_key "
			"request_key keyctl perf_event_open userfaultfd "
			"fanotify_init fanotify_mark",
		.calls[1] =
			"read write close stat fstat lstat poll lseek munmap "
			"brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 "
			"pwrite64 readv writev access pipe select sched_yield "
			"mremap msync mincore madvise shmget pause nanosleep "
			"getitimer alarm setitimer getpid sendfile recvfrom "
			"recvmsg shutdown getsockname getpeername socketpair "
			"getsockopt exit wait4 uname semget semop shmdt msgget "
			"msgsnd msgrcv fcntl fsync fdatasync getdents getcwd "
			"chdir fchdir readlink umask gettimeofday getrlimit "
			"getrusage sysinfo times getuid getgid geteuid getegid "
			"setpgid getppid getpgrp setsid getgroups getresuid "
			"getresgid getpgid getsid capget rt_sigpending "
			"rt_sigtimedwait rt_sigsuspend sigaltstack ustat "
			"statfs fstatfs sysfs getpriority sched_getparam "
			"sched_getscheduler sched_get_priority_max "
			"sched_get_priority_min sched_rr_get_interval mlock "
			"munlock mlockall munlockall arch_prctl sync "
			"get_kernel_syms query_module getpmsg putpmsg "
			"afs_syscall tuxcall security gettid readahead "
			"getxattr lgetxattr fgetxattr listxattr llistxattr "
			"flistxattr time futex sched_getaffinity "
			"set_thread_area io_setup io_destroy io_getevents "
			"io_submit io_cancel get_thread_area lookup_dcookie "
			"epoll_create epoll_ctl_old epoll_wait_old getdents64 "
			"set_tid_address restart_syscall semtimedop fadvise64 "
			"timer_create timer_settime timer_gettime "
			"timer_getoverrun timer_delete clock_gettime "
			"clock_getres clock_nanosleep exit_group epoll_wait "
			"epoll_ctl vserver mbind set_mempolicy get_mempolicy "
			"mq_open mq_timedsend mq_timedreceive mq_notify "
			"mq_getsetattr waitid ioprio_get inotify_init "
			"inotify_add_watch inotify_rm_watch newfstatat "
			"readlinkat faccessat pselect6 ppoll set_robust_list "
			"get_robust_list splice tee sync_file_range vmsplice "
			"epoll_pwait signalfd timerfd_create eventfd "
			"timerfd_settime timerfd_gettime signalfd4 eventfd2 "
			"epoll_create1 pipe2 inotify_init1 preadv pwritev "
			"recvmmsg name_to_handle_at syncfs getcpu kcmp "
			"sched_getattr seccomp getrandom membarrier mlock2 "
			"copy_file_range preadv2 pwritev2 pkey_alloc pkey_free "
			"statx io_pgetevents rseq pidfd_open close_range "
			"faccessat2 epoll_pwait2 landlock_create_ruleset "
			"landlock_add_rule landlock_restrict_self memfd_secret "
			"futex_waitv set_mempolicy_home_node cachestat "
			"futex_wake futex_wait futex_requeue",
	},
	/*
	 * As addrfilter has it, after table 2 of Younis, Malaiya and Ray (HASE
	 * 2014), with its slips: getresgid and setsid for setresgid and
	 * setregid, and nothing that has come to Linux since 2.6.
	 */
	{
		.name = "addrfilter",
		.otherwise = 1,
		.calls[3] =
			"chmod fchmod chown fchown lchown execve mount rename "
			"open link unlink setgroups setgid setfsgid getresgid "
			"create_module setresuid setreuid setuid setsid",
		.calls[2] = "mkdir rmdir umount2 ioctl nfsservctl truncate "
			    "ftruncate quotactl dup dup2 flock fork kill iopl "
			    "reboot ioperm clone modify_ldt adjtimex vhangup "
			    "delete_module settimeofday sethostname syslog "
			    "setdomainname _sysctl exit ptrace",
	},
};

const struct af_ranking *af_ranking_find(const char *name)
{
	if (!name)
		return &rankings[0];
	for (size_t i = 0; i < sizeof(rankings) / sizeof(*rankings); i++) {
		if (!strcmp(rankings[i].name, name))
			return &rankings[i];
	}
	return NULL;
}

const struct af_ranking *af_ranking_option(const char *name)
{
	const struct af_ranking *ranking = af_ranking_find(name);

	if (!ranking)
		af_complain(
			"no ranking `%s`; there are `libaf` and `addrfilter`",
			name);
	return ranking;
}

static bool names(const char *calls, const char *name)
{
	size_t len = strlen(name);

	while (calls && *calls) {
		size_t word = strcspn(calls, " ");

		if (word == len && !memcmp(calls, name, len))
			return true;
		calls += word + strspn(calls + word, " ");
	}
	return false;
}

void af_weigh(const struct af_ranking *ranking, struct af_weights *weights)
{
	memset(weights, 0, sizeof(*weights));
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		const char *name = af_call_name(nr);
		unsigned int weight = AF_MAX_WEIGHT;

		if (!name)
			continue;
		while (weight && !names(ranking->calls[weight], name))
			weight--;
		weights->of[nr] = weight ? weight : ranking->otherwise;
	}
}

unsigned long af_weight_of(const struct af_weights *weights,
			   const struct af_nrset *set)
{
	unsigned long sum = 0;

	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (af_nrset_has(set, nr))
			sum += weights->of[nr];
	}
	return sum;
}
