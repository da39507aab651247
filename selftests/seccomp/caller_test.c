// SPDX-License-Identifier: GPL-2.0
/*
 * seccomp_data.caller_id: which object asked.
 *
 * The program has two libraries with the same functions, A and B.  The filter
 * of most tests shows the caller of a few system calls as their error.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <time.h>

#include "caller_lib.h"
#include "common.h"
#include "register.h"
#include "kselftest_harness.h"

#define ID_PROGRAM 11
#define ID_A       12
#define ID_B       13
#define ID_FRAMES  14
#define ID_LIBC    15 /* and the loader's and the vDSO's after it */
#define ID_VDSO    17

#define LIB_A  TEST_HELPERS "/libcaller_a.so"
#define LIB_B  TEST_HELPERS "/libcaller_b.so"
#define FRAMES TEST_HELPERS "/libframe.so"

#define I386_probe 188

/* Show the caller where the kernel would do nothing worth mentioning. */
static const struct sock_filter show_filter[] = {
	LOAD(arch),
	IS(AUDIT_ARCH_I386, 14, 0),
	LOAD(nr),
	IS(PROBE_CALLER, 8, 0),
	IS(SYS_access, 7, 0),
	/* The clock that the vDSO has to ask for. */
	IS(SYS_clock_gettime, 0, 2),
	LOAD(args[0]),
	IS(CLOCK_PROCESS_CPUTIME_ID, 4, 3),
	IS(SYS_write, 0, 2),
	LOAD(args[0]),
	IS(STDIO_FD, 1, 0),
	RETURN(SECCOMP_RET_ALLOW),
	SHOW(caller_id),
	LOAD(nr),
	IS(I386_probe, 0, 4),
	SHOW(caller_id),
	RETURN(SECCOMP_RET_ALLOW),
};

FIXTURE(caller)
{
	struct registration reg;
	const struct caller_lib *a;
	const struct caller_lib *b;
};

static const struct caller_lib *open_lib(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	return handle ? dlsym(handle, "caller_lib") : NULL;
}

FIXTURE_SETUP(caller)
{
	self->reg.nr = 0;
	self->a = open_lib(LIB_A);
	self->b = open_lib(LIB_B);
	ASSERT_NE(NULL, self->a);
	ASSERT_NE(NULL, self->b);
	ASSERT_EQ(0, add_system(&self->reg, ID_LIBC));
	ASSERT_EQ(0, add_loaded(&self->reg, open_lib, ID_PROGRAM));
	ASSERT_EQ(0, add_loaded(&self->reg, self->a, ID_A));
	ASSERT_EQ(0, add_loaded(&self->reg, self->b, ID_B));
}

FIXTURE_TEARDOWN(caller)
{
}

static int show(const struct registration *reg)
{
	return install_callers(reg, show_filter, COUNT(show_filter));
}

static long own_probe(void)
{
	return -raw_syscall(PROBE_CALLER, 0, 0, 0, 0, 0);
}

static long libc_probe(void)
{
	return syscall(PROBE_CALLER) == -1 ? errno : 0;
}

TEST_F(caller, is_the_program_for_its_own_instruction)
{
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_PROGRAM, own_probe());
}

TEST_F(caller, is_the_program_through_libc)
{
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_PROGRAM, libc_probe());
}

TEST_F(caller, is_the_library_for_its_own_instruction)
{
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->own());
	EXPECT_EQ(ID_B, self->b->own());
}

TEST_F(caller, is_the_library_through_a_wrapper)
{
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->wrapper());
	EXPECT_EQ(ID_B, self->b->wrapper());
}

TEST_F(caller, is_the_library_from_deep_inside_stdio)
{
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->stdio());
	EXPECT_EQ(ID_B, self->b->stdio());
}

TEST_F(caller, is_the_library_whose_qsort_calls_back_into_libc)
{
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->callback());
	EXPECT_EQ(ID_B, self->b->callback());
}

