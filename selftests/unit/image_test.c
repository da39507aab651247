// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Precompiled policies: that they are what the policy is, that damaged ones are
 * refused, and that they are for the files of which they were made.
 */
#define _GNU_SOURCE
#include <check.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "digest.h"
#include "filter.h"
#include "image.h"
#include "launch.h"
#include "large_policy.h"
#include "libaf.h"
#include "no_memory.h"
#include "own.h"
#include "policy.h"
#include "restore.h"
#include "save.h"
#include "sim.h"
#include "sys.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))
#define ALL               (LIBAF_SECCOMP_FEATURE_PREV_NR | LIBAF_SECCOMP_FEATURE_CALLER_ID)
#define LIBS              "/lib/x86_64-linux-gnu/"

/* What the made up kernel can do. */
static unsigned int features;

unsigned int __wrap_af_sys_features(void);
unsigned int __wrap_af_sys_features(void)
{
	return features;
}

static char dir[] = "/tmp/image.XXXXXX";
static struct libaf_policy *policy;
static struct libaf_error err;

static void setup(void)
{
	unsetenv("LD_LIBRARY_PATH");
	features = ALL;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	ck_assert_msg(!system(command), "%s", command);
}

static void teardown(void)
{
	libaf_policy_free(policy);
	policy = NULL;
	run("rm -rf %s", dir);
}

static void parse(const char *text)
{
	libaf_policy_free(policy);
	ck_assert_msg(!libaf_policy_parse(text, strlen(text), "name.af",
					  &policy, &err),
		      "%s", err.text);
}

/* Valgrind has hidden the program's own file, and the vDSO. */
static bool is_hidden(void)
{
	return !getauxval(AT_SYSINFO_EHDR);
}

static void compile(const char *text, const char *program)
{
	parse(text);
	ck_assert_msg(!libaf_policy_compile(policy, program, "image", &err),
		      "%s", err.text);
}

static int read_back(const char *program)
{
	struct libaf_filter *filter;
	int ret = libaf_filter_read("image", program, 0, &filter, &err);

	libaf_filter_free(filter);
	return ret;
}

/* Digests. */

#define PRIME (((uint64_t)1 << 61) - 1)

/* As digest.c says it is, in the simplest way. */
static uint64_t polynomial(const uint8_t *data, size_t len)
{
	unsigned __int128 sum = 0;
	size_t i, j;

	for (i = 0; i <= len / 7 + 1; i++) {
		uint64_t word = 0;

		for (j = 0; j < 7 && i * 7 + j < len; j++)
			word |= (uint64_t)data[i * 7 + j] << 8 * j;
		if (i == len / 7 + 1)
			word = len;
		sum = (sum * 0x043f6a8885a308d3 + word) % PRIME;
	}
	return (uint64_t)sum;
}

static uint64_t digest_of(const void *data, size_t len, size_t piece)
{
	struct af_digest digest;
	size_t done;

	af_digest_begin(&digest);
	for (done = 0; done < len; done += piece)
		af_digest_add(&digest, (const char *)data + done,
			      piece < len - done ? piece : len - done);
	return af_digest_end(&digest);
}

START_TEST(test_digest_is_the_polynomial) {
	uint8_t data[200];
	size_t len, piece;

	memset(data, 0xff, sizeof(data));
	for (len = 0; len <= sizeof(data); len++) {
		if (len > 50)
			data[len - 1] = (uint8_t)(len * 37);
		for (piece = 1; piece <= sizeof(data); piece++)
			ck_assert_uint_eq(digest_of(data, len, piece),
					  polynomial(data, len));
	}
}
END_TEST

START_TEST(test_digest_sees_every_bit_and_the_length) {
	uint8_t data[64] = { 0 };
	uint64_t seen[8 * sizeof(data) + sizeof(data) + 1];
	size_t i, j, nr = 0;

	for (i = 0; i <= sizeof(data); i++)
		seen[nr++] = digest_of(data, i, sizeof(data));
	for (i = 0; i < 8 * sizeof(data); i++) {
		data[i / 8] ^= 1U << i % 8;
		seen[nr++] = digest_of(data, sizeof(data), sizeof(data));
		data[i / 8] ^= 1U << i % 8;
	}
	for (i = 0; i < nr; i++) {
		for (j = 0; j < i && seen[i] != seen[j]; j++)
			;
		ck_assert_uint_eq(j, i);
	}
}
END_TEST

/* That an image is what the policy is. */

/* Of a transparent file, and of one of which the rest is unknown. */
#define PARTS                                                        \
	"transparent libc.so.6\n"                                    \
	"part sort of library libc.so.6 symbol qsort_r { getpid }\n" \
	"part root of library libm.so.6 symbol cbrt { read }\n"      \
	"program { write }\n"

static const char *const policies[] = {
	"program { read }",
	"default errno EPERM\nprogram { read }\n"
	"library libm.so.6 { write }\n"
	"transparent libc.so.6 ld-linux-x86-64.so.2\n",
	"common { read\nwrite after read\nopenat if arg1 & 3 == 0 }\n"
	"unknown { execve after read\nexit_group }\n"
	"library libc.so.6 { mmap if arg2 != 4\nmmap then log }\n",
	/* As in save.c, where the launcher's calls are not. */
	"common { write if arg1 == 0x5a01c0de5a11c0de }\n"
	"program { execve if arg2 == 0x6b02c0de6b12c0de\n"
	"execve after read }\n",
	"newer errno ENOSYS\nprogram /bin/true { read }\n"
	"program /bin/cat { write }\n"
	"optional library libnone.so.7 { getpid }\n",
	"common { getpid exit_group }\nunknown { getpid exit_group }\n",
	"unknown { execve write exit_group read }\nprogram { read }\n",
	PARTS,
};

static void compare_objects(const struct libaf_seccomp_object *a,
			    const struct libaf_seccomp_object *b)
{
	ck_assert_uint_eq(a->offset, b->offset);
	ck_assert_uint_eq(a->len, b->len);
	ck_assert_uint_eq(a->id, b->id);
	ck_assert_uint_eq(a->flags, b->flags);
	ck_assert_uint_eq(a->unwind_size, b->unwind_size);
	ck_assert_uint_eq(a->reserved, b->reserved);
	ck_assert_int_eq(!a->unwind, !b->unwind);
	if (a->unwind)
		ck_assert_mem_eq((void *)(uintptr_t)a->unwind,
				 (void *)(uintptr_t)b->unwind, a->unwind_size);
	/* It may be mapped elsewhere, but is the same file. */
	ck_assert_mem_eq((void *)(uintptr_t)(a->addr & ~(uint64_t)4095),
			 (void *)(uintptr_t)(b->addr & ~(uint64_t)4095), 64);
}

