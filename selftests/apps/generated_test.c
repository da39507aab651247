// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Does the kernel decide by compiled policies as af_policy_eval() does?
 *
 *	generated_test [POLICIES [FIRST]]
 *
 * Each policy is generated from its number and loaded in a child, which makes
 * calls by several ways, one after the other.  There are no calls of these
 * numbers, so that one that is permitted does nothing and gives ENOSYS, and no
 * policy gives that.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../proofs/generate.h"
#include "../proofs/write.h"
#include "libaf.h"

/* Numbers that the kernel has no calls of. */
#define FIRST_NR 600
#define NR_CALLS 24

#define NR_STEPS 256

/* The callers' ids, by the order of libraries in the policy. */
enum {
	ID_A = AF_ID_LIBRARY,
	ID_B,
	ID_LIBC,
	NR_IDS,
};

typedef long call_fn(long nr, const unsigned long *args);

/* One way to make a call, and whose call it is then. */
struct way {
	const char *name;
	call_fn *call;
	unsigned int caller;
};

enum {
	WAY_PROGRAM,
	WAY_PROGRAM_LIBC,
	WAY_A,
	WAY_A_LIBC,
	WAY_B,
	WAY_UNKNOWN,
	WAY_UNKNOWN_LIBC,
	NR_WAYS,
};

static struct way ways[NR_WAYS] = {
	[WAY_PROGRAM] = { "the program", NULL, AF_ID_PROGRAM },
	[WAY_PROGRAM_LIBC] = { "libc for the program", NULL, AF_ID_PROGRAM },
	[WAY_A] = { "a library", NULL, ID_A },
	[WAY_A_LIBC] = { "libc for a library", NULL, ID_A },
	[WAY_B] = { "another library", NULL, ID_B },
	[WAY_UNKNOWN] = { "a library without a block", NULL, AF_ID_UNKNOWN },
	[WAY_UNKNOWN_LIBC] = { "libc for that", NULL, AF_ID_UNKNOWN },
};

/* What a child tells: the first step that went wrong, if @failed. */
struct report {
	bool failed;
	unsigned int way;
	long have;
	long want;
	struct libaf_seccomp_data data;
	size_t permitted[NR_WAYS];
	size_t denied[NR_WAYS];
};

static struct report *report;
static char *paths[2];

