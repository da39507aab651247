// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that may install filters but execute nothing, and that tries to
 * have af's launcher execute something for it: borrow AF PROGRAM maps the text
 * of AF, installs a filter, so that this is the previous call, and jumps to
 * where the launcher executes a program.  Exits with what PROGRAM exits with,
 * or is killed.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define AF_SIZE (16UL << 20)

/* mov $__NR_execve, %eax; mov PATH(%rbx), %rdi: see lib/launch.S */
static const unsigned char launcher[] = { 0xb8, 0x3b, 0,    0,   0,
					  0x48, 0x8b, 0x7b, 0x20 };

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static const unsigned char *find(const unsigned char *text, size_t size)
{
	size_t i, j;

	for (i = 0; i + sizeof(launcher) <= size; i++) {
		for (j = 0; j < sizeof(launcher); j++) {
			if (text[i + j] != launcher[j])
				break;
		}
		if (j == sizeof(launcher))
			return text + i;
	}
	return NULL;
}

__attribute__((noreturn, used)) static void borrow(long *stack)
{
	char **argv = (char **)(stack + 1);
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &allow };
	char *new_argv[] = { argv[2], NULL };
	/* As struct af_launch. */
	void *launch[] = { 0, 0, 0, 0, argv[2], new_argv, argv + 3, "", 0 };
	const unsigned char *text, *execve = NULL;
	long fd, size;

	fd = call(SYS_open, (long)argv[1], O_RDONLY, 0, 0, 0, 0);
	size = call(SYS_lseek, fd, 0, 2, 0, 0, 0);
	text = (void *)call(SYS_mmap, 0, AF_SIZE, PROT_READ | PROT_EXEC,
			    MAP_PRIVATE, fd, 0);
	if (fd >= 0 && size > 0 && (long)text > 0)
		execve = find(text, size);
	if (execve && !call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
			    (long)&prog, 0, 0, 0))
		__asm__ volatile("mov %0, %%rbx; jmp *%1"
				 :
				 : "r"(launch), "r"(execve)
				 : "rbx", "memory");
	for (;;)
		call(SYS_exit_group, 1, 0, 0, 0, 0, 0);
}

__asm__(".globl _start; _start: mov %rsp, %rdi; and $-16, %rsp; call borrow");