TEST_F(caller, is_the_library_through_libc_and_the_vdso)
{
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->vdso());
	EXPECT_EQ(ID_B, self->b->vdso());
}

TEST_F(caller, is_the_innermost_of_two_libraries)
{
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_B, self->a->calls(self->b->wrapper));
	EXPECT_EQ(ID_A, self->b->calls(self->a->wrapper));
	EXPECT_EQ(ID_PROGRAM, self->a->calls(libc_probe));
}

TEST_F(caller, is_unknown_if_only_what_is_transparent_is_registered)
{
	struct registration reg = {};

	ASSERT_EQ(0, add_system(&reg, ID_LIBC));
	ASSERT_EQ(0, show(&reg));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, libc_probe());
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->wrapper());
}

TEST_F(caller, is_unknown_where_a_table_says_nothing)
{
	static const struct {
		struct seccomp_unwind head;
		struct seccomp_unwind_rule rule;
	} nothing = { .head = { .nr_rules = 1 } };
	unsigned int i;

	ASSERT_EQ(SECCOMP_CFA_NONE, nothing.rule.cfa);
	for (i = 0; i < self->reg.nr; i++) {
		struct seccomp_object *object = &self->reg.objects[i];
		__u32 blocks = (object->len + 0xffff) >> 16, block;
		struct seccomp_unwind *table;
		__u32 *index;
		struct seccomp_unwind_row *rows;
		size_t size;

		if (object->id != ID_LIBC)
			continue;
		size = sizeof(nothing) +
		       blocks * (sizeof(*index) + sizeof(*rows));
		table = calloc(1, size);
		ASSERT_NE(NULL, table);
		memcpy(table, &nothing, sizeof(nothing));
		table->nr_rows = blocks;
		index = (void *)((char *)table + sizeof(nothing));
		for (block = 0; block < blocks; block++)
			index[block] = block;
		object->unwind = (unsigned long)table;
		object->unwind_size = size;
	}
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->wrapper());
	EXPECT_EQ(ID_A, self->a->own());
}

/*
 * Denials by caller.  @nr may be called by @id only.
 */
static int only_for(const struct registration *reg, __u32 nr, __u32 id,
		    __u32 action)
{
	struct sock_filter filter[] = {
		LOAD(nr),     IS(nr, 0, 3),   LOAD(caller_id),
		IS(id, 1, 0), RETURN(action), RETURN(SECCOMP_RET_ALLOW),
	};

	return install_callers(reg, filter, COUNT(filter));
}

TEST_F(caller, decides_about_vfork)
{
	ASSERT_EQ(0, only_for(&self->reg, SYS_vfork, ID_A,
			      SECCOMP_RET_ERRNO | EPERM));
	EXPECT_EQ(0, self->a->vforks());
	EXPECT_EQ(EPERM, self->b->vforks());
}

TEST_F(caller, decides_about_what_getaddrinfo_opens)
{
	ASSERT_EQ(0, only_for(&self->reg, SYS_openat, ID_A,
			      SECCOMP_RET_KILL_PROCESS));
	EXPECT_EQ(0, self->a->resolve());
}

TEST_SIGNAL(what_getaddrinfo_opens_for_another_library_kills, SIGSYS)
{
	struct registration reg = {};
	const struct caller_lib *a = open_lib(LIB_A);
	const struct caller_lib *b = open_lib(LIB_B);

	ASSERT_NE(NULL, a);
	ASSERT_NE(NULL, b);
	ASSERT_EQ(0, add_system(&reg, ID_LIBC));
	ASSERT_EQ(0, add_loaded(&reg, a, ID_A));
	ASSERT_EQ(0, add_loaded(&reg, b, ID_B));
	ASSERT_EQ(0,
		  only_for(&reg, SYS_openat, ID_A, SECCOMP_RET_KILL_PROCESS));
	b->resolve();
}

TEST_F(caller, decides_about_clone3_of_pthread_create)
{
	ASSERT_EQ(0, only_for(&self->reg, SYS_clone3, ID_A,
			      SECCOMP_RET_ERRNO | EPERM));
	EXPECT_EQ(0, self->a->threads());
	EXPECT_EQ(EPERM, self->b->threads());
}

