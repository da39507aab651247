// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Return-oriented calls: libc's mkdir() on a stack of the attacker's making.
 * What it returns to is in no library that may do so.  See limits_test.c for
 * what is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/mman.h>

#include "attack.h"
#include "pivot.h"

static unsigned char data[64];

static long returning_to(unsigned long address)
{
	catch_faults();
	fake_stack()[0] = address;
	fake_stack()[1] = word(landing);
	return call_mkdir(fake_stack());
}

static long to_data(void)
{
	return returning_to(word(data + 8));
}

static long to_the_stack(void)
{
	return returning_to(word(&fake_stack()[4]));
}

static long to_nothing(void)
{
	return returning_to(0);
}

static long to_the_kernel(void)
{
	return returning_to(0xffffffff81000001);
}

static long to_the_program(void)
{
	return returning_to(word(landing));
}

static long to_generated_code(void)
{
	return returning_to(word(page_of((void *)map_payload(NULL))) + 1);
}

/* In the file of the library, but in what is mapped to be read. */
static long to_data_of_the_library(void)
{
	return returning_to(word(good));
}

static void load_copy(void)
{
	write_evil_library("copy.so");
	expect(dlopen("./copy.so", RTLD_NOW));
}

static long to_a_copy_of_the_library(void)
{
	void *lib = dlopen("./copy.so", RTLD_NOW | RTLD_NOLOAD);
	const struct good *copy = dlsym(lib, "good");

	expect(copy != good);
	return returning_to(word(copy->behind_call));
}

/* A return instruction of libc, through which one goes on to data. */
static unsigned long libc_return(void)
{
	const unsigned char *code = dlsym(RTLD_DEFAULT, "mkdir");

	while (*code != 0xc3)
		code++;
	return word(code);
}

static long through_libc_to_data(void)
{
	catch_faults();
	fake_stack()[0] = libc_return();
	fake_stack()[1] = libc_return();
	fake_stack()[2] = word(data + 8);
	return call_mkdir(fake_stack());
}

/* Where the stack ends, nothing is found. */
static long on_the_last_word_of_memory(void)
{
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long *last = (void *)(pages + PAGE - 8);

	expect(pages != MAP_FAILED && !munmap(pages + PAGE, PAGE));
	catch_faults();
	*last = libc_return();
	return call_mkdir(last);
}

static long on_no_stack(void)
{
	catch_faults();
	return call_mkdir(NULL);
}

static const struct attack attacks[] = {
	{ "a return address in data", NULL, NULL, NULL, to_data },
	{ "a return address on the stack", NULL, NULL, NULL, to_the_stack },
	{ "a return address of 0", NULL, NULL, NULL, to_nothing },
	{ "a return address in the kernel", NULL, NULL, NULL, to_the_kernel },
	{ "a return address in the program", NULL, NULL, NULL, to_the_program },
	{ "a return address in generated code", NULL, NULL, NULL,
	  to_generated_code },
	{ "a return address in the library's data", NULL, NULL, NULL,
	  to_data_of_the_library },
	{ "a return address in a copy of the library", NULL, NULL, load_copy,
	  to_a_copy_of_the_library },
	{ "a return address in libc, and then in data", NULL, NULL, NULL,
	  through_libc_to_data },
	{ "a stack that ends", NULL, NULL, NULL, on_the_last_word_of_memory },
	{ "no stack", NULL, NULL, NULL, on_no_stack },
};

int main(void)
{
	return run_attacks(attacks, sizeof(attacks) / sizeof(attacks[0]), NULL,
			   0);
}
