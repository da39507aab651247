// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading of .eh_frame: CIEs and FDEs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfa.h"

/* Far above what linkers make: they merge equal CIEs. */
#define MAX_CIES 65536U

/* Each function needs rows: with more of them, no table can be made. */
#define MAX_FDES (LIBAF_SECCOMP_MAX_UNWIND / 2)

struct af_cursor af_cfi_cursor(const struct af_cfi *cfi, const uint8_t *next,
			       uint64_t len)
{
	struct af_cursor in = {
		.next = next,
		.end = next + len,
		.base = cfi->data,
		.vaddr = cfi->vaddr,
	};

	return in;
}

/* Skip the pointer to a personality routine.  Returns whether that worked. */
static bool skip_personality(struct af_cursor *in)
{
	uint8_t encoding = af_get_u8(in);

	if ((encoding & DW_EH_PE_kind) == DW_EH_PE_aligned)
		return false;
	af_get_number(in, encoding);
	return !in->bad;
}

/*
 * Read a CIE's augmentation data, as its augmentation string says.  What
 * follows an unknown letter cannot be read.
 * Returns whether all is understood.
 */
static bool parse_augmentation(struct af_cie *cie, const char *letters,
			       struct af_cursor *in)
{
	for (; *letters; letters++) {
		switch (*letters) {
		case 'R':
			cie->encoding = af_get_u8(in);
			cie->has_encoding = !in->bad;
			break;
		case 'P':
			if (!skip_personality(in))
				return false;
			break;
		case 'L':
			af_get_u8(in);
			break;
		case 'S':
			cie->signal = true;
			break;
		default:
			return false;
		}
		if (in->bad)
			return false;
	}
	return true;
}

/* The augmentation string, with its end inside @in; NULL otherwise. */
static const char *get_letters(struct af_cursor *in)
{
	const char *letters = (const char *)in->next;
	const uint8_t *end = memchr(in->next, 0, af_left(in));

	if (!end) {
		in->bad = true;
		return NULL;
	}
	in->next = end + 1;
	return letters;
}

/* Returns whether the augmentation is understood. */
static bool read_augmentation(struct af_cie *cie, const char *letters,
			      struct af_cursor *in)
{
	struct af_cursor data;
	uint64_t len;

	if (*letters == 0) {
		cie->encoding = DW_EH_PE_absptr;
		cie->has_encoding = true;
		return true;
	}
	if (*letters != 'z')
		return false;
	cie->has_size = true;
	/* Without an 'R', pointers are plain. */
	cie->encoding = DW_EH_PE_absptr;
	len = af_get_uleb(in);
	data = *in;
	af_skip(in, len);
	if (in->bad)
		return false;
	data.end = in->next;
	if (!parse_augmentation(cie, letters + 1, &data))
		return false;
	cie->has_encoding = true;
	return true;
}

/*
 * Read the CIE whose version comes next.  One that is not understood stays in
 * the list all the same, for its FDEs' sake.
 */
static void parse_cie(struct af_cie *cie, struct af_cursor *in)
{
	uint8_t version = af_get_u8(in);
	const char *letters = get_letters(in);
	uint64_t ra;

	if (!letters || (version != 1 && version != 3 && version != 4))
		return;
	/* Version 4 says how long addresses and segment selectors are. */
	if (version == 4 && (af_get_u8(in) != 8 || af_get_u8(in) != 0))
		return;
	cie->code_align = af_get_uleb(in);
	cie->data_align = af_get_sleb(in);
	ra = version == 1 ? af_get_u8(in) : af_get_uleb(in);
	if (in->bad || !read_augmentation(cie, letters, in))
		return;
	cie->usable = ra == AF_REG_RA && af_cfa_initial(cie, in);
}

/* Make room for one more element.  Returns the array or NULL. */
static void *grow(void *array, size_t nr, size_t *max, size_t size)
{
	size_t more = *max ? *max * 2 : 64;
	void *larger;

	if (nr < *max)
		return array;
	larger = realloc(array, more * size);
	if (larger)
		*max = more;
	return larger;
}

static int add_cie(struct af_cfi *cfi, uint64_t offset, struct af_cursor *in)
{
	struct af_cie *cies;

	if (cfi->nr_cies == MAX_CIES)
		return -E2BIG;
	cies = grow(cfi->cies, cfi->nr_cies, &cfi->max_cies, sizeof(*cies));
	if (!cies)
		return -ENOMEM;
	cfi->cies = cies;
	memset(&cies[cfi->nr_cies], 0, sizeof(*cies));
	cies[cfi->nr_cies].offset = offset;
	parse_cie(&cies[cfi->nr_cies++], in);
	return 0;
}