TEST_F(caller, is_libc_itself_where_a_thread_starts)
{
	ASSERT_EQ(0, only_for(&self->reg, SYS_set_robust_list, ID_LIBC,
			      SECCOMP_RET_KILL_PROCESS));
	EXPECT_EQ(0, self->a->threads());
}

TEST_SIGNAL(what_is_denied_where_a_thread_starts_kills, SIGSYS)
{
	struct registration reg = {};
	const struct caller_lib *a = open_lib(LIB_A);

	ASSERT_NE(NULL, a);
	ASSERT_EQ(0, add_system(&reg, ID_LIBC));
	ASSERT_EQ(0, add_loaded(&reg, a, ID_A));
	ASSERT_EQ(0, only_for(&reg, SYS_set_robust_list, ID_A,
			      SECCOMP_RET_KILL_PROCESS));
	a->threads();
}

/* The child of posix_spawn() has a stack that begins in libc. */
TEST_F(caller, is_libc_itself_in_the_child_of_posix_spawn)
{
	ASSERT_EQ(0, only_for(&self->reg, SYS_execve, ID_LIBC,
			      SECCOMP_RET_ERRNO | EPERM));
	EXPECT_EQ(0, self->a->spawns());
}

TEST_F(caller, is_not_the_library_in_the_child_of_posix_spawn)
{
	ASSERT_EQ(0, only_for(&self->reg, SYS_execve, ID_A,
			      SECCOMP_RET_ERRNO | EPERM));
	EXPECT_EQ(EPERM, self->a->spawns());
}

static void scratch_dir(struct __test_metadata *_metadata, char *path,
			size_t size)
{
	snprintf(path, size, "/tmp/caller.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(path));
}

TEST_F(caller, that_is_denied_has_no_effect)
{
	char dir[64], path[80];

	scratch_dir(_metadata, dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/dir", dir);
	ASSERT_EQ(0, only_for(&self->reg, SYS_mkdir, ID_A,
			      SECCOMP_RET_ERRNO | EPERM));
	EXPECT_EQ(EPERM, self->b->makes(path));
	EXPECT_NE(0, access(path, F_OK));
	EXPECT_EQ(0, self->a->makes(path));
	EXPECT_EQ(0, access(path, F_OK));
}

/*
 * The same file, in other places and at other times.
 */
TEST(a_library_that_is_loaded_later_is_recognized)
{
	struct registration reg = {};
	const struct caller_lib *a, *b;

	ASSERT_EQ(0, add_system(&reg, ID_LIBC));
	ASSERT_EQ(0, add_file(&reg, LIB_A, ID_A));
	ASSERT_EQ(0, show(&reg));
	a = open_lib(LIB_A);
	b = open_lib(LIB_B);
	ASSERT_NE(NULL, a);
	ASSERT_NE(NULL, b);
	EXPECT_EQ(ID_A, a->own());
	EXPECT_EQ(ID_A, a->wrapper());
	/* Nobody said what this is. */
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, b->own());
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, b->wrapper());
}