static uint32_t verdict(const struct libaf_filter *filter,
			const struct libaf_seccomp_data *data)
{
	struct af_programs programs = { .nr = filter->nr_programs };
	size_t i;

	for (i = 0; i < filter->nr_programs; i++) {
		programs.programs[i].insns = filter->fprogs[i].filter;
		programs.programs[i].len = filter->fprogs[i].len;
	}
	return af_sim_run_all(&programs, data, NULL);
}

/* By what they do: whoever calls, from where, and after what. */
static void compare_verdicts(const struct libaf_filter *a,
			     const struct libaf_filter *b)
{
	static const int numbers[] = {
		SYS_read,    SYS_write,  SYS_open,   SYS_mmap,
		SYS_openat,  SYS_execve, SYS_getpid, SYS_exit_group,
		SYS_seccomp, 500,        -1,
	};
	uint64_t ips[AF_LAUNCH_CALLS + 1] = { 0 };
	struct libaf_seccomp_data data = { .arch = AUDIT_ARCH_X86_64 };
	size_t i, n = ARRAY_SIZE(numbers);

	af_own_launch_calls(ips);
	for (i = 0; i < n * n * ARRAY_SIZE(ips) * 8; i++) {
		data.nr = numbers[i % n];
		data.prev_nr = numbers[i / n % n];
		data.instruction_pointer = ips[i / n / n % ARRAY_SIZE(ips)];
		data.caller_id = i / n / n / ARRAY_SIZE(ips);
		ck_assert_uint_eq(verdict(a, &data), verdict(b, &data));
	}
}

/* Valgrind loads programs so low that half of an address is 0, a special case. */
static bool is_low(void)
{
	return !((uint64_t)(uintptr_t)af_launch_text >> 32);
}

static void compare_programs(const struct libaf_filter *a,
			     const struct libaf_filter *b)
{
	size_t i;

	ck_assert_uint_eq(a->nr_programs, b->nr_programs);
	if (a->launches)
		compare_verdicts(a, b);
	if (a->launches && is_low())
		return;
	for (i = 0; i < a->nr_programs; i++) {
		ck_assert_uint_eq(a->fprogs[i].len, b->fprogs[i].len);
		ck_assert_mem_eq(a->fprogs[i].filter, b->fprogs[i].filter,
				 a->fprogs[i].len *
					 sizeof(*a->fprogs[i].filter));
	}
}

static void compare_filters(const struct libaf_filter *a,
			    const struct libaf_filter *b)
{
	const struct libaf_seccomp_object *a_objects =
		(const void *)(uintptr_t)a->args->objects;
	const struct libaf_seccomp_object *b_objects =
		(const void *)(uintptr_t)b->args->objects;
	size_t i;

	ck_assert_int_eq(a->degraded, b->degraded);
	ck_assert_int_eq(a->launches, b->launches);
	compare_programs(a, b);
	ck_assert_uint_eq(a->args->nr_objects, b->args->nr_objects);
	for (i = 0; i < a->args->nr_objects; i++)
		compare_objects(&a_objects[i], &b_objects[i]);
}

static void check_round_trip(const char *program, unsigned int flags)
{
	struct libaf_filter *made, *read;

	ck_assert_msg(!libaf_filter_new(policy, program, flags, &made, &err),
		      "%s", err.text);
	ck_assert_msg(!libaf_filter_read("image", program, flags, &read, &err),
		      "%s", err.text);
	compare_filters(made, read);
	libaf_filter_free(made);
	libaf_filter_free(read);
}

/* The rules by which a denial could be explained are not there any more. */
START_TEST(test_a_report_needs_the_policy) {
	struct libaf_filter *filter = NULL;

	features = ALL;
	compile("default trap\nprogram { read }", "/bin/true");
	ck_assert_int_eq(libaf_filter_read("image", "/bin/true", LIBAF_REPORT,
					   &filter, &err),
			 -EINVAL);
	ck_assert_ptr_null(filter);
	ck_assert_int_eq(libaf_load_explain("image", LIBAF_REPORT, &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "no rules"));
}
END_TEST

/* Without a listener, nobody would decide what is left to a supervisor. */
START_TEST(test_a_supervisor_is_needed_as_for_the_policy) {
	struct libaf_filter *filter = NULL;

	features = ALL;
	compile("program {\nread\nmkdir then notify\n}", "/bin/true");
	ck_assert_int_eq(libaf_filter_read("image", "/bin/true", 0, &filter,
					   &err),
			 -EINVAL);
	ck_assert_ptr_null(filter);
	ck_assert_ptr_nonnull(strstr(err.text, "`notify`"));
	if (is_hidden())
		return;
	compile("program {\nread\nmkdir then notify\n}", NULL);
	ck_assert_int_eq(libaf_filter_read("image", NULL, 0, &filter, &err), 0);
	ck_assert_int_eq(libaf_filter_load(filter), -EINVAL);
	libaf_filter_free(filter);
}
END_TEST

/* Libraries that are not there count for the programs all the same. */
START_TEST(test_several_programs_are_read) {
	char *text = large_policy();
	struct libaf_filter *read;

	ck_assert_ptr_nonnull(text);
	features = ALL;
	compile(text, "/bin/true");
	check_round_trip("/bin/true", 0);
	check_round_trip("/bin/true", LIBAF_ALLOW_DEGRADED);
	ck_assert_int_eq(
		libaf_filter_read("image", "/bin/true", 0, &read, &err), 0);
	ck_assert_uint_gt(read->nr_programs, 1);
	libaf_filter_free(read);
	free(text);
}
END_TEST

START_TEST(test_a_read_filter_is_the_made_one) {
	const char *const programs[] = { "/bin/true", "/bin/cat", "./script",
					 NULL };
	size_t i;

	run("printf '#!/bin/cat\n' >script");
	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		if (!programs[i] && is_hidden())
			continue;
		features = ALL;
		compile(policies[_i], programs[i]);
		check_round_trip(programs[i], 0);
		check_round_trip(programs[i], LIBAF_ALLOW_DEGRADED);
		features = 0;
		check_round_trip(programs[i], LIBAF_ALLOW_DEGRADED);
	}
}
END_TEST

