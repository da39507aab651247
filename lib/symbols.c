// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sections and functions of an ELF file.  The loader needs neither, so nothing
 * in them is to be believed: whoever asks checks that what is found is text.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "symbols.h"

/* How many names are compared for a suggestion: a damaged file has millions. */
#define MAX_SUGGESTED 65536

/* A section's contents, @size bytes. */
struct contents {
	void *data;
	uint64_t size;
};

/*
 * @left: how many more bytes may be read
 */
struct af_symbols {
	int fd;
	uint64_t file_size;
	uint64_t left;
	struct contents headers;
	struct contents header_names;
	struct contents symbols;
	struct contents symbol_names;
	bool stripped;
};

static int read_contents(struct af_symbols *s, uint64_t offset, uint64_t size,
			 struct contents *contents)
{
	int err;

	if (offset > s->file_size || size > s->file_size - offset)
		return -ENOEXEC;
	if (size > s->left)
		return -E2BIG;
	s->left -= size;
	contents->data = malloc(size ? size : 1);
	if (!contents->data)
		return -ENOMEM;
	err = af_elf_read_at(s->fd, contents->data, size, offset);
	if (!err)
		contents->size = size;
	return err;
}

static size_t nr_headers(const struct af_symbols *s)
{
	return s->headers.size / sizeof(Elf64_Shdr);
}

/* Memory from malloc() is aligned well enough for all tables of ELF. */
static const Elf64_Shdr *header(const struct af_symbols *s, size_t i)
{
	return (const Elf64_Shdr *)s->headers.data + i;
}

static int read_section(struct af_symbols *s, size_t i, uint32_t type,
			struct contents *contents)
{
	const Elf64_Shdr *shdr;

	if (i >= nr_headers(s) || header(s, i)->sh_type != type)
		return -ENOEXEC;
	shdr = header(s, i);
	return read_contents(s, shdr->sh_offset, shdr->sh_size, contents);
}

static int read_headers(struct af_symbols *s)
{
	Elf64_Ehdr ehdr;
	int err = af_elf_read_at(s->fd, &ehdr, sizeof(ehdr), 0);

	if (err)
		return err;
	/* More than that are not numbered in the header; none are none. */
	if (ehdr.e_shnum == 0 || ehdr.e_shnum >= SHN_LORESERVE)
		return 0;
	if (ehdr.e_shentsize != sizeof(Elf64_Shdr))
		return -ENOEXEC;
	err = read_contents(s, ehdr.e_shoff, ehdr.e_shnum * sizeof(Elf64_Shdr),
			    &s->headers);
	if (err || ehdr.e_shstrndx == SHN_UNDEF)
		return err;
	return read_section(s, ehdr.e_shstrndx, SHT_STRTAB, &s->header_names);
}

/* The first section of a type, 0 if there is none. */
static size_t find_type(const struct af_symbols *s, uint32_t type)
{
	for (size_t i = 1; i < nr_headers(s); i++) {
		if (header(s, i)->sh_type == type)
			return i;
	}
	return 0;
}

static int read_table(struct af_symbols *s)
{
	uint32_t type = SHT_SYMTAB;
	size_t i = find_type(s, type);
	int err;

	if (!i) {
		s->stripped = true;
		type = SHT_DYNSYM;
		i = find_type(s, type);
	}
	if (!i)
		return 0;
	if (header(s, i)->sh_entsize != sizeof(Elf64_Sym))
		return -ENOEXEC;
	err = read_section(s, i, type, &s->symbols);
	if (err)
		return err;
	return read_section(s, header(s, i)->sh_link, SHT_STRTAB,
			    &s->symbol_names);
}

int af_symbols_read(struct af_symbols **symbols, int fd)
{
	struct af_symbols *s;
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -EIO;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->fd = fd;
	s->file_size = (uint64_t)st.st_size;
	s->left = AF_ELF_MAX_READ;
	err = read_headers(s);
	if (!err)
		err = read_table(s);
	if (err)
		af_symbols_free(s);
	else
		*symbols = s;
	return err;
}

void af_symbols_free(struct af_symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->headers.data);
	free(symbols->header_names.data);
	free(symbols->symbols.data);
	free(symbols->symbol_names.data);
	free(symbols);
}

bool af_symbols_stripped(const struct af_symbols *symbols)
{
	return symbols->stripped;
}

/*
 * Something in the file that has a name.
 * @name: where it is in @names, which need not hold the whole of it
 */
struct thing {
	const struct contents *names;
	uint64_t name;
	enum af_named_state state;
	uint64_t start;
	uint64_t size;
};

static struct thing section_at(const struct af_symbols *s, size_t i)
{
	const Elf64_Shdr *shdr = header(s, i);
	const uint64_t code = SHF_ALLOC | SHF_EXECINSTR;
	struct thing thing = {
		.names = &s->header_names,
		.name = shdr->sh_name,
		.state = AF_NAMED_NOT_CODE,
		.start = shdr->sh_addr,
		.size = shdr->sh_size,
	};

	if (shdr->sh_type == SHT_PROGBITS && (shdr->sh_flags & code) == code)
		thing.state = shdr->sh_size ? AF_NAMED_FOUND : AF_NAMED_EMPTY;
	return thing;
}

static size_t nr_symbols(const struct af_symbols *s)
{
	return s->symbols.size / sizeof(Elf64_Sym);
}

static struct thing symbol_at(const struct af_symbols *s, size_t i)
{
	const Elf64_Sym *sym = (const Elf64_Sym *)s->symbols.data + i;
	struct thing thing = {
		.names = &s->symbol_names,
		.name = sym->st_name,
		.state = AF_NAMED_NOT_CODE,
		.start = sym->st_value,
		.size = sym->st_size,
	};