TEST_F(caller, is_recognized_after_fork)
{
	int status;
	pid_t pid;

	ASSERT_EQ(0, show(&self->reg));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(self->a->wrapper() == ID_A && self->b->own() == ID_B &&
				      libc_probe() == ID_PROGRAM ?
			      0 :
			      1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(caller, is_recognized_in_a_thread)
{
	pthread_t thread;
	void *seen;

	ASSERT_EQ(0, show(&self->reg));
	ASSERT_EQ(0, pthread_create(&thread, NULL,
				    (void *(*)(void *))(void *)self->a->own,
				    NULL));
	ASSERT_EQ(0, pthread_join(thread, &seen));
	EXPECT_EQ(ID_A, (long)seen);
}

/* Run a program and return its exit status. */
static int run(struct __test_metadata *_metadata, const char *path,
	       const char *arg)
{
	char *argv[] = { (char *)path, (char *)arg, NULL };
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		execv(path, argv);
		perror(path);
		_exit(255);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST_F(caller, is_recognized_in_another_program_after_exec)
{
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A,
		  run(_metadata, TEST_HELPERS "/caller_exec_helper", LIB_A));
	EXPECT_EQ(ID_B,
		  run(_metadata, TEST_HELPERS "/caller_exec_helper", LIB_B));
	/* That program itself is not registered. */
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN,
		  run(_metadata, TEST_HELPERS "/caller_exec_helper", NULL));
}

TEST(a_program_that_is_executed_later_is_recognized)
{
	struct registration reg = {};

	ASSERT_EQ(0, add_system(&reg, ID_LIBC));
	ASSERT_EQ(0, add_file(&reg, TEST_HELPERS "/caller_exec_helper",
			      ID_PROGRAM));
	ASSERT_EQ(0, show(&reg));
	EXPECT_EQ(ID_PROGRAM,
		  run(_metadata, TEST_HELPERS "/caller_exec_helper", NULL));
}

TEST(a_static_program_is_one_object)
{
	struct registration reg = {};

	ASSERT_EQ(0, add_system(&reg, ID_LIBC));
	ASSERT_EQ(0, add_file(&reg, TEST_HELPERS "/caller_static_helper",
			      ID_PROGRAM));
	ASSERT_EQ(0, show(&reg));
	EXPECT_EQ(ID_PROGRAM,
		  run(_metadata, TEST_HELPERS "/caller_static_helper", NULL));
}

TEST(a_static_program_that_is_not_registered_is_unknown)
{
	struct registration reg = {};

	ASSERT_EQ(0, add_system(&reg, ID_LIBC));
	ASSERT_EQ(0, show(&reg));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN,
		  run(_metadata, TEST_HELPERS "/caller_static_helper", NULL));
}

static void copy_file(struct __test_metadata *_metadata, const char *from,
		      const char *to)
{
	char buf[4096];
	ssize_t len;
	int in = open(from, O_RDONLY);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);

	ASSERT_LE(0, in);
	ASSERT_LE(0, out);
	while ((len = read(in, buf, sizeof(buf))) > 0)
		ASSERT_EQ(len, write(out, buf, len));
	ASSERT_EQ(0, len);
	close(in);
	close(out);
}

TEST_F(caller, is_unknown_for_a_copy_of_the_same_name)
{
	char dir[64], path[128];
	const struct caller_lib *copy;

	scratch_dir(_metadata, dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/libcaller_a.so", dir);
	copy_file(_metadata, LIB_A, path);
	ASSERT_EQ(0, show(&self->reg));
	copy = open_lib(path);
	ASSERT_NE(NULL, copy);
	ASSERT_NE(self->a, copy);
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, copy->own());
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, copy->wrapper());
	EXPECT_EQ(ID_A, self->a->own());
}

/*
 * Text that is not, or not any more, what the file says.
 */
static void *page_of(const void *addr)
{
	return (void *)((unsigned long)addr & -4096UL);
}

TEST_F(caller, is_unknown_while_its_text_is_writable)
{
	void *page = page_of(self->a->own);

	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->own());
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->own());
	/* Nothing has been written: it is the file's text again. */
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ | PROT_EXEC));
	EXPECT_EQ(ID_A, self->a->own());
}

TEST_F(caller, is_unknown_after_its_text_was_rewritten_through_mprotect)
{
	void *page = page_of(self->a->own);
	volatile char *byte = page;

	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->own());
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	*byte = *byte;
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ | PROT_EXEC));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->own());
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->wrapper());
	EXPECT_EQ(ID_B, self->b->own());
}

TEST_F(caller, is_unknown_after_its_text_was_rewritten_through_proc_mem)
{
	off_t offset = (off_t)(unsigned long)self->a->own;
	char byte;
	int fd;

	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->own());
	fd = open("/proc/self/mem", O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, pread(fd, &byte, 1, offset));
	ASSERT_EQ(1, pwrite(fd, &byte, 1, offset));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->own());
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->wrapper());
	EXPECT_EQ(ID_B, self->b->own());
}

