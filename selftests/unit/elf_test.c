// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tests of reading ELF files: made up ones, damaged ones, and this process's. */
#define _GNU_SOURCE
#include <check.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf.h"

#define INTERP  "/lib/ld.so"
#define STRINGS "\0libx.so.1\0/run\0/r"

enum {
	PHDR_TEXT,
	PHDR_DATA,
	PHDR_INTERP,
	PHDR_DYNAMIC,
	PHDR_EH_FRAME,
	NR_PHDRS,
};

enum {
	DYN_STRTAB,
	DYN_STRSZ,
	DYN_SONAME,
	DYN_RUNPATH,
	DYN_RPATH,
	DYN_NULL,
	NR_DYNS,
};

/* A made up shared object: two segments, the second one page above. */
struct image {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdrs[NR_PHDRS];
	char interp[sizeof(INTERP)];
	char strings[sizeof(STRINGS)];
	uint8_t eh_frame[8];
	Elf64_Dyn dyns[NR_DYNS];
};

#define DATA_OFFSET offsetof(struct image, dyns)
#define DATA_VADDR  (0x1000 + DATA_OFFSET)

static void set_phdr(Elf64_Phdr *phdr, uint32_t type, uint64_t offset,
		     uint64_t vaddr, uint64_t size)
{
	phdr->p_type = type;
	phdr->p_flags = PF_R;
	phdr->p_offset = offset;
	phdr->p_vaddr = vaddr;
	phdr->p_filesz = size;
	phdr->p_memsz = size;
	phdr->p_align = 0x1000;
}

static void set_dyn(Elf64_Dyn *dyn, int64_t tag, uint64_t value)
{
	dyn->d_tag = tag;
	dyn->d_un.d_val = value;
}

static void make_ehdr(Elf64_Ehdr *ehdr)
{
	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_ident[EI_VERSION] = EV_CURRENT;
	ehdr->e_type = ET_DYN;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_version = EV_CURRENT;
	ehdr->e_entry = 0x40;
	ehdr->e_phoff = offsetof(struct image, phdrs);
	ehdr->e_ehsize = sizeof(*ehdr);
	ehdr->e_phentsize = sizeof(Elf64_Phdr);
	ehdr->e_phnum = NR_PHDRS;
}

static void make_phdrs(Elf64_Phdr *phdrs)
{
	set_phdr(&phdrs[PHDR_TEXT], PT_LOAD, 0, 0, DATA_OFFSET);
	phdrs[PHDR_TEXT].p_flags |= PF_X;
	set_phdr(&phdrs[PHDR_DATA], PT_LOAD, DATA_OFFSET, DATA_VADDR,
		 sizeof(struct image) - DATA_OFFSET);
	phdrs[PHDR_DATA].p_memsz += 64;
	set_phdr(&phdrs[PHDR_INTERP], PT_INTERP, offsetof(struct image, interp),
		 offsetof(struct image, interp), sizeof(INTERP));
	set_phdr(&phdrs[PHDR_DYNAMIC], PT_DYNAMIC, DATA_OFFSET, DATA_VADDR,
		 sizeof(Elf64_Dyn) * NR_DYNS);
	set_phdr(&phdrs[PHDR_EH_FRAME], PT_GNU_EH_FRAME,
		 offsetof(struct image, eh_frame),
		 offsetof(struct image, eh_frame), 8);
}

static void make_image(struct image *image)
{
	memset(image, 0, sizeof(*image));
	make_ehdr(&image->ehdr);
	make_phdrs(image->phdrs);
	memcpy(image->interp, INTERP, sizeof(INTERP));
	memcpy(image->strings, STRINGS, sizeof(STRINGS));
	set_dyn(&image->dyns[DYN_STRTAB], DT_STRTAB,
		offsetof(struct image, strings));
	set_dyn(&image->dyns[DYN_STRSZ], DT_STRSZ, sizeof(STRINGS));
	set_dyn(&image->dyns[DYN_SONAME], DT_SONAME, 1);
	set_dyn(&image->dyns[DYN_RUNPATH], DT_RUNPATH, 11);
	set_dyn(&image->dyns[DYN_RPATH], DT_RPATH, 16);
}