/* CIEs come before their FDEs, and are in ascending order in the list. */
static const struct af_cie *find_cie(const struct af_cfi *cfi, uint64_t offset)
{
	size_t low = 0;
	size_t high = cfi->nr_cies;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cfi->cies[middle].offset == offset)
			return &cfi->cies[middle];
		if (cfi->cies[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Read an FDE's range.  Returns false if it cannot be told. */
static bool read_range(const struct af_cie *cie, struct af_cursor *in,
		       struct af_fde *fde)
{
	uint64_t len;

	fde->start = af_get_pointer(in, cie->encoding, NULL);
	len = af_get_number(in, cie->encoding);
	return !in->bad && !__builtin_add_overflow(fde->start, len, &fde->end);
}

/* Read the FDE whose CIE pointer, @back, has just been read. */
static bool parse_fde(const struct af_cfi *cfi, struct af_cursor *in,
		      uint32_t back, struct af_fde *fde)
{
	uint64_t here = (uint64_t)(in->next - cfi->data) - sizeof(back);
	const struct af_cie *cie;

	cie = back <= here ? find_cie(cfi, here - back) : NULL;
	if (!cie || !cie->has_encoding || !read_range(cie, in, fde))
		return false;
	if (cie->has_size)
		af_skip(in, af_get_uleb(in));
	fde->cie = (uint32_t)(cie - cfi->cies);
	fde->insns = in->bad ? NULL : in->next;
	fde->insns_len = (uint32_t)af_left(in);
	return true;
}

static int add_fde(struct af_cfi *cfi, const struct af_fde *fde)
{
	struct af_fde *fdes;

	if (cfi->nr_fdes == MAX_FDES)
		return -E2BIG;
	fdes = grow(cfi->fdes, cfi->nr_fdes, &cfi->max_fdes, sizeof(*fdes));
	if (!fdes)
		return -ENOMEM;
	cfi->fdes = fdes;
	fdes[cfi->nr_fdes++] = *fde;
	return 0;
}

/* Read the record at @in, without its length, which began at @offset. */
static int read_record(struct af_cfi *cfi, uint64_t offset,
		       struct af_cursor *in, uint64_t start, uint64_t end,
		       uint64_t *nr_fdes)
{
	uint32_t id = af_get_u32(in);
	struct af_fde fde;

	if (!in->bad && id == 0)
		return add_cie(cfi, offset, in);
	(*nr_fdes)++;
	if (in->bad || !parse_fde(cfi, in, id, &fde)) {
		cfi->incomplete = true;
		return 0;
	}
	/* An empty one is what linkers leave of a function thrown away. */
	if (fde.start == fde.end || fde.start >= end || fde.end <= start)
		return 0;
	return add_fde(cfi, &fde);
}

/*
 * Go through .eh_frame, which ends with a zero length.  Linkers leave that out
 * when no startup file brings it (the vDSO, ld.so); then the section ends with
 * its segment, or is followed by other data.  These look like a record that
 * does not fit; the number of FDEs in .eh_frame_hdr tells that all was read.
 */
static int read_records(struct af_cfi *cfi, uint64_t start, uint64_t end,
			uint64_t expected)
{
	struct af_cursor in = af_cfi_cursor(cfi, cfi->data, cfi->size);
	uint64_t nr_fdes = 0;

	while (af_left(&in) >= sizeof(uint32_t)) {
		uint64_t offset = (uint64_t)(in.next - cfi->data);
		uint64_t len = af_get_u32(&in);
		bool is_long = len == UINT32_MAX;
		struct af_cursor record;
		int err;

		if (len == 0)
			return 0;
		if (is_long)
			len = af_get_u64(&in);
		record = in;
		af_skip(&in, len);
		if (in.bad)
			return nr_fdes >= expected ? 0 : -ENOEXEC;
		if (is_long) {
			/* Tools do not agree on what these contain. */
			cfi->incomplete = true;
			continue;
		}
		record.end = in.next;
		err = read_record(cfi, offset, &record, start, end, &nr_fdes);
		if (err)
			return err;
	}
	return 0;
}

/* Read .eh_frame_hdr: where .eh_frame is and, if told, its number of FDEs. */
static int read_header(struct af_cfi *cfi, const struct af_elf *elf,
		       uint64_t *expected)
{
	const uint8_t *data = af_elf_bytes(elf, elf->eh_frame_hdr,
					   elf->eh_frame_hdr_size, NULL);
	struct af_cursor in = {
		.next = data,
		.base = data,
		.vaddr = elf->eh_frame_hdr,
	};
	uint8_t version, pointer, count;

	if (!data)
		return -ENOEXEC;
	in.end = data + elf->eh_frame_hdr_size;
	version = af_get_u8(&in);
	pointer = af_get_u8(&in);
	count = af_get_u8(&in);
	/* The encoding of the search table, which is not used. */
	af_get_u8(&in);
	if (version != 1)
		return -ENOEXEC;
	cfi->vaddr = af_get_pointer(&in, pointer, &elf->eh_frame_hdr);
	*expected = UINT64_MAX;
	if (count != DW_EH_PE_omit)
		*expected = af_get_pointer(&in, count, &elf->eh_frame_hdr);
	if (in.bad)
		return -ENOEXEC;
	cfi->data = af_elf_bytes(elf, cfi->vaddr, 0, &cfi->size);
	return cfi->data ? 0 : -ENOEXEC;
}

/* All of it has to be readable, as nothing tells how much there is. */
static int find_section(struct af_cfi *cfi, const struct af_elf *elf,
			uint64_t *expected)
{
	cfi->vaddr = elf->eh_frame.start;
	cfi->size = elf->eh_frame.end - elf->eh_frame.start;
	cfi->data = af_elf_bytes(elf, cfi->vaddr, cfi->size, NULL);
	*expected = UINT64_MAX;
	return cfi->data ? 0 : -ENOEXEC;
}

int af_cfi_read(struct af_cfi *cfi, const struct af_elf *elf, uint64_t start,
		uint64_t end)
{
	uint64_t expected;
	int err;

	memset(cfi, 0, sizeof(*cfi));
	if (elf->eh_frame_hdr)
		err = read_header(cfi, elf, &expected);
	else if (elf->eh_frame.end > elf->eh_frame.start)
		err = find_section(cfi, elf, &expected);
	else
		return 0;
	if (!err)
		err = read_records(cfi, start, end, expected);
	if (err)
		af_cfi_release(cfi);
	return err;
}

void af_cfi_release(struct af_cfi *cfi)
{
	free(cfi->cies);
	free(cfi->fdes);
	cfi->cies = NULL;
	cfi->fdes = NULL;
}