START_TEST(test_a_text_is_read_as_well) {
	struct libaf_filter *made, *read;

	run("echo 'common { read }' >text");
	parse("common { read }\n");
	ck_assert_int_eq(libaf_filter_new(policy, "/bin/true", 0, &made, &err),
			 0);
	ck_assert_int_eq(libaf_filter_read("text", "/bin/true", 0, &read, &err),
			 0);
	compare_filters(made, read);
	libaf_filter_free(made);
	libaf_filter_free(read);
	run("echo 'common { raed }' >text");
	ck_assert_int_eq(libaf_filter_read("text", "/bin/true", 0, &read, &err),
			 -EINVAL);
	ck_assert_ptr_null(read);
	ck_assert_uint_eq(err.line, 1);
}
END_TEST

START_TEST(test_a_phase_is_a_policy) {
	const struct libaf_policy *phase;
	struct libaf_filter *made, *read;

	parse("common { read write }\nphase late {\ncommon { read }\n}\n");
	phase = libaf_policy_phase(policy, "late");
	ck_assert_int_eq(
		libaf_policy_compile(phase, "/bin/true", "image", &err), 0);
	ck_assert_int_eq(libaf_filter_new(phase, "/bin/true", 0, &made, &err),
			 0);
	ck_assert_int_eq(
		libaf_filter_read("image", "/bin/true", 0, &read, &err), 0);
	compare_filters(made, read);
	libaf_filter_free(made);
	libaf_filter_free(read);
}
END_TEST

START_TEST(test_an_image_is_for_a_kernel_as_a_policy_is) {
	compile(policies[1], "/bin/true");
	features = 0;
	ck_assert_int_eq(read_back("/bin/true"), -EOPNOTSUPP);
	ck_assert_str_ne(err.hint, "");
	features = LIBAF_SECCOMP_FEATURE_PREV_NR;
	ck_assert_int_eq(read_back("/bin/true"), -EOPNOTSUPP);
}
END_TEST

START_TEST(test_the_same_gives_the_same_bytes) {
	compile(policies[1], "/bin/true");
	run("mv image first; mkdir elsewhere");
	ck_assert_int_eq(libaf_policy_compile(policy, "/bin/../bin/true",
					      "elsewhere/image", &err),
			 0);
	run("cmp first elsewhere/image");
}
END_TEST

START_TEST(test_an_image_is_no_policy) {
	struct libaf_policy *none;

	compile(policies[0], "/bin/true");
	ck_assert_int_eq(libaf_policy_read("image", &none, &err), -EINVAL);
	ck_assert_ptr_null(none);
	ck_assert_ptr_nonnull(strstr(err.text, "compiled"));
}
END_TEST

START_TEST(test_wrong_arguments) {
	struct libaf_filter *filter;

	parse(policies[0]);
	ck_assert_int_eq(libaf_policy_compile(NULL, NULL, "image", &err),
			 -EINVAL);
	ck_assert_int_eq(libaf_policy_compile(policy, NULL, NULL, &err),
			 -EINVAL);
	ck_assert_int_eq(libaf_policy_compile(policy, "/none", "image", NULL),
			 -ENOENT);
	ck_assert_int_eq(libaf_policy_compile(policy, "/etc/passwd", "image",
					      &err),
			 -ENOEXEC);
	ck_assert_int_eq(access("image", F_OK), -1);
	ck_assert_int_eq(libaf_filter_read(NULL, NULL, 0, &filter, &err),
			 -EINVAL);
	ck_assert_int_eq(libaf_filter_read("image", NULL, 0, NULL, &err),
			 -EINVAL);
	ck_assert_int_eq(libaf_filter_read("image", NULL, 2, &filter, &err),
			 -EINVAL);
	ck_assert_int_eq(libaf_filter_read("image", NULL, 0, &filter, &err),
			 -ENOENT);
	ck_assert_ptr_null(filter);
}
END_TEST

/* That damaged images are refused. */

static void *image_data;
static size_t image_size;
static struct af_image image;

static void make_image(const char *text)
{
	parse(text);
	ck_assert_int_eq(af_save(policy, "/bin/true", &image_data, &image_size,
				 &err),
			 0);
}

static void setup_image(void)
{
	setup();
	make_image(policies[1]);
	ck_assert_int_eq(af_image_decode(&image, image_data, image_size, "name",
					 &err),
			 0);
}

static void teardown_image(void)
{
	af_image_release(&image);
	free(image_data);
	teardown();
}

static void reseal(void *data, size_t size)
{
	const size_t from = offsetof(struct af_image_header, version);
	struct af_image_header *header = data;

	header->digest = digest_of((char *)data + from, size - from, size);
}

/* In memory of just that size, so that reading behind it is noticed. */
static int decode(const void *data, size_t size, bool sealed)
{
	struct af_image decoded;
	void *copy = malloc(size + !size), *again;
	size_t again_size;
	int ret;

	memcpy(copy, data, size);
	if (sealed && size > sizeof(struct af_image_header))
		reseal(copy, size);
	ret = af_image_decode(&decoded, copy, size, "name", &err);
	if (!ret) {
		/* What is taken has one form only. */
		ck_assert_int_eq(af_image_encode(&decoded, &again, &again_size),
				 0);
		ck_assert_uint_eq(again_size, size);
		ck_assert_mem_eq(again, copy, size);
		free(again);
		af_image_release(&decoded);
	} else {
		ck_assert_int_eq(ret, -EINVAL);
		ck_assert_str_ne(err.text, "");
		ck_assert_str_ne(err.hint, "");
	}
	free(copy);
	return ret;
}

START_TEST(test_a_cut_image_is_refused) {
	size_t size;

	free(image_data);
	make_image(policies[0]);
	ck_assert_int_eq(decode(image_data, image_size, true), 0);
	for (size = 0; size < image_size; size++) {
		ck_assert_int_eq(decode(image_data, size, false), -EINVAL);
		ck_assert_int_eq(decode(image_data, size, true), -EINVAL);
	}
}
END_TEST

START_TEST(test_a_longer_image_is_refused) {
	char *longer = calloc(1, image_size + 16);
	size_t i;

	memcpy(longer, image_data, image_size);
	for (i = 1; i <= 16; i++) {
		ck_assert_int_eq(decode(longer, image_size + i, false),
				 -EINVAL);
		ck_assert_int_eq(decode(longer, image_size + i, true), -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, "behind its end"));
	}
	free(longer);
}
END_TEST

START_TEST(test_each_bit_counts) {
	uint8_t *data;
	size_t i;

	free(image_data);
	make_image(policies[0]);
	data = image_data;
	for (i = 0; i < 8 * image_size; i++) {
		data[i / 8] ^= 1U << i % 8;
		ck_assert_int_eq(decode(data, image_size, false), -EINVAL);
		data[i / 8] ^= 1U << i % 8;
	}
}
END_TEST