TEST_F(caller, is_unknown_when_libc_was_rewritten)
{
	off_t offset = (off_t)(unsigned long)dlsym(RTLD_DEFAULT, "syscall");
	char byte;
	int fd;

	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->wrapper());
	fd = open("/proc/self/mem", O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, pread(fd, &byte, 1, offset));
	ASSERT_EQ(1, pwrite(fd, &byte, 1, offset));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->wrapper());
	EXPECT_EQ(ID_A, self->a->own());
}

TEST_F(caller, is_unknown_for_a_mapping_placed_over_it)
{
	void *page = page_of(self->a->own);
	char text[4096];

	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->own());
	memcpy(text, page, sizeof(text));
	ASSERT_EQ(page, mmap(page, sizeof(text), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memcpy(page, text, sizeof(text));
	ASSERT_EQ(0, mprotect(page, sizeof(text), PROT_READ | PROT_EXEC));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->own());
}

TEST_F(caller, is_unknown_for_another_file_mapped_over_it)
{
	char dir[64], path[128];
	void *page = page_of(self->a->own);
	Dl_info info;
	struct link_map *map;
	off_t offset;
	int fd;

	scratch_dir(_metadata, dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/other", dir);
	copy_file(_metadata, LIB_A, path);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_NE(0, dladdr1(page, &info, (void **)&map, RTLD_DL_LINKMAP));
	/* The linker places text at the same offset as its address. */
	offset = (char *)page - (char *)info.dli_fbase;
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, self->a->own());
	ASSERT_EQ(page, mmap(page, 4096, PROT_READ | PROT_EXEC,
			     MAP_PRIVATE | MAP_FIXED, fd, offset));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->own());

	/* Its twin: the registered file itself, mapped once more. */
	fd = open(LIB_A, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(page, mmap(page, 4096, PROT_READ | PROT_EXEC,
			     MAP_PRIVATE | MAP_FIXED, fd, offset));
	EXPECT_EQ(ID_A, self->a->own());
}

TEST_F(caller, is_unknown_for_a_shared_mapping_of_it)
{
	void *page = page_of(self->a->own);
	Dl_info info;
	off_t offset;
	int fd = open(LIB_A, O_RDONLY);

	ASSERT_LE(0, fd);
	ASSERT_NE(0, dladdr(page, &info));
	offset = (char *)page - (char *)info.dli_fbase;
	ASSERT_EQ(0, show(&self->reg));
	ASSERT_EQ(page, mmap(page, 4096, PROT_READ | PROT_EXEC,
			     MAP_SHARED | MAP_FIXED, fd, offset));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->own());
}

TEST_F(caller, is_recognized_where_its_text_is_moved_to)
{
	void *page = page_of(self->a->own);
	long (*moved)(void);
	char *to;

	to = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, to);
	ASSERT_EQ(0, show(&self->reg));
	ASSERT_EQ(to,
		  mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, to));
	moved = (void *)(to + ((char *)self->a->own - (char *)page));
	EXPECT_EQ(ID_A, moved());
}

/* mov $PROBE_CALLER, %eax; syscall; neg %rax; ret */
static const unsigned char code[] = {
	0xb8, PROBE_CALLER, 0, 0, 0, 0x0f, 0x05, 0x48, 0xf7, 0xd8, 0xc3,
};

TEST_F(caller, is_unknown_for_anonymous_code)
{
	long (*jit)(void);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	memcpy(page, code, sizeof(code));
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ | PROT_EXEC));
	jit = (long (*)(void))page;
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, jit());
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->a->calls(jit));
}

