// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file may be anybody's: nothing that it says of sizes is believed.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/elf.h"
#include "build_id.h"

/* As much of a segment of notes as is looked at: the build-id is a first one. */
#define MAX_NOTES 4096U

/* GNU_BANNER VENDOR RELEASE MINOR, as csu/version.c of glibc has it. */
#define GNU_BANNER  "GNU C Library "
#define GNU_RELEASE " release version 2."
#define MAX_BANNER  256

static uint64_t align_up(uint64_t offset, uint64_t align)
{
	return (offset + align - 1) & -align;
}

static void write_hex(const uint8_t *bytes, size_t len, char *text)
{
	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
}

static bool find_note(const uint8_t *notes, uint64_t size, uint64_t align,
		      char *id)
{
	uint64_t pos = 0;

	while (pos < size && size - pos >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		uint64_t name = pos + sizeof(note), desc, end;

		/* Both sizes have 32 bits: the sums do not overflow. */
		memcpy(&note, notes + pos, sizeof(note));
		desc = align_up(name + note.n_namesz, align);
		end = desc + note.n_descsz;
		if (end > size)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(notes + name, "GNU", 4) && note.n_descsz &&
		    note.n_descsz <= AF_BUILD_ID_MAX) {
			write_hex(notes + desc, note.n_descsz, id);
			return true;
		}
		pos = align_up(end, align);
	}
	return false;
}

static bool read_notes(int fd, const Elf64_Phdr *phdr, char *id)
{
	uint64_t size = phdr->p_filesz < MAX_NOTES ? phdr->p_filesz : MAX_NOTES;
	uint8_t notes[MAX_NOTES];

	return !af_elf_read_at(fd, notes, size, phdr->p_offset) &&
	       find_note(notes, size, phdr->p_align == 8 ? 8 : 4, id);
}

bool af_build_id_read(int fd, char id[AF_BUILD_ID_TEXT])
{
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;

	if (af_elf_read_at(fd, &ehdr, sizeof(ehdr), 0) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) ||
	    ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_phentsize != sizeof(phdr))
		return false;
	for (unsigned int i = 0; i < ehdr.e_phnum; i++) {
		if (af_elf_read_at(fd, &phdr, sizeof(phdr),
				   ehdr.e_phoff + i * sizeof(phdr)))
			return false;
		if (phdr.p_type == PT_NOTE && read_notes(fd, &phdr, id))
			return true;
	}
	return false;
}

/* Of the banner that begins at @start, with at most @len bytes. */
static unsigned int read_banner(const uint8_t *start, size_t len)
{
	char banner[MAX_BANNER], *release;
	unsigned long minor;

	if (len >= sizeof(banner))
		len = sizeof(banner) - 1;
	memcpy(banner, start, len);
	banner[len] = '\0';
	banner[strcspn(banner, "\n")] = '\0';
	release = strstr(banner, GNU_RELEASE);
	if (!release)
		return 0;
	minor = strtoul(release + strlen(GNU_RELEASE), NULL, 10);
	return minor < 1000 ? (unsigned int)minor : 0;
}

static unsigned int find_banner(const struct af_segment *segment)
{
	const uint8_t *found = memmem(segment->data, segment->filesz,
				      GNU_BANNER, strlen(GNU_BANNER));

	return found ? read_banner(found,
				   segment->data + segment->filesz - found) :
		       0;
}

unsigned int af_glibc_version(int fd)
{
	unsigned int version = 0;
	struct af_elf elf;

	if (af_elf_read_fd(&elf, fd, AF_ELF_SEGMENTS))
		return 0;
	for (size_t i = 0; !version && i < elf.nr_segments; i++) {
		if (elf.segments[i].data)
			version = find_banner(&elf.segments[i]);
	}
	af_elf_release(&elf);
	return version;
}
