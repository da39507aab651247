// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Parts of files as callers, in a kernel that supports it.  Also built as a
 * static program, in which nothing else tells apart who calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "../cases.h"
#include "libaf.h"

/*
 * What is in no part is looked through, in the program as in the libraries; a
 * static program has no others, but they are there.
 */
#define SYSTEM                                                 \
	"transparent program libc.so.6 ld-linux-x86-64.so.2\n" \
	"default errno EPERM\n"                                \
	"common { access write brk mmap munmap exit_group }\n"

#define PARTS                                                      \
	"part maker of program symbol maker_makes maker_removes\n" \
	"part maker of program symbol maker_has_rest_make\n"       \
	"part maker of program symbol maker_has_remover_make\n"    \
	"part maker of program symbol maker_has_remover_remove\n"  \
	"part maker { mkdir }\n"                                   \
	"part remover of program section remover_text { rmdir prctl seccomp }\n"

int maker_makes(void);
int maker_removes(void);
int maker_has_rest_make(void);
int maker_has_remover_make(void);
int maker_has_remover_remove(void);
int remover_makes(void);
int remover_removes(void);
int remover_loads(const struct libaf_filter *filter);
int rest_makes(void);
int rest_removes(void);

#define APART   __attribute__((noinline))
#define REMOVER __attribute__((noinline, section("remover_text")))

/*
 * All make a directory or remove one, and return an error.  No tail calls: who
 * makes one is not on the stack any more.
 */
APART int rest_makes(void)
{
	int ret = mkdir("new", 0700);

	return ret ? errno : 0;
}

APART int rest_removes(void)
{
	int ret = rmdir("old");

	return ret ? errno : 0;
}

REMOVER int remover_makes(void)
{
	int ret = mkdir("new", 0700);

	return ret ? errno : 0;
}

REMOVER int remover_removes(void)
{
	int ret = rmdir("old");

	return ret ? errno : 0;
}

REMOVER int remover_loads(const struct libaf_filter *filter)
{
	int ret = libaf_filter_load(filter);

	return ret != LIBAF_ENFORCED;
}

APART int maker_makes(void)
{
	int ret = mkdir("new", 0700);

	return ret ? errno : 0;
}

APART int maker_removes(void)
{
	int ret = rmdir("old");

	return ret ? errno : 0;
}

APART int maker_has_rest_make(void)
{
	int ret = rest_makes();

	return -ret;
}

APART int maker_has_remover_make(void)
{
	int ret = remover_makes();

	return -ret;
}

APART int maker_has_remover_remove(void)
{
	int ret = remover_removes();

	return -ret;
}

/* In a new directory, in which there is "old" and not "new". */
static const char *policy_file(const char *text)
{
	const char *path = text_file(text);

	expect(!mkdir("old", 0700));
	return path;
}

static void load(const char *text)
{
	struct libaf_error err;
	int ret = libaf_load_explain(policy_file(text), 0, &err);

	if (ret != LIBAF_ENFORCED)
		fprintf(stderr, "# %d: %s:%u:%u: %s\n", ret, err.file, err.line,
			err.column, err.text);
	expect(ret == LIBAF_ENFORCED);
}

static int is_there(const char *path)
{
	return !access(path, F_OK);
}

static void each_part_makes_its_own_calls(void)
{
	load(SYSTEM PARTS);
	expect(remover_makes() == EPERM);
	expect(!is_there("new"));
	expect(maker_makes() == 0);
	expect(is_there("new"));

	expect(maker_removes() == EPERM);
	expect(is_there("old"));
	expect(remover_removes() == 0);
	expect(!is_there("old"));
}

static void the_rest_makes_calls_of_no_part(void)
{
	load(SYSTEM PARTS "program { rmdir }\n");
	expect(rest_makes() == EPERM);
	expect(!is_there("new"));
	expect(rest_removes() == 0);
	expect(!is_there("old"));
}

static void a_part_has_not_the_rights_of_the_rest(void)
{
	load(SYSTEM "program { mkdir rmdir }\n"
		    "part maker of program symbol maker_makes\n");
	expect(maker_makes() == EPERM);
	expect(!is_there("new"));
	expect(rest_makes() == 0);
	expect(is_there("new"));
	/* It is no part of the policy. */
	expect(maker_removes() == 0);
	expect(!is_there("old"));
}

static void what_a_part_has_the_rest_do_is_its_own_call(void)
{
	load(SYSTEM PARTS);
	expect(rest_makes() == EPERM);
	expect(!is_there("new"));
	expect(maker_has_rest_make() == 0);
	expect(is_there("new"));
}

