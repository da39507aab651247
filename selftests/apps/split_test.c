// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A policy that takes several filters of the kernel: two hundred libraries,
 * which are there, with lists that have nothing to do with each other.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../cases.h"
#include "libaf.h"
#include "sim.h"

/* Newer than the headers of Debian 12. */
#define URETPROBE 335
#define UPROBE    336

#define NR_LIBRARIES 200
#define LIST_SIZE    40

/*
 * What the libraries differ by: each of them makes a file, and has a number
 * that another program may decide.  Only the first library may make them.
 */
static const struct maker {
	long nr;
	const char *name;
	long args[4];
} makers[] = {
	{ SYS_open, "open", { (long)"f0", O_CREAT | O_WRONLY, 0600 } },
	{ SYS_mkdir, "mkdir", { (long)"f1", 0700 } },
	{ SYS_mknod, "mknod", { (long)"f2", S_IFIFO | 0600 } },
	{ SYS_mkdirat, "mkdirat", { AT_FDCWD, (long)"f3", 0700 } },
	{ SYS_symlinkat, "symlinkat", { (long)".", AT_FDCWD, (long)"f4" } },
};

#define NR_MAKERS (sizeof(makers) / sizeof(*makers))

/* What everybody may do, and what a program needs besides. */
#define FREE "getpid getuid read write"
#define SYSTEM                                                           \
	"default errno EPERM\n"                                          \
	"transparent libc.so.6 ld-linux-x86-64.so.2\n"                   \
	"common { " FREE " brk mmap munmap mprotect futex close }\n"     \
	"unknown { " FREE " }\n"                                         \
	"library ld-linux-x86-64.so.2 { openat newfstatat pread64 }\n"   \
	"library libc.so.6 { rseq set_robust_list rt_sigprocmask exit }" \
	"\n"

static uint64_t random_state;

static unsigned int below(unsigned int limit)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return (unsigned int)(random_state >> 33) % limit;
}

static bool is_maker(unsigned int nr)
{
	for (size_t i = 0; i < NR_MAKERS; i++) {
		if (makers[i].nr == (long)nr)
			return true;
	}
	return false;
}

static void print_calls(FILE *text)
{
	bool seen[335] = { false };

	for (unsigned int i = 0; i < LIST_SIZE; i++) {
		unsigned int nr = below(335);
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64,
							      (int)nr);

		if (name && !seen[nr] && !is_maker(nr))
			fprintf(text, "%s ", name);
		seen[nr] = true;
		free(name);
	}
}

static void copy_library(const char *to)
{
	static char content[1 << 20];
	static size_t size;
	FILE *file;

	if (!size) {
		char *from;

		if (asprintf(&from, "%s/selftests/apps/libcalls.so",
			     getenv("AF_BUILD")) < 0)
			abort();
		file = fopen(from, "r");
		size = file ? fread(content, 1, sizeof(content), file) : 0;
		expect(size && size < sizeof(content) && !fclose(file));
		free(from);
	}
	file = fopen(to, "w");
	expect(file && fwrite(content, 1, size, file) == size && !fclose(file));
}

/* A policy, @program being its program block; in a directory of its own. */
static struct libaf_policy *make_policy(const char *program)
{
	struct libaf_policy *policy;
	struct libaf_error err;
	size_t size;
	char *text, *cwd;
	FILE *file;

	free(text_file(""));
	cwd = getcwd(NULL, 0);
	file = open_memstream(&text, &size);
	expect(cwd && file);
	random_state = 1;
	fprintf(file, SYSTEM "program { %s }\n", program);
	for (unsigned int i = 0; i < NR_LIBRARIES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "lib%u.so", i);
		copy_library(name);
		fprintf(file, "library %s/%s { ", cwd, name);
		print_calls(file);
		for (size_t j = 0; !i && j < NR_MAKERS; j++)
			fprintf(file, "%s ", makers[j].name);
		fprintf(file, "}\n");
	}
	fclose(file);
	if (libaf_policy_parse(text, size, "split.af", &policy, &err)) {
		fprintf(stderr, "# %u:%u: %s\n", err.line, err.column,
			err.text);
		_exit(1);
	}
	free(text);
	free(cwd);
	return policy;
}

