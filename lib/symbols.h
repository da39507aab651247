/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections and functions of an ELF file, by their names and addresses. */
#ifndef AF_SYMBOLS_H
#define AF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf.h"
#include "suggest.h"

/* What a name leads to.  Of several things the last of these counts. */
enum af_named_state {
	AF_NAMED_MISSING,
	AF_NAMED_UNDEFINED, /* it is another file's */
	AF_NAMED_NOT_CODE, /* it is data, say, or an indirect function */
	AF_NAMED_EMPTY,
	AF_NAMED_FOUND,
	AF_NAMED_AMBIGUOUS, /* it is several functions or sections */
};

/*
 * A name that is looked for.
 * @start, @end: virtual addresses as in the file, if @state is FOUND; they
 *	need not lie in any segment
 * @other: where another one begins, if it is AMBIGUOUS
 * @tag: of whoever asks
 */
struct af_named {
	const char *name;
	enum af_named_state state;
	uint64_t start;
	uint64_t end;
	uint64_t other;
	size_t tag;
};

struct af_symbols;

/*
 * Read the section headers of an ELF file for x86-64, which af_elf_read_fd()
 * has taken for one, and its symbol table: .symtab, or .dynsym if it is
 * stripped.  A file without section headers has neither.
 * Returns 0, -ENOEXEC if they are malformed, -E2BIG if they exceed
 * AF_ELF_MAX_READ, -EIO or -ENOMEM.
 */
int af_symbols_read(struct af_symbols **symbols, int fd);
void af_symbols_free(struct af_symbols *symbols);

bool af_symbols_stripped(const struct af_symbols *symbols);

/*
 * Look for all names at once, in time proportional to the size of the table.
 * Sections count if they have code in the file, symbols if they are functions.
 * Reorders @named.
 */
void af_symbols_find_sections(const struct af_symbols *symbols,
			      struct af_named *named, size_t nr);
void af_symbols_find_functions(const struct af_symbols *symbols,
			       struct af_named *named, size_t nr);

/*
 * The function that has code at @addr, a virtual address as in the file: its
 * name, which lives as long as @symbols, and where it begins.  Of several it is
 * the one that begins last.  NULL if there is none.
 */
const char *af_symbols_function_at(const struct af_symbols *symbols,
				   uint64_t addr, uint64_t *start);

/* The first section by this name that is loaded.  Returns false if none is. */
bool af_symbols_loaded_section(const struct af_symbols *symbols,
			       const char *name, struct af_span *span);

/* Offer names that would be found. */
void af_symbols_suggest_section(const struct af_symbols *symbols,
				struct af_suggestion *s);
void af_symbols_suggest_function(const struct af_symbols *symbols,
				 struct af_suggestion *s);

#endif /* AF_SYMBOLS_H */
