// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attacks with other files in the place of the library's, and other names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "attack.h"

#define RX (PROT_READ | PROT_EXEC)

static void write_evil(void)
{
	write_evil_library("evil.so");
}

/* The loader takes a name that it knows for what it has loaded by it. */
static long call_library(const char *path)
{
	void *lib = dlopen(path, RTLD_NOW);
	const struct good *other;

	expect(lib);
	other = dlsym(lib, "good");
	expect(other && other != good && !strcmp(other->name, PRIZE));
	return other->raw(NULL);
}

static long copy(void)
{
	return call_library("./evil.so");
}

static long replaced_by_rename(void)
{
	expect(!rename("evil.so", GOOD_LIB));
	return call_library(path_of(GOOD_LIB));
}

static long replaced_after_unlink(void)
{
	expect(!unlink(GOOD_LIB) && !link("evil.so", GOOD_LIB));
	return call_library(path_of(GOOD_LIB));
}

static void fetch_relay(void)
{
	fetch("relay_nolibc", "relay");
}

static long execute(const char *path, const char *name, const char *registered,
		    const char *other, const char *steps)
{
	char *argv[] = { (char *)name, (char *)registered, (char *)other,
			 (char *)steps, NULL };
	char *envp[] = { NULL };
	int status;
	pid_t pid = vfork();

	if (!pid) {
		execve(path, argv, envp);
		_exit(97);
	}
	expect(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static long execute_unregistered(void)
{
	return execute("relay", "copy", "", "", "");
}

/*
 * An overlay, whose lower layer has the library, and whose upper layer is
 * empty.  Only this process sees it.
 */
static void mount_overlay(void)
{
	char *options;

	expect(!unshare(CLONE_NEWNS));
	expect(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	expect(!mkdir("lower", 0700) && !mkdir("merged", 0700) &&
	       !mkdir("layer", 0700));
	expect(!link(GOOD_LIB, "lower/" GOOD_LIB));
	expect(!mount("layer", "layer", "tmpfs", 0, NULL));
	expect(!mkdir("layer/upper", 0700) && !mkdir("layer/work", 0700));
	expect(asprintf(&options, "lowerdir=%s,upperdir=%s,workdir=%s",
			path_of("lower"), path_of("layer/upper"),
			path_of("layer/work")) > 0);
	expect(!mount("overlay", "merged", "overlay", 0, options));
}

/* Writing to the file makes a copy of it in the upper layer. */
static void copy_up(void)
{
	off_t name =
		raw_page_offset() + (good->name - (char *)page_of(good->raw));
	int fd = open("merged/" GOOD_LIB, O_RDWR);

	expect(fd >= 0);
	expect(pwrite64(fd, PRIZE, sizeof(PRIZE), name) == sizeof(PRIZE));
	expect(!close(fd));
}

static long copied_up(void)
{
	copy_up();
	return call_library("merged/" GOOD_LIB);
}

static const struct attack attacks[] = {
	{ "a copy of the library", NULL, NULL, write_evil, copy },
	{ "the library's file replaced by rename", NULL, NULL, write_evil,
	  replaced_by_rename },
	{ "the library's file removed and made anew", NULL, NULL, write_evil,
	  replaced_after_unlink },
	{ "a program that nobody registered", NULL, NULL, fetch_relay,
	  execute_unregistered },
	{ "the library copied up in an overlay", NULL, NULL, mount_overlay,
	  copied_up },
};

/*
 * Other names of the same file: what counts is what is executed, and that is
 * the same, so there is nothing to protect from.
 */
static bool served(int fd)
{
	return fd >= 0 && !map_raw(fd, RX, NULL)(NULL) && exists(TWIN) &&
	       !rmdir(TWIN);
}

static bool served_by(const char *path)
{
	return served(open(path, O_RDONLY));
}

static void hard_link(void)
{
	enter_scene();
	expect(!link(GOOD_LIB, "link.so"));
	confine(POLICY, NULL);
	expect(served_by("link.so"));
}

static void hard_link_made_later(void)
{
	enter_scene();
	confine(POLICY, NULL);
	expect(!link(GOOD_LIB, "link.so") && !unlink(GOOD_LIB));
	expect(served_by("link.so"));
}

static void bind_mount(void)
{
	enter_scene();
	expect(!unshare(CLONE_NEWNS));
	expect(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	expect(!close(open("bound.so", O_WRONLY | O_CREAT, 0600)));
	expect(!mount(GOOD_LIB, "bound.so", NULL, MS_BIND, NULL));
	confine(POLICY, NULL);
	expect(served_by("bound.so"));
}

static void renamed(void)
{
	enter_scene();
	confine(POLICY, NULL);
	expect(!rename(GOOD_LIB, "renamed.so"));
	expect(served_by("renamed.so"));
}

static void overlay_without_copy(void)
{
	enter_scene();
	mount_overlay();
	confine(POLICY, NULL);
	expect(served_by("merged/" GOOD_LIB));
}

/* What is open, or mapped, stays the lower file. */
static void overlay_opened_before_copy(void)
{
	int fd;

	enter_scene();
	mount_overlay();
	confine(POLICY, NULL);
	fd = open("merged/" GOOD_LIB, O_RDONLY);
	expect(served(fd));
	copy_up();
	expect(call_library("merged/" GOOD_LIB) == -EPERM && !exists(PRIZE));
	expect(served_by("lower/" GOOD_LIB));
}

/* Registering the overlay's file registers the lower one, as long as it is. */
static void registered_before_copy(void)
{
	enter_scene();
	mount_overlay();
	confine_for(POLICY, NULL, "merged/" GOOD_LIB);
	expect(served_by("merged/" GOOD_LIB));
	expect(served_by("lower/" GOOD_LIB));
	copy_up();
	expect(call_library("merged/" GOOD_LIB) == -EPERM && !exists(PRIZE));
	expect(served_by("lower/" GOOD_LIB));
}

static void registered_after_copy(void)
{
	int fd;

	enter_scene();
	mount_overlay();
	/* Same content, which is enough to be another file. */
	expect(!chmod("merged/" GOOD_LIB, 0700));
	confine_for(POLICY, NULL, "merged/" GOOD_LIB);
	expect(served_by("merged/" GOOD_LIB));
	fd = open("lower/" GOOD_LIB, O_RDONLY);
	expect(fd >= 0 && map_raw(fd, RX, NULL)(NULL) == -EPERM);
	expect(!exists(TWIN));
}

static void registered_program(void)
{
	enter_scene();
	fetch_relay();
	expect(!link("relay", "other_name"));
	confine_for(POLICY, NULL, "relay");
	expect(execute("relay", "registered", "", "", "") == -EPERM);
	expect(execute("other_name", "copy", "", "", "") == 0 && exists(PRIZE));
}

/* Text that is not in the file any more cannot be executed. */
static void truncated(void)
{
	int fd;

	enter_scene();
	confine(POLICY, NULL);
	expect(!good->raw(NULL) && !rmdir(TWIN));
	fd = open(GOOD_LIB, O_RDWR);
	expect(fd >= 0 && !ftruncate(fd, 0));
	good->raw(NULL);
}

static const struct test_case tests[] = {
	{ "a hard link is the same library", hard_link, 0 },
	{ "a hard link is the same library when the first name is gone",
	  hard_link_made_later, 0 },
	{ "a bind mount is the same library", bind_mount, 0 },
	{ "a renamed file is the same library", renamed, 0 },
	{ "the lower file seen through an overlay is the same library",
	  overlay_without_copy, 0 },
	{ "a copy-up makes another file of what is opened later",
	  overlay_opened_before_copy, 0 },
	{ "registering a file of an overlay means the layer it is in",
	  registered_before_copy, 0 },
	{ "and that is the upper one after a copy-up", registered_after_copy,
	  0 },
	{ "a program that was registered may do it, by any name",
	  registered_program, 0 },
	{ "text that was truncated cannot run", truncated, SIGBUS },
};

int main(void)
{
	return run_attacks(attacks, sizeof(attacks) / sizeof(attacks[0]), tests,
			   sizeof(tests) / sizeof(tests[0]));
}
