/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the parts of an x86-64 ELF file that libaf needs. */
#ifndef AF_ELF_H
#define AF_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From @start to before @end: virtual addresses of a file, not relocated. */
struct af_span {
	uint64_t start;
	uint64_t end;
};

/*
 * One PT_LOAD segment.  @data has @filesz bytes.  It is NULL for a segment
 * that has not been read (see af_elf_read_fd()) or may not be read.
 */
struct af_segment {
	uint64_t vaddr;
	uint64_t offset;
	uint64_t filesz;
	bool exec;
	const uint8_t *data;
};

#define AF_ELF_MAX_SEGMENTS 64

/*
 * An ELF file.  Virtual addresses are as in the file, before relocation.
 * @entry: e_entry, 0 if there is none
 * @eh_frame_hdr: address of PT_GNU_EH_FRAME, 0 if there is none
 * @eh_frame: .eh_frame, if there is no PT_GNU_EH_FRAME to lead to it, and its
 *	section header has been looked for; else empty
 * @interp: PT_INTERP, NULL if there is none
 * @soname, @runpath, @rpath: from PT_DYNAMIC, NULL if not there
 * @rpath is also NULL if there is a @runpath, which the loader prefers.
 */
struct af_elf {
	struct af_segment segments[AF_ELF_MAX_SEGMENTS];
	size_t nr_segments;
	uint64_t entry;
	uint64_t eh_frame_hdr;
	uint64_t eh_frame_hdr_size;
	struct af_span eh_frame;
	const char *interp;
	const char *soname;
	const char *runpath;
	const char *rpath;
	void *owned; /* what af_elf_release() frees */
};

/* Flag of af_elf_read_fd(): read all segments, as af_unwind_build() needs. */
#define AF_ELF_SEGMENTS (1U << 0)

/* Limit of what AF_ELF_SEGMENTS reads. */
#define AF_ELF_MAX_READ (256U << 20)

/*
 * Read from a file.  Reads, does not map: a file that shrinks meanwhile is an
 * error, not a SIGBUS.  Without AF_ELF_SEGMENTS only the headers and strings
 * are read, and no segment has data.
 * Returns 0, -ENOEXEC if it is no x86-64 ELF executable or shared object or
 * is malformed, -E2BIG if it has more than AF_ELF_MAX_READ to be read, -EIO,
 * or -ENOMEM.
 */
int af_elf_read_fd(struct af_elf *elf, int fd, unsigned int flags);

/*
 * Look at an object that is loaded in this process, at load bias @bias, with
 * the program headers @phdr.  Nothing is copied.  @elf->entry is 0 unless a
 * segment holds the ELF header.  Also for the vDSO, given by the address of
 * its ELF header: see af_elf_read_image().
 * Returns 0 or -ENOEXEC.
 */
int af_elf_read_loaded(struct af_elf *elf, uintptr_t bias, const void *phdr,
		       size_t nr_phdr);

/*
 * Look at an ELF file that lies in memory as it does on disk: @size bytes at
 * @image (the vDSO; test data).  Nothing is copied.
 * Returns 0 or -ENOEXEC.
 */
int af_elf_read_image(struct af_elf *elf, const void *image, size_t size);

/*
 * Do both have the same text at the same addresses, byte by byte?  False if
 * that cannot be seen.
 */
bool af_elf_same_text(const struct af_elf *a, const struct af_elf *b);

/*
 * Read exactly @len bytes at @offset of a file.  Returns 0, -ENOEXEC if it ends
 * before that, or -EIO.
 */
int af_elf_read_at(int fd, void *buf, size_t len, uint64_t offset);

/* Free what af_elf_read_fd() allocated.  Needed only after success. */
void af_elf_release(struct af_elf *elf);

/*
 * @len bytes at virtual address @vaddr, or NULL if they do not lie in one
 * segment that has been read.  *@max, if not NULL, receives how many bytes
 * there are in all.
 */
const uint8_t *af_elf_bytes(const struct af_elf *elf, uint64_t vaddr,
			    uint64_t len, uint64_t *max);

#endif /* AF_ELF_H */
