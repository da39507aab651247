// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "filter.h"
#include "internal.h"
#include "launch.h"
#include "objects.h"
#include "own.h"
#include "sys.h"

/* A pipe takes that much at once, so that it is written whole. */
#define MAX_FAILURE 4096

#define AF_FILTER_FLAGS (LIBAF_ALLOW_DEGRADED | LIBAF_REPORT)

unsigned int af_filter_needs(const struct sock_filter *prog, size_t len)
{
	unsigned int needs = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (prog[i].code != (BPF_LD | BPF_W | BPF_ABS))
			continue;
		if (prog[i].k == offsetof(struct libaf_seccomp_data, prev_nr))
			needs |= LIBAF_SECCOMP_FEATURE_PREV_NR;
		if (prog[i].k == offsetof(struct libaf_seccomp_data, caller_id))
			needs |= LIBAF_SECCOMP_FEATURE_CALLER_ID;
	}
	return needs;
}

static int no_memory(struct libaf_error *err)
{
	return af_error(err, -ENOMEM, NULL, NULL, "out of memory");
}

/* What a program needs and the kernel does not have. */
static int not_supported(struct libaf_error *err, unsigned int missing)
{
	af_error(err, -EOPNOTSUPP, NULL, NULL,
		 "the running kernel does not tell filters %s",
		 missing & LIBAF_SECCOMP_FEATURE_CALLER_ID ?
			 "who asks for a system call" :
			 "the previous system call");
	af_hint(err, "boot a kernel with the libaf patch series");
	return -EOPNOTSUPP;
}

static unsigned int programs_need(const struct af_programs *programs)
{
	unsigned int needs = 0;

	for (size_t i = 0; i < programs->nr; i++)
		needs |= af_filter_needs(programs->programs[i].insns,
					 programs->programs[i].len);
	return needs;
}

static bool program_notifies(const struct af_program *program)
{
	for (size_t i = 0; i < program->len; i++) {
		const struct sock_filter *insn = &program->insns[i];

		if (insn->code == (BPF_RET | BPF_K) &&
		    (insn->k & SECCOMP_RET_ACTION_FULL) ==
			    SECCOMP_RET_USER_NOTIF)
			return true;
	}
	return false;
}

/* A chain of filters has one listener, and a program that is executed none. */
static int check_notifier(struct af_draft *draft, const char *name,
			  struct libaf_error *err)
{
	for (size_t i = 0; i < draft->programs.nr; i++)
		draft->notifies |=
			program_notifies(&draft->programs.programs[i]);
	if (!draft->notifies)
		return 0;
	if (draft->own == AF_CALLER_LAUNCHER)
		return af_error(
			err, -EINVAL, name, NULL,
			"`notify` is for programs that load a policy themselves");
	if (draft->programs.nr > 1)
		return af_error(
			err, -E2BIG, name, NULL,
			"a policy with `notify` must fit into one program of the kernel");
	return 0;
}

int af_draft_check(struct af_draft *draft, const char *name, unsigned int flags,
		   struct libaf_error *err)
{
	unsigned int needs = programs_need(&draft->programs);
	unsigned int missing = needs & ~af_sys_features();
	int ret = check_notifier(draft, name, err);

	if (ret)
		return ret;
	draft->degraded = missing;
	draft->has_callers = !missing &&
			     (needs & LIBAF_SECCOMP_FEATURE_CALLER_ID);
	if (missing && !(flags & LIBAF_ALLOW_DEGRADED))
		return not_supported(err, missing);
	return 0;
}

static int find_objects(struct af_draft *draft,
			const struct libaf_policy *policy, const char *program,
			struct libaf_error *err)
{
	struct af_own_text text =
		af_own_text_of(draft->own, policy->nr_callers);
	bool has_own = draft->own != AF_CALLER_UNKNOWN;

	return af_objects_find(&draft->objects, policy, program,
			       has_own ? &text : NULL, err);
}

static int make_draft(struct af_draft *draft, const struct libaf_policy *policy,
		      const char *program, unsigned int flags,
		      struct libaf_error *err)
{
	uint64_t calls[AF_LAUNCH_CALLS];
	int ret;

	af_own_launch_calls(calls);
	ret = af_own_compile(policy, draft->own, calls, &draft->programs, err);
	if (!ret)
		ret = af_draft_check(draft, policy->name, flags, err);
	/* Also if they are not needed: a policy must not name what is not. */
	if (!ret)
		ret = find_objects(draft, policy, program, err);
	if (ret || !draft->degraded)
		return ret;
	draft->trap = AF_TRAP_PLAIN;
	af_programs_release(&draft->programs);
	return af_own_compile_union(policy, draft->own, &draft->programs, err);
}