static void the_innermost_part_is_the_caller(void)
{
	load(SYSTEM PARTS);
	expect(maker_has_remover_make() == -EPERM);
	expect(!is_there("new"));
	expect(maker_has_remover_remove() == 0);
	expect(!is_there("old"));
}

static void *in_thread(void *result)
{
	*(int *)result = maker_makes();
	result = NULL;
	return result;
}

static void a_part_is_the_same_in_a_thread(void)
{
	pthread_t thread;
	int ret = -1;

	load(SYSTEM PARTS
	     "program { mprotect clone3 clone futex madvise rseq exit\n"
	     "set_robust_list rt_sigprocmask }\n"
	     "library libc.so.6 { rseq set_robust_list rt_sigprocmask madvise "
	     "exit }\n");
	expect(!pthread_create(&thread, NULL, in_thread, &ret));
	expect(!pthread_join(thread, NULL));
	expect(ret == 0);
	expect(is_there("new"));
}

static void a_phase_takes_from_a_part(void)
{
	const char *path = policy_file(SYSTEM PARTS "phase less {\n"
						    "common { access write }\n"
						    "program { exit_group }\n"
						    "part remover { rmdir }\n"
						    "}\n");
	struct libaf_filter *first, *second;
	struct libaf_policy *policy;

	expect(!libaf_policy_read(path, &policy, NULL));
	expect(!libaf_filter_new(policy, NULL, 0, &first, NULL));
	expect(!libaf_filter_new(libaf_policy_phase(policy, "less"), NULL, 0,
				 &second, NULL));
	expect(remover_loads(first) == 0);
	expect(remover_loads(second) == 0);
	expect(maker_makes() == EPERM);
	expect(!is_there("new"));
	expect(remover_removes() == 0);
	expect(!is_there("old"));
}

/*
 * Two functions side by side, each of which ends in a call that does not
 * return: the return address of the first one's is the start of the second.
 */
__attribute__((noreturn)) void edge_first(void);
__attribute__((noreturn)) void edge_second(void);
__attribute__((noreturn, used)) void edge_leave(void);
extern const char edge_end[];

__asm__("	.text\n"
	"	.globl edge_first, edge_second, edge_end\n"
	"	.type edge_first, @function\n"
	"	.type edge_second, @function\n"
	"edge_first:\n"
	"	.cfi_startproc\n"
	"	push %rax\n"
	"	.cfi_def_cfa_offset 16\n"
	"	call edge_leave\n"
	"	.cfi_endproc\n"
	"	.size edge_first, . - edge_first\n"
	"edge_second:\n"
	"	.cfi_startproc\n"
	"	push %rax\n"
	"	.cfi_def_cfa_offset 16\n"
	"	call edge_leave\n"
	"	.cfi_endproc\n"
	"	.size edge_second, . - edge_second\n"
	"edge_end:\n"
	"	ud2\n");

static int from_first;

void edge_leave(void)
{
	expect(rest_makes() == (from_first ? 0 : EPERM));
	expect(is_there("new") == from_first);
	expect(rest_removes() == (from_first ? EPERM : 0));
	expect(is_there("old") == from_first);
	_exit(0);
}

static void load_edges(void)
{
	/* A push of one byte, a call of five, and nothing in between. */
	expect((uintptr_t)edge_second - (uintptr_t)edge_first == 6);
	expect((uintptr_t)edge_end - (uintptr_t)edge_second == 6);
	load(SYSTEM "part first of program symbol edge_first { mkdir }\n"
		    "part second of program symbol edge_second { rmdir }\n");
}

static void a_call_at_the_end_of_a_part_is_not_the_next_ones(void)
{
	from_first = 1;
	load_edges();
	edge_first();
}

static void nor_that_of_a_part_the_rests(void)
{
	load_edges();
	edge_second();
}

static void what_is_not_there_loads_nothing(void)
{
	struct libaf_error err;
	int ret = libaf_load_explain(
		policy_file(SYSTEM "part maker of program symbol maker_maks {\n"
				   "mkdir }\n"),
		0, &err);

	expect(ret == -EINVAL);
	expect(err.line == 4 && err.column == 30);
	expect(strstr(err.text, "no symbol `maker_maks`"));
	expect(!strcmp(err.hint, "did you mean `maker_makes`?"));
	expect(rest_makes() == 0);
}

#ifndef STATIC_PROGRAM
/* libparts.so, and which of its functions make and remove. */
static int (*lib_part_makes)(const char *path);
static int (*lib_part_removes)(const char *path);
static int (*lib_part_has_rest_make)(const char *path);
static int (*lib_rest_makes)(const char *path);
static int (*lib_rest_removes)(const char *path);

