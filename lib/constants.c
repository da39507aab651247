// SPDX-License-Identifier: LGPL-2.1-or-later
/* Values of arguments: numbers and the usual constants. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "names.h"

struct constant {
	const char *name;
	int64_t value;
};

#define C(name)                        \
	{                              \
#name, (int64_t)(name) \
	}

static const struct constant constants[] = {
	/* openat() and its kind */
	C(AT_FDCWD),
	C(AT_EMPTY_PATH),
	C(AT_REMOVEDIR),
	C(AT_SYMLINK_FOLLOW),
	C(AT_SYMLINK_NOFOLLOW),
	C(O_ACCMODE),
	C(O_APPEND),
	C(O_CLOEXEC),
	C(O_CREAT),
	C(O_DIRECT),
	C(O_DIRECTORY),
	C(O_DSYNC),
	C(O_EXCL),
	C(O_NOATIME),
	C(O_NOCTTY),
	C(O_NOFOLLOW),
	C(O_NONBLOCK),
	C(O_PATH),
	C(O_RDONLY),
	C(O_RDWR),
	C(O_SYNC),
	C(O_TMPFILE),
	C(O_TRUNC),
	C(O_WRONLY),
	C(S_ISUID),
	C(S_ISGID),
	/* mmap(), mprotect() */
	C(PROT_EXEC),
	C(PROT_GROWSDOWN),
	C(PROT_GROWSUP),
	C(PROT_NONE),
	C(PROT_READ),
	C(PROT_WRITE),
	C(MAP_ANONYMOUS),
	C(MAP_FIXED),
	C(MAP_FIXED_NOREPLACE),
	C(MAP_GROWSDOWN),
	C(MAP_HUGETLB),
	C(MAP_LOCKED),
	C(MAP_NORESERVE),
	C(MAP_POPULATE),
	C(MAP_PRIVATE),
	C(MAP_SHARED),
	C(MAP_SHARED_VALIDATE),
	C(MAP_STACK),
	C(MREMAP_FIXED),
	C(MREMAP_MAYMOVE),
	C(MADV_DONTFORK),
	C(MADV_DONTNEED),
	C(MADV_FREE),
	C(MADV_HUGEPAGE),
	C(MADV_WILLNEED),
	C(MFD_ALLOW_SEALING),
	C(MFD_CLOEXEC),
	/* clone(), unshare(), setns() */
	C(CLONE_CHILD_CLEARTID),
	C(CLONE_CHILD_SETTID),
	C(CLONE_DETACHED),
	C(CLONE_FILES),
	C(CLONE_FS),
	C(CLONE_IO),
	C(CLONE_NEWCGROUP),
	C(CLONE_NEWIPC),
	C(CLONE_NEWNET),
	C(CLONE_NEWNS),
	C(CLONE_NEWPID),
	C(CLONE_NEWUSER),
	C(CLONE_NEWUTS),
	C(CLONE_PARENT),
	C(CLONE_PARENT_SETTID),
	C(CLONE_PTRACE),
	C(CLONE_SETTLS),
	C(CLONE_SIGHAND),
	C(CLONE_SYSVSEM),
	C(CLONE_THREAD),
	C(CLONE_UNTRACED),
	C(CLONE_VFORK),
	C(CLONE_VM),
	/* socket(), setsockopt() */
	C(AF_ALG),
	C(AF_INET),
	C(AF_INET6),
	C(AF_NETLINK),
	C(AF_PACKET),
	C(AF_UNIX),
	C(AF_UNSPEC),
	C(AF_VSOCK),
	C(SOCK_CLOEXEC),
	C(SOCK_DGRAM),
	C(SOCK_NONBLOCK),
	C(SOCK_RAW),
	C(SOCK_SEQPACKET),
	C(SOCK_STREAM),
	C(IPPROTO_ICMP),
	C(IPPROTO_IP),
	C(IPPROTO_IPV6),
	C(IPPROTO_TCP),
	C(IPPROTO_UDP),
	C(SOL_SOCKET),
	C(SO_BROADCAST),
	C(SO_ERROR),
	C(SO_KEEPALIVE),
	C(SO_LINGER),
	C(SO_PEERCRED),
	C(SO_RCVBUF),
	C(SO_REUSEADDR),
	C(SO_REUSEPORT),
	C(SO_SNDBUF),
	C(SO_TYPE),
	C(TCP_NODELAY),
	C(MSG_DONTWAIT),
	C(MSG_NOSIGNAL),
	C(MSG_OOB),
	C(MSG_PEEK),
	C(SHUT_RD),
	C(SHUT_RDWR),
	C(SHUT_WR),
	/* prctl(), arch_prctl() */
	C(PR_CAPBSET_DROP),
	C(PR_CAPBSET_READ),
	C(PR_CAP_AMBIENT),
	C(PR_GET_DUMPABLE),
	C(PR_GET_NAME),
	C(PR_GET_NO_NEW_PRIVS),
	C(PR_SET_CHILD_SUBREAPER),
	C(PR_SET_DUMPABLE),
	C(PR_SET_KEEPCAPS),
	C(PR_SET_MM),
	C(PR_SET_NAME),
	C(PR_SET_NO_NEW_PRIVS),
	C(PR_SET_PDEATHSIG),
	C(PR_SET_PTRACER),
	C(PR_SET_SECCOMP),
	C(PR_SET_SECUREBITS),
	C(PR_SET_TIMERSLACK),
	C(PR_SET_VMA),
	C(ARCH_GET_FS),
	C(ARCH_SET_FS),
	/* seccomp() */
	C(SECCOMP_GET_ACTION_AVAIL),
	C(SECCOMP_GET_NOTIF_SIZES),
	C(SECCOMP_SET_MODE_FILTER),
	C(SECCOMP_SET_MODE_STRICT),
	/* ioctl() */
	C(FIOCLEX),
	C(FIONBIO),
	C(FIONREAD),
	C(TCGETS),
	C(TCSETS),
	C(TCSETSF),
	C(TCSETSW),
	C(TIOCGPGRP),
	C(TIOCGPTN),
	C(TIOCGWINSZ),
	C(TIOCLINUX),
	C(TIOCNOTTY),
	C(TIOCSCTTY),
	C(TIOCSPGRP),
	C(TIOCSPTLCK),
	C(TIOCSTI),
	C(TIOCSWINSZ),
	/* fcntl(), flock(), lseek() */
	C(F_ADD_SEALS),
	C(F_DUPFD),
	C(F_DUPFD_CLOEXEC),
	C(F_GETFD),
	C(F_GETFL),
	C(F_GETLK),
	C(F_GETOWN),
	C(F_OFD_GETLK),
	C(F_OFD_SETLK),
	C(F_OFD_SETLKW),
	C(F_SETFD),
	C(F_SETFL),
	C(F_SETLK),
	C(F_SETLKW),
	C(F_SETOWN),
	C(F_SETPIPE_SZ),
	C(FD_CLOEXEC),
	C(LOCK_EX),
	C(LOCK_NB),
	C(LOCK_SH),
	C(LOCK_UN),
	C(SEEK_CUR),
	C(SEEK_DATA),
	C(SEEK_END),
	C(SEEK_HOLE),
	C(SEEK_SET),
	/* futex(), epoll_ctl() */
	C(FUTEX_CLOCK_REALTIME),
	C(FUTEX_PRIVATE_FLAG),
	C(FUTEX_WAIT),
	C(FUTEX_WAIT_BITSET),
	C(FUTEX_WAKE),
	C(EPOLL_CLOEXEC),
	C(EPOLL_CTL_ADD),
	C(EPOLL_CTL_DEL),
	C(EPOLL_CTL_MOD),
	C(EFD_CLOEXEC),
	C(EFD_NONBLOCK),
	/* prlimit64(), kill() */
	C(RLIMIT_AS),
	C(RLIMIT_CORE),
	C(RLIMIT_CPU),
	C(RLIMIT_DATA),
	C(RLIMIT_FSIZE),
	C(RLIMIT_NOFILE),
	C(RLIMIT_NPROC),
	C(RLIMIT_STACK),
	C(SIGABRT),
	C(SIGALRM),
	C(SIGCHLD),
	C(SIGCONT),
	C(SIGHUP),
	C(SIGINT),
	C(SIGKILL),
	C(SIGPIPE),
	C(SIGQUIT),
	C(SIGSEGV),
	C(SIGSTOP),
	C(SIGSYS),
	C(SIGTERM),
	C(SIGUSR1),
	C(SIGUSR2),
};