void af_draft_release(struct af_draft *draft)
{
	af_objects_release(&draft->objects);
	af_programs_release(&draft->programs);
}

/* Take @size bytes of a mapping, @used of which are taken. */
static void *take(char *base, size_t *used, size_t size)
{
	void *start = base ? base + *used : NULL;

	*used += (size + 15) & ~(size_t)15;
	return start;
}

static void pack_objects(struct libaf_seccomp_object *to, char *base,
			 size_t *used, const struct af_objects *objects)
{
	size_t i;

	for (i = 0; i < objects->nr_objects; i++) {
		const struct libaf_seccomp_object *from = &objects->objects[i];
		void *table = take(base, used, from->unwind_size);

		if (!base)
			continue;
		to[i] = *from;
		if (!from->unwind_size)
			continue;
		memcpy(table, (void *)(uintptr_t)from->unwind,
		       from->unwind_size);
		to[i].unwind = (uintptr_t)table;
	}
}

static void pack_program(struct libaf_filter *filter, char *base, size_t *used,
			 const struct af_program *from)
{
	struct sock_filter *prog =
		take(base, used, from->len * sizeof(*from->insns));
	size_t i;

	if (!base)
		return;
	memcpy(prog, from->insns, from->len * sizeof(*prog));
	i = filter->nr_programs++;
	filter->fprogs[i].len = from->len;
	filter->fprogs[i].filter = prog;
	filter->args[i].size = sizeof(filter->args[i]);
	filter->args[i].prog_len = from->len;
	filter->args[i].prog = (uintptr_t)prog;
}

/* The pages stay mapped, and are the filter's from now on. */
static void pack_maps(struct libaf_filter *filter, struct af_objects *objects)
{
	size_t i;

	for (i = 0; i < objects->nr_files; i++) {
		if (objects->files[i].map)
			filter->maps[filter->nr_maps++] = objects->files[i].map;
		objects->files[i].map = NULL;
	}
}

/*
 * Copy a draft to the mapping at @base, or only count, if it is NULL.
 * Returns the number of bytes that it takes.
 */
static size_t pack(char *base, struct af_draft *draft)
{
	struct af_programs *programs = &draft->programs;
	struct af_objects *objects = &draft->objects;
	struct libaf_seccomp_caller_filter *args;
	struct libaf_seccomp_object *copies;
	struct libaf_filter *filter;
	struct sock_fprog *fprogs;
	size_t i, used = 0;
	void **maps;

	filter = take(base, &used, sizeof(*filter));
	fprogs = take(base, &used, programs->nr * sizeof(*fprogs));
	args = take(base, &used, programs->nr * sizeof(*args));
	copies = take(base, &used, objects->nr_objects * sizeof(*copies));
	maps = take(base, &used, objects->nr_files * sizeof(*maps));
	if (base) {
		filter->fprogs = fprogs;
		filter->args = args;
		filter->maps = maps;
	}
	for (i = 0; i < programs->nr; i++)
		pack_program(filter, base, &used, &programs->programs[i]);
	pack_objects(copies, base, &used, objects);
	if (!base)
		return used;

	filter->degraded = draft->degraded;
	filter->launches = draft->own == AF_CALLER_LAUNCHER;
	filter->reports = draft->own == AF_CALLER_REPORTER;
	filter->notifies = draft->notifies;
	filter->trap = draft->trap;
	filter->has_objects = objects->nr_objects;
	for (i = 0; i < programs->nr; i++) {
		args[i].objects = (uintptr_t)copies;
		args[i].nr_objects = objects->nr_objects;
	}
	pack_maps(filter, objects);
	return used;
}

int af_draft_finish(struct af_draft *draft, struct libaf_filter **filter,
		    struct libaf_error *err)
{
	size_t size;
	void *map;

	if (!draft->has_callers)
		af_objects_release(&draft->objects);
	size = pack(NULL, draft);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return no_memory(err);
	pack(map, draft);
	*filter = map;
	(*filter)->size = size;
	return 0;
}

int af_filter_check_args(const void *from, unsigned int flags,
			 struct libaf_filter **filter, struct libaf_error *err)
{
	af_error_clear(err);
	if (filter)
		*filter = NULL;
	if (!from || !filter)
		return af_error(err, -EINVAL, NULL, NULL,
				"an argument is NULL");
	if (flags & ~AF_FILTER_FLAGS)
		return af_error(err, -EINVAL, NULL, NULL, "unknown flag %#x",
				flags & ~AF_FILTER_FLAGS);
	return 0;
}