__attribute__((noreturn)) static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static long program_own(long nr, const unsigned long *args)
{
	register unsigned long r10 __asm__("r10") = args[3];
	register unsigned long r8 __asm__("r8") = args[4];
	register unsigned long r9 __asm__("r9") = args[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(args[0]), "S"(args[1]), "d"(args[2]),
			   "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static long program_libc(long nr, const unsigned long *args)
{
	long ret = syscall(nr, args[0], args[1], args[2], args[3], args[4],
			   args[5]);

	return ret == -1 ? -errno : ret;
}

/* A copy of libraw.so, which is beside this program, and its functions. */
static char *copy_library(const char *dir, const char *name, call_fn **own,
			  call_fn **libc)
{
	char self[4096], *from = NULL, *to = NULL;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int in, out;
	struct stat st;
	void *library;

	if (len < 0)
		die("readlink");
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	if (asprintf(&from, "%s/libraw.so", self) < 0 ||
	    asprintf(&to, "%s/%s", dir, name) < 0)
		die("memory");
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (in < 0 || out < 0 || fstat(in, &st) ||
	    sendfile(out, in, NULL, st.st_size) != st.st_size)
		die(to);
	close(in);
	close(out);
	free(from);
	library = dlopen(to, RTLD_NOW);
	*own = library ? (call_fn *)dlsym(library, "raw_own") : NULL;
	*libc = library ? (call_fn *)dlsym(library, "raw_libc") : NULL;
	if (!*own || !*libc)
		die(to);
	return to;
}

static void open_libraries(void)
{
	char dir[] = "/tmp/generated.XXXXXX";
	call_fn *unused;

	if (!mkdtemp(dir))
		die("mkdtemp");
	ways[WAY_PROGRAM].call = program_own;
	ways[WAY_PROGRAM_LIBC].call = program_libc;
	paths[0] = copy_library(dir, "a.so", &ways[WAY_A].call,
				&ways[WAY_A_LIBC].call);
	paths[1] = copy_library(dir, "b.so", &ways[WAY_B].call, &unused);
	free(copy_library(dir, "unknown.so", &ways[WAY_UNKNOWN].call,
			  &ways[WAY_UNKNOWN_LIBC].call));
}

/* A call that is not run is seen by its error; nothing may end the child. */
static uint32_t visible(uint32_t action)
{
	switch (action) {
	case SECCOMP_RET_KILL_PROCESS:
		return SECCOMP_RET_ERRNO | EMLINK;
	case SECCOMP_RET_USER_NOTIF:
		return SECCOMP_RET_ERRNO | ENXIO;
	case SECCOMP_RET_TRAP:
		return SECCOMP_RET_ERRNO | EXDEV;
	case SECCOMP_RET_ERRNO | ENOSYS:
		return SECCOMP_RET_ERRNO | ENOTTY;
	default:
		return action;
	}
}

/* Numbers from 0 become those from FIRST_NR. */
static void move_rules(struct af_caller *caller)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		struct af_rule *rule = &caller->rules[i];
		struct af_nrset after = { 0 };

		for (unsigned int nr = 0; nr < NR_CALLS; nr++) {
			if (af_nrset_has(&rule->after, nr))
				af_nrset_add(&after, FIRST_NR + nr);
		}
		/* As which the first call comes. */
		if (rule->after_start)
			af_nrset_add(&after, SYS_seccomp);
		rule->after = after;
		rule->nr += FIRST_NR;
		rule->action = visible(rule->action);
	}
}

/* All of the file is the caller's. */
static void set_name(struct af_caller *caller, const char *name)
{
	free(caller->name);
	caller->name = strdup(name);
	if (!caller->name)
		die("memory");
	caller->rest = true;
}

static void set_known(struct libaf_policy *policy)
{
	memset(&policy->known, 0, sizeof(policy->known));
	af_nrset_add(&policy->known, SYS_exit_group);
	for (unsigned int nr = 0; nr < NR_CALLS; nr++) {
		if (below(4))
			af_nrset_add(&policy->known, FIRST_NR + nr);
	}
	policy->newer = SECCOMP_RET_ERRNO | ENODEV;
}

static struct libaf_policy *generate_for_kernel(uint64_t number)
{
	struct libaf_policy *policy;
	struct shape shape;

	seed(number);
	shape = random_shape();
	shape.libraries = NR_IDS - AF_ID_LIBRARY;
	shape.pool = NR_CALLS;
	shape.after_size = 1 + below(NR_CALLS / 2);
	shape.deny = below(4) ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_LOG;
	policy = generate(&shape);
	move_rules(&policy->common);
	for (size_t id = 0; id < policy->nr_callers; id++)
		move_rules(&policy->callers[id]);
	set_name(&policy->callers[ID_A], paths[0]);
	set_name(&policy->callers[ID_B], paths[1]);
	set_name(&policy->callers[ID_LIBC], "libc.so.6");
	policy->callers[ID_LIBC].transparent = true;
	set_known(policy);
	/* How a child ends. */
	add_rule(&policy->common, SYS_exit_group);
	add_rule(&policy->callers[AF_ID_UNKNOWN], SYS_exit_group);
	return policy;
}

/* What one of the rules for the call is sensitive to. */
static void choose_args(const struct libaf_policy *policy,
			struct libaf_seccomp_data *data)
{
	const struct af_caller *callers[] = {
		&policy->callers[data->caller_id],
		&policy->common,
	};