/* A file of three pages with the same code, of which two are objects. */
TEST(is_that_of_the_page_of_a_file_that_is_mapped_now)
{
	static const __u32 ids[] = { ID_A, ID_B, SECCOMP_CALLER_UNKNOWN };
	static const unsigned int order[] = { 0, 1, 0, 2, 1, 2, 0 };
	struct registration reg = { .nr = 2 };
	char dir[64], path[128];
	long (*at)(void);
	char *pages;
	size_t i;
	int fd;

	scratch_dir(_metadata, dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/pages", dir);
	fd = open(path, O_RDWR | O_CREAT, 0755);
	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++)
		ASSERT_EQ((ssize_t)sizeof(code),
			  pwrite(fd, code, sizeof(code), i * 4096));
	pages = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, pages);
	for (i = 0; i < 2; i++)
		reg.objects[i] = (struct seccomp_object){
			.addr = (unsigned long)pages,
			.offset = i * 4096,
			.len = 4096,
			.id = ids[i],
		};
	ASSERT_EQ(0, show(&reg));
	at = (long (*)(void))pages;
	for (i = 0; i < COUNT(order); i++) {
		ASSERT_EQ(pages,
			  mmap(pages, 4096, PROT_READ | PROT_EXEC,
			       MAP_PRIVATE | MAP_FIXED, fd, order[i] * 4096));
		EXPECT_EQ(ids[order[i]], at());
		EXPECT_EQ(ids[order[i]], at());
	}
}

TEST_F(caller, is_unknown_for_a_call_of_another_architecture)
{
	long ret;

	ASSERT_EQ(0, show(&self->reg));
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(I386_probe)
			 : "r8", "r9", "r10", "r11", "memory");
	/* An error of 0 is no error: the call was skipped and gave 0. */
	EXPECT_EQ(-SECCOMP_CALLER_UNKNOWN, ret);
	EXPECT_EQ(ID_PROGRAM, own_probe());
}

#define X32_BIT 0x40000000

TEST_F(caller, is_unknown_for_a_call_of_x32)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(X32_BIT | PROBE_CALLER, 1, 0),
		IS(PROBE_CALLER, 0, 4),
		SHOW(caller_id),
		RETURN(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, install_callers(&self->reg, filter, COUNT(filter)));
	EXPECT_EQ(-SECCOMP_CALLER_UNKNOWN,
		  raw_syscall(X32_BIT | PROBE_CALLER, 0, 0, 0, 0, 0));
	EXPECT_EQ(ID_PROGRAM, own_probe());
}

/*
 * Stacks that somebody made up.  The library of frame_probe() is transparent
 * and has one rule for all of its text.
 */
static long (*frame_probe)(long nr, unsigned long sp, unsigned long fp,
			   long arg0);

struct one_rule {
	struct seccomp_unwind head;
	struct seccomp_unwind_rule rule;
	__u32 block;
	struct seccomp_unwind_row row;
};

FIXTURE(frames)
{
	struct registration reg;
	struct one_rule table;
	const struct caller_lib *a;
	unsigned long in_a;
	unsigned long in_frames;
	unsigned long stack[256] __attribute__((aligned(16)));
};

FIXTURE_VARIANT(frames)
{
	struct seccomp_unwind_rule rule;
};

FIXTURE_VARIANT_ADD(frames, from_the_stack_pointer){
	.rule = { .cfa = SECCOMP_CFA_SP, .offset = 8 },
};

FIXTURE_VARIANT_ADD(frames, from_the_frame_pointer){
	.rule = { .cfa = SECCOMP_CFA_FP, .offset = 16, .fp = -16 },
};