static int check_report(const struct libaf_policy *policy, const char *program,
			unsigned int flags, struct libaf_error *err)
{
	if (!(flags & LIBAF_REPORT))
		return 0;
	if (program)
		return af_error(err, -EINVAL, NULL, NULL,
				"a program that is executed has no handler");
	if (af_policy_has_action(policy, SECCOMP_RET_TRAP))
		return 0;
	af_error(err, -EINVAL, policy->name, NULL,
		 "only calls that the policy traps can be reported");
	af_hint(err, "write `default trap`");
	return -EINVAL;
}

/* Which part of libaf makes calls under the filter, and what it is told. */
static void choose_own(struct af_draft *draft,
		       const struct libaf_policy *policy, const char *program,
		       unsigned int flags)
{
	if (program)
		draft->own = AF_CALLER_LAUNCHER;
	else if (flags & LIBAF_REPORT)
		draft->own = AF_CALLER_REPORTER;
	if (policy->tells || draft->own == AF_CALLER_REPORTER)
		draft->trap = af_trap_for(policy->nr_callers + 1);
}

LIBAF_API int libaf_filter_new(const struct libaf_policy *policy,
			       const char *program, unsigned int flags,
			       struct libaf_filter **filter,
			       struct libaf_error *err)
{
	struct af_draft draft = {};
	int ret = af_filter_check_args(policy, flags, filter, err);

	if (!ret)
		ret = check_report(policy, program, flags, err);
	if (ret)
		return ret;
	choose_own(&draft, policy, program, flags);
	ret = make_draft(&draft, policy, program, flags, err);
	if (!ret)
		ret = af_draft_finish(&draft, filter, err);
	af_draft_release(&draft);
	return ret;
}

LIBAF_API const struct sock_filter *
libaf_filter_program(const struct libaf_filter *filter, size_t index,
		     size_t *len)
{
	if (index >= filter->nr_programs) {
		*len = 0;
		return NULL;
	}
	*len = filter->fprogs[index].len;
	return filter->fprogs[index].filter;
}

int af_load_error(long error)
{
	switch (error) {
	case -ESRCH:
	case -EBUSY:
		return -EBUSY;
	case -ENOMEM:
	case -E2BIG:
	case -EOPNOTSUPP:
		return error;
	default:
		return -ECANCELED;
	}
}

static int load_program(const struct libaf_filter *filter, size_t i)
{
	if (filter->has_objects)
		return af_sys_set_caller_filter(&filter->args[i]);
	return af_sys_set_filter(filter->fprogs[i].filter,
				 filter->fprogs[i].len);
}

LIBAF_API int libaf_filter_load(const struct libaf_filter *filter)
{
	size_t i;
	int ret;

	if (!filter || filter->launches || filter->notifies)
		return -EINVAL;
	if (af_sys_no_new_privs())
		return -ECANCELED;
	for (i = 0; i < filter->nr_programs; i++) {
		ret = load_program(filter, i);
		if (ret)
			return af_load_error(ret);
	}
	return filter->degraded ? LIBAF_DEGRADED : LIBAF_ENFORCED;
}

LIBAF_API int libaf_filter_exec(const struct libaf_filter *filter,
				const char *path, char *const argv[],
				char *const envp[], const char *failure)
{
	struct af_launch launch = {
		.path = path,
		.argv = argv,
		.envp = envp,
		.failure = failure ? failure : "",
	};

	if (!filter || !filter->launches || !path || !argv || !envp)
		return -EINVAL;
	launch.failure_len = strnlen(launch.failure, MAX_FAILURE);
	launch.nr_filters = filter->nr_programs;
	if (filter->has_objects) {
		launch.op = LIBAF_SECCOMP_SET_MODE_CALLER;
		launch.args = filter->args;
		launch.args_size = sizeof(*filter->args);
	} else {
		launch.op = SECCOMP_SET_MODE_FILTER;
		launch.args = filter->fprogs;
		launch.args_size = sizeof(*filter->fprogs);
	}
	if (af_sys_no_new_privs())
		return -ECANCELED;
	return af_load_error(af_launch(&launch));
}

LIBAF_API void libaf_filter_free(struct libaf_filter *filter)
{
	size_t i;

	if (!filter)
		return;
	for (i = 0; i < filter->nr_maps; i++)
		munmap(filter->maps[i], 1);
	munmap(filter, filter->size);
}