static struct libaf_filter *make_filter(const char *program, const char *path)
{
	struct libaf_policy *policy = make_policy(program);
	struct libaf_filter *filter;
	struct libaf_error err;

	if (libaf_filter_new(policy, path, 0, &filter, &err)) {
		fprintf(stderr, "# %s\n", err.text);
		_exit(1);
	}
	libaf_policy_free(policy);
	return filter;
}

static size_t nr_programs(const struct libaf_filter *filter)
{
	size_t nr = 0, len;

	while (libaf_filter_program(filter, nr, &len))
		nr++;
	return nr;
}

/* The program that decides a call by more than its number. */
static size_t program_of(const struct libaf_filter *filter, long nr)
{
	const struct sock_filter *insns;
	size_t i, len;

	for (i = 0; (insns = libaf_filter_program(filter, i, &len)); i++) {
		if (!af_sim_is_constant(insns, (uint32_t)nr, AUDIT_ARCH_X86_64))
			break;
	}
	return i;
}

typedef long calls_any(long nr, long a, long b, long c, long d);

static calls_any *open_library(const char *name)
{
	void *library = dlopen(name, RTLD_NOW);
	calls_any *function;

	expect(library);
	function = (calls_any *)dlsym(library, "calls_any");
	expect(function);
	return function;
}

static long make_file(calls_any *call, const struct maker *maker)
{
	return call(maker->nr, maker->args[0], maker->args[1], maker->args[2],
		    maker->args[3]);
}

static bool is_there(size_t i)
{
	const char name[] = { 'f', (char)('0' + i), '\0' };
	struct stat st;

	return !lstat(name, &st);
}

#define PROGRAM "exit_group newfstatat openat lseek pread64 fcntl"

/* Each of the programs has a call that only it can have denied. */
static void each_program_has_calls_that_it_decides(void)
{
	struct libaf_filter *filter = make_filter(PROGRAM, NULL);
	size_t nr = nr_programs(filter);
	unsigned int seen = 0;

	expect(nr > 1);
	for (size_t i = 0; i < NR_MAKERS; i++) {
		size_t program = program_of(filter, makers[i].nr);

		expect(program < nr);
		seen |= 1U << program;
	}
	expect(seen == (1U << nr) - 1);
}

static void all_of_them_are_in_force(void)
{
	struct libaf_filter *filter = make_filter(PROGRAM, NULL);
	calls_any *good = open_library("./lib0.so");
	calls_any *bad = open_library("./lib1.so");

	expect(libaf_filter_load(filter) == LIBAF_ENFORCED);
	expect(status_of("Seccomp_filters") == (int)nr_programs(filter));
	for (size_t i = 0; i < NR_MAKERS; i++) {
		expect(make_file(bad, &makers[i]) == -EPERM);
		expect(!is_there(i));
		expect(make_file(good, &makers[i]) >= 0);
		expect(is_there(i));
	}
}

static void the_last_one_that_is_loaded_denies_loading(void)
{
	struct libaf_filter *filter = make_filter(PROGRAM, NULL);

	expect(libaf_filter_load(filter) == LIBAF_ENFORCED);
	expect(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, NULL) < 0 &&
	       errno == EPERM);
	expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) < 0 && errno == EPERM);
}

