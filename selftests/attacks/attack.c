// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "attack.h"
#include "libaf.h"
#include "policy.h"

const struct good *good;
int good_fd;

/*
 * The attacker has all of these; what is missing is mkdir().  What is unknown
 * may end, as a program that nobody has registered has to, or become another.
 */
#define COMMON_POLICY                                                       \
	"default errno EPERM\n"                                             \
	"transparent libc.so.6 ld-linux-x86-64.so.2\n"                      \
	"common {\n"                                                        \
	"access arch_prctl brk clone clone3 close dup2 execve exit\n"       \
	"exit_group fcntl fork ftruncate futex getcwd getpid getppid\n"     \
	"getrandom gettid getuid ioctl kill link lseek madvise mmap\n"      \
	"mprotect mremap munmap newfstatat openat personality poll prctl\n" \
	"pread64 prlimit64 ptrace pwrite64 read readlink rename rmdir\n"    \
	"rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_yield\n"       \
	"seccomp set_robust_list set_tid_address sigaltstack tgkill\n"      \
	"unlink userfaultfd vfork wait4 write\n"                            \
	"}\n"                                                               \
	"program { }\n"                                                     \
	"unknown { execve exit_group }\n"

/* What the processes of one attack tell the test. */
static struct report {
	long result; /* of the attacker's call */
	int before; /* of the library's calls */
	int after;
	int finished;
} * report;

bool exists(const char *path)
{
	return !access(path, F_OK);
}

void *page_of(const void *addr)
{
	return (void *)((unsigned long)addr & ~(PAGE - 1));
}

size_t raw_offset(void)
{
	return (const char *)good->raw - (const char *)page_of(good->raw);
}

/* The linker places text at the same offset as its address. */
off_t raw_page_offset(void)
{
	Dl_info info;

	expect(dladdr((void *)good, &info));
	return (char *)page_of(good->raw) - (char *)info.dli_fbase;
}

makes_fn map_raw(int fd, int prot, void *where)
{
	char *page = mmap(where, PAGE, prot,
			  MAP_PRIVATE | (where ? MAP_FIXED : 0), fd,
			  raw_page_offset());

	expect(page != MAP_FAILED);
	return (makes_fn)(void *)(page + raw_offset());
}

void write_payload(void *page)
{
	memcpy((char *)page + raw_offset(), good->payload, good->payload_size);
}

makes_fn map_payload(void *where)
{
	char *page = mmap(where, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | (where ? MAP_FIXED : 0),
			  -1, 0);

	expect(page != MAP_FAILED);
	write_payload(page);
	expect(!mprotect(page, PAGE, PROT_READ | PROT_EXEC));
	return (makes_fn)(void *)(page + raw_offset());
}

static void copy_file(int from, const char *to)
{
	char buf[PAGE];
	ssize_t len;
	off_t offset = 0;
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);

	expect(fd >= 0);
	while ((len = pread(from, buf, sizeof(buf), offset)) > 0) {
		expect(write(fd, buf, len) == len);
		offset += len;
	}
	expect(!len && !close(fd));
}

void write_evil_library(const char *path)
{
	off_t offset = good->name - (char *)page_of(good->raw);
	int fd;

	copy_file(good_fd, path);
	fd = open(path, O_WRONLY);
	expect(fd >= 0);
	expect(pwrite(fd, PRIZE, sizeof(PRIZE), raw_page_offset() + offset) ==
	       sizeof(PRIZE));
	expect(!close(fd));
}

void fetch(const char *name, const char *to)
{
	char *path;
	int fd;

	expect(asprintf(&path, "%s/selftests/attacks/%s", getenv("AF_BUILD"),
			name) > 0);
	fd = open(path, O_RDONLY);
	expect(fd >= 0);
	copy_file(fd, to);
	expect(!close(fd));
	free(path);
}

void enter_scene(void)
{
	char dir[] = "/tmp/attack.XXXXXX";
	void *lib;

	expect(mkdtemp(dir) && !chdir(dir));
	fetch(GOOD_LIB, GOOD_LIB);
	good_fd = open(GOOD_LIB, O_RDONLY);
	expect(good_fd >= 0);
	lib = dlopen("./" GOOD_LIB, RTLD_NOW);
	expect(lib);
	good = dlsym(lib, "good");
	expect(good && !strcmp(good->name, TWIN));
}

static struct libaf_policy *read_policy(const char *text)
{
	struct libaf_policy *policy;
	struct libaf_error err;

	if (libaf_policy_parse(text, strlen(text), "attack", &policy, &err)) {
		fprintf(stderr, "# line %u: %s\n", err.line, err.text);
		_exit(1);
	}
	return policy;
}

/* Like what container engines load: a list, with the numbers of all ABIs. */
static void load_plain(const struct libaf_policy *policy)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	struct af_nrset set;
	unsigned int nr;

	expect(ctx && !seccomp_arch_add(ctx, SCMP_ARCH_X86) &&
	       !seccomp_arch_add(ctx, SCMP_ARCH_X32));
	af_policy_union(policy, &set);
	for (nr = 0; nr < AF_NR_MAX; nr++) {
		if (af_nrset_has(&set, nr))
			expect(!seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0));
	}
	expect(!seccomp_load(ctx));
	seccomp_release(ctx);
}