static int make_file(const void *data, size_t size)
{
	int fd = memfd_create("elf_test", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	return fd;
}

/* Read from a file, by descriptor. */
static int read_file(struct af_elf *elf, const void *data, size_t size,
		     unsigned int flags)
{
	int fd = make_file(data, size);
	int err = af_elf_read_fd(elf, fd, flags);

	close(fd);
	return err;
}

static bool same_string(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void check_same(const struct af_elf *a, const struct af_elf *b)
{
	ck_assert_uint_eq(a->nr_segments, b->nr_segments);
	for (size_t i = 0; i < a->nr_segments; i++) {
		ck_assert_uint_eq(a->segments[i].vaddr, b->segments[i].vaddr);
		ck_assert_uint_eq(a->segments[i].offset, b->segments[i].offset);
		ck_assert_uint_eq(a->segments[i].filesz, b->segments[i].filesz);
		ck_assert(a->segments[i].exec == b->segments[i].exec);
	}
	ck_assert_uint_eq(a->entry, b->entry);
	ck_assert_uint_eq(a->eh_frame_hdr, b->eh_frame_hdr);
	ck_assert_uint_eq(a->eh_frame_hdr_size, b->eh_frame_hdr_size);
	ck_assert(same_string(a->interp, b->interp));
	ck_assert(same_string(a->soname, b->soname));
	ck_assert(same_string(a->runpath, b->runpath));
	ck_assert(same_string(a->rpath, b->rpath));
}

/* Read in all three ways, which must agree.  Returns the result. */
static int read_all_ways(const void *data, size_t size)
{
	struct af_elf image, file, whole;
	/* At its exact size, for AddressSanitizer. */
	void *copy = malloc(size ? size : 1);
	int err;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, size);
	err = af_elf_read_image(&image, copy, size);
	ck_assert_int_eq(read_file(&file, data, size, 0), err);
	ck_assert_int_eq(read_file(&whole, data, size, AF_ELF_SEGMENTS), err);
	if (!err) {
		check_same(&image, &file);
		check_same(&image, &whole);
		for (size_t i = 0; i < image.nr_segments; i++) {
			ck_assert_ptr_null(file.segments[i].data);
			if (image.segments[i].filesz == 0)
				continue;
			ck_assert_mem_eq(whole.segments[i].data,
					 image.segments[i].data,
					 image.segments[i].filesz);
		}
		af_elf_release(&file);
		af_elf_release(&whole);
	}
	free(copy);
	return err;
}

static int read_image(const struct image *image)
{
	return read_all_ways(image, sizeof(*image));
}

START_TEST(good) {
	struct image image;
	struct af_elf elf;
	uint64_t max;

	make_image(&image);
	ck_assert_int_eq(read_image(&image), 0);
	ck_assert_int_eq(af_elf_read_image(&elf, &image, sizeof(image)), 0);
	ck_assert_uint_eq(elf.nr_segments, 2);
	ck_assert(elf.segments[0].exec && !elf.segments[1].exec);
	ck_assert_uint_eq(elf.segments[1].vaddr, DATA_VADDR);
	ck_assert_uint_eq(elf.segments[1].offset, DATA_OFFSET);
	ck_assert_uint_eq(elf.entry, 0x40);
	ck_assert_uint_eq(elf.eh_frame_hdr, offsetof(struct image, eh_frame));
	ck_assert_uint_eq(elf.eh_frame_hdr_size, 8);
	ck_assert_str_eq(elf.interp, INTERP);
	ck_assert_str_eq(elf.soname, "libx.so.1");
	ck_assert_str_eq(elf.runpath, "/run");
	ck_assert_ptr_null(elf.rpath);
	ck_assert_ptr_eq(af_elf_bytes(&elf, DATA_VADDR + 8, 8, &max),
			 (uint8_t *)image.dyns + 8);
	ck_assert_uint_eq(max, sizeof(image.dyns) - 8);
}
END_TEST

/* An executable without anything that it may lack. */
START_TEST(plain) {
	struct image image;
	struct af_elf elf;

	make_image(&image);
	image.ehdr.e_type = ET_EXEC;
	image.ehdr.e_phnum = 2;
	ck_assert_int_eq(read_image(&image), 0);
	ck_assert_int_eq(af_elf_read_image(&elf, &image, sizeof(image)), 0);
	ck_assert_uint_eq(elf.eh_frame_hdr, 0);
	ck_assert(!elf.interp && !elf.soname && !elf.runpath && !elf.rpath);
}
END_TEST

START_TEST(bytes) {
	struct image image;
	struct af_elf elf;
	uint64_t size = sizeof(image.dyns);

	make_image(&image);
	ck_assert_int_eq(af_elf_read_image(&elf, &image, sizeof(image)), 0);
	ck_assert_ptr_nonnull(af_elf_bytes(&elf, 0, DATA_OFFSET, NULL));
	ck_assert_ptr_null(af_elf_bytes(&elf, 0, DATA_OFFSET + 1, NULL));
	ck_assert_ptr_null(af_elf_bytes(&elf, DATA_OFFSET, 0, NULL));
	ck_assert_ptr_null(af_elf_bytes(&elf, DATA_VADDR - 1, 1, NULL));
	ck_assert_ptr_nonnull(af_elf_bytes(&elf, DATA_VADDR, size, NULL));
	ck_assert_ptr_null(af_elf_bytes(&elf, DATA_VADDR + 1, size, NULL));
	ck_assert_ptr_null(af_elf_bytes(&elf, DATA_VADDR, UINT64_MAX, NULL));
	ck_assert_ptr_null(af_elf_bytes(&elf, UINT64_MAX, 1, NULL));
	elf.segments[1].data = NULL;
	ck_assert_ptr_null(af_elf_bytes(&elf, DATA_VADDR, 1, NULL));
}
END_TEST

/* Values that make a file no ELF file, or none that can be used. */
#define FIELD(field, value)                                          \
	{                                                            \
#field, offsetof(struct image, field),               \
			sizeof(((struct image *)NULL)->field), value \
	}

static const struct {
	const char *name;
	size_t offset;
	size_t size;
	uint64_t value;
} wrong[] = {
	FIELD(ehdr.e_ident[0], 0),
	FIELD(ehdr.e_ident[EI_CLASS], ELFCLASS32),
	FIELD(ehdr.e_ident[EI_DATA], ELFDATA2MSB),
	FIELD(ehdr.e_ident[EI_VERSION], 0),
	FIELD(ehdr.e_type, ET_REL),
	FIELD(ehdr.e_type, ET_CORE),
	FIELD(ehdr.e_machine, EM_386),
	FIELD(ehdr.e_machine, EM_AARCH64),
	FIELD(ehdr.e_version, 0),
	FIELD(ehdr.e_phentsize, 32),
	FIELD(ehdr.e_phnum, 0),
	FIELD(ehdr.e_phnum, 0xffff),
	FIELD(ehdr.e_phnum, 1200),
	FIELD(ehdr.e_phoff, sizeof(struct image)),
	FIELD(ehdr.e_phoff, UINT64_MAX),
	FIELD(ehdr.e_phoff, UINT64_MAX - 63),
	FIELD(phdrs[PHDR_TEXT].p_filesz, sizeof(struct image) + 1),
	FIELD(phdrs[PHDR_TEXT].p_filesz, UINT64_MAX),
	FIELD(phdrs[PHDR_TEXT].p_memsz, 8),
	FIELD(phdrs[PHDR_TEXT].p_memsz, UINT64_MAX),
	FIELD(phdrs[PHDR_TEXT].p_memsz, 0x2000),
	FIELD(phdrs[PHDR_TEXT].p_offset, 0x1000),
	FIELD(phdrs[PHDR_TEXT].p_offset, (uint64_t)-0x1000),
	FIELD(phdrs[PHDR_TEXT].p_offset, 1),
	FIELD(phdrs[PHDR_TEXT].p_vaddr, 0x10000),
	FIELD(phdrs[PHDR_DATA].p_vaddr, DATA_VADDR + 1),
	FIELD(phdrs[PHDR_DATA].p_vaddr, (uint64_t)-0x1000 + DATA_OFFSET),
	FIELD(phdrs[PHDR_DATA].p_filesz, sizeof(Elf64_Dyn) * NR_DYNS + 1),
	FIELD(phdrs[PHDR_DATA].p_memsz, UINT64_MAX),
	FIELD(phdrs[PHDR_INTERP].p_filesz, 0),
	FIELD(phdrs[PHDR_INTERP].p_filesz, 1),
	FIELD(phdrs[PHDR_INTERP].p_filesz, 5),
	FIELD(phdrs[PHDR_INTERP].p_filesz, UINT64_MAX),
	FIELD(phdrs[PHDR_INTERP].p_vaddr, 0x900),
	FIELD(phdrs[PHDR_INTERP].p_offset, 8),
	FIELD(phdrs[PHDR_INTERP].p_type, PT_DYNAMIC),
	FIELD(phdrs[PHDR_DYNAMIC].p_type, PT_INTERP),
	FIELD(phdrs[PHDR_DYNAMIC].p_vaddr, 0),
	FIELD(phdrs[PHDR_DYNAMIC].p_filesz, 0),
	FIELD(phdrs[PHDR_DYNAMIC].p_filesz, UINT64_MAX),
	FIELD(phdrs[PHDR_DYNAMIC].p_type, PT_GNU_EH_FRAME),
	FIELD(phdrs[PHDR_EH_FRAME].p_filesz, DATA_OFFSET),
	FIELD(phdrs[PHDR_EH_FRAME].p_vaddr, DATA_VADDR),
	FIELD(phdrs[PHDR_EH_FRAME].p_vaddr, UINT64_MAX),
	FIELD(dyns[DYN_STRTAB].d_tag, DT_DEBUG),
	FIELD(dyns[DYN_STRTAB].d_tag, DT_NULL + 0x1000),
	FIELD(dyns[DYN_STRTAB].d_un.d_val, DATA_OFFSET),
	FIELD(dyns[DYN_STRTAB].d_un.d_val, UINT64_MAX),
	FIELD(dyns[DYN_STRTAB].d_un.d_val, DATA_VADDR + 88),
	FIELD(dyns[DYN_STRSZ].d_un.d_val, 0),
	FIELD(dyns[DYN_STRSZ].d_un.d_val, 5),
	FIELD(dyns[DYN_SONAME].d_un.d_val, sizeof(STRINGS)),
	FIELD(dyns[DYN_SONAME].d_un.d_val, UINT64_MAX),
	FIELD(dyns[DYN_RUNPATH].d_un.d_val, 1000),
};

START_TEST(malformed) {
	struct image image;

	make_image(&image);
	memcpy((uint8_t *)&image + wrong[_i].offset, &wrong[_i].value,
	       wrong[_i].size);
	ck_assert_msg(read_image(&image) == -ENOEXEC, "%s = %#llx",
		      wrong[_i].name, (unsigned long long)wrong[_i].value);
}
END_TEST

START_TEST(truncated) {
	struct image image;

	make_image(&image);
	for (size_t size = 0; size < sizeof(image); size++)
		ck_assert_int_eq(read_all_ways(&image, size), -ENOEXEC);
}
END_TEST

/* A segment of nothing but zeros has no bytes in the file. */
START_TEST(empty_segment) {
	struct image image;
	struct af_elf elf;

	make_image(&image);
	image.ehdr.e_phnum = 2;
	image.phdrs[PHDR_DATA].p_filesz = 0;
	ck_assert_int_eq(read_image(&image), 0);
	ck_assert_int_eq(af_elf_read_image(&elf, &image, sizeof(image)), 0);
	ck_assert_uint_eq(elf.nr_segments, 2);
	ck_assert_ptr_null(af_elf_bytes(&elf, DATA_VADDR, 0, NULL));
}
END_TEST

/* Far more entries than any PT_DYNAMIC has. */
START_TEST(large_dynamic) {
	size_t size = DATA_OFFSET + sizeof(Elf64_Dyn) * 4097;
	uint8_t *data = calloc(1, size);
	struct image image;

	ck_assert_ptr_nonnull(data);
	make_image(&image);
	image.phdrs[PHDR_DATA].p_filesz = size - DATA_OFFSET;
	image.phdrs[PHDR_DATA].p_memsz = size - DATA_OFFSET;
	image.phdrs[PHDR_DYNAMIC].p_filesz = sizeof(Elf64_Dyn) * 4096;
	memcpy(data, &image, sizeof(image));
	ck_assert_int_eq(read_all_ways(data, size), 0);
	image.phdrs[PHDR_DYNAMIC].p_filesz = sizeof(Elf64_Dyn) * 4097;
	memcpy(data, &image, sizeof(image));
	ck_assert_int_eq(read_all_ways(data, size), -ENOEXEC);
	free(data);
}
END_TEST

/* Strings that run to the end of their segment have no end. */
START_TEST(unterminated) {
	struct image image;

	make_image(&image);
	/* Without a size, the string table ends with its segment. */
	image.dyns[DYN_STRSZ].d_tag = DT_DEBUG;
	ck_assert_int_eq(read_image(&image), 0);
	memset(image.eh_frame, 'x', sizeof(image.eh_frame));
	image.strings[sizeof(STRINGS) - 1] = 'x';
	image.strings[sizeof(STRINGS) - 2] = 'x';
	image.dyns[DYN_RUNPATH].d_un.d_val = 16;
	/* What pads the structure is zero, and ends it. */
	memset(image.eh_frame + sizeof(image.eh_frame), 'x',
	       DATA_OFFSET - offsetof(struct image, eh_frame) -
		       sizeof(image.eh_frame));
	ck_assert_int_eq(read_image(&image), -ENOEXEC);
}
END_TEST

START_TEST(rpath) {
	struct image image;
	struct af_elf elf;

	make_image(&image);
	image.dyns[DYN_RUNPATH].d_tag = DT_DEBUG;
	ck_assert_int_eq(read_image(&image), 0);
	ck_assert_int_eq(af_elf_read_image(&elf, &image, sizeof(image)), 0);
	ck_assert_str_eq(elf.rpath, "/r");
	ck_assert_ptr_null(elf.runpath);
	/* The last one counts, and none after the end. */
	image.dyns[DYN_RUNPATH].d_tag = DT_SONAME;
	set_dyn(&image.dyns[DYN_RPATH], DT_NULL, 0);
	set_dyn(&image.dyns[DYN_NULL], DT_SONAME, 1);
	ck_assert_int_eq(read_image(&image), 0);
	ck_assert_int_eq(af_elf_read_image(&elf, &image, sizeof(image)), 0);
	ck_assert_str_eq(elf.soname, "/run");
	ck_assert_ptr_null(elf.rpath);
}
END_TEST

/* A long string, read from a file in several steps. */
START_TEST(long_string) {
	size_t size = 0x30000;
	uint8_t *data = calloc(1, size);
	struct image image;
	struct af_elf elf;

	ck_assert_ptr_nonnull(data);
	make_image(&image);
	image.phdrs[PHDR_DATA].p_filesz = size - DATA_OFFSET;
	image.phdrs[PHDR_DATA].p_memsz = size - DATA_OFFSET;
	image.dyns[DYN_STRTAB].d_un.d_val = 0x1000 + 0x10000;
	image.dyns[DYN_STRSZ].d_un.d_val = size - 0x10000;
	memcpy(data, &image, sizeof(image));
	memset(data + 0x10000, 'a', 5000);
	ck_assert_int_eq(read_all_ways(data, size), 0);
	ck_assert_int_eq(read_file(&elf, data, size, 0), 0);
	ck_assert_uint_eq(strlen(elf.soname), 4999);
	af_elf_release(&elf);
	/* The longest, and one more: at its offset 1 for DT_SONAME. */
	memset(data + 0x10000, 'a', 65536);
	image.dyns[DYN_RUNPATH].d_tag = DT_DEBUG;
	image.dyns[DYN_RPATH].d_tag = DT_DEBUG;
	memcpy(data, &image, sizeof(image));
	ck_assert_int_eq(read_all_ways(data, size), 0);
	data[0x10000 + 65536] = 'a';
	ck_assert_int_eq(read_all_ways(data, size), -ENOEXEC);
	free(data);
}
END_TEST

START_TEST(many_segments) {
	size_t nr = AF_ELF_MAX_SEGMENTS + 1;
	size_t size = sizeof(Elf64_Ehdr) + nr * sizeof(Elf64_Phdr);
	Elf64_Ehdr *ehdr = calloc(1, size);
	Elf64_Phdr *phdrs = (Elf64_Phdr *)(ehdr + 1);

	ck_assert_ptr_nonnull(ehdr);
	make_ehdr(ehdr);
	ehdr->e_phoff = sizeof(*ehdr);
	for (size_t i = 0; i < nr; i++)
		set_phdr(&phdrs[i], PT_LOAD, 0, i * 0x1000, 64);
	ehdr->e_phnum = AF_ELF_MAX_SEGMENTS;
	ck_assert_int_eq(read_all_ways(ehdr, size), 0);
	ehdr->e_phnum = AF_ELF_MAX_SEGMENTS + 1;
	ck_assert_int_eq(read_all_ways(ehdr, size), -ENOEXEC);
	/* The same address twice. */
	ehdr->e_phnum = 2;
	phdrs[1].p_vaddr = 0;
	ck_assert_int_eq(read_all_ways(ehdr, size), -ENOEXEC);
	/* None at all. */
	phdrs[0].p_type = PT_NOTE;
	ehdr->e_phnum = 1;
	ck_assert_int_eq(read_all_ways(ehdr, size), -ENOEXEC);
	free(ehdr);
}
END_TEST

START_TEST(odd_files) {
	struct af_elf elf;
	int fds[2];
	int fd;

	ck_assert_int_eq(af_elf_read_fd(&elf, -1, 0), -EIO);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(af_elf_read_fd(&elf, fds[0], 0), -ENOEXEC);
	close(fds[0]);
	close(fds[1]);
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(af_elf_read_fd(&elf, fd, 0), -ENOEXEC);
	close(fd);
	/* Not open for reading. */
	fd = open("/bin/sh", O_PATH | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(af_elf_read_fd(&elf, fd, 0), -EIO);
	close(fd);
}
END_TEST

START_TEST(large_file) {
	struct image image;
	struct af_elf elf;
	int fd;

	make_image(&image);
	image.phdrs[PHDR_DATA].p_filesz = AF_ELF_MAX_READ;
	image.phdrs[PHDR_DATA].p_memsz = AF_ELF_MAX_READ;
	fd = make_file(&image, sizeof(image));
	ck_assert_int_eq(ftruncate(fd, (off_t)AF_ELF_MAX_READ * 2), 0);
	ck_assert_int_eq(af_elf_read_fd(&elf, fd, AF_ELF_SEGMENTS), -E2BIG);
	ck_assert_int_eq(af_elf_read_fd(&elf, fd, 0), 0);
	ck_assert_str_eq(elf.soname, "libx.so.1");
	af_elf_release(&elf);
	close(fd);
}
END_TEST

/* As the loader would map it: each segment at bias + p_vaddr. */
static uint8_t *load(const struct image *image)
{
	uint8_t *memory = calloc(1, 0x3000);

	ck_assert_ptr_nonnull(memory);
	memcpy(memory, image, DATA_OFFSET);
	memcpy(memory + DATA_VADDR, (const uint8_t *)image + DATA_OFFSET,
	       sizeof(*image) - DATA_OFFSET);
	return memory;
}

static void check_loaded(const struct image *image, uint64_t strtab, int err)
{
	uint8_t *memory = load(image);
	Elf64_Dyn *dyns = (Elf64_Dyn *)(void *)(memory + DATA_VADDR);
	struct af_elf elf, other;

	dyns[DYN_STRTAB].d_un.d_val =
		strtab == UINT64_MAX ?
			(uintptr_t)memory + offsetof(struct image, strings) :
			strtab;
	ck_assert_int_eq(af_elf_read_loaded(&elf, (uintptr_t)memory,
					    image->phdrs, NR_PHDRS),
			 err);
	if (!err) {
		ck_assert_int_eq(
			af_elf_read_image(&other, image, sizeof(*image)), 0);
		check_same(&elf, &other);
		ck_assert_ptr_eq(elf.segments[0].data, memory);
		ck_assert_ptr_eq(elf.segments[1].data, memory + DATA_VADDR);
	}
	free(memory);
}

/* Loaders may have added the load bias to DT_STRTAB. */
START_TEST(loaded_image) {
	struct image image;

	make_image(&image);
	check_loaded(&image, offsetof(struct image, strings), 0);
	check_loaded(&image, UINT64_MAX, 0);
	check_loaded(&image, 0x100000, -ENOEXEC);
	image.phdrs[PHDR_DATA].p_vaddr++;
	check_loaded(&image, UINT64_MAX, -ENOEXEC);
}
END_TEST

/* Memory that cannot be read is not touched. */
START_TEST(loaded_unreadable) {
	struct image image;
	struct af_elf elf;
	uint8_t *memory;

	make_image(&image);
	image.phdrs[PHDR_TEXT].p_flags = PF_X;
	memory = load(&image);
	ck_assert_int_eq(af_elf_read_loaded(&elf, (uintptr_t)memory,
					    image.phdrs, PHDR_INTERP),
			 0);
	ck_assert_ptr_null(elf.segments[0].data);
	ck_assert_uint_eq(elf.entry, 0);
	ck_assert_int_eq(af_elf_read_loaded(&elf, (uintptr_t)memory,
					    image.phdrs, NR_PHDRS),
			 -ENOEXEC);
	free(memory);
}
END_TEST

struct library {
	const char *name;
	bool found;
	struct af_elf loaded;
	struct af_elf file;
};

static int find_library(struct dl_phdr_info *info, size_t size, void *data)
{
	struct library *library = data;
	int fd;

	(void)size;
	if (library->found || !strstr(info->dlpi_name, library->name))
		return 0;
	library->found = true;
	ck_assert_int_eq(af_elf_read_loaded(&library->loaded, info->dlpi_addr,
					    info->dlpi_phdr, info->dlpi_phnum),
			 0);
	fd = open(info->dlpi_name, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(af_elf_read_fd(&library->file, fd, AF_ELF_SEGMENTS),
			 0);
	close(fd);
	return 0;
}

static const char *const libraries[] = { "libc.so.6", "ld-linux-x86-64.so.2" };

START_TEST(loaded_library) {
	struct library library = { .name = libraries[_i] };

	dl_iterate_phdr(find_library, &library);
	ck_assert(library.found);
	check_same(&library.loaded, &library.file);
	ck_assert_str_eq(library.loaded.soname, library.name);
	ck_assert_uint_ne(library.loaded.eh_frame_hdr, 0);
	for (size_t i = 0; i < library.file.nr_segments; i++) {
		const struct af_segment *segment = &library.file.segments[i];

		if (segment->exec)
			ck_assert_mem_eq(segment->data,
					 library.loaded.segments[i].data,
					 segment->filesz);
	}
	af_elf_release(&library.file);
}
END_TEST

START_TEST(own_program) {
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct af_elf elf;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(af_elf_read_fd(&elf, fd, 0), 0);
	ck_assert_ptr_nonnull(strstr(elf.interp, "ld-linux-x86-64.so.2"));
	ck_assert_ptr_null(elf.soname);
	af_elf_release(&elf);
	close(fd);
}
END_TEST

START_TEST(vdso) {
	uintptr_t address = getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *ehdr = (const void *)address;
	struct af_elf image, loaded;

	/* Valgrind hides it. */
	if (!address)
		return;
	ck_assert_int_eq(af_elf_read_image(&image, ehdr, 4096 * 2), 0);
	ck_assert_str_eq(image.soname, "linux-vdso.so.1");
	ck_assert_int_eq(
		af_elf_read_loaded(&loaded, address,
				   (const uint8_t *)ehdr + ehdr->e_phoff,
				   ehdr->e_phnum),
		0);
	check_same(&image, &loaded);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#define FUZZ_ROUNDS 20000

/* Whatever the bytes, all ways of reading agree and stay inside. */
START_TEST(mutated) {
	uint32_t random = 0x9e3779b9;
	int nr_good = 0;

	for (int i = 0; i < FUZZ_ROUNDS; i++) {
		struct image image;
		int err;

		make_image(&image);
		for (uint32_t n = 1 + next_random(&random) % 4; n; n--) {
			uint32_t at = next_random(&random) % sizeof(image);

			((uint8_t *)&image)[at] = (uint8_t)next_random(&random);
		}
		err = read_image(&image);
		ck_assert(err == 0 || err == -ENOEXEC);
		nr_good += err == 0;
	}
	ck_assert_int_gt(nr_good, FUZZ_ROUNDS / 100);
	ck_assert_int_lt(nr_good, FUZZ_ROUNDS);
}
END_TEST

static void add_made_up_tests(TCase *tests)
{
	tcase_add_test(tests, good);
	tcase_add_test(tests, plain);
	tcase_add_test(tests, bytes);
	tcase_add_loop_test(tests, malformed, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tests, truncated);
	tcase_add_test(tests, empty_segment);
	tcase_add_test(tests, large_dynamic);
	tcase_add_test(tests, unterminated);
	tcase_add_test(tests, rpath);
	tcase_add_test(tests, long_string);
	tcase_add_test(tests, many_segments);
	tcase_add_test(tests, odd_files);
	tcase_add_test(tests, large_file);
	tcase_add_test(tests, mutated);
}

static void add_loaded_tests(TCase *tests)
{
	tcase_add_test(tests, loaded_image);
	tcase_add_test(tests, loaded_unreadable);
	tcase_add_loop_test(tests, loaded_library, 0, 2);
	tcase_add_test(tests, own_program);
	tcase_add_test(tests, vdso);
}

int main(void)
{
	Suite *suite = suite_create("elf");
	TCase *made_up = tcase_create("made up");
	TCase *loaded = tcase_create("loaded");
	SRunner *runner;
	int failed;

	/* Sanitizers and valgrind take their time. */
	tcase_set_timeout(made_up, 600);
	tcase_set_timeout(loaded, 600);
	add_made_up_tests(made_up);
	add_loaded_tests(loaded);
	suite_add_tcase(suite, made_up);
	suite_add_tcase(suite, loaded);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
