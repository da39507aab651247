// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cursor.h"

uint64_t af_get_uleb(struct af_cursor *in)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = af_get_u8(in);
		if (shift > 63 || (shift == 63 && (byte & 0x7e))) {
			in->bad = true;
			return 0;
		}
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

int64_t af_get_sleb(struct af_cursor *in)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = af_get_u8(in);
		if (shift > 63 ||
		    (shift == 63 && byte != 0x00 && byte != 0x7f)) {
			in->bad = true;
			return 0;
		}
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		value |= ~(uint64_t)0 << shift;
	return (int64_t)value;
}

uint64_t af_get_number(struct af_cursor *in, uint8_t encoding)
{
	switch (encoding & DW_EH_PE_format) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return af_get_u64(in);
	case DW_EH_PE_uleb128:
		return af_get_uleb(in);
	case DW_EH_PE_udata2:
		return af_get_u16(in);
	case DW_EH_PE_udata4:
		return af_get_u32(in);
	case DW_EH_PE_sleb128:
		return (uint64_t)af_get_sleb(in);
	case DW_EH_PE_sdata2:
		return (uint64_t)(int64_t)(int16_t)af_get_u16(in);
	case DW_EH_PE_sdata4:
		return (uint64_t)(int64_t)(int32_t)af_get_u32(in);
	default:
		in->bad = true;
		return 0;
	}
}

uint64_t af_get_pointer(struct af_cursor *in, uint8_t encoding,
			const uint64_t *datarel)
{
	uint64_t here = in->vaddr + (uint64_t)(in->next - in->base);
	uint64_t value = af_get_number(in, encoding);

	switch (encoding & DW_EH_PE_application) {
	case DW_EH_PE_absptr:
		return value;
	case DW_EH_PE_pcrel:
		return here + value;
	case DW_EH_PE_datarel:
		if (datarel)
			return *datarel + value;
		break;
	default:
		break;
	}
	in->bad = true;
	return 0;
}
