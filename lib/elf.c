// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading the parts of an x86-64 ELF file that libaf needs. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf.h"

/* The kernel refuses to run a file with more bytes of program headers. */
#define MAX_PHDRS (65536 / sizeof(Elf64_Phdr))

/* The kernel's limit for PT_INTERP (PATH_MAX). */
#define MAX_INTERP 4096

/* Generous: a usual PT_DYNAMIC has some thirty entries. */
#define MAX_DYNAMIC 4096

/* Generous, for DT_RUNPATH may name many directories. */
#define MAX_STRING 65536

#define PAGE_MASK_X86 ((uint64_t)4095)

/* A part of a file, in the list that starts at struct af_elf.owned. */
struct chunk {
	struct chunk *next;
	uint8_t data[];
};

/*
 * Where bytes come from: a file, or (@fd is -1) the segments' data.
 * @bias: what the loader may have added to pointers in PT_DYNAMIC
 * @error: why get_bytes() failed
 */
struct source {
	struct af_elf *elf;
	int fd;
	uint64_t bias;
	int error;
};

/* What the program headers say that does not go to struct af_elf. */
struct headers {
	const Elf64_Phdr *interp;
	const Elf64_Phdr *dynamic;
};

/* The entries of PT_DYNAMIC that matter. */
struct dynamic {
	bool has_strtab;
	bool has_strsz;
	bool has_soname;
	bool has_rpath;
	bool has_runpath;
	uint64_t strtab;
	uint64_t strsz;
	uint64_t soname;
	uint64_t rpath;
	uint64_t runpath;
};

static const struct af_segment *find_segment(const struct af_elf *elf,
					     uint64_t vaddr, uint64_t len)
{
	for (size_t i = 0; i < elf->nr_segments; i++) {
		const struct af_segment *segment = &elf->segments[i];
		uint64_t skip = vaddr - segment->vaddr;

		if (vaddr >= segment->vaddr && skip < segment->filesz &&
		    len <= segment->filesz - skip)
			return segment;
	}
	return NULL;
}

const uint8_t *af_elf_bytes(const struct af_elf *elf, uint64_t vaddr,
			    uint64_t len, uint64_t *max)
{
	const struct af_segment *segment = find_segment(elf, vaddr, len);

	if (!segment || !segment->data)
		return NULL;
	if (max)
		*max = segment->filesz - (vaddr - segment->vaddr);
	return segment->data + (vaddr - segment->vaddr);
}