/* Whoever changes it may know how to seal it. */
START_TEST(test_changed_images_are_refused_or_have_one_form) {
	unsigned int state = 1, refused = 0, n, i;
	uint8_t *copy = malloc(image_size);

	for (n = 0; n < 3000; n++) {
		memcpy(copy, image_data, image_size);
		for (i = 0; i <= n % 3; i++) {
			/* Most of it is one table: go for the beginning. */
			size_t size = n % 2 ? 2000 : image_size;
			size_t at = (size_t)rand_r(&state) % size;

			copy[at] = (uint8_t)rand_r(&state);
		}
		refused += decode(copy, image_size, true) != 0;
	}
	ck_assert_uint_gt(refused, 1000);
	free(copy);
}
END_TEST

/* Encode what is in @image now; it must be refused for that. */
static void check_refused(const char *text)
{
	struct af_image decoded;
	void *data;
	size_t size;

	ck_assert_int_eq(af_image_encode(&image, &data, &size), 0);
	ck_assert_int_eq(af_image_decode(&decoded, data, size, "name", &err),
			 -EINVAL);
	ck_assert_msg(strstr(err.text, text), "%s, not %s", err.text, text);
	free(data);
}

#define REFUSED(field, value, text)              \
	do {                                     \
		__typeof__(field) old = (field); \
		(field) = (value);               \
		check_refused(text);             \
		(field) = old;                   \
	} while (0)

START_TEST(test_wrong_callers_are_refused) {
	struct libaf_policy *callers = image.callers;
	struct af_caller *library = &callers->callers[AF_ID_LIBRARY];
	char none[] = "";

	REFUSED(image.strings[AF_IMAGE_PROGRAM], NULL, "no path");
	REFUSED(image.strings[AF_IMAGE_PROGRAM], "true", "no path");
	REFUSED(callers->nr_callers, 1, "too few");
	REFUSED(callers->callers[0].optional, true, "the first callers");
	REFUSED(callers->callers[0].name, none, "the first callers");
	REFUSED(callers->callers[0].kind, AF_CALLER_PROGRAM,
		"the first callers");
	REFUSED(callers->callers[1].kind, AF_CALLER_LIBRARY,
		"the first callers");
	REFUSED(library->name, NULL, "no name");
	REFUSED(library->name, none, "no name");
}
END_TEST

START_TEST(test_wrong_parts_are_refused) {
	struct af_part *part;

	free(image_data);
	af_image_release(&image);
	make_image(PARTS);
	ck_assert_int_eq(af_image_decode(&image, image_data, image_size, "name",
					 &err),
			 0);
	/* Behind libc and libm, neither of which has rules. */
	part = image.callers->callers[AF_ID_LIBRARY + 2].part;
	ck_assert_ptr_nonnull(part);
	ck_assert_uint_eq(part->of, AF_ID_LIBRARY);
	REFUSED(part->of, 0, "part of what it cannot be");
	REFUSED(part->of, AF_ID_LIBRARY + 2, "part of what it cannot be");
	REFUSED(part->of, image.callers->nr_callers,
		"part of what it cannot be");
	REFUSED(image.callers->callers[AF_ID_LIBRARY + 2].transparent, true,
		"part of what it cannot be");
}
END_TEST

START_TEST(test_wrong_programs_are_refused) {
	struct af_image_code *programs = image.programs;
	struct af_image_code *launch = &programs[AF_IMAGE_LAUNCH];
	struct sock_filter *insns = (void *)(uintptr_t)launch->insns;
	struct af_image_site *sites = (void *)(uintptr_t)launch->sites;
	struct sock_filter nothing = { 0 };

	/* An address of 64 bits for each of three calls. */
	ck_assert_uint_eq(launch->nr_sites, 6);
	REFUSED(image.nr_programs, 3, "missing");
	REFUSED(programs[0].kind, 1, "missing");
	REFUSED(programs[0].kind, 4, "unknown kind");
	REFUSED(programs[0].len, 0, "would not take");
	REFUSED(programs[0].len, programs[0].len - 1, "");
	REFUSED(insns[launch->len - 1], nothing, "would not take");
	REFUSED(launch->kind, 0, "is not");
	REFUSED(sites[0].insn, launch->len, "elsewhere");
	REFUSED(sites[0].insn, 0, "elsewhere");
	REFUSED(sites[1].insn, sites[0].insn, "elsewhere");
	REFUSED(sites[0].call, 3, "elsewhere");
	REFUSED(sites[0].high, 2, "elsewhere");
}
END_TEST

START_TEST(test_wrong_files_are_refused) {
	/* The program, libm, and libc, which is transparent. */
	struct af_pinned_file *file = &image.files[2];
	struct af_image_part *part = &file->parts[0];
	struct af_region *regions = file->identity.regions;
	uint8_t *table = (void *)(uintptr_t)part->table;
	uint64_t size = file->identity.size;

	ck_assert(part->object.table_size && file->identity.nr_regions == 4);
	REFUSED(file->id, 0, "unknown caller");
	REFUSED(file->id, image.callers->nr_callers, "unknown caller");
	REFUSED(file->path, "libc.so.6", "no path");
	REFUSED(file->path, NULL, "no path");
	REFUSED(file->identity.size, 1, "cannot be recognized");
	REFUSED(file->identity.nr_regions, 0, "cannot be recognized");
	REFUSED(file->identity.nr_regions, AF_MAX_REGIONS + 1,
		"cannot be recognized");
	REFUSED(file->identity.nr_regions, 2, "cannot be recognized");
	REFUSED(regions[0].offset, file->identity.size, "cannot be recognized");
	REFUSED(regions[0].offset, UINT64_MAX, "cannot be recognized");
	REFUSED(regions[0].len, UINT64_MAX, "cannot be recognized");
	/* What it takes a long time to read of a file that is large. */
	file->identity.size = UINT64_MAX;
	REFUSED(regions[3].len, AF_MAX_PINNED, "too much");
	REFUSED(regions[3].len, UINT64_MAX / 2 + 1 - regions[3].offset,
		"too much");
	file->identity.size = size;
	REFUSED(part->object.id, 0, "unknown caller");
	REFUSED(part->object.id, image.callers->nr_callers, "unknown caller");
	/* That of libm, which is not transparent. */
	REFUSED(part->object.id, image.files[1].id, "table");
	REFUSED(part->object.table_size, 0, "table");
	REFUSED(part->object.table_size, part->object.table_size - 8,
		"table is wrong");
	REFUSED(part->object.len, 0, "outside");
	REFUSED(part->object.len, UINT64_MAX, "outside");
	REFUSED(part->object.offset, UINT64_MAX, "outside");
	REFUSED(part->object.offset, file->identity.size, "outside");
	REFUSED(table[0], table[0] + 1, "table is wrong");
}
END_TEST