	if (sym->st_shndx == SHN_UNDEF)
		thing.state = AF_NAMED_UNDEFINED;
	else if (ELF64_ST_TYPE(sym->st_info) == STT_FUNC)
		thing.state = sym->st_size ? AF_NAMED_FOUND : AF_NAMED_EMPTY;
	return thing;
}

/*
 * Compare @name with a thing's, as strcmp() does.  No more of the latter is
 * looked at than the former is long: in a damaged file all may be as long as
 * their table.
 */
static int compare_name(const char *name, const struct thing *thing)
{
	uint64_t there = thing->names->size;
	size_t size = strlen(name) + 1;
	int diff;

	if (thing->name >= there)
		return 1;
	there -= thing->name;
	diff = memcmp(name, (const char *)thing->names->data + thing->name,
		      there < size ? there : size);
	/* One that its table cuts short is nobody's. */
	return diff || there >= size ? diff : 1;
}

/* The first one by a thing's name, in ascending order, or NULL. */
static struct af_named *find_named(struct af_named *named, size_t nr,
				   const struct thing *thing)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_name(named[middle].name, thing) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == nr || compare_name(named[low].name, thing))
		return NULL;
	return &named[low];
}

/* A name leads to this thing, too. */
static void meet(struct af_named *named, const struct thing *thing)
{
	uint64_t end;

	if (named->state == AF_NAMED_AMBIGUOUS)
		return;
	if (__builtin_add_overflow(thing->start, thing->size, &end))
		end = UINT64_MAX;
	if (named->state >= AF_NAMED_EMPTY && thing->state >= AF_NAMED_EMPTY &&
	    (named->start != thing->start || named->end != end)) {
		named->state = AF_NAMED_AMBIGUOUS;
		named->other = thing->start;
	} else if (thing->state > named->state) {
		named->state = thing->state;
		named->start = thing->start;
		named->end = end;
	}
}

static int compare_named(const void *a, const void *b)
{
	const struct af_named *x = a;
	const struct af_named *y = b;

	return strcmp(x->name, y->name);
}

/* Everything in the file but what has index 0, which is never anything. */
static void find(const struct af_symbols *s,
		 struct thing (*thing_at)(const struct af_symbols *s, size_t i),
		 size_t nr_things, struct af_named *named, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		named[i].state = AF_NAMED_MISSING;
	qsort(named, nr, sizeof(*named), compare_named);
	for (size_t i = 1; i < nr_things; i++) {
		struct thing thing = thing_at(s, i);
		struct af_named *first = find_named(named, nr, &thing);

		if (first)
			meet(first, &thing);
	}
	/* Only the first by its name has been met. */
	for (size_t i = 1; i < nr; i++) {
		size_t tag = named[i].tag;

		if (strcmp(named[i].name, named[i - 1].name))
			continue;
		named[i] = named[i - 1];
		named[i].tag = tag;
	}
}

void af_symbols_find_sections(const struct af_symbols *symbols,
			      struct af_named *named, size_t nr)
{
	find(symbols, section_at, nr_headers(symbols), named, nr);
}

void af_symbols_find_functions(const struct af_symbols *symbols,
			       struct af_named *named, size_t nr)
{
	find(symbols, symbol_at, nr_symbols(symbols), named, nr);
}

const char *af_symbols_function_at(const struct af_symbols *symbols,
				   uint64_t addr, uint64_t *start)
{
	struct thing best = { .start = 0 };
	const char *name;

	for (size_t i = 1; i < nr_symbols(symbols); i++) {
		struct thing thing = symbol_at(symbols, i);

		if (thing.state == AF_NAMED_FOUND && addr >= thing.start &&
		    addr - thing.start < thing.size &&
		    (!best.names || thing.start > best.start))
			best = thing;
	}
	/* Only the name of one is looked for the end of. */
	if (!best.names || best.name >= best.names->size)
		return NULL;
	name = (const char *)best.names->data + best.name;
	*start = best.start;
	return memchr(name, '\0', best.names->size - best.name) ? name : NULL;
}

bool af_symbols_loaded_section(const struct af_symbols *symbols,
			       const char *name, struct af_span *span)
{
	for (size_t i = 1; i < nr_headers(symbols); i++) {
		const Elf64_Shdr *shdr = header(symbols, i);
		struct thing thing = section_at(symbols, i);

		if (!(shdr->sh_flags & SHF_ALLOC) ||
		    shdr->sh_type == SHT_NOBITS || compare_name(name, &thing) ||
		    __builtin_add_overflow(thing.start, thing.size, &span->end))
			continue;
		span->start = thing.start;
		return true;
	}
	return false;
}

static void suggest(const struct af_symbols *s,
		    struct thing (*thing_at)(const struct af_symbols *s,
					     size_t i),
		    size_t nr_things, struct af_suggestion *suggestion)
{
	size_t nr = 0;

	for (size_t i = 1; i < nr_things && nr < MAX_SUGGESTED; i++) {
		struct thing thing = thing_at(s, i);
		char name[AF_MAX_WORD];
		uint64_t there;

		if (thing.state != AF_NAMED_FOUND ||
		    thing.name >= thing.names->size)
			continue;
		there = thing.names->size - thing.name;
		if (there > sizeof(name))
			there = sizeof(name);
		memcpy(name, (const char *)thing.names->data + thing.name,
		       there);
		if (!memchr(name, '\0', there))
			continue;
		af_suggest(suggestion, name);
		nr++;
	}
}

void af_symbols_suggest_section(const struct af_symbols *symbols,
				struct af_suggestion *s)
{
	suggest(symbols, section_at, nr_headers(symbols), s);
}

void af_symbols_suggest_function(const struct af_symbols *symbols,
				 struct af_suggestion *s)
{
	suggest(symbols, symbol_at, nr_symbols(symbols), s);
}
