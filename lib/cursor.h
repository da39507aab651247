/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes of an ELF file, read one after the other and never beyond their end. */
#ifndef AF_CURSOR_H
#define AF_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Pointer encodings: a format, what the value is relative to, indirection. */
enum {
	DW_EH_PE_absptr = 0x00,
	DW_EH_PE_uleb128 = 0x01,
	DW_EH_PE_udata2 = 0x02,
	DW_EH_PE_udata4 = 0x03,
	DW_EH_PE_udata8 = 0x04,
	DW_EH_PE_sleb128 = 0x09,
	DW_EH_PE_sdata2 = 0x0a,
	DW_EH_PE_sdata4 = 0x0b,
	DW_EH_PE_sdata8 = 0x0c,
	DW_EH_PE_format = 0x0f,

	DW_EH_PE_pcrel = 0x10,
	DW_EH_PE_datarel = 0x30,
	DW_EH_PE_aligned = 0x50,
	DW_EH_PE_kind = 0x70,
	DW_EH_PE_application = 0xf0,

	DW_EH_PE_omit = 0xff,
};

/*
 * Bytes being read.  Reading beyond the end gives zeros and sets @bad, so that
 * one check after several reads is enough.
 * @base, @vaddr: a byte and its virtual address
 */
struct af_cursor {
	const uint8_t *next;
	const uint8_t *end;
	const uint8_t *base;
	uint64_t vaddr;
	bool bad;
};

static inline uint64_t af_left(const struct af_cursor *in)
{
	return (uint64_t)(in->end - in->next);
}

static inline void af_skip(struct af_cursor *in, uint64_t len)
{
	if (len > af_left(in)) {
		in->bad = true;
		in->next = in->end;
		return;
	}
	in->next += len;
}

static inline uint8_t af_get_u8(struct af_cursor *in)
{
	if (in->next == in->end) {
		in->bad = true;
		return 0;
	}
	return *in->next++;
}

static inline void af_get_bytes(struct af_cursor *in, void *to, size_t len)
{
	if (len > af_left(in)) {
		in->bad = true;
		in->next = in->end;
		memset(to, 0, len);
		return;
	}
	memcpy(to, in->next, len);
	in->next += len;
}

static inline uint16_t af_get_u16(struct af_cursor *in)
{
	uint16_t value;

	af_get_bytes(in, &value, sizeof(value));
	return value;
}

static inline uint32_t af_get_u32(struct af_cursor *in)
{
	uint32_t value;

	af_get_bytes(in, &value, sizeof(value));
	return value;
}

static inline uint64_t af_get_u64(struct af_cursor *in)
{
	uint64_t value;

	af_get_bytes(in, &value, sizeof(value));
	return value;
}

/* Numbers in DWARF's LEB128, of at most 64 bits. */
uint64_t af_get_uleb(struct af_cursor *in);
int64_t af_get_sleb(struct af_cursor *in);

/* A number in one of the formats of encoded pointers, sign-extended. */
uint64_t af_get_number(struct af_cursor *in, uint8_t encoding);

/*
 * An encoded pointer.  @datarel is what DW_EH_PE_datarel is relative to, or
 * NULL where that is not defined.
 */
uint64_t af_get_pointer(struct af_cursor *in, uint8_t encoding,
			const uint64_t *datarel);

#endif /* AF_CURSOR_H */