/* What the functions that write never write. */
START_TEST(test_wrong_records_are_refused) {
	struct af_image_header *header = image_data;
	struct af_image_header old = *header;
	const struct {
		size_t offset;
		uint32_t value;
		const char *text;
	} fields[] = {
#define FIELD(field) offsetof(struct af_image_header, field)
		{ FIELD(version), AF_IMAGE_VERSION + 1, "another version" },
		{ FIELD(machine), AUDIT_ARCH_I386, "another machine" },
		{ FIELD(nr_callers), 0, "too few" },
		{ FIELD(nr_callers), UINT32_MAX, "too many" },
		{ FIELD(nr_programs), UINT32_MAX, "too short" },
		{ FIELD(nr_files), UINT32_MAX, "too short" },
		{ FIELD(nr_files), old.nr_files + 1, "too short" },
		{ FIELD(lens[0]), UINT32_MAX, "too long" },
		{ FIELD(lens[0]), 1, "" },
		{ FIELD(lens[1]), 65538, "too long" },
		{ FIELD(lens[1]), 1, "" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		memcpy((char *)image_data + fields[i].offset, &fields[i].value,
		       sizeof(fields[i].value));
		ck_assert_int_eq(decode(image_data, image_size, true), -EINVAL);
		ck_assert_msg(strstr(err.text, fields[i].text), "%zu: %s", i,
			      err.text);
		*header = old;
	}
	/* A NUL within the program's path. */
	((char *)(header + 1))[2] = 0;
	ck_assert_int_eq(decode(image_data, image_size, true), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "a name has no end, or two"));
}
END_TEST

/* The programs of an image, and behind them @nr copies of that to launch. */
static void copy_programs(struct af_image_code *to, size_t nr)
{
	size_t i;

	memcpy(to, image.programs, image.nr_programs * sizeof(*to));
	for (i = 0; i < nr; i++)
		to[image.nr_programs++] = to[AF_IMAGE_LAUNCH];
	image.programs = to;
}

/* To load some of them would be to load a weaker filter. */
START_TEST(test_all_programs_of_a_kind_are_loaded) {
	struct af_image_code *four = image.programs, six[6];
	struct libaf_filter *filter = NULL;
	size_t i, len;

	copy_programs(six, 2);
	ck_assert_int_eq(af_restore(&image, "/bin/true", 0, &filter, &err), 0);
	for (i = 0; i < 3; i++) {
		ck_assert_ptr_nonnull(libaf_filter_program(filter, i, &len));
		ck_assert_uint_eq(len, four[AF_IMAGE_LAUNCH].len);
	}
	ck_assert_ptr_null(libaf_filter_program(filter, i, &len));
	libaf_filter_free(filter);
	image.programs = four;
}
END_TEST

START_TEST(test_more_programs_than_can_be_loaded_are_refused) {
	struct af_image_code *four = image.programs;
	struct af_image_code many[4 + AF_MAX_PROGRAMS];
	void *data;
	size_t size;

	copy_programs(many, AF_MAX_PROGRAMS);
	ck_assert_int_eq(af_image_encode(&image, &data, &size), 0);
	ck_assert_int_eq(decode(data, size, false), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "too many programs"));
	free(data);
	image.programs = four;
}
END_TEST

/* That an image is for the files of which it was made. */

/* One is transparent, one is not, one is optional, one is not there. */
#define COPIES                                                          \
	"transparent %1$s/libc.so.6\nlibrary %1$s/libm.so.6 { read }\n" \
	"optional library %1$s/libgcc_s.so.1 { write }\n"               \
	"optional library %1$s/libnone.so.7 { write }\n"                \
	"optional library libnever.so.7 { write }\n"                    \
	"program { read }\n"

static void make_copies(void)
{
	char text[1024];

	run("cp -L " LIBS "libc.so.6 " LIBS "libm.so.6 " LIBS
	    "libgcc_s.so.1 . && cp /bin/true program");
	snprintf(text, sizeof(text), COPIES, dir);
	compile(text, "./program");
	ck_assert_int_eq(read_back("./program"), 0);
}

/* Of a text with the directory in it. */
static void make_file_policy(const char *format)
{
	char text[1024];

	snprintf(text, sizeof(text), format, dir);
	compile(text, "./program");
}

static void check_stale(const char *file)
{
	ck_assert_int_eq(read_back("./program"), -ESTALE);
	ck_assert_msg(strstr(err.text, file), "%s, not %s", err.text, file);
	ck_assert_ptr_nonnull(strstr(err.hint, "af compile"));
}

START_TEST(test_changed_files_are_refused) {
	static const struct {
		const char *command;
		const char *file;
	} changes[] = {
		{ "cp libgcc_s.so.1 libm.so.6", "libm.so.6" },
		{ "cp libm.so.6 libc.so.6", "libc.so.6" },
		{ "cp /bin/false program", "program" },
		{ "echo >>libm.so.6", "libm.so.6" },
		{ "truncate -s -1 libm.so.6", "libm.so.6" },
		{ "truncate -s 10 libm.so.6", "libm.so.6" },
		{ ": >libm.so.6", "libm.so.6" },
		/* Its build-id: the times can lie, and the size. */
		{ "printf 'GNU\\0xxxx' >id && "
		  "at=$(grep -abo -m 1 GNU libm.so.6 | head -n 1 | cut -d: -f1)"
		  " && dd if=id of=libm.so.6 bs=1 seek=$at conv=notrunc "
		  "2>/dev/null && touch -r " LIBS "libm.so.6 libm.so.6",
		  "libm.so.6" },
		{ "rm libm.so.6", "libm.so.6: has gone" },
		{ "rm libgcc_s.so.1", "libgcc_s.so.1: has gone" },
		{ "rm libm.so.6 && mkdir libm.so.6", "libm.so.6" },
		{ "rm libm.so.6 && mkfifo libm.so.6", "libm.so.6" },
		{ "mv libm.so.6 x && ln -s libc.so.6 libm.so.6", "libm.so.6" },
		{ "cp libm.so.6 libnone.so.7", "libnone.so.7: was not there" },
		{ ": >libnone.so.7", "libnone.so.7: was not there" },
		{ "mv program other && cp /bin/cat program", "program" },
	};

	make_copies();
	run("%s", changes[_i].command);
	check_stale(changes[_i].file);
}
END_TEST