	for (unsigned int i = 0; i < AF_NR_ARGS; i++)
		data->args[i] = below(2) ? 0 : random_value();
	for (size_t c = 0; c < ARRAY_SIZE(callers); c++) {
		for (size_t i = 0; i < callers[c]->nr_rules; i++) {
			const struct af_rule *rule = &callers[c]->rules[i];

			if (rule->nr != (unsigned int)data->nr || below(3))
				continue;
			for (size_t t = 0; t < rule->nr_tests; t++)
				data->args[rule->tests[t].arg] =
					value_near(&rule->tests[t]);
		}
	}
}

/* Nothing but calls of the policy is made here. */
static void play(const struct libaf_policy *policy)
{
	struct libaf_seccomp_data data = {
		.arch = AUDIT_ARCH_X86_64,
		.prev_nr = SYS_seccomp,
	};

	for (unsigned int step = 0; step < NR_STEPS; step++) {
		unsigned int way = below(NR_WAYS);
		unsigned long args[AF_NR_ARGS];
		uint32_t action;

		data.nr = FIRST_NR + below(NR_CALLS);
		data.caller_id = ways[way].caller;
		choose_args(policy, &data);
		for (unsigned int i = 0; i < AF_NR_ARGS; i++)
			args[i] = data.args[i];
		action = af_policy_eval(policy, NULL, &data);
		report->want = -(long)(action & SECCOMP_RET_DATA);
		if ((action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
			report->want = -ENOSYS;
		report->have = ways[way].call(data.nr, args);
		report->way = way;
		report->data = data;
		if (report->have != report->want)
			return;
		if (report->want == -ENOSYS) {
			report->permitted[way]++;
			data.prev_nr = data.nr;
		} else {
			report->denied[way]++;
		}
	}
	report->failed = false;
}

static void run_child(const struct libaf_policy *policy)
{
	struct libaf_filter *filter;
	struct libaf_error err;

	if (libaf_filter_new(policy, NULL, 0, &filter, &err)) {
		printf("# %s\n", err.text);
		fflush(stdout);
		_exit(1);
	}
	if (libaf_filter_load(filter) != LIBAF_ENFORCED)
		_exit(2);
	play(policy);
	_exit(0);
}

static void explain(uint64_t number, const struct libaf_policy *policy,
		    int status)
{
	const struct libaf_seccomp_data *data = &report->data;

	printf("# policy %llu: status %#x; call %d by %s, after %d, gave %ld, "
	       "not %ld; arguments",
	       (unsigned long long)number, status, data->nr,
	       ways[report->way].name, data->prev_nr, report->have,
	       report->want);
	for (unsigned int i = 0; i < AF_NR_ARGS; i++)
		printf(" %#llx", (unsigned long long)data->args[i]);
	printf("\n");
	write_rules(stdout, policy, NULL, data->nr);
}

static bool check_policy(uint64_t number)
{
	struct libaf_policy *policy = generate_for_kernel(number);
	int status = -1;
	bool good;
	pid_t pid;

	report->failed = true;
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_child(policy);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("fork");
	good = !status && !report->failed;
	if (!good)
		explain(number, policy, status);
	libaf_policy_free(policy);
	return good;
}

int main(int argc, char **argv)
{
	uint64_t policies = argc > 1 ? strtoull(argv[1], NULL, 0) : 200;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
	bool good = true, varied = true;
	uint64_t number;

	printf("TAP version 13\n1..2\n");
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		die("mmap");
	open_libraries();
	for (number = first; number < first + policies && good; number++)
		good = check_policy(number);
	printf("%sok 1 - generated policies decide as the evaluator does\n",
	       good ? "" : "not ");
	for (unsigned int i = 0; i < NR_WAYS; i++) {
		printf("# by %s: %zu permitted, %zu denied\n", ways[i].name,
		       report->permitted[i], report->denied[i]);
		varied &= report->permitted[i] > policies &&
			  report->denied[i] > policies;
	}
	printf("%sok 2 - many calls by each way are permitted and many denied\n",
	       varied ? "" : "not ");
	return !good || !varied;
}