static void open_library(void)
{
	static const struct {
		const char *name;
		int (**function)(const char *path);
	} functions[] = {
		{ "lib_part_makes", &lib_part_makes },
		{ "lib_part_removes", &lib_part_removes },
		{ "lib_part_has_rest_make", &lib_part_has_rest_make },
		{ "lib_rest_makes", &lib_rest_makes },
		{ "lib_rest_removes", &lib_rest_removes },
	};
	void *library = dlopen("libparts.so", RTLD_NOW);
	size_t i;

	expect(library);
	for (i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		*(void **)functions[i].function =
			dlsym(library, functions[i].name);
		expect(*functions[i].function);
	}
}

static void a_section_of_a_library_is_a_part(void)
{
	open_library();
	load(SYSTEM "part maker of library libparts.so section part_text {\n"
		    "mkdir }\n"
		    "library libparts.so { rmdir }\n");
	expect(lib_rest_makes("new") == EPERM);
	expect(!is_there("new"));
	expect(lib_part_makes("new") == 0);
	expect(is_there("new"));

	expect(lib_part_removes("old") == EPERM);
	expect(is_there("old"));
	expect(lib_rest_removes("old") == 0);
	expect(!is_there("old"));

	/* Not transparent: the library itself is the caller. */
	expect(lib_part_has_rest_make("again") == -EPERM);
	expect(!is_there("again"));
}

/* Its rest is nobody: neither the program's nor a known caller. */
static void the_rest_of_a_library_may_be_unknown(void)
{
	open_library();
	load("transparent libc.so.6 ld-linux-x86-64.so.2\n"
	     "default errno EPERM\n"
	     "common { access write exit_group rmdir }\n"
	     "part maker of library libparts.so section part_text { mkdir }\n");
	expect(lib_rest_removes("old") == EPERM);
	expect(is_there("old"));
	expect(lib_part_removes("old") == 0);
	expect(!is_there("old"));
}

static void a_part_of_a_transparent_library_is_not_looked_through(void)
{
	open_library();
	load(SYSTEM "program { rmdir }\n"
		    "transparent libparts.so\n"
		    "part maker of library libparts.so section part_text {\n"
		    "mkdir }\n");
	/* The program's call, through the rest. */
	expect(lib_rest_makes("new") == EPERM);
	expect(!is_there("new"));
	/* The part's, through the rest. */
	expect(lib_part_has_rest_make("new") == 0);
	expect(is_there("new"));

	expect(lib_part_removes("old") == EPERM);
	expect(is_there("old"));
	expect(lib_rest_removes("old") == 0);
	expect(!is_there("old"));
}

/* All of libc's own functions are still looked through, but for one. */
static void libc_is_looked_through_around_a_part(void)
{
	load(SYSTEM "program { mkdir rmdir }\n"
		    "part remover of library libc.so.6 symbol rmdir { }\n");
	expect(rest_removes() == EPERM);
	expect(is_there("old"));
	expect(rest_makes() == 0);
	expect(is_there("new"));
}
#endif

static const struct test_case tests[] = {
	{ "each part makes its own calls", each_part_makes_its_own_calls, 0 },
	{ "the rest makes calls of no part", the_rest_makes_calls_of_no_part,
	  0 },
	{ "a part has not the rights of the rest",
	  a_part_has_not_the_rights_of_the_rest, 0 },
	{ "what a part has the rest do is its own call",
	  what_a_part_has_the_rest_do_is_its_own_call, 0 },
	{ "the innermost part is the caller", the_innermost_part_is_the_caller,
	  0 },
	{ "a part is the same in a thread", a_part_is_the_same_in_a_thread, 0 },
	{ "a phase takes from a part", a_phase_takes_from_a_part, 0 },
	{ "a call at the end of a part is not the next one's",
	  a_call_at_the_end_of_a_part_is_not_the_next_ones, 0 },
	{ "nor that of a part the rest's", nor_that_of_a_part_the_rests, 0 },
	{ "what is not there loads nothing", what_is_not_there_loads_nothing,
	  0 },
#ifndef STATIC_PROGRAM
	{ "a section of a library is a part", a_section_of_a_library_is_a_part,
	  0 },
	{ "the rest of a library may be unknown",
	  the_rest_of_a_library_may_be_unknown, 0 },
	{ "a part of a transparent library is not looked through",
	  a_part_of_a_transparent_library_is_not_looked_through, 0 },
	{ "libc is looked through around a part",
	  libc_is_looked_through_around_a_part, 0 },
#endif
};

int main(void)
{
	return CASES(tests);
}