#define NR_CONSTANTS (sizeof(constants) / sizeof(*constants))

const char *af_constant(size_t i, int64_t *value)
{
	if (i >= NR_CONSTANTS)
		return NULL;
	*value = constants[i].value;
	return constants[i].name;
}

static int unknown_constant(const struct af_lexer *lex,
			    const struct af_word *term)
{
	struct af_suggestion s;
	int ret =
		lex_error(lex, &term->place,
			  "`%.*s` is not a number or a constant that is known",
			  SHOWN(term));

	af_suggest_begin(&s, term->start, term->len);
	for (size_t i = 0; i < NR_CONSTANTS; i++)
		af_suggest(&s, constants[i].name);
	if (!af_suggest_end(&s, lex->err))
		af_hint(lex->err, "`af list constants` lists them");
	return ret;
}

static const struct constant *find_constant(const struct af_word *term)
{
	for (size_t i = 0; i < NR_CONSTANTS; i++) {
		if (af_word_is(term, constants[i].name))
			return &constants[i];
	}
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Decimal, octal with a leading 0, or hexadecimal with 0x. */
static int name_number(const struct af_lexer *lex, const struct af_word *term,
		       uint64_t *value)
{
	char text[AF_MAX_WORD], *end;
	unsigned long long number;

	if (!af_word_copy(term, text))
		return unknown_constant(lex, term);
	errno = 0;
	number = strtoull(text, &end, 0);
	if (*end)
		return unknown_constant(lex, term);
	if (errno)
		return lex_error(lex, &term->place,
				 "`%s` has more than 64 bits", text);
	*value = number;
	return 0;
}

static int name_negative(const struct af_lexer *lex, const struct af_word *term,
			 uint64_t *value)
{
	struct af_word number = {
		.start = term->start + 1,
		.len = term->len - 1,
		.place = term->place,
	};
	int ret = name_number(lex, &number, value);

	if (ret)
		return ret;
	if (*value > (uint64_t)INT64_MAX + 1)
		return lex_error(lex, &term->place,
				 "`%.*s` has more than 64 bits", SHOWN(term));
	*value = -*value;
	return 0;
}

static int name_term(const struct af_lexer *lex, const struct af_word *term,
		     uint64_t *value)
{
	const struct constant *constant;

	if (term->len && is_digit(*term->start))
		return name_number(lex, term, value);
	if (term->len > 1 && *term->start == '-' && is_digit(term->start[1]))
		return name_negative(lex, term, value);
	constant = find_constant(term);
	if (!constant)
		return unknown_constant(lex, term);
	*value = constant->value;
	return 0;
}

int af_name_value(const struct af_lexer *lex, uint64_t *value)
{
	struct af_word term = lex->word;
	const char *end = term.start + term.len;
	uint64_t part;
	int ret;

	*value = 0;
	for (;;) {
		const char *bar = memchr(term.start, '|', end - term.start);

		term.len = (bar ? bar : end) - term.start;
		ret = name_term(lex, &term, &part);
		if (ret)
			return ret;
		*value |= part;
		if (!bar)
			return 0;
		term.place.column += term.len + 1;
		term.start = bar + 1;
	}
}
