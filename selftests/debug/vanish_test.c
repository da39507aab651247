// SPDX-License-Identifier: GPL-2.0
/*
 * A caller is looked for in a mapping that goes away at that moment, and its
 * file with it.  No memory of either may be read after it is free, which is for
 * the kernel to complain of.
 *
 * The file is one of overlayfs, whose mappings have a file of their own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "../cases.h"
#include "../seccomp/common.h"
#include "../seccomp/register.h"

#define PLACE      "/tmp/vanish"
#define ID_FILE    21
#define ID_FRAMES  22
#define PAGE       4096UL
#define ROUNDS     40000
#define FRAMES_LIB TEST_HELPERS "/../seccomp/libframe.so"

static long (*frame_probe)(long nr, unsigned long sp, unsigned long fp,
			   long arg0);
static atomic_bool over;
static char *text;

static void make_file(void)
{
	static const char page[PAGE];
	int fd;

	mkdir(PLACE, 0700);
	expect(!mount("none", PLACE, "tmpfs", 0, NULL));
	expect(!mkdir(PLACE "/lower", 0700) && !mkdir(PLACE "/upper", 0700) &&
	       !mkdir(PLACE "/work", 0700) && !mkdir(PLACE "/merged", 0700));
	fd = open(PLACE "/lower/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	expect(fd >= 0 && write(fd, page, sizeof(page)) == sizeof(page));
	close(fd);
	expect(!mount("none", PLACE "/merged", "overlay", 0,
		      "lowerdir=" PLACE "/lower,upperdir=" PLACE
		      "/upper,workdir=" PLACE "/work"));
}

/* With this mapping the last reference to its file goes. */
static void map_file(void)
{
	int fd = open(PLACE "/merged/file", O_RDONLY | O_CLOEXEC);

	expect(fd >= 0);
	expect(mmap(text, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
		    fd, 0) == text);
	close(fd);
}

static void *map_and_unmap(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		map_file();
		munmap(text, PAGE);
	}
	atomic_store(&over, true);
	return arg;
}

static struct {
	struct seccomp_unwind head;
	struct seccomp_unwind_rule rule;
	__u32 block;
	struct seccomp_unwind_row row;
} table = {
	.head = { .nr_rules = 1, .nr_rows = 1 },
	.rule = { .cfa = SECCOMP_CFA_SP, .offset = 8 },
};

static void confine(void)
{
	static const struct sock_filter filter[] = {
		LOAD(nr),
		IS(PROBE_CALLER, 0, 4),
		SHOW(caller_id),
		RETURN(SECCOMP_RET_ALLOW),
	};
	void *frames = dlopen(FRAMES_LIB, RTLD_NOW);
	struct registration reg = { .nr = 0 };

	expect(frames);
	frame_probe = (long (*)(long, unsigned long, unsigned long,
				long))dlsym(frames, "frame_probe");
	expect(frame_probe);
	expect(!add_loaded(&reg, dlsym(frames, "frame_return"), ID_FRAMES));
	expect(reg.nr == 1);
	reg.objects[0].flags = SECCOMP_OBJECT_TRANSPARENT;
	reg.objects[0].unwind = (unsigned long)&table;
	reg.objects[0].unwind_size = sizeof(table);
	reg.objects[reg.nr++] = (struct seccomp_object){
		.addr = (unsigned long)text,
		.len = PAGE,
		.id = ID_FILE,
	};
	expect(!install_callers(&reg, filter, COUNT(filter)));
}

static void calls_from_a_file_that_goes_away(void)
{
	unsigned long stack[64] = { 0 }, found = 0, gone = 0;
	pthread_t thread;

	make_file();
	text = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(text != MAP_FAILED);
	map_file();
	confine();
	stack[0] = (unsigned long)text + 1;
	expect(-frame_probe(PROBE_CALLER, (unsigned long)stack, 0, 0) ==
	       ID_FILE);

	expect(!pthread_create(&thread, NULL, map_and_unmap, NULL));
	while (!atomic_load(&over)) {
		long id =
			-frame_probe(PROBE_CALLER, (unsigned long)stack, 0, 0);

		expect(id == ID_FILE || id == 0);
		*(id ? &found : &gone) += 1;
	}
	pthread_join(thread, NULL);
	printf("# found %lu times, %lu times not\n", found, gone);
	expect(found && gone);
}

static const struct test_case tests[] = {
	{ "calls from a file that goes away", calls_from_a_file_that_goes_away,
	  0 },
};

int main(void)
{
	return run_cases(tests, COUNT(tests));
}