/* Of one file that has become another's, all is as it was but who it is. */
START_TEST(test_files_that_have_become_one_are_refused) {
	char text[256];

	run("cp /bin/true program && cp -L " LIBS "libm.so.6 a.so && "
	    "cp a.so b.so");
	snprintf(text, sizeof(text),
		 "library %1$s/a.so { read }\nlibrary %1$s/b.so { write }\n",
		 dir);
	compile(text, "./program");
	run("cp a.so x && mv x b.so");
	ck_assert_int_eq(read_back("./program"), 0);
	run("ln -f a.so b.so");
	check_stale("b.so: has become the same as another file");
}
END_TEST

/* What is pinned of libc.so.6 in the image. */
static const struct af_identity *pinned_libc(void)
{
	size_t i;
	int fd = open("image", O_RDONLY);

	image_size = (size_t)lseek(fd, 0, SEEK_END);
	image_data = malloc(image_size);
	ck_assert_int_eq(pread(fd, image_data, image_size, 0), image_size);
	close(fd);
	ck_assert_int_eq(af_image_decode(&image, image_data, image_size, "name",
					 &err),
			 0);
	for (i = 0; i < image.nr_files; i++) {
		if (strstr(image.files[i].path, "libc.so.6"))
			return &image.files[i].identity;
	}
	ck_abort_msg("libc.so.6 is not pinned");
	return NULL;
}

/* Of .eh_frame, and of the text that it is about. */
START_TEST(test_each_changed_byte_of_a_table_is_refused) {
	const struct af_identity *libc;
	uint64_t at, size;
	size_t i;
	int fd;

	make_copies();
	libc = pinned_libc();
	ck_assert_uint_eq(libc->nr_regions, 4);
	at = libc->regions[_i].offset;
	size = libc->regions[_i].len;
	ck_assert_uint_gt(size, 10000);
	fd = open("libc.so.6", O_RDWR);
	for (i = 0; i < size; i += size / 50) {
		uint8_t old, changed;

		ck_assert_int_eq(pread(fd, &old, 1, (off_t)(at + i)), 1);
		changed = old ^ 4;
		ck_assert_int_eq(pwrite(fd, &changed, 1, (off_t)(at + i)), 1);
		check_stale("libc.so.6");
		ck_assert_int_eq(pwrite(fd, &old, 1, (off_t)(at + i)), 1);
	}
	ck_assert_int_eq(read_back("./program"), 0);
	/* The section headers are at the end, and lead to nothing here. */
	ck_assert_int_eq(pwrite(fd, "x", 1, (off_t)libc->size - 1), 1);
	ck_assert_int_eq(read_back("./program"), 0);
	close(fd);
	af_image_release(&image);
	free(image_data);
}
END_TEST

/* It would take long each time. */
START_TEST(test_a_large_file_with_parts_is_refused) {
	char text[256];

	run("cp -L " LIBS "libm.so.6 . && cp /bin/true program && "
	    "truncate -s 256M libm.so.6");
	snprintf(text, sizeof(text),
		 "part root of library %s/libm.so.6 symbol cbrt { read }\n"
		 "program { write }\n",
		 dir);
	compile(text, "./program");
	ck_assert_int_eq(read_back("./program"), 0);
	run("truncate -s +1 libm.so.6");
	check_stale("libm.so.6");
	ck_assert_int_eq(libaf_policy_compile(policy, "./program", "image",
					      &err),
			 -E2BIG);
	ck_assert_ptr_nonnull(strstr(err.text, "libm.so.6: too large"));
}
END_TEST

/* Nothing was made of what is different. */
START_TEST(test_the_same_files_are_taken) {
	static const char *const changes[] = {
		"touch *",
		"for f in lib*; do cp $f x && mv x $f; done",
		"chmod 600 lib*",
		"mv libm.so.6 x && ln -s x libm.so.6",
		"cp program x && mv x program",
	};

	make_copies();
	run("%s", changes[_i]);
	ck_assert_msg(read_back("./program") == 0, "%s", err.text);
}
END_TEST

START_TEST(test_another_program_is_refused) {
	make_copies();
	run("cp program same && printf '#!%s/program\n' >script", dir);
	ck_assert_int_eq(read_back("/bin/true"), -ESTALE);
	ck_assert_int_eq(read_back("/bin/cat"), -ESTALE);
	/* A copy is not registered: as with a path, it would be unknown. */
	ck_assert_int_eq(read_back("./same"), -ESTALE);
	ck_assert_int_eq(read_back(NULL), -ESTALE);
	ck_assert_ptr_nonnull(strstr(err.text, "program"));
	ck_assert_int_eq(read_back("./script"), 0);
	ck_assert_int_eq(read_back("./none"), -ENOENT);
}
END_TEST

/* Programs of hardly anything but where they look for libraries. */
enum {
	INTERP_AT = 0x1000,
	STRINGS_AT = 0x1800,
	SEARCH_AT = STRINGS_AT + 1,
};

static void write_program(const char *name, int64_t tag)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdrs[3];
		Elf64_Dyn dynamic[4];
		char nothing[INTERP_AT - sizeof(Elf64_Ehdr) -
			     3 * sizeof(Elf64_Phdr) - 4 * sizeof(Elf64_Dyn)];
		char interp[STRINGS_AT - INTERP_AT];
		char strings[0x800];
	} file = {
		.ehdr = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
				     ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_DYN,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 3,
		},
		.phdrs = {
			{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
			  .p_filesz = sizeof(file), .p_memsz = sizeof(file),
			  .p_align = 4096 },
			{ .p_type = PT_INTERP, .p_offset = INTERP_AT,
			  .p_vaddr = INTERP_AT, .p_filesz = 10,
			  .p_memsz = 10 },
			{ .p_type = PT_DYNAMIC,
			  .p_offset = offsetof(__typeof__(file), dynamic),
			  .p_vaddr = offsetof(__typeof__(file), dynamic),
			  .p_filesz = sizeof(file.dynamic),
			  .p_memsz = sizeof(file.dynamic) },
		},
		.dynamic = {
			{ DT_STRTAB, { STRINGS_AT } },
			{ DT_STRSZ, { sizeof(file.strings) } },
			{ tag, { SEARCH_AT - STRINGS_AT } },
		},
		.interp = "/lib/ld.x",
		.strings = "\0one",
	};
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	_Static_assert(sizeof(file) == 0x2000, "the size of the program");
	ck_assert_int_eq(write(fd, &file, sizeof(file)), sizeof(file));
	close(fd);
}

