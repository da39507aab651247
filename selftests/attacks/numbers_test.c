// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attacks by the numbers of other conventions, which lists often permit, too. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "attack.h"
#include "pivot.h"

#define I386_MKDIR 39
#define X32_BIT    0x40000000

/* What 32-bit registers can name. */
static char *low_path(void)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	expect(page != MAP_FAILED);
	return strcpy(page, PRIZE);
}

/* In 64-bit code this number is one that is permitted. */
static void use_number(void)
{
	int i;

	for (i = 0; i < 100; i++)
		expect(syscall(I386_MKDIR) == getpid());
}

static long i386_call(void)
{
	long ret;

	use_number();
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(I386_MKDIR), "b"(low_path()), "c"(0700)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)ret;
}

static long i386_call_of_the_library(void)
{
	use_number();
	return (int)good->i386(I386_MKDIR, low_path(), 0700);
}

static long x32_call(void)
{
	return syscall(X32_BIT | SYS_mkdir, PRIZE, 0700) ? -errno : 0;
}

static long at_insn(const char *path, long nr)
{
	fake_stack()[0] = word(landing);
	return pivot(good->insn, fake_stack(), path, 0700, nr, NULL);
}

/* By the instruction with which the library calls mkdir(). */
static long x32_call_of_the_library(void)
{
	return at_insn(PRIZE, X32_BIT | SYS_mkdir);
}

static const struct attack attacks[] = {
	{ "int $0x80", NULL, NULL, NULL, i386_call },
	{ "int $0x80 in the library", NULL, NULL, NULL,
	  i386_call_of_the_library },
	{ "a call of x32", NULL, NULL, NULL, x32_call },
	{ "a call of x32 in the library", NULL, NULL, NULL,
	  x32_call_of_the_library },
};

/* However they are remembered, numbers are compared as a whole. */
static void numbers_that_differ_in_a_bit(void)
{
	int i, bit;

	enter_scene();
	confine(POLICY, NULL);
	for (i = 0; i < 100; i++) {
		expect(!at_insn(TWIN, SYS_mkdir) && !rmdir(TWIN));
		for (bit = 8; bit < 32; bit++)
			expect(at_insn(PRIZE, SYS_mkdir ^ (1U << bit)) ==
			       -EPERM);
	}
	expect(!exists(PRIZE));
}

/* The kernel takes the lower half of the register, and so must the filter. */
static void numbers_of_64_bits(void)
{
	enter_scene();
	confine(POLICY, NULL);
	expect(syscall(SYS_mkdir + (1L << 32), PRIZE, 0700) && errno == EPERM);
	expect(!exists(PRIZE));
	expect(!at_insn(TWIN, SYS_mkdir + (1L << 32)) && exists(TWIN));
}

static const struct test_case tests[] = {
	{ "numbers that differ in one bit are different",
	  numbers_that_differ_in_a_bit, 0 },
	{ "the upper half of a number changes nothing", numbers_of_64_bits, 0 },
};

int main(void)
{
	return run_attacks(attacks, sizeof(attacks) / sizeof(attacks[0]), tests,
			   sizeof(tests) / sizeof(tests[0]));
}
