// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whatever is in a file, all that is found in it is in it, and it is the same
 * for each way to read it.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf.h"
#include "table_model.h"
#include "target.h"
#include "unwind.h"

static int read_file(struct af_elf *elf, const uint8_t *data, size_t size,
		     unsigned int flags)
{
	int ret, fd = memfd_create("elf", MFD_CLOEXEC);

	require(fd >= 0);
	require(write(fd, data, size) == (ssize_t)size);
	ret = af_elf_read_fd(elf, fd, flags);
	close(fd);
	require(ret == 0 || ret == -ENOEXEC || ret == -E2BIG);
	return ret;
}

static void require_same_string(const char *a, const char *b)
{
	require(!a == !b);
	require(!a || !strcmp(a, b));
}

static void require_same(const struct af_elf *a, const struct af_elf *b)
{
	require(a->nr_segments == b->nr_segments);
	require(a->nr_segments <= AF_ELF_MAX_SEGMENTS);
	for (size_t i = 0; i < a->nr_segments; i++) {
		require(a->segments[i].vaddr == b->segments[i].vaddr);
		require(a->segments[i].offset == b->segments[i].offset);
		require(a->segments[i].filesz == b->segments[i].filesz);
		require(a->segments[i].exec == b->segments[i].exec);
	}
	require(a->entry == b->entry);
	require(a->eh_frame_hdr == b->eh_frame_hdr);
	require(a->eh_frame_hdr_size == b->eh_frame_hdr_size);
	require_same_string(a->interp, b->interp);
	require_same_string(a->soname, b->soname);
	require_same_string(a->runpath, b->runpath);
	require_same_string(a->rpath, b->rpath);
}

static void require_same_data(const struct af_elf *a, const struct af_elf *b)
{
	for (size_t i = 0; i < a->nr_segments; i++) {
		const struct af_segment *s = &a->segments[i];
		const struct af_segment *t = &b->segments[i];

		if (!s->filesz)
			continue;
		require(!s->data == !t->data);
		require(!s->data || !memcmp(s->data, t->data, s->filesz));
	}
}

static void check_tables(const struct af_elf *elf)
{
	for (size_t i = 0; i < elf->nr_segments; i++) {
		const struct af_segment *s = &elf->segments[i];
		struct af_unwind unwind;
		int ret;

		if (!s->exec || !s->data || !s->filesz)
			continue;
		ret = af_unwind_build(elf, s, &unwind);
		require(ret == 0 || ret == -ENOEXEC || ret == -E2BIG);
		if (ret)
			continue;
		require(unwind_model_valid(unwind.blob, unwind.size,
					   s->filesz));
		af_unwind_release(&unwind);
	}
}

/* In memory the program headers must be where they can be read in place. */
static bool is_aligned(const uint8_t *data)
{
	Elf64_Ehdr ehdr;

	memcpy(&ehdr, data, sizeof(ehdr));
	return ehdr.e_phoff % _Alignof(Elf64_Phdr) == 0;
}

bool fuzz_elf(const uint8_t *data, size_t size)
{
	static struct af_elf image, headers, whole;
	int ret = af_elf_read_image(&image, data, size);

	require(ret == 0 || ret == -ENOEXEC);
	if (read_file(&headers, data, size, 0)) {
		/* An image need not be one of a file that can be executed. */
		require(read_file(&whole, data, size, AF_ELF_SEGMENTS));
		return false;
	}
	if (!read_file(&whole, data, size, AF_ELF_SEGMENTS)) {
		require_same(&whole, &headers);
		require(!ret || !is_aligned(data));
		if (!ret) {
			require_same(&whole, &image);
			require_same_data(&whole, &image);
		}
		check_tables(&whole);
		af_elf_release(&whole);
	}
	af_elf_release(&headers);
	return true;
}
