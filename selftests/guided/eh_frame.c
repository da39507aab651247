// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whatever call frame information says, the table that is made of it is one that
 * the kernel takes.
 */
#include <errno.h>
#include <string.h>

#include "table_model.h"
#include "target.h"
#include "unwind.h"

#define TEXT    0x1000U
#define FRAMES  0x400000U
#define HDR_LEN 16U

/* What there is of code decides about the ends of functions that call. */
static const uint8_t some_code[] = {
	0x55, 0x48, 0x89, 0xe5, 0x0f, 0x05, 0xc3, 0x90,
};

/* @text_len, @entry: given by the input, as places in the code */
struct head {
	uint32_t text_len;
	uint32_t entry;
};

static uint8_t *make_text(size_t len)
{
	uint8_t *text = malloc(len);

	require(text);
	for (size_t i = 0; i < len; i++)
		text[i] = some_code[i % sizeof(some_code)];
	return text;
}

/* A header without a search table, and what it points to. */
static uint8_t *make_frames(const uint8_t *eh_frame, size_t size)
{
	static const uint8_t hdr[HDR_LEN] = {
		1, 0x1b, 0xff, 0xff, HDR_LEN - 4,
	};
	uint8_t *frames = malloc(HDR_LEN + size);

	require(frames);
	memcpy(frames, hdr, HDR_LEN);
	memcpy(frames + HDR_LEN, eh_frame, size);
	return frames;
}

void check_rules(const void *blob, size_t size, uint64_t len)
{
	uint64_t step = len / 512 + 1;

	for (uint64_t offset = 0; offset < len; offset += step)
		require(af_unwind_find(blob, size, len, offset));
	require(af_unwind_find(blob, size, len, len - 1));
	require(!af_unwind_find(blob, size, len, len));
	require(!af_unwind_find(blob, size, len, UINT64_MAX));
}

/* Is there any more in the table than NONE and END? */
static bool check_table(const struct af_elf *elf)
{
	const struct af_segment *text = &elf->segments[0];
	struct libaf_seccomp_unwind header;
	struct af_unwind unwind;
	int ret = af_unwind_build(elf, text, &unwind);

	require(ret == 0 || ret == -ENOEXEC || ret == -E2BIG);
	if (ret)
		return false;
	require(unwind_model_valid(unwind.blob, unwind.size, text->filesz));
	require(!af_unwind_check(unwind.blob, unwind.size, text->filesz));
	check_rules(unwind.blob, unwind.size, text->filesz);
	memcpy(&header, unwind.blob, sizeof(header));
	af_unwind_release(&unwind);
	return header.nr_rules > 2;
}

bool fuzz_eh_frame(const uint8_t *data, size_t size)
{
	static struct af_elf elf;
	struct head head;
	bool found;

	if (size < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	size -= sizeof(head);
	/* Up to three blocks of rows. */
	head.text_len = head.text_len % (3U << 16) + 1;

	memset(&elf, 0, sizeof(elf));
	elf.entry = TEXT + head.entry % head.text_len;
	elf.segments[0].vaddr = elf.segments[0].offset = TEXT;
	elf.segments[0].filesz = head.text_len;
	elf.segments[0].exec = true;
	elf.segments[0].data = make_text(head.text_len);
	elf.segments[1].vaddr = elf.segments[1].offset = FRAMES;
	elf.segments[1].filesz = HDR_LEN + size;
	elf.segments[1].data = make_frames(data, size);
	elf.nr_segments = 2;
	elf.eh_frame_hdr = FRAMES;
	elf.eh_frame_hdr_size = HDR_LEN;
	found = check_table(&elf);
	free((void *)elf.segments[0].data);
	free((void *)elf.segments[1].data);
	return found;
}