/* The kernel counts instructions of all filters: leave room for some. */
static void use_up(unsigned int nr)
{
	static struct sock_filter insns[1000];
	struct sock_fprog prog = { .len = 1000, .filter = insns };

	for (size_t i = 0; i < 999; i++)
		insns[i] = (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS, 0);
	insns[999] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						  SECCOMP_RET_ALLOW);
	expect(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	while (nr--)
		expect(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
}

/* All but the last program fit: what they deny is denied, the rest is not. */
static void check_partial(const struct libaf_filter *filter, int before)
{
	int last = (int)nr_programs(filter) - 1;

	expect(status_of("Seccomp_filters") == before + last);
	for (size_t i = 0; i < NR_MAKERS; i++) {
		const long *args = makers[i].args;
		long ret = syscall(makers[i].nr, args[0], args[1], args[2],
				   args[3]);

		if ((int)program_of(filter, makers[i].nr) == last) {
			expect(ret >= 0 && is_there(i));
		} else {
			expect(ret < 0 && errno == EPERM && !is_there(i));
		}
	}
	/* And one can say so, and try again. */
	expect(write(2, "", 0) == 0);
	expect(libaf_filter_load(filter) == -ENOMEM);
}

static int load_with_less_room(const struct libaf_filter *filter,
			       unsigned int nr)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int ret;

		use_up(nr);
		ret = libaf_filter_load(filter);
		if (ret == LIBAF_ENFORCED)
			_exit(2);
		expect(ret == -ENOMEM);
		check_partial(filter, (int)nr);
		_exit(0);
	}
	expect(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void one_that_is_refused_leaves_those_before_it(void)
{
	struct libaf_filter *filter = make_filter(PROGRAM, NULL);
	unsigned int nr = 0;
	int status;

	do
		status = load_with_less_room(filter, nr++);
	while (status == 2 && nr < 33);
	expect(status == 0 && nr > 1);
}

/* The status of a program whose first call is exit_group(7). */
static int execute(const char *rules)
{
	char *path, *argv[] = { "first", NULL };
	struct libaf_filter *filter;
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (asprintf(&path, "%s/selftests/apps/first_call_nolibc",
			     getenv("AF_BUILD")) < 0)
			abort();
		filter = make_filter(rules, path);
		expect(nr_programs(filter) > 1);
		libaf_filter_exec(filter, path, argv, environ, "failed\n");
		_exit(1);
	}
	expect(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}

static void a_program_is_confined_from_its_first_call(void)
{
	int status = execute("exit_group after execve");

	expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	status = execute("exit_group then kill");
	expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

/* The set of calls that the kernel permits without a look at the filters. */
static void read_bitmap(int fd, bool allowed[512])
{
	static char text[1 << 16];
	size_t len = 0;
	ssize_t got;
	unsigned int nr;
	char word[16], arch[16], *line;

	memset(allowed, 0, 512 * sizeof(*allowed));
	while ((got = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	expect(!got && len);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		expect(sscanf(line, "%15s %u %15s", arch, &nr, word) == 3);
		if (!strcmp(arch, "x86_64") && nr < 512)
			allowed[nr] = !strcmp(word, "ALLOW");
	}
}

static void what_all_may_do_is_in_the_bitmap(void)
{
	static const long everybody[] = { SYS_getpid, SYS_getuid, SYS_read,
					  SYS_write };
	static const long some[] = { SYS_brk,     SYS_mmap, SYS_close,
				     SYS_openat,  SYS_open, SYS_mkdir,
				     SYS_mkdirat, SYS_mknod };
	struct libaf_filter *filter = make_filter(PROGRAM, NULL);
	int fd = open("/proc/self/seccomp_cache", O_RDONLY | O_CLOEXEC);
	bool allowed[512];
	size_t nr = 0;

	expect(fd >= 0);
	expect(libaf_filter_load(filter) == LIBAF_ENFORCED);
	read_bitmap(fd, allowed);
	for (size_t i = 0; i < sizeof(everybody) / sizeof(*everybody); i++)
		expect(allowed[everybody[i]]);
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		expect(!allowed[some[i]]);
	/* A probe's own calls, which kernels permit whatever filters say. */
	allowed[URETPROBE] = false;
	allowed[UPROBE] = false;
	for (size_t i = 0; i < 512; i++)
		nr += allowed[i];
	expect(nr == sizeof(everybody) / sizeof(*everybody));
}

static const struct test_case tests[] = {
	{ "each program has calls that it decides",
	  each_program_has_calls_that_it_decides, 0 },
	{ "all of them are in force", all_of_them_are_in_force, 0 },
	{ "the last one that is loaded denies loading",
	  the_last_one_that_is_loaded_denies_loading, 0 },
	{ "one that is refused leaves those before it",
	  one_that_is_refused_leaves_those_before_it, 0 },
	{ "a program is confined from its first call",
	  a_program_is_confined_from_its_first_call, 0 },
	{ "what all may do, and only that, is in the kernel's bitmap",
	  what_all_may_do_is_in_the_bitmap, 0 },
};

int main(void)
{
	return CASES(tests);
}