FIXTURE_SETUP(frames)
{
	const struct one_rule table = {
		.head = { .nr_rules = 1, .nr_rows = 1 },
		.rule = variant->rule,
	};
	void *lib = dlopen(FRAMES, RTLD_NOW), *probe, *frame_return;
	unsigned int i;

	ASSERT_NE(NULL, lib);
	probe = dlsym(lib, "frame_probe");
	frame_return = dlsym(lib, "frame_return");
	ASSERT_NE(NULL, probe);
	ASSERT_NE(NULL, frame_return);
	frame_probe = (long (*)(long, unsigned long, unsigned long, long))probe;
	self->table = table;
	self->reg.nr = 0;
	self->a = open_lib(LIB_A);
	ASSERT_NE(NULL, self->a);
	self->in_a = (unsigned long)self->a->own + 1;
	self->in_frames = (unsigned long)frame_return + 1;
	ASSERT_EQ(0, add_loaded(&self->reg, self->a, ID_A));
	ASSERT_EQ(0, add_loaded(&self->reg, frame_return, ID_FRAMES));
	for (i = 0; i < self->reg.nr; i++) {
		struct seccomp_object *object = &self->reg.objects[i];

		if (object->id != ID_FRAMES)
			continue;
		object->flags = SECCOMP_OBJECT_TRANSPARENT;
		object->unwind = (unsigned long)&self->table;
		object->unwind_size = sizeof(self->table);
	}
	memset(self->stack, 0, sizeof(self->stack));
}

FIXTURE_TEARDOWN(frames)
{
}

/*
 * Make a chain of frames on the stack: @nr that return into the transparent
 * library, then one that returns to @last.  Returns what to pass to the probe.
 */
static void chain(unsigned long *stack, unsigned int nr, unsigned long into,
		  unsigned long last, bool by_fp)
{
	unsigned int i, step = by_fp ? 2 : 1;

	for (i = 0; i <= nr; i++) {
		unsigned long *frame = stack + i * step;

		if (by_fp)
			frame[0] = (unsigned long)(frame + step);
		frame[step - 1] = i < nr ? into : last;
	}
}

static long probe_stack(const unsigned long *stack)
{
	return -frame_probe(PROBE_CALLER, (unsigned long)stack,
			    (unsigned long)stack, 0);
}

static bool by_fp(const struct one_rule *table)
{
	return table->rule.cfa == SECCOMP_CFA_FP;
}

TEST_F(frames, lead_to_the_caller)
{
	chain(self->stack, 0, 0, self->in_a, by_fp(&self->table));
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, probe_stack(self->stack));
	chain(self->stack, 5, self->in_frames, self->in_a, by_fp(&self->table));
	EXPECT_EQ(ID_A, probe_stack(self->stack));
}

TEST_F(frames, are_followed_up_to_64_and_not_farther)
{
	ASSERT_EQ(0, show(&self->reg));
	chain(self->stack, SECCOMP_MAX_FRAMES - 1, self->in_frames, self->in_a,
	      by_fp(&self->table));
	EXPECT_EQ(ID_A, probe_stack(self->stack));
	chain(self->stack, SECCOMP_MAX_FRAMES, self->in_frames, self->in_a,
	      by_fp(&self->table));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(self->stack));
}

TEST_F(frames, without_end_are_unknown)
{
	chain(self->stack, 120, self->in_frames, self->in_frames,
	      by_fp(&self->table));
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(self->stack));
}

TEST_F(frames, that_lead_to_nothing_are_unknown)
{
	ASSERT_EQ(0, show(&self->reg));
	chain(self->stack, 1, self->in_frames, 0, by_fp(&self->table));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(self->stack));
	chain(self->stack, 1, self->in_frames, 0xffffffff81000000,
	      by_fp(&self->table));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(self->stack));
	chain(self->stack, 1, self->in_frames, (unsigned long)self->stack,
	      by_fp(&self->table));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(self->stack));
	chain(self->stack, 1, self->in_frames, self->in_a, by_fp(&self->table));
	EXPECT_EQ(ID_A, probe_stack(self->stack));
}

TEST_F(frames, on_a_stack_that_is_nowhere_are_unknown)
{
	static const unsigned long nowhere[] = {
		0,
		8,
		0x1000,
		0x7ffffffff000,
		0x7ffffffffff8,
		0x800000000000,
		0xffff800000000000,
		0xffffffff81000000,
		-8UL,
		-16UL,
		-24UL,
		-4096UL,
	};
	unsigned int i;

	ASSERT_EQ(0, show(&self->reg));
	for (i = 0; i < COUNT(nowhere); i++)
		EXPECT_EQ(SECCOMP_CALLER_UNKNOWN,
			  probe_stack((void *)nowhere[i]));
	chain(self->stack, 1, self->in_frames, self->in_a, by_fp(&self->table));
	EXPECT_EQ(ID_A, probe_stack(self->stack));
}

