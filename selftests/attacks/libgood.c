// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "good.h"

/*
 * raw() names nothing outside of its page, so that it works wherever that is
 * mapped.  calls() has a frame of 8 bytes.
 */
__asm__(".text\n"
	".p2align 12\n"
	".globl good_raw, good_insn, good_ret, good_name\n"
	".globl good_calls, good_behind_call\n"
	".type good_raw, @function\n"
	".type good_calls, @function\n"
	"good_raw:\n"
	"	mov $102, %eax\n"
	"	syscall\n"
	"	mov $83, %eax\n"
	"	lea good_name(%rip), %rdi\n"
	"	mov $0700, %esi\n"
	"good_insn:\n"
	"	syscall\n"
	"good_ret:\n"
	"	ret\n"
	"	.size good_raw, . - good_raw\n"
	"good_name:\n"
	"	.asciz \"twin\"\n"
	"	.zero 11\n"
	"good_calls:\n"
	"	.cfi_startproc\n"
	"	sub $8, %rsp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	call *%rax\n"
	"good_behind_call:\n"
	"	add $8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size good_calls, . - good_calls\n"
	".p2align 12\n");

extern long good_raw(const char *path) __attribute__((visibility("hidden")));
extern long good_calls(void *function, const char *path, long mode)
	__attribute__((visibility("hidden")));
extern const char good_insn[] __attribute__((visibility("hidden")));
extern const char good_ret[] __attribute__((visibility("hidden")));
extern const char good_behind_call[] __attribute__((visibility("hidden")));
extern const char good_name[] __attribute__((visibility("hidden")));

static long makes(const char *path)
{
	getuid();
	return mkdir(path, 0700) ? -errno : 0;
}

static long i386(long nr, const char *path, long mode)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(path), "c"(mode)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

static const unsigned char payload[] = {
	0x57, /* push %rdi */
	0xb8, 0x66, 0x00, 0x00, 0x00, /* mov $102, %eax */
	0x0f, 0x05, /* syscall */
	0x5f, /* pop %rdi */
	0xb8, 0x53, 0x00, 0x00, 0x00, /* mov $83, %eax */
	0xbe, 0xc0, 0x01, 0x00, 0x00, /* mov $0700, %esi */
	0x0f, 0x05, /* syscall */
	0xc3, /* ret */
};

extern const struct good good;
const struct good good = {
	.makes = makes,
	.raw = good_raw,
	.i386 = i386,
	.calls = good_calls,
	.insn = good_insn,
	.ret = good_ret,
	.behind_call = good_behind_call,
	.name = good_name,
	.payload = (const char *)payload,
	.payload_size = sizeof(payload),
};