static void load_policy(const struct libaf_policy *policy)
{
	struct libaf_filter *filter;
	struct libaf_error err;
	int ret = libaf_filter_new(policy, NULL, 0, &filter, &err);

	if (ret)
		fprintf(stderr, "# %d: %s\n", ret, err.text);
	expect(!ret);
	expect(libaf_filter_load(filter) == LIBAF_ENFORCED);
}

static void confine_by(enum confinement how, const char *text)
{
	struct libaf_policy *policy = read_policy(text);

	if (how == POLICY)
		load_policy(policy);
	else
		load_plain(policy);
}

char *path_of(const char *name)
{
	char *cwd = getcwd(NULL, 0), *path;

	expect(cwd && asprintf(&path, "%s/%s", cwd, name) > 0);
	free(cwd);
	return path;
}

static void confine_both(enum confinement how, const char *rules,
			 const char *file, const char *also)
{
	char *text;
	int len;

	if (!rules)
		rules = "mkdir";
	if (also)
		len = asprintf(&text,
			       COMMON_POLICY "library %s { %s }\n"
					     "library %s { %s }\n",
			       path_of(file), rules, path_of(also), rules);
	else
		len = asprintf(&text, COMMON_POLICY "library %s { %s }\n",
			       path_of(file), rules);
	expect(len > 0);
	confine_by(how, text);
}

void confine_for(enum confinement how, const char *rules, const char *file)
{
	confine_both(how, rules, file, NULL);
}

void confine(enum confinement how, const char *rules)
{
	confine_for(how, rules, GOOD_LIB);
}

/* What the library does for itself, as it is loaded and mapped anew. */
static void twin_after(void)
{
	report->after = !map_raw(good_fd, PROT_READ | PROT_EXEC, NULL)(NULL) &&
			exists(TWIN);
}

/* The attack without its art, to show that the policy is in force. */
static void try_plainly(void)
{
	expect(mkdir("denied", 0700) && errno == EPERM && !exists("denied"));
}

static void act(const struct attack *attack, enum confinement how)
{
	if (attack->prepare)
		attack->prepare();
	confine_both(how, attack->rules, GOOD_LIB, attack->also);
	if (how == POLICY)
		try_plainly();
	report->before = !good->makes(BEFORE) && exists(BEFORE);
	report->result = attack->run();
	twin_after();
	report->finished = 1;
}

/* Whether the attack went through to its end; its directory is left to see. */
static bool play(const struct attack *attack, enum confinement how)
{
	int status;
	pid_t pid;

	*report = (struct report){ .result = 1 };
	enter_scene();
	pid = fork();
	if (!pid) {
		act(attack, how);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	if (status || !report->finished)
		printf("# status 0x%x, result %ld\n", status, report->result);
	return !status && report->finished;
}

static int counted;
static int failed;

static void say(bool ok, const char *name, const char *what)
{
	printf("%sok %d - %s: %s\n", ok ? "" : "not ", ++counted, name, what);
	failed |= !ok;
}

static void show(void)
{
	printf("# result %ld, prize %d, before %d, after %d\n", report->result,
	       exists(PRIZE), report->before, report->after);
}

static void judge_control(const struct attack *attack)
{
	bool ok = play(attack, PLAIN) && !report->result && exists(PRIZE);

	if (!ok)
		show();
	say(ok, attack->name, "works under a plain list");
}

static void judge_policy(const struct attack *attack)
{
	bool ran = play(attack, POLICY);
	bool stopped = ran && report->result == -EPERM && !exists(PRIZE);
	bool served = ran && report->before && report->after;

	if (!stopped || !served)
		show();
	say(stopped, attack->name, "is stopped before it has an effect");
	say(served, attack->name, "the library is served all the same");
}

static void judge_limit(const struct attack *attack)
{
	bool ok = play(attack, POLICY) && !report->result && exists(PRIZE);

	if (!ok)
		show();
	say(ok, attack->name, "is not stopped");
}

/* Each attack has a scene of its own, and so a process for it. */
static void in_child(void (*judge)(const struct attack *attack),
		     const struct attack *attack)
{
	int *tally = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	expect(tally != MAP_FAILED);
	pid = fork();
	if (!pid) {
		judge(attack);
		tally[0] = counted;
		tally[1] = failed;
		_exit(0);
	}
	expect(pid > 0 && waitpid(pid, NULL, 0) == pid);
	/* A judge that died has not counted: the plan is not fulfilled. */
	if (tally[0])
		counted = tally[0];
	failed |= !tally[0] || tally[1];
	munmap(tally, PAGE);
}

static void begin(size_t planned)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("TAP version 13\n1..%zu\n", planned);
	report = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	expect(report != MAP_FAILED);
}

int run_attacks(const struct attack *attacks, size_t nr,
		const struct test_case *tests, size_t nr_tests)
{
	size_t i;

	begin(3 * nr + nr_tests);
	for (i = 0; i < nr; i++) {
		in_child(judge_control, &attacks[i]);
		in_child(judge_policy, &attacks[i]);
	}
	for (i = 0; i < nr_tests; i++) {
		bool ok = run_case(&tests[i]);

		printf("%sok %d - %s\n", ok ? "" : "not ", ++counted,
		       tests[i].name);
		failed |= !ok;
	}
	return failed;
}

int run_limits(const struct attack *attacks, size_t nr)
{
	size_t i;

	begin(nr);
	for (i = 0; i < nr; i++)
		in_child(judge_limit, &attacks[i]);
	return failed;
}