TEST_F(frames, that_end_at_an_unmapped_page_are_unknown)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long *stack = (void *)(pages + 4096 - 32);

	ASSERT_NE(MAP_FAILED, pages);
	chain(stack, 7, self->in_frames, self->in_a, by_fp(&self->table));
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, probe_stack(stack));
	ASSERT_EQ(0, munmap(pages + 4096, 4096));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(stack));
}

TEST_F(frames, that_are_not_of_words_are_unknown)
{
	unsigned long *crooked = (void *)((char *)self->stack + 4);

	ASSERT_EQ(0, show(&self->reg));
	chain(crooked, 0, 0, self->in_a, by_fp(&self->table));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(crooked));
	chain(self->stack, 0, 0, self->in_a, by_fp(&self->table));
	EXPECT_EQ(ID_A, probe_stack(self->stack));
}

TEST_F(frames, that_refer_to_themselves_are_unknown)
{
	/* Only a frame pointer can be told to stay where it is. */
	chain(self->stack, 9, self->in_frames, self->in_a, by_fp(&self->table));
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, probe_stack(self->stack));
	if (by_fp(&self->table))
		self->stack[4] = (unsigned long)&self->stack[4];
	else
		self->stack[9] = self->in_frames;
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(self->stack));
}

TEST_F(frames, that_go_down_are_unknown)
{
	chain(self->stack, 9, self->in_frames, self->in_a, by_fp(&self->table));
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, probe_stack(self->stack));
	if (by_fp(&self->table))
		self->stack[8] = (unsigned long)&self->stack[2];
	else
		self->stack[9] = (unsigned long)&self->stack[2];
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(self->stack));
}

/* Rules that only some frames have. */
static void use_rule(struct one_rule *table, struct seccomp_unwind_rule rule)
{
	table->rule = rule;
}

TEST_F(frames, whose_rule_says_end_are_the_object_itself)
{
	use_rule(&self->table,
		 (struct seccomp_unwind_rule){ .cfa = SECCOMP_CFA_END });
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_FRAMES, probe_stack(NULL));
}

TEST_F(frames, whose_rule_says_none_are_unknown)
{
	use_rule(&self->table,
		 (struct seccomp_unwind_rule){ .cfa = SECCOMP_CFA_NONE });
	chain(self->stack, 0, 0, self->in_a, by_fp(&self->table));
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(self->stack));
}

TEST_F(frames, find_a_return_address_in_a_register_only_innermost)
{
	use_rule(&self->table,
		 (struct seccomp_unwind_rule){ .cfa = SECCOMP_CFA_SP,
					       .ra = SECCOMP_RA_ARG0 });
	ASSERT_EQ(0, show(&self->reg));
	EXPECT_EQ(ID_A, -frame_probe(PROBE_CALLER, (unsigned long)self->stack,
				     0, self->in_a));
	/* The register would lead there forever. */
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN,
		  -frame_probe(PROBE_CALLER, (unsigned long)self->stack, 0,
			       self->in_frames));
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN,
		  -frame_probe(PROBE_CALLER, (unsigned long)self->stack, 0, 0));
}

TEST_F(frames, cannot_use_a_frame_pointer_that_was_lost)
{
	use_rule(&self->table,
		 (struct seccomp_unwind_rule){ .cfa = SECCOMP_CFA_FP,
					       .offset = 16,
					       .fp = SECCOMP_FP_LOST });
	ASSERT_EQ(0, show(&self->reg));
	chain(self->stack, 0, 0, self->in_a, true);
	EXPECT_EQ(ID_A, probe_stack(self->stack));
	chain(self->stack, 1, self->in_frames, self->in_a, true);
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, probe_stack(self->stack));
}

TEST_HARNESS_MAIN
