// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "bpf_model.h"
#include "maps.h"
#include "register_model.h"
#include "unwind_model.h"

#define PAGE 4096U

static int check_flags(unsigned int flags)
{
	const unsigned int known = SECCOMP_FILTER_FLAG_TSYNC |
				   SECCOMP_FILTER_FLAG_LOG |
				   SECCOMP_FILTER_FLAG_SPEC_ALLOW |
				   SECCOMP_FILTER_FLAG_NEW_LISTENER |
				   SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
				   SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	bool listener = flags & SECCOMP_FILTER_FLAG_NEW_LISTENER;

	if (flags & ~known)
		return EINVAL;
	/* Both want the return value for themselves. */
	if (flags & SECCOMP_FILTER_FLAG_TSYNC && listener &&
	    !(flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH))
		return EINVAL;
	if (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV && !listener)
		return EINVAL;
	return 0;
}

static bool copy_in(void *to, __u64 from, size_t len)
{
	if (!maps_readable(from, len))
		return false;
	memcpy(to, (const void *)from, len);
	return true;
}

/* What a newer program may have there must not ask for anything. */
static int check_tail(__u64 from, size_t len)
{
	unsigned char byte;
	size_t i;

	for (i = 0; i < len; i++) {
		if (!copy_in(&byte, from + i, 1))
			return EFAULT;
		if (byte)
			return E2BIG;
	}
	return 0;
}

static int copy_args(struct seccomp_caller_filter *args, __u64 from)
{
	__u32 size;
	int error;

	if (!copy_in(&size, from, sizeof(size)))
		return EFAULT;
	if (size < sizeof(*args))
		return EINVAL;
	if (size > PAGE)
		return E2BIG;
	if (!maps_readable(from, sizeof(*args)))
		return EFAULT;
	error = check_tail(from + sizeof(*args), size - sizeof(*args));
	if (error)
		return error;
	memcpy(args, (const void *)from, sizeof(*args));
	if (args->reserved || args->prog_len > BPF_MAXINSNS)
		return EINVAL;
	return 0;
}

static int check_program(const struct seccomp_caller_filter *args)
{
	static struct sock_filter prog[BPF_MAXINSNS];

	if (!args->prog_len || !args->prog)
		return EINVAL;
	if (!copy_in(prog, args->prog, args->prog_len * sizeof(prog[0])))
		return EFAULT;
	return bpf_model_valid(prog, args->prog_len,
			       sizeof(struct seccomp_data)) ?
		       0 :
		       EINVAL;
}

static bool members_valid(const struct seccomp_object *object)
{
	bool transparent = object->flags & SECCOMP_OBJECT_TRANSPARENT;

	if (object->flags & ~SECCOMP_OBJECT_TRANSPARENT || object->reserved ||
	    !object->id || !object->len)
		return false;
	/* The end is a number of 64 bits, too. */
	if (object->offset + object->len < object->len)
		return false;
	return transparent ? object->unwind_size :
			     !object->unwind && !object->unwind_size;
}

static int check_table(const struct seccomp_object *object)
{
	if (!maps_readable(object->unwind, object->unwind_size))
		return EFAULT;
	return unwind_model_valid((const void *)object->unwind,
				  object->unwind_size, object->len) ?
		       0 :
		       EINVAL;
}

static int check_object(const struct seccomp_object *object)
{
	const struct mapping *mapping;

	if (!members_valid(object))
		return EINVAL;
	mapping = maps_find(object->addr);
	if (!mapping)
		return ENXIO;
	if (!mapping->key)
		return ENODEV;
	return object->flags & SECCOMP_OBJECT_TRANSPARENT ?
		       check_table(object) :
		       0;
}

static bool overlap(const struct seccomp_object *a,
		    const struct seccomp_object *b)
{
	return maps_find(a->addr)->key == maps_find(b->addr)->key &&
	       a->offset < b->offset + b->len && b->offset < a->offset + a->len;
}

static int check_overlaps(const struct seccomp_object *objects, unsigned int nr)
{
	unsigned int i, k;

	for (i = 0; i < nr; i++) {
		for (k = 0; k < i; k++) {
			if (overlap(&objects[i], &objects[k]))
				return EINVAL;
		}
	}
	return 0;
}

static int check_objects(const struct seccomp_caller_filter *args)
{
	static struct seccomp_object objects[SECCOMP_MAX_OBJECTS];
	__u64 tables = 0;
	unsigned int i;
	int error;

	if (!args->nr_objects)
		return EINVAL;
	if (args->nr_objects > SECCOMP_MAX_OBJECTS)
		return E2BIG;
	for (i = 0; i < args->nr_objects; i++) {
		if (!copy_in(&objects[i],
			     args->objects + i * sizeof(objects[i]),
			     sizeof(objects[i])))
			return EFAULT;
		tables += objects[i].unwind_size;
		if (tables > SECCOMP_MAX_UNWIND)
			return E2BIG;
		error = check_object(&objects[i]);
		if (error)
			return error;
	}
	return check_overlaps(objects, args->nr_objects);
}

int register_model(unsigned int flags, const void *pointer)
{
	struct seccomp_caller_filter args;
	int error = check_flags(flags);

	if (!error)
		error = copy_args(&args, (unsigned long)pointer);
	if (!error)
		error = check_program(&args);
	if (!error)
		error = check_objects(&args);
	return error;
}
