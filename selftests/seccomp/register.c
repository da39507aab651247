// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "../../lib/elf.h"
#include "../../lib/unwind.h"
#include "common.h"
#include "register.h"

static struct seccomp_object *next_object(struct registration *reg)
{
	return reg->nr < MAX_OBJECTS ? &reg->objects[reg->nr++] : NULL;
}

static int add_segment(struct registration *reg, const struct af_elf *elf,
		       const struct af_segment *segment, unsigned long bias,
		       __u32 id, bool transparent)
{
	struct seccomp_object *object = next_object(reg);
	struct af_unwind unwind;

	if (!object)
		return -1;
	*object = (struct seccomp_object){
		.addr = bias + segment->vaddr,
		.offset = segment->offset,
		.len = segment->filesz,
		.id = id,
	};
	if (!transparent)
		return 0;
	if (af_unwind_build(elf, segment, &unwind))
		return -1;
	object->flags = SECCOMP_OBJECT_TRANSPARENT;
	object->unwind = (unsigned long)unwind.blob;
	object->unwind_size = unwind.size;
	return 0;
}

static int add_elf(struct registration *reg, const struct af_elf *elf,
		   unsigned long bias, __u32 id, bool transparent)
{
	size_t i;

	for (i = 0; i < elf->nr_segments; i++) {
		if (elf->segments[i].exec &&
		    add_segment(reg, elf, &elf->segments[i], bias, id,
				transparent))
			return -1;
	}
	return 0;
}

struct search {
	struct registration *reg;
	unsigned long addr;
	__u32 id;
	bool transparent;
};

static bool contains(const struct dl_phdr_info *info, unsigned long addr)
{
	int i;

	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *phdr = &info->dlpi_phdr[i];

		if (phdr->p_type == PT_LOAD &&
		    addr - (info->dlpi_addr + phdr->p_vaddr) < phdr->p_memsz)
			return true;
	}
	return false;
}

static int try_object(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *search = data;
	struct af_elf elf;

	(void)size;
	if (!contains(info, search->addr))
		return 0;
	if (af_elf_read_loaded(&elf, info->dlpi_addr, info->dlpi_phdr,
			       info->dlpi_phnum))
		return -1;
	return add_elf(search->reg, &elf, info->dlpi_addr, search->id,
		       search->transparent) ?
		       -1 :
		       1;
}

static int add(struct registration *reg, const void *addr, __u32 id,
	       bool transparent)
{
	struct search search = {
		.reg = reg,
		.addr = (unsigned long)addr,
		.id = id,
		.transparent = transparent,
	};

	return dl_iterate_phdr(try_object, &search) == 1 ? 0 : -1;
}

int add_loaded(struct registration *reg, const void *addr, __u32 id)
{
	return add(reg, addr, id, false);
}

int add_transparent(struct registration *reg, const void *addr, __u32 id)
{
	return add(reg, addr, id, true);
}

int add_system(struct registration *reg, __u32 id)
{
	const void *loader = (const void *)getauxval(AT_BASE);
	const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);

	/* stdout points into libc, whose data is part of the same object. */
	return add_transparent(reg, stdout, id) ||
			       add_transparent(reg, loader, id + 1) ||
			       add_transparent(reg, vdso, id + 2) ?
		       -1 :
		       0;
}

int add_file(struct registration *reg, const char *path, __u32 id)
{
	struct seccomp_object *object = next_object(reg);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map;

	if (!object || fd < 0)
		return -1;
	map = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -1;
	*object = (struct seccomp_object){
		.addr = (unsigned long)map,
		.len = 1UL << 30,
		.id = id,
	};
	return 0;
}

int install_callers(const struct registration *reg,
		    const struct sock_filter *prog, size_t len)
{
	struct seccomp_caller_filter args = {
		.size = sizeof(args),
		.prog_len = len,
		.prog = (unsigned long)prog,
		.objects = (unsigned long)reg->objects,
		.nr_objects = reg->nr,
	};

	if (no_new_privs())
		return -1;
	return seccomp(SECCOMP_SET_MODE_CALLER, 0, &args);
}
