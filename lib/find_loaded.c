// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is loaded in this process. */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "finder.h"

/*
 * A callback of dl_iterate_phdr(): -1 if there is no memory; 1 if the program
 * cannot be read, lest a library be taken for it.
 */
static int collect_loaded(struct dl_phdr_info *info, size_t size, void *data)
{
	struct af_finder *finder = data;
	struct af_loaded *all, *loaded;
	struct stat st;

	(void)size;
	/* The vDSO has no file, and is registered by itself. */
	if (finder->nr_loaded &&
	    (!info->dlpi_name[0] || !strchr(info->dlpi_name, '/')))
		return 0;
	all = reallocarray(finder->loaded, finder->nr_loaded + 1, sizeof(*all));
	if (!all)
		return -1;
	finder->loaded = all;
	loaded = &all[finder->nr_loaded];
	*loaded = (struct af_loaded){
		.bias = info->dlpi_addr,
		.path = finder->nr_loaded ? info->dlpi_name : "/proc/self/exe",
	};
	if (af_elf_read_loaded(&loaded->elf, loaded->bias, info->dlpi_phdr,
			       info->dlpi_phnum))
		return !finder->nr_loaded;
	if (!stat(loaded->path, &st)) {
		loaded->key.dev = st.st_dev;
		loaded->key.ino = st.st_ino;
	}
	finder->nr_loaded++;
	return 0;
}

int af_look_at_process(struct af_finder *finder)
{
	if (dl_iterate_phdr(collect_loaded, finder) < 0)
		return af_finder_no_memory(finder);
	if (!finder->nr_loaded)
		return af_finder_fail(finder, NULL, -ENOEXEC,
				      "the running program",
				      "cannot be found in memory");
	return af_finder_search_for(finder, &finder->loaded[0].elf,
				    "/proc/self/exe");
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_name(const struct af_loaded *loaded, const char *name)
{
	return !strcmp(file_name(loaded->path), name) ||
	       (loaded->elf.soname && !strcmp(loaded->elf.soname, name));
}

int af_find_loaded(struct af_finder *finder, const struct af_caller *caller,
		   const struct af_loaded **found)
{
	size_t i;

	*found = NULL;
	if (strchr(caller->name, '/'))
		return 0;
	/* The first one is the program. */
	for (i = 1; i < finder->nr_loaded; i++) {
		if (!has_name(&finder->loaded[i], caller->name))
			continue;
		if (*found) {
			af_finder_fail(
				finder, caller, -EINVAL, caller->name,
				"more than one loaded library has this name");
			af_hint(finder->err, "name it by its absolute path");
			return -EINVAL;
		}
		*found = &finder->loaded[i];
	}
	return 0;
}

static bool needs_file(const struct af_finder *finder,
		       const struct af_caller *caller,
		       const struct af_loaded *loaded, unsigned int id)
{
	return af_policy_has_parts(finder->policy, id) ||
	       (caller->transparent && !loaded->elf.eh_frame_hdr);
}

/*
 * What is loaded has no section headers and symbols in memory, and the file at
 * its path may have been replaced: if the text is the same, all that is known
 * of it is the file's.
 */
static int add_loaded_file(struct af_finder *finder,
			   const struct af_text *loaded)
{
	struct af_text text = *loaded;
	struct af_elf file;
	int fd = af_objects_open(text.path);
	int ret;

	if (fd < 0)
		return af_finder_fail_errno(finder, text.caller, text.path,
					    errno);
	ret = af_elf_read_fd(&file, fd, AF_ELF_SEGMENTS);
	if (!ret && !file.eh_frame_hdr)
		ret = af_find_eh_frame(fd, &file);
	if (ret) {
		ret = af_finder_fail_elf(finder, text.caller, text.path, ret);
	} else {
		text.elf = &file;
		if (af_elf_same_text(loaded->elf, &file))
			ret = af_add_parts(finder, &text, fd);
		else
			ret = af_finder_fail(finder, text.caller, -EINVAL,
					     text.path,
					     "the file is not what is loaded");
	}
	af_elf_release(&file);
	close(fd);
	return ret;
}

int af_add_loaded(struct af_finder *finder, const struct af_caller *caller,
		  unsigned int id, const struct af_loaded *loaded)
{
	const struct af_parts no_parts = {};
	const struct af_text text = {
		.caller = caller,
		.path = loaded->path,
		.key = { loaded->key.dev, loaded->key.ino, id },
		.elf = &loaded->elf,
		.addr = loaded->bias + loaded->elf.segments[0].vaddr,
	};
	int ret = af_finder_check_claimed(finder, caller, loaded->path,
					  &text.key);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = af_finder_add_file(finder, id, loaded->path, NULL);
	if (ret)
		return ret;
	return needs_file(finder, caller, loaded, id) ?
		       add_loaded_file(finder, &text) :
		       af_add_text(finder, &text, &no_parts);
}

int af_add_vdso(struct af_finder *finder, unsigned int id)
{
	const struct af_caller caller = {
		.kind = AF_CALLER_LIBRARY,
		.rest = true,
		.transparent = true,
	};
	uintptr_t addr = getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *ehdr = (const void *)addr;
	const struct af_parts no_parts = {};
	struct af_elf elf;
	const struct af_text text = {
		.caller = &caller,
		.path = "vDSO",
		.key.owner = id,
		.elf = &elf,
		.addr = addr,
	};
	int ret;

	if (!addr)
		return 0;
	/* It is linked at address 0, so where it is is its load bias. */
	ret = af_elf_read_loaded(&elf, addr,
				 (const void *)(addr + ehdr->e_phoff),
				 ehdr->e_phnum);
	if (ret)
		return af_finder_fail_elf(finder, NULL, "vDSO", ret);
	ret = af_finder_add_file(finder, id, "vDSO", NULL);
	if (ret)
		return ret;
	return af_add_text(finder, &text, &no_parts);
}