static void overwrite(const char *name, const char *text, long at)
{
	int fd = open(name, O_WRONLY);

	ck_assert_int_eq(pwrite(fd, text, strlen(text), at), strlen(text));
	close(fd);
}

static const struct {
	const char *policy;
	int64_t tag;
} searching[] = {
	/* The program is a caller, or none. */
	{ "program { read }\nlibrary libx.so { read }\n", DT_RUNPATH },
	{ "program { read }\nlibrary libx.so { read }\n", DT_RPATH },
	{ "program /bin/cat { read }\nlibrary libx.so { read }\n", DT_RUNPATH },
	{ "program /bin/cat { read }\nlibrary libx.so { read }\n", DT_RPATH },
};

/* As chrpath does, where no digest is made of. */
START_TEST(test_a_program_that_looks_elsewhere_is_refused) {
	run("mkdir one two && cp -L " LIBS "libm.so.6 one/libx.so && "
	    "cp -L " LIBS "libgcc_s.so.1 two/libx.so");
	write_program("program", searching[_i].tag);
	compile(searching[_i].policy, "./program");
	ck_assert_msg(!read_back("./program"), "%s", err.text);
	overwrite("program", "two", SEARCH_AT);
	check_stale("program: looks elsewhere");
	overwrite("program", "one", SEARCH_AT);
	ck_assert_int_eq(read_back("./program"), 0);
	overwrite("program", "/bin/", INTERP_AT);
	check_stale("program: looks elsewhere");
	overwrite("program", "/lib/", INTERP_AT);
	/* What does not count. */
	overwrite("program", "three", SEARCH_AT + 100);
	ck_assert_int_eq(read_back("./program"), 0);
	overwrite("program", "ELF", 1);
	overwrite("program", "elf", 1);
	check_stale("program: is no program");
}
END_TEST

START_TEST(test_a_program_elsewhere_is_refused) {
	write_program("program", DT_RUNPATH);
	compile("program { read }\n", "./program");
	run("mkdir other && ln program other/program && "
	    "ln -s ../program other/link");
	ck_assert_int_eq(read_back("other/program"), -ESTALE);
	ck_assert_ptr_nonnull(strstr(err.text, "is not where it was"));
	ck_assert_int_eq(read_back("other/link"), 0);
	ck_assert_int_eq(read_back("./program"), 0);
}
END_TEST

/* Also where all that is permitted to it is what unknown callers may do. */
START_TEST(test_a_changed_program_that_is_no_caller_is_refused) {
	static const struct {
		const char *command;
		bool stale;
	} changes[] = {
		{ "touch program", false },
		{ "cp program x && mv x program", false },
		{ "cp /bin/false program", true },
		{ "cp /bin/cat x && mv x program", true },
		{ "echo >>program", true },
	};

	run("cp /bin/true program");
	compile("program /bin/cat { read }\nunknown { write }\n", "./program");
	run("%s", changes[_i].command);
	if (changes[_i].stale)
		check_stale("program");
	else
		ck_assert_msg(!read_back("./program"), "%s", err.text);
}
END_TEST

/* It is looked for as it was when the image was made. */
START_TEST(test_an_optional_library_that_appears_is_refused) {
	make_copies();
	run("mkdir other && cp libm.so.6 other/libnever.so.7");
	ck_assert_int_eq(read_back("./program"), 0);
	setenv("LD_LIBRARY_PATH", "other", 1);
	check_stale("libnever.so.7: was not there");
	unsetenv("LD_LIBRARY_PATH");
	ck_assert_int_eq(read_back("./program"), 0);
}
END_TEST

/* What is found before what has been found. */
START_TEST(test_a_library_that_is_found_elsewhere_is_refused) {
	compile("library libm.so.6 { read }", "/bin/true");
	run("mkdir other && ln -s " LIBS "libm.so.6 other/libm.so.6");
	setenv("LD_LIBRARY_PATH", "other", 1);
	ck_assert_int_eq(read_back("/bin/true"), 0);
	run("rm other/libm.so.6 && cp " LIBS "libm.so.6 other/libm.so.6");
	ck_assert_int_eq(read_back("/bin/true"), -ESTALE);
	ck_assert_ptr_nonnull(strstr(err.text, "other/libm.so.6"));
	unsetenv("LD_LIBRARY_PATH");
	ck_assert_int_eq(read_back("/bin/true"), 0);
}
END_TEST

/* Where parts of a file are callers, all of it counts. */
/* Where a symbol is, no header says. */
START_TEST(test_a_part_counts_all_of_its_file) {
	int fd;

	run("cp -L " LIBS "libm.so.6 .");
	fd = open("libm.so.6", O_RDWR);
	ck_assert_int_le(0, fd);
	run("cp /bin/true program");
	make_file_policy("library %s/libm.so.6 { read }\nprogram { write }\n");
	ck_assert_int_eq(pwrite(fd, "x", 1, 65536), 1);
	ck_assert_int_eq(read_back("./program"), 0);

	run("cp -L " LIBS "libm.so.6 .");
	make_file_policy("part root of library %s/libm.so.6 symbol cbrt "
			 "{ read }\nprogram { write }\n");
	ck_assert_int_eq(read_back("./program"), 0);
	ck_assert_int_eq(pwrite(fd, "x", 1, 65536), 1);
	check_stale("libm.so.6");
	close(fd);
}
END_TEST

/* That a file is written or not. */

START_TEST(test_what_cannot_be_written_leaves_all_as_it_was) {
	const struct rlimit limit = { .rlim_cur = 100, .rlim_max = 100 };

	compile(policies[0], "/bin/true");
	run("cp image before; mkdir dir dir/full; touch dir/full/file");
	ck_assert_int_eq(libaf_policy_compile(policy, "/bin/true", "none/image",
					      &err),
			 -ENOENT);
	ck_assert_int_eq(libaf_policy_compile(policy, "/bin/true", "dir/full",
					      &err),
			 -EACCES);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(
		libaf_policy_compile(policy, "/bin/true", "image", &err), -EIO);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot write"));
	run("cmp image before && test \"$(ls | tr '\\n' ' ')\" = "
	    "'before dir image ' && test \"$(ls dir)\" = full");
}
END_TEST

START_TEST(test_a_file_is_replaced) {
	compile(policies[0], "/bin/true");
	run("ln image old && cp image before");
	compile(policies[1], "/bin/true");
	run("cmp old before && ! cmp -s image before && "
	    "test \"$(ls | tr '\\n' ' ')\" = 'before image old '");
}
END_TEST

static mode_t type_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(name, &st), 0);
	return st.st_mode & S_IFMT;
}