int af_elf_read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	uint8_t *to = buf;

	while (len > 0) {
		ssize_t got = pread(fd, to, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -EIO;
		if (got == 0)
			return -ENOEXEC;
		to += got;
		len -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

/* Read a part of a file into memory that af_elf_release() frees. */
static int read_chunk(struct source *src, uint64_t offset, uint64_t len,
		      const uint8_t **data)
{
	struct chunk *chunk = malloc(sizeof(*chunk) + len);
	int err;

	if (!chunk)
		return -ENOMEM;
	err = af_elf_read_at(src->fd, chunk->data, len, offset);
	if (err) {
		free(chunk);
		return err;
	}
	chunk->next = src->elf->owned;
	src->elf->owned = chunk;
	*data = chunk->data;
	return 0;
}

/* @len bytes at @vaddr, from memory or else the file.  Sets @src->error. */
static const uint8_t *get_bytes(struct source *src, uint64_t vaddr,
				uint64_t len)
{
	const struct af_segment *segment = find_segment(src->elf, vaddr, len);
	const uint8_t *data = NULL;

	src->error = -ENOEXEC;
	if (!segment)
		return NULL;
	if (segment->data)
		return segment->data + (vaddr - segment->vaddr);
	if (src->fd < 0)
		return NULL;
	src->error = read_chunk(src, segment->offset + (vaddr - segment->vaddr),
				len, &data);
	return data;
}

/* The string at @vaddr, which must end within @max bytes. */
static const char *get_string(struct source *src, uint64_t vaddr, uint64_t max)
{
	const struct af_segment *segment = find_segment(src->elf, vaddr, 1);
	uint64_t len, there;

	src->error = -ENOEXEC;
	if (!segment)
		return NULL;
	there = segment->filesz - (vaddr - segment->vaddr);
	if (there > max)
		there = max;
	if (there > MAX_STRING)
		there = MAX_STRING;
	/* Few strings are long: do not read 64 KiB for each. */
	for (len = 256;; len = there) {
		const uint8_t *data;

		if (len > there)
			len = there;
		data = get_bytes(src, vaddr, len);
		if (!data)
			return NULL;
		if (memchr(data, 0, len))
			return (const char *)data;
		if (len == there)
			break;
	}
	src->error = -ENOEXEC;
	return NULL;
}

static int check_ehdr(const Elf64_Ehdr *ehdr)
{
	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0 ||
	    ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr->e_ident[EI_DATA] != ELFDATA2LSB ||
	    ehdr->e_ident[EI_VERSION] != EV_CURRENT)
		return -ENOEXEC;
	if (ehdr->e_machine != EM_X86_64 || ehdr->e_version != EV_CURRENT ||
	    (ehdr->e_type != ET_DYN && ehdr->e_type != ET_EXEC))
		return -ENOEXEC;
	if (ehdr->e_phentsize != sizeof(Elf64_Phdr) || ehdr->e_phnum == 0 ||
	    ehdr->e_phnum > MAX_PHDRS)
		return -ENOEXEC;
	return 0;
}

/*
 * Add a PT_LOAD.  Segments must be in ascending order and apart, as the gABI
 * demands: with overlapping ones an address would mean two places in the file.
 */
static int add_segment(struct af_elf *elf, const Elf64_Phdr *phdr,
		       uint64_t *end)
{
	struct af_segment *segment;

	if (elf->nr_segments == AF_ELF_MAX_SEGMENTS)
		return -ENOEXEC;
	if (phdr->p_filesz > phdr->p_memsz ||
	    phdr->p_offset + phdr->p_filesz < phdr->p_offset ||
	    phdr->p_vaddr + phdr->p_memsz < phdr->p_vaddr)
		return -ENOEXEC;
	if (phdr->p_vaddr < *end ||
	    ((phdr->p_vaddr - phdr->p_offset) & PAGE_MASK_X86) != 0)
		return -ENOEXEC;
	*end = phdr->p_vaddr + phdr->p_memsz;
	segment = &elf->segments[elf->nr_segments++];
	segment->vaddr = phdr->p_vaddr;
	segment->offset = phdr->p_offset;
	segment->filesz = phdr->p_filesz;
	segment->exec = phdr->p_flags & PF_X;
	return 0;
}

/*
 * The kernel finds PT_INTERP by its offset, the loader other things by their
 * address.  Whoever asks for either must get the same bytes.
 */
static int check_inside(const struct af_elf *elf, const Elf64_Phdr *phdr)
{
	const struct af_segment *segment;

	segment = find_segment(elf, phdr->p_vaddr, phdr->p_filesz);
	if (!segment || phdr->p_filesz == 0 ||
	    phdr->p_offset - segment->offset != phdr->p_vaddr - segment->vaddr)
		return -ENOEXEC;
	return 0;
}

/* The only program header of one type, checked, in *@found. */
static int find_single(const struct af_elf *elf, const Elf64_Phdr *phdr,
		       size_t nr_phdr, uint32_t type, const Elf64_Phdr **found)
{
	*found = NULL;
	for (size_t i = 0; i < nr_phdr; i++) {
		if (phdr[i].p_type != type)
			continue;
		if (*found || check_inside(elf, &phdr[i]))
			return -ENOEXEC;
		*found = &phdr[i];
	}
	return 0;
}

static int parse_phdrs(struct af_elf *elf, const Elf64_Phdr *phdr,
		       size_t nr_phdr, struct headers *headers)
{
	const Elf64_Phdr *eh_frame;
	uint64_t end = 0;

	for (size_t i = 0; i < nr_phdr; i++) {
		if (phdr[i].p_type == PT_LOAD &&
		    add_segment(elf, &phdr[i], &end))
			return -ENOEXEC;
	}
	if (elf->nr_segments == 0 ||
	    find_single(elf, phdr, nr_phdr, PT_INTERP, &headers->interp) ||
	    find_single(elf, phdr, nr_phdr, PT_DYNAMIC, &headers->dynamic) ||
	    find_single(elf, phdr, nr_phdr, PT_GNU_EH_FRAME, &eh_frame))
		return -ENOEXEC;
	if (eh_frame) {
		elf->eh_frame_hdr = eh_frame->p_vaddr;
		elf->eh_frame_hdr_size = eh_frame->p_filesz;
	}
	return 0;
}

static int read_interp(struct source *src, const Elf64_Phdr *phdr)
{
	const uint8_t *data;

	if (!phdr)
		return 0;
	if (phdr->p_filesz < 2 || phdr->p_filesz > MAX_INTERP)
		return -ENOEXEC;
	data = get_bytes(src, phdr->p_vaddr, phdr->p_filesz);
	if (!data)
		return src->error;
	if (data[phdr->p_filesz - 1] != 0)
		return -ENOEXEC;
	src->elf->interp = (const char *)data;
	return 0;
}

/* The last entry of a kind counts, as for the loader. */
static void parse_dynamic(struct dynamic *dynamic, const uint8_t *data,
			  size_t nr)
{
	Elf64_Dyn dyn;

	for (size_t i = 0; i < nr; i++) {
		memcpy(&dyn, data + i * sizeof(dyn), sizeof(dyn));
		switch (dyn.d_tag) {
		case DT_NULL:
			return;
		case DT_STRTAB:
			dynamic->has_strtab = true;
			dynamic->strtab = dyn.d_un.d_ptr;
			break;
		case DT_STRSZ:
			dynamic->has_strsz = true;
			dynamic->strsz = dyn.d_un.d_val;
			break;
		case DT_SONAME:
			dynamic->has_soname = true;
			dynamic->soname = dyn.d_un.d_val;
			break;
		case DT_RPATH:
			dynamic->has_rpath = true;
			dynamic->rpath = dyn.d_un.d_val;
			break;
		case DT_RUNPATH:
			dynamic->has_runpath = true;
			dynamic->runpath = dyn.d_un.d_val;
			break;
		default:
			break;
		}
	}
}

/*
 * glibc adds the load bias to the pointers in PT_DYNAMIC, unless that lies in
 * memory that it cannot write (the vDSO); other loaders leave them alone.  The
 * bias of anything relocatable is far above all addresses in a file, so that
 * at most one reading gives an address inside the segments.
 */
static int unrelocate_strtab(const struct source *src, struct dynamic *dynamic)
{
	uint64_t plain = dynamic->strtab - src->bias;

	if (dynamic->strtab >= src->bias && find_segment(src->elf, plain, 1))
		dynamic->strtab = plain;
	else if (!find_segment(src->elf, dynamic->strtab, 1))
		return -ENOEXEC;
	return 0;
}

static int read_name(struct source *src, const struct dynamic *dynamic,
		     bool has, uint64_t offset, const char **name)
{
	uint64_t max = UINT64_MAX;

	if (!has)
		return 0;
	if (dynamic->has_strsz) {
		if (offset >= dynamic->strsz)
			return -ENOEXEC;
		max = dynamic->strsz - offset;
	}
	if (dynamic->strtab + offset < offset)
		return -ENOEXEC;
	*name = get_string(src, dynamic->strtab + offset, max);
	return *name ? 0 : src->error;
}

static int read_dynamic(struct source *src, const Elf64_Phdr *phdr)
{
	struct dynamic dynamic = { .has_strtab = false };
	struct af_elf *elf = src->elf;
	const uint8_t *data;
	int err;

	if (!phdr)
		return 0;
	if (phdr->p_filesz > MAX_DYNAMIC * sizeof(Elf64_Dyn))
		return -ENOEXEC;
	data = get_bytes(src, phdr->p_vaddr, phdr->p_filesz);
	if (!data)
		return src->error;
	parse_dynamic(&dynamic, data, phdr->p_filesz / sizeof(Elf64_Dyn));
	if (dynamic.has_runpath)
		dynamic.has_rpath = false;
	if (!dynamic.has_soname && !dynamic.has_rpath && !dynamic.has_runpath)
		return 0;
	if (!dynamic.has_strtab || unrelocate_strtab(src, &dynamic))
		return -ENOEXEC;
	err = read_name(src, &dynamic, dynamic.has_soname, dynamic.soname,
			&elf->soname);
	if (!err)
		err = read_name(src, &dynamic, dynamic.has_rpath, dynamic.rpath,
				&elf->rpath);
	if (!err)
		err = read_name(src, &dynamic, dynamic.has_runpath,
				dynamic.runpath, &elf->runpath);
	return err;
}

static int read_strings(struct source *src, const struct headers *headers)
{
	int err = read_interp(src, headers->interp);

	return err ? err : read_dynamic(src, headers->dynamic);
}

/* Do all segments lie inside a file of @size bytes? */
static int check_size(const struct af_elf *elf, uint64_t size)
{
	for (size_t i = 0; i < elf->nr_segments; i++) {
		const struct af_segment *segment = &elf->segments[i];

		if (segment->offset > size ||
		    segment->filesz > size - segment->offset)
			return -ENOEXEC;
	}
	return 0;
}

static int read_segments(struct source *src)
{
	struct af_elf *elf = src->elf;
	uint64_t total = 0;
	int err;

	for (size_t i = 0; i < elf->nr_segments; i++) {
		/* No overflow: check_size() has bounded each. */
		total += elf->segments[i].filesz;
		if (total > AF_ELF_MAX_READ)
			return -E2BIG;
	}
	for (size_t i = 0; i < elf->nr_segments; i++) {
		struct af_segment *segment = &elf->segments[i];

		if (segment->filesz == 0)
			continue;
		err = read_chunk(src, segment->offset, segment->filesz,
				 &segment->data);
		if (err)
			return err;
	}
	return 0;
}

/* Everything after the ELF header has been read. */
static int read_file(struct source *src, const Elf64_Ehdr *ehdr, uint64_t size,
		     unsigned int flags)
{
	struct headers headers;
	const uint8_t *table;
	int err;

	err = read_chunk(src, ehdr->e_phoff, ehdr->e_phnum * sizeof(Elf64_Phdr),
			 &table);
	if (err)
		return err;
	/* A chunk's data is as aligned as a pointer. */
	err = parse_phdrs(src->elf, (const Elf64_Phdr *)(const void *)table,
			  ehdr->e_phnum, &headers);
	if (!err)
		err = check_size(src->elf, size);
	if (!err && (flags & AF_ELF_SEGMENTS))
		err = read_segments(src);
	return err ? err : read_strings(src, &headers);
}

int af_elf_read_fd(struct af_elf *elf, int fd, unsigned int flags)
{
	struct source src = { .elf = elf, .fd = fd };
	Elf64_Ehdr ehdr;
	struct stat st;
	uint64_t size;
	int err;

	memset(elf, 0, sizeof(*elf));
	if (fstat(fd, &st))
		return -EIO;
	if (!S_ISREG(st.st_mode))
		return -ENOEXEC;
	size = (uint64_t)st.st_size;
	err = af_elf_read_at(fd, &ehdr, sizeof(ehdr), 0);
	if (err)
		return err;
	if (check_ehdr(&ehdr) || ehdr.e_phoff > size)
		return -ENOEXEC;
	elf->entry = ehdr.e_entry;
	err = read_file(&src, &ehdr, size, flags);
	if (err)
		af_elf_release(elf);
	return err;
}

/* The program headers of a loaded object do not tell its entry point. */
static void read_loaded_entry(struct af_elf *elf)
{
	Elf64_Ehdr ehdr;

	for (size_t i = 0; i < elf->nr_segments; i++) {
		const struct af_segment *segment = &elf->segments[i];

		if (segment->offset != 0 || segment->filesz < sizeof(ehdr) ||
		    !segment->data)
			continue;
		memcpy(&ehdr, segment->data, sizeof(ehdr));
		if (check_ehdr(&ehdr) == 0)
			elf->entry = ehdr.e_entry;
		return;
	}
}

/* Say where the loader has put the segments that may be read. */
static void locate_loaded(struct af_elf *elf, uintptr_t bias,
			  const Elf64_Phdr *phdr, size_t nr_phdr)
{
	struct af_segment *segment = elf->segments;

	for (size_t i = 0; i < nr_phdr; i++) {
		if (phdr[i].p_type != PT_LOAD)
			continue;
		if (phdr[i].p_flags & PF_R)
			segment->data =
				(const uint8_t *)(bias + phdr[i].p_vaddr);
		segment++;
	}
}

int af_elf_read_loaded(struct af_elf *elf, uintptr_t bias, const void *phdr,
		       size_t nr_phdr)
{
	struct source src = { .elf = elf, .fd = -1, .bias = bias };
	struct headers headers;

	memset(elf, 0, sizeof(*elf));
	if (parse_phdrs(elf, phdr, nr_phdr, &headers))
		return -ENOEXEC;
	locate_loaded(elf, bias, phdr, nr_phdr);
	read_loaded_entry(elf);
	return read_strings(&src, &headers);
}

static int parse_image_phdrs(struct af_elf *elf, const uint8_t *image,
			     size_t size, const Elf64_Ehdr *ehdr,
			     struct headers *headers)
{
	if (ehdr->e_phoff > size ||
	    ehdr->e_phnum * sizeof(Elf64_Phdr) > size - ehdr->e_phoff ||
	    ((uintptr_t)image + ehdr->e_phoff) % _Alignof(Elf64_Phdr) != 0)
		return -ENOEXEC;
	return parse_phdrs(
		elf, (const Elf64_Phdr *)(const void *)(image + ehdr->e_phoff),
		ehdr->e_phnum, headers);
}

int af_elf_read_image(struct af_elf *elf, const void *image, size_t size)
{
	struct source src = { .elf = elf, .fd = -1 };
	struct headers headers;
	Elf64_Ehdr ehdr;

	memset(elf, 0, sizeof(*elf));
	if (size < sizeof(ehdr))
		return -ENOEXEC;
	memcpy(&ehdr, image, sizeof(ehdr));
	if (check_ehdr(&ehdr) ||
	    parse_image_phdrs(elf, image, size, &ehdr, &headers) ||
	    check_size(elf, size))
		return -ENOEXEC;
	elf->entry = ehdr.e_entry;
	for (size_t i = 0; i < elf->nr_segments; i++)
		elf->segments[i].data =
			(const uint8_t *)image + elf->segments[i].offset;
	return read_strings(&src, &headers);
}

static bool same_segment(const struct af_segment *a, const struct af_segment *b)
{
	if (a->exec != b->exec)
		return false;
	if (!a->exec || (!a->filesz && !b->filesz))
		return true;
	return a->vaddr == b->vaddr && a->offset == b->offset &&
	       a->filesz == b->filesz && a->data && b->data &&
	       !memcmp(a->data, b->data, a->filesz);
}

bool af_elf_same_text(const struct af_elf *a, const struct af_elf *b)
{
	if (a->nr_segments != b->nr_segments)
		return false;
	for (size_t i = 0; i < a->nr_segments; i++) {
		if (!same_segment(&a->segments[i], &b->segments[i]))
			return false;
	}
	return true;
}

void af_elf_release(struct af_elf *elf)
{
	struct chunk *chunk = elf->owned;

	while (chunk) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	elf->owned = NULL;
}
