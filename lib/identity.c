// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What libaf makes of an ELF file is a function of few of its bytes: of the
 * headers, and for an unwind table of .eh_frame and of the text, which has
 * system calls that .eh_frame leaves out.  A file in which these are the same
 * would give the same again, wherever it is and however old.  The times and the
 * number of the inode say less: a file that was changed can have kept them, and
 * the same file on another system has others.
 *
 * The first page has the build-id in it, as linkers write files, so that
 * another build is another file.  Where something was made of other bytes, all
 * of the file counts.
 */
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cfi.h"
#include "digest.h"
#include "elf.h"
#include "identity.h"

/* The program headers and the build-id. */
#define HEAD 4096U

/* As much of .eh_frame_hdr as is used: without the search table. */
#define HDR 32U

/* Returns 0, or -ESTALE if the file is shorter than that. */
static int add_bytes(struct af_digest *digest, int fd,
		     const struct af_region *region)
{
	uint64_t done = 0;
	uint8_t buf[16384];

	while (done < region->len) {
		uint64_t left = region->len - done;
		ssize_t got = pread(fd, buf,
				    left < sizeof(buf) ? left : sizeof(buf),
				    (off_t)(region->offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -EIO;
		if (got == 0)
			return -ESTALE;
		af_digest_add(digest, buf, (size_t)got);
		done += (uint64_t)got;
	}
	return 0;
}

static int make_digest(const struct af_identity *identity, int fd,
		       uint64_t *result)
{
	struct af_digest digest;
	uint32_t i;
	int ret;

	af_digest_begin(&digest);
	af_digest_add(&digest, &identity->size, sizeof(identity->size));
	for (i = 0; i < identity->nr_regions; i++) {
		const struct af_region *region = &identity->regions[i];

		af_digest_add(&digest, region, sizeof(*region));
		ret = add_bytes(&digest, fd, region);
		if (ret)
			return ret;
	}
	*result = af_digest_end(&digest);
	return 0;
}

static void add_region(struct af_identity *identity, uint64_t offset,
		       uint64_t len)
{
	if (len > identity->size - offset)
		len = identity->size - offset;
	identity->regions[identity->nr_regions++] = (struct af_region){
		.offset = offset,
		.len = len,
	};
}

/* Where @vaddr is in the file, up to the end of its segment; false if not. */
static bool find_offset(const struct af_elf *elf, uint64_t vaddr,
			uint64_t *offset)
{
	size_t i;

	for (i = 0; i < elf->nr_segments; i++) {
		const struct af_segment *segment = &elf->segments[i];

		if (vaddr < segment->vaddr ||
		    vaddr - segment->vaddr >= segment->filesz)
			continue;
		*offset = segment->offset + (vaddr - segment->vaddr);
		return true;
	}
	return false;
}

/* What af_unwind_build() reads, besides the headers. */
static int add_table(struct af_identity *identity, const struct af_elf *elf)
{
	struct af_cfi cfi;
	uint64_t offset;
	size_t i;
	int ret;

	ret = af_cfi_read(&cfi, elf, 0, 0);
	if (ret)
		return ret;
	if (find_offset(elf, elf->eh_frame_hdr, &offset))
		add_region(identity, offset, HDR);
	if (find_offset(elf, cfi.vaddr, &offset))
		add_region(identity, offset, cfi.size);
	af_cfi_release(&cfi);
	for (i = 0; i < elf->nr_segments; i++) {
		if (elf->segments[i].exec)
			add_region(identity, elf->segments[i].offset,
				   elf->segments[i].filesz);
	}
	return 0;
}

/* There is room for one among the regions. */
static bool has_several_texts(const struct af_elf *elf)
{
	size_t i, nr = 0;

	for (i = 0; i < elf->nr_segments; i++)
		nr += elf->segments[i].exec;
	return nr > 1;
}

static bool has_headers_in_head(const Elf64_Ehdr *ehdr)
{
	return ehdr->e_phoff <= HEAD &&
	       ehdr->e_phnum * sizeof(Elf64_Phdr) <= HEAD - ehdr->e_phoff;
}

bool af_identity_fits(const struct af_identity *identity)
{
	uint64_t left = AF_MAX_PINNED;
	uint32_t i;

	for (i = 0; i < identity->nr_regions; i++) {
		if (identity->regions[i].len > left)
			return false;
		left -= identity->regions[i].len;
	}
	return true;
}

int af_identity_make(struct af_identity *identity, int fd,
		     const struct af_elf *elf, bool has_table, bool has_parts)
{
	Elf64_Ehdr ehdr;
	struct stat st;
	int ret = 0;

	memset(identity, 0, sizeof(*identity));
	if (fstat(fd, &st))
		return -EIO;
	identity->size = (uint64_t)st.st_size;
	if (pread(fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr))
		return -ENOEXEC;
	/* What only section headers lead to can be anywhere. */
	if (has_parts || !has_headers_in_head(&ehdr) ||
	    (has_table && (!elf->eh_frame_hdr || has_several_texts(elf)))) {
		add_region(identity, 0, identity->size);
	} else {
		add_region(identity, 0, HEAD);
		if (has_table)
			ret = add_table(identity, elf);
	}
	if (!ret && !af_identity_fits(identity))
		ret = -E2BIG;
	return ret ? ret : make_digest(identity, fd, &identity->digest);
}

int af_identity_check(const struct af_identity *identity, int fd, uint64_t size)
{
	uint64_t digest;
	int ret;

	if (size != identity->size)
		return -ESTALE;
	ret = make_digest(identity, fd, &digest);
	if (ret)
		return ret;
	return digest == identity->digest ? 0 : -ESTALE;
}