static int compile_to(const char *name)
{
	return libaf_policy_compile(policy, "/bin/true", name, &err);
}

START_TEST(test_a_link_is_followed) {
	compile(policies[0], "/bin/true");
	run("mkdir dir && cp image dir/old && ln -s dir/old link && "
	    "ln -s link twice && ln -s none nowhere");
	parse(policies[1]);
	ck_assert_int_eq(compile_to("twice"), 0);
	ck_assert_uint_eq(type_of("twice"), S_IFLNK);
	ck_assert_uint_eq(type_of("link"), S_IFLNK);
	ck_assert_uint_eq(type_of("dir/old"), S_IFREG);
	run("! cmp -s image dir/old && test $(ls dir | wc -l) = 1");
	ck_assert_int_eq(compile_to("nowhere"), -ENOENT);
	ck_assert_uint_eq(type_of("nowhere"), S_IFLNK);
	run("test ! -e none");
}
END_TEST

START_TEST(test_a_device_is_written_to) {
	compile(policies[0], "/bin/true");
	run("mkfifo fifo && { cat fifo >copy & }");
	ck_assert_int_eq(compile_to("fifo"), 0);
	ck_assert_uint_eq(type_of("fifo"), S_IFIFO);
	run("while ! cmp -s image copy; do sleep 0.01; done");
	/* That it can be made does not say that it can be used here. */
	if (!mknod("null", S_IFCHR | 0666, makedev(1, 3))) {
		compile_to("null");
		ck_assert_uint_eq(type_of("null"), S_IFCHR);
	}
	run("test \"$(ls | grep -vx null | tr '\\n' ' ')\" = "
	    "'copy fifo image '");
}
END_TEST

/* That memory may end at any time. */

START_TEST(test_no_memory_to_compile) {
	unsigned int i;
	void *data;
	size_t size;

	parse("program { read }\nlibrary libm.so.6 { write }\n"
	      "transparent ld-linux-x86-64.so.2\n");
	for (i = 1; i < 10000; i++) {
		int ret;

		fail_in = i;
		ret = af_save(policy, "/bin/true", &data, &size, &err);
		if (fail_in)
			break;
		/* Something can do without; it is then as it was to be. */
		ck_assert(ret == -ENOMEM || !ret);
		if (!ret)
			free(data);
	}
	fail_in = 0;
	ck_assert_uint_gt(i, 20);
	ck_assert_uint_lt(i, 10000);
	free(data);
}
END_TEST

START_TEST(test_no_memory_to_read) {
	struct libaf_filter *filter;
	unsigned int i;

	compile(policies[1], "/bin/true");
	for (i = 1; i < 1000; i++) {
		int ret;

		fail_in = i;
		ret = libaf_filter_read("image", "/bin/true", 0, &filter, &err);
		if (fail_in)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		ck_assert_ptr_null(filter);
	}
	fail_in = 0;
	ck_assert_uint_gt(i, 20);
	ck_assert_uint_lt(i, 1000);
	libaf_filter_free(filter);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name, void (*before)(void),
		       void (*after)(void))
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, before, after);
	suite_add_tcase(suite, tcase);
	return tcase;
}

int main(void)
{
	Suite *suite = suite_create("image");
	TCase *tcase = add_case(suite, "files", setup, teardown);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, test_digest_is_the_polynomial);
	tcase_add_test(tcase, test_digest_sees_every_bit_and_the_length);
	tcase_add_test(tcase, test_a_supervisor_is_needed_as_for_the_policy);
	tcase_add_test(tcase, test_a_report_needs_the_policy);
	tcase_add_test(tcase, test_several_programs_are_read);
	tcase_add_loop_test(tcase, test_a_read_filter_is_the_made_one, 0,
			    ARRAY_SIZE(policies));
	tcase_add_test(tcase, test_a_text_is_read_as_well);
	tcase_add_test(tcase, test_a_phase_is_a_policy);
	tcase_add_test(tcase, test_an_image_is_for_a_kernel_as_a_policy_is);
	tcase_add_test(tcase, test_the_same_gives_the_same_bytes);
	tcase_add_test(tcase, test_an_image_is_no_policy);
	tcase_add_test(tcase, test_wrong_arguments);
	tcase_add_loop_test(tcase, test_changed_files_are_refused, 0, 16);
	tcase_add_test(tcase, test_files_that_have_become_one_are_refused);
	tcase_add_loop_test(tcase, test_each_changed_byte_of_a_table_is_refused,
			    2, 4);
	tcase_add_test(tcase, test_a_large_file_with_parts_is_refused);
	tcase_add_loop_test(tcase, test_the_same_files_are_taken, 0, 5);
	tcase_add_test(tcase, test_another_program_is_refused);
	tcase_add_loop_test(tcase,
			    test_a_program_that_looks_elsewhere_is_refused, 0,
			    ARRAY_SIZE(searching));
	tcase_add_test(tcase, test_a_program_elsewhere_is_refused);
	tcase_add_loop_test(tcase,
			    test_a_changed_program_that_is_no_caller_is_refused,
			    0, 5);
	tcase_add_test(tcase, test_an_optional_library_that_appears_is_refused);
	tcase_add_test(tcase,
		       test_a_library_that_is_found_elsewhere_is_refused);
	tcase_add_test(tcase, test_a_part_counts_all_of_its_file);
	tcase_add_test(tcase, test_what_cannot_be_written_leaves_all_as_it_was);
	tcase_add_test(tcase, test_a_file_is_replaced);
	tcase_add_test(tcase, test_a_link_is_followed);
	tcase_add_test(tcase, test_a_device_is_written_to);
	tcase_add_test(tcase, test_no_memory_to_compile);
	tcase_add_test(tcase, test_no_memory_to_read);
	tcase = add_case(suite, "format", setup_image, teardown_image);
	tcase_add_test(tcase, test_a_cut_image_is_refused);
	tcase_add_test(tcase, test_a_longer_image_is_refused);
	tcase_add_test(tcase, test_each_bit_counts);
	tcase_add_test(tcase, test_changed_images_are_refused_or_have_one_form);
	tcase_add_test(tcase, test_wrong_callers_are_refused);
	tcase_add_test(tcase, test_wrong_parts_are_refused);
	tcase_add_test(tcase, test_wrong_programs_are_refused);
	tcase_add_test(tcase, test_wrong_files_are_refused);
	tcase_add_test(tcase, test_wrong_records_are_refused);
	tcase_add_test(tcase, test_all_programs_of_a_kind_are_loaded);
	tcase_add_test(tcase,
		       test_more_programs_than_can_be_loaded_are_refused);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
