// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sections and functions by their names and addresses: in made up files, in
 * damaged ones, and in this program.
 */
#define _GNU_SOURCE
#include <check.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf.h"
#include "no_memory.h"
#include "symbols.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

enum {
	SECTION_NULL,
	SECTION_TEXT,
	SECTION_DATA,
	SECTION_EMPTY,
	SECTION_TWICE,
	SECTION_TWICE_2,
	SECTION_BSS,
	SECTION_SYMTAB,
	SECTION_STRTAB,
	SECTION_SHSTRTAB,
	NR_SECTIONS,
};

#define SECTION_NAMES "\0.parser\0.data\0.empty\0.twice\0.bss\0"
#define PARSER        1
#define DATA          9
#define EMPTY         15
#define TWICE         22
#define BSS           29

#define SYMBOL_NAMES "\0parse\0alias\0local\0data\0empty\0extern\0both\0long"
#define PARSE        1
#define ALIAS        7
#define LOCAL        13
#define DATA_SYMBOL  19
#define EMPTY_SYMBOL 24
#define EXTERN       30
#define BOTH         37
#define LONG         42

enum {
	NR_SYMBOLS = 10
};

struct image {
	Elf64_Ehdr ehdr;
	Elf64_Shdr sections[NR_SECTIONS];
	Elf64_Sym symbols[NR_SYMBOLS];
	char section_names[sizeof(SECTION_NAMES)];
	/* Without the final NUL. */
	char symbol_names[sizeof(SYMBOL_NAMES) - 1];
};

static Elf64_Shdr code(uint32_t name, uint64_t addr, uint64_t size)
{
	return (Elf64_Shdr){
		.sh_name = name,
		.sh_type = SHT_PROGBITS,
		.sh_flags = SHF_ALLOC | SHF_EXECINSTR,
		.sh_addr = addr,
		.sh_size = size,
	};
}

static Elf64_Shdr table(uint32_t type, uint64_t offset, uint64_t size)
{
	return (Elf64_Shdr){
		.sh_type = type,
		.sh_offset = offset,
		.sh_size = size,
	};
}

static Elf64_Sym function(uint32_t name, uint64_t value, uint64_t size)
{
	return (Elf64_Sym){
		.st_name = name,
		.st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
		.st_shndx = SECTION_TEXT,
		.st_value = value,
		.st_size = size,
	};
}

static void make_sections(struct image *image)
{
	Elf64_Shdr *to = image->sections;

	to[SECTION_TEXT] = code(PARSER, 0x1000, 0x100);
	to[SECTION_DATA] = code(DATA, 0x2000, 0x100);
	to[SECTION_DATA].sh_flags = SHF_ALLOC | SHF_WRITE;
	to[SECTION_EMPTY] = code(EMPTY, 0x1100, 0);
	to[SECTION_TWICE] = code(TWICE, 0x1200, 0x10);
	to[SECTION_TWICE_2] = code(TWICE, 0x1300, 0x10);
	to[SECTION_BSS] = code(BSS, 0x1400, 0x10);
	to[SECTION_BSS].sh_type = SHT_NOBITS;
	to[SECTION_SYMTAB] = table(SHT_SYMTAB, offsetof(struct image, symbols),
				   sizeof(image->symbols));
	to[SECTION_SYMTAB].sh_entsize = sizeof(Elf64_Sym);
	to[SECTION_SYMTAB].sh_link = SECTION_STRTAB;
	to[SECTION_STRTAB] = table(SHT_STRTAB,
				   offsetof(struct image, symbol_names),
				   sizeof(image->symbol_names));
	to[SECTION_SHSTRTAB] = table(SHT_STRTAB,
				     offsetof(struct image, section_names),
				     sizeof(image->section_names));
}

static void make_symbols(Elf64_Sym *to)
{
	to[1] = function(PARSE, 0x1010, 0x20);
	to[2] = function(ALIAS, 0x1010, 0x20);
	to[3] = function(LOCAL, 0x1040, 0x10);
	to[4] = function(LOCAL, 0x1060, 0x10);
	to[5] = function(DATA_SYMBOL, 0x2000, 8);
	to[5].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
	to[6] = function(EMPTY_SYMBOL, 0x1080, 0);
	to[7] = function(EXTERN, 0, 0);
	to[7].st_shndx = SHN_UNDEF;
	/* A function, and data of that name. */
	to[8] = function(BOTH, 0x2000, 8);
	to[8].st_info = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT);
	to[9] = function(BOTH, 0x1090, 8);
}

static void make_image(struct image *image)
{
	memset(image, 0, sizeof(*image));
	memcpy(image->ehdr.e_ident, ELFMAG, SELFMAG);
	image->ehdr.e_shoff = offsetof(struct image, sections);
	image->ehdr.e_shentsize = sizeof(Elf64_Shdr);
	image->ehdr.e_shnum = NR_SECTIONS;
	image->ehdr.e_shstrndx = SECTION_SHSTRTAB;
	make_sections(image);
	make_symbols(image->symbols);
	memcpy(image->section_names, SECTION_NAMES, sizeof(SECTION_NAMES));
	memcpy(image->symbol_names, SYMBOL_NAMES, sizeof(SYMBOL_NAMES) - 1);
}

static int read_bytes(const void *data, size_t size, struct af_symbols **to)
{
	int fd = memfd_create("symbols_test", MFD_CLOEXEC);
	int ret;

	*to = NULL;
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	ret = af_symbols_read(to, fd);
	ck_assert_int_eq(!*to, !!ret);
	close(fd);
	return ret;
}

static int read_image(const struct image *image, struct af_symbols **to)
{
	return read_bytes(image, sizeof(*image), to);
}

static struct af_named find_function(const struct af_symbols *symbols,
				     const char *name)
{
	struct af_named named = { .name = name };

	af_symbols_find_functions(symbols, &named, 1);
	return named;
}

static struct af_named find_section(const struct af_symbols *symbols,
				    const char *name)
{
	struct af_named named = { .name = name };

	af_symbols_find_sections(symbols, &named, 1);
	return named;
}

static const struct {
	const char *name;
	bool section;
	enum af_named_state state;
	uint64_t start;
	uint64_t end;
	uint64_t other;
} cases[] = {
	{ "parse", false, AF_NAMED_FOUND, 0x1010, 0x1030, 0 },
	{ "alias", false, AF_NAMED_FOUND, 0x1010, 0x1030, 0 },
	{ "both", false, AF_NAMED_FOUND, 0x1090, 0x1098, 0 },
	{ "local", false, AF_NAMED_AMBIGUOUS, 0x1040, 0x1050, 0x1060 },
	{ "data", false, AF_NAMED_NOT_CODE, 0x2000, 0x2008, 0 },
	{ "empty", false, AF_NAMED_EMPTY, 0x1080, 0x1080, 0 },
	{ "extern", false, AF_NAMED_UNDEFINED, 0, 0, 0 },
	/* Its end is not in the table. */
	{ "long", false, AF_NAMED_MISSING, 0, 0, 0 },
	{ "longer", false, AF_NAMED_MISSING, 0, 0, 0 },
	{ "pars", false, AF_NAMED_MISSING, 0, 0, 0 },
	{ "parser", false, AF_NAMED_MISSING, 0, 0, 0 },
	{ ".parser", false, AF_NAMED_MISSING, 0, 0, 0 },
	/* Symbol 0 is none, although it has a name. */
	{ "", false, AF_NAMED_MISSING, 0, 0, 0 },
	{ ".parser", true, AF_NAMED_FOUND, 0x1000, 0x1100, 0 },
	{ ".data", true, AF_NAMED_NOT_CODE, 0x2000, 0x2100, 0 },
	{ ".bss", true, AF_NAMED_NOT_CODE, 0x1400, 0x1410, 0 },
	{ ".empty", true, AF_NAMED_EMPTY, 0x1100, 0x1100, 0 },
	{ ".twice", true, AF_NAMED_AMBIGUOUS, 0x1200, 0x1210, 0x1300 },
	{ "parse", true, AF_NAMED_MISSING, 0, 0, 0 },
};

static void check_case(const struct af_named *named, size_t i)
{
	ck_assert_str_eq(named->name, cases[i].name);
	ck_assert_int_eq(named->state, cases[i].state);
	ck_assert_uint_eq(named->start, cases[i].start);
	ck_assert_uint_eq(named->end, cases[i].end);
	ck_assert_uint_eq(named->other, cases[i].other);
}

START_TEST(each_name) {
	struct af_symbols *symbols;
	struct af_named named;
	struct image image;

	make_image(&image);
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	ck_assert(!af_symbols_stripped(symbols));
	named = cases[_i].section ? find_section(symbols, cases[_i].name) :
				    find_function(symbols, cases[_i].name);
	check_case(&named, _i);
	af_symbols_free(symbols);
}
END_TEST

/* All at once, in whatever order, and one of them asked for twice. */
START_TEST(all_names) {
	struct af_named named[2 * ARRAY_SIZE(cases)];
	struct af_symbols *symbols;
	size_t nr = 0, seen = 0;
	struct image image;

	make_image(&image);
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	for (size_t i = ARRAY_SIZE(cases); i--;) {
		if (cases[i].section)
			continue;
		named[nr++] = (struct af_named){ .name = cases[i].name };
		named[nr++] = (struct af_named){ .name = cases[i].name };
	}
	af_symbols_find_functions(symbols, named, nr);
	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
			if (cases[j].section ||
			    strcmp(cases[j].name, named[i].name))
				continue;
			check_case(&named[i], j);
			seen++;
		}
	}
	ck_assert_uint_eq(seen, nr);
	af_symbols_free(symbols);
}
END_TEST

/* What would not be found is not suggested. */
static const struct {
	const char *word;
	bool section;
	const char *suggestion;
} misspelt[] = {
	{ "pares", false, "parse" }, { "bot", false, "both" },
	{ "dat", false, "" },        { "extren", false, "" },
	{ "long", false, "" },       { ".parsre", true, ".parser" },
	{ ".empyt", true, "" },      { ".twic", true, ".twice" },
	{ "elsewhere", false, "" },
};

static const struct {
	uint64_t addr;
	const char *name;
	uint64_t start;
} addresses[] = {
	{ 0x1010, "parse", 0x1010 },
	{ 0x102f, "parse", 0x1010 },
	{ 0x1030, NULL, 0 },
	{ 0x100f, NULL, 0 },
	{ 0x1045, "local", 0x1040 },
	{ 0x106f, "local", 0x1060 },
	/* Data, and what is empty. */
	{ 0x2000, NULL, 0 },
	{ 0x1080, NULL, 0 },
	{ 0x1097, "both", 0x1090 },
	{ 0, NULL, 0 },
	{ UINT64_MAX, NULL, 0 },
};

START_TEST(function_at_an_address) {
	struct af_symbols *symbols;
	struct image image;
	uint64_t start = 0;
	const char *name;

	make_image(&image);
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	name = af_symbols_function_at(symbols, addresses[_i].addr, &start);
	ck_assert_pstr_eq(name, addresses[_i].name);
	ck_assert_uint_eq(start, addresses[_i].start);
	af_symbols_free(symbols);
}
END_TEST

/* The one that begins last, up to the last address; none without a name. */
START_TEST(function_in_another) {
	struct af_symbols *symbols;
	struct image image;
	uint64_t start;

	make_image(&image);
	image.symbols[3] = function(LOCAL, 0x1018, UINT64_MAX);
	image.symbols[4] = function(LONG, 0x1060, 0x10);
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	ck_assert_str_eq(af_symbols_function_at(symbols, 0x1010, &start),
			 "parse");
	ck_assert_str_eq(af_symbols_function_at(symbols, 0x1018, &start),
			 "local");
	ck_assert_uint_eq(start, 0x1018);
	ck_assert_str_eq(af_symbols_function_at(symbols, UINT64_MAX, &start),
			 "local");
	ck_assert_ptr_null(af_symbols_function_at(symbols, 0x1060, &start));
	af_symbols_free(symbols);
}
END_TEST

START_TEST(suggestions) {
	const char *word = misspelt[_i].word;
	struct af_symbols *symbols;
	struct af_suggestion s;
	struct image image;

	make_image(&image);
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	af_suggest_begin(&s, word, strlen(word));
	if (misspelt[_i].section)
		af_symbols_suggest_section(symbols, &s);
	else
		af_symbols_suggest_function(symbols, &s);
	ck_assert_str_eq(s.name, misspelt[_i].suggestion);
	af_symbols_free(symbols);
}
END_TEST

/* Of a stripped file the dynamic symbols are left. */
START_TEST(stripped) {
	struct af_symbols *symbols;
	struct image image;

	make_image(&image);
	image.sections[SECTION_SYMTAB].sh_type = SHT_DYNSYM;
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	ck_assert(af_symbols_stripped(symbols));
	ck_assert_int_eq(find_function(symbols, "parse").state, AF_NAMED_FOUND);
	af_symbols_free(symbols);

	image.sections[SECTION_SYMTAB].sh_type = SHT_NOTE;
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	ck_assert(af_symbols_stripped(symbols));
	ck_assert_int_eq(find_function(symbols, "parse").state,
			 AF_NAMED_MISSING);
	ck_assert_int_eq(find_section(symbols, ".parser").state,
			 AF_NAMED_FOUND);
	af_symbols_free(symbols);
}
END_TEST

/* .symtab has all that .dynsym has, which is not looked at then. */
START_TEST(two_tables) {
	struct af_symbols *symbols;
	struct image image;

	make_image(&image);
	image.sections[SECTION_BSS] = image.sections[SECTION_SYMTAB];
	image.sections[SECTION_BSS].sh_type = SHT_DYNSYM;
	image.sections[SECTION_BSS].sh_size = 0;
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	ck_assert(!af_symbols_stripped(symbols));
	ck_assert_int_eq(find_function(symbols, "parse").state, AF_NAMED_FOUND);
	af_symbols_free(symbols);
}
END_TEST

START_TEST(no_sections) {
	struct af_symbols *symbols;
	struct image image;

	make_image(&image);
	image.ehdr.e_shnum = _i ? SHN_LORESERVE : 0;
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	ck_assert_int_eq(find_function(symbols, "parse").state,
			 AF_NAMED_MISSING);
	ck_assert_int_eq(find_section(symbols, ".parser").state,
			 AF_NAMED_MISSING);
	af_symbols_free(symbols);
}
END_TEST

/* Not only code; but what is in memory, and in the file. */
START_TEST(loaded_sections) {
	struct af_symbols *symbols;
	struct af_span span;
	struct image image;

	make_image(&image);
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	ck_assert(af_symbols_loaded_section(symbols, ".data", &span));
	ck_assert_uint_eq(span.start, 0x2000);
	ck_assert_uint_eq(span.end, 0x2100);
	ck_assert(!af_symbols_loaded_section(symbols, ".bss", &span));
	ck_assert(!af_symbols_loaded_section(symbols, ".none", &span));
	af_symbols_free(symbols);

	image.sections[SECTION_DATA].sh_flags = SHF_WRITE;
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	ck_assert(!af_symbols_loaded_section(symbols, ".data", &span));
	af_symbols_free(symbols);

	image.sections[SECTION_TEXT].sh_size = UINT64_MAX;
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	ck_assert(!af_symbols_loaded_section(symbols, ".parser", &span));
	af_symbols_free(symbols);
}
END_TEST

/* An end beyond all addresses is not one before the start. */
START_TEST(wraps_around) {
	struct af_symbols *symbols;
	struct af_named named;
	struct image image;

	make_image(&image);
	image.symbols[1].st_size = UINT64_MAX;
	image.symbols[2].st_name = 0;
	ck_assert_int_eq(read_image(&image, &symbols), 0);
	named = find_function(symbols, "parse");
	ck_assert_int_eq(named.state, AF_NAMED_FOUND);
	ck_assert_uint_eq(named.start, 0x1010);
	ck_assert_uint_eq(named.end, UINT64_MAX);
	af_symbols_free(symbols);
}
END_TEST

#define AT(member) \
	offsetof(struct image, member), sizeof(((struct image *)0)->member)

static const struct {
	size_t offset;
	size_t size;
	uint64_t value;
	int code;
} wrong[] = {
	{ AT(ehdr.e_shoff), sizeof(struct image), -ENOEXEC },
	{ AT(ehdr.e_shoff), sizeof(struct image) + 1, -ENOEXEC },
	{ AT(ehdr.e_shoff), UINT64_MAX, -ENOEXEC },
	{ AT(ehdr.e_shentsize), sizeof(Elf64_Shdr) - 1, -ENOEXEC },
	{ AT(ehdr.e_shnum), SHN_LORESERVE - 1, -ENOEXEC },
	{ AT(ehdr.e_shstrndx), NR_SECTIONS, -ENOEXEC },
	{ AT(ehdr.e_shstrndx), SHN_XINDEX, -ENOEXEC },
	{ AT(ehdr.e_shstrndx), SECTION_SYMTAB, -ENOEXEC },
	{ AT(sections[SECTION_SHSTRTAB].sh_offset), UINT64_MAX, -ENOEXEC },
	{ AT(sections[SECTION_SHSTRTAB].sh_size), UINT64_MAX, -ENOEXEC },
	{ AT(sections[SECTION_SYMTAB].sh_size), sizeof(struct image),
	  -ENOEXEC },
	{ AT(sections[SECTION_SYMTAB].sh_entsize), 16, -ENOEXEC },
	{ AT(sections[SECTION_SYMTAB].sh_entsize), 0, -ENOEXEC },
	{ AT(sections[SECTION_SYMTAB].sh_link), NR_SECTIONS, -ENOEXEC },
	{ AT(sections[SECTION_SYMTAB].sh_link), UINT32_MAX, -ENOEXEC },
	{ AT(sections[SECTION_SYMTAB].sh_link), SECTION_TEXT, -ENOEXEC },
	{ AT(sections[SECTION_STRTAB].sh_offset), sizeof(struct image),
	  -ENOEXEC },
	/* These do no harm. */
	{ AT(ehdr.e_shstrndx), SHN_UNDEF, 0 },
	{ AT(sections[SECTION_TEXT].sh_name), UINT32_MAX, 0 },
	{ AT(sections[SECTION_TEXT].sh_name), sizeof(SECTION_NAMES), 0 },
	{ AT(sections[SECTION_TEXT].sh_offset), UINT64_MAX, 0 },
	{ AT(sections[SECTION_SYMTAB].sh_size), 0, 0 },
	{ AT(sections[SECTION_SYMTAB].sh_size), sizeof(Elf64_Sym) + 1, 0 },
	{ AT(sections[SECTION_STRTAB].sh_size), 0, 0 },
	{ AT(sections[SECTION_STRTAB].sh_size), 3, 0 },
	{ AT(symbols[1].st_name), UINT32_MAX, 0 },
	{ AT(symbols[1].st_name), sizeof(SYMBOL_NAMES) - 1, 0 },
};

/* In each of them, the name that is looked for is not to be found any more. */
START_TEST(damaged) {
	struct af_symbols *symbols;
	struct image image;
	int ret;

	make_image(&image);
	/* Little endian: the lowest bytes are the first. */
	memcpy((char *)&image + wrong[_i].offset, &wrong[_i].value,
	       wrong[_i].size);
	ret = read_image(&image, &symbols);
	ck_assert_int_eq(ret, wrong[_i].code);
	if (ret)
		return;
	ck_assert(find_function(symbols, "parse").state == AF_NAMED_MISSING ||
		  find_section(symbols, ".parser").state == AF_NAMED_MISSING ||
		  image.sections[SECTION_TEXT].sh_offset == UINT64_MAX);
	af_symbols_free(symbols);
}
END_TEST

/* As much is read as of the file itself, and no more. */
START_TEST(too_large) {
	struct af_symbols *symbols;
	struct image image;
	int fd, ret;

	make_image(&image);
	image.sections[SECTION_SYMTAB].sh_size = AF_ELF_MAX_READ;
	fd = memfd_create("symbols_test", MFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, &image, sizeof(image)), sizeof(image));
	ck_assert_int_eq(ftruncate(fd, AF_ELF_MAX_READ * 2LL), 0);
	ret = af_symbols_read(&symbols, fd);
	ck_assert_int_eq(ret, -E2BIG);
	close(fd);
	ck_assert_int_eq(read_bytes(&image, sizeof(Elf64_Ehdr) - 1, &symbols),
			 -ENOEXEC);
}
END_TEST

/* Nothing but the verdict depends on what is in the file. */
START_TEST(mutated) {
	size_t nr_bad = 0, nr_missing = 0;

	srandom(1);
	for (unsigned int i = 0; i < 20000; i++) {
		struct af_symbols *symbols;
		struct af_suggestion s;
		struct image image;
		uint64_t start;
		const char *name;

		make_image(&image);
		for (unsigned int n = 0; n <= i % 8; n++)
			((uint8_t *)&image)[random() % sizeof(image)] =
				(uint8_t)random();
		if (read_image(&image, &symbols)) {
			nr_bad++;
			continue;
		}
		if (find_function(symbols, "parse").state != AF_NAMED_FOUND)
			nr_missing++;
		find_section(symbols, ".parser");
		name = af_symbols_function_at(symbols, 0x1010, &start);
		if (name)
			ck_assert_uint_lt(strlen(name), sizeof(image));
		af_suggest_begin(&s, "parze", 5);
		af_symbols_suggest_function(symbols, &s);
		af_symbols_suggest_section(symbols, &s);
		af_symbols_free(symbols);
	}
	ck_assert_uint_gt(nr_bad, 100);
	ck_assert_uint_gt(nr_missing, 100);
}
END_TEST

START_TEST(no_memory) {
	int fd = memfd_create("symbols_test", MFD_CLOEXEC);
	struct af_symbols *symbols;
	struct image image;
	unsigned int i;
	int ret;

	make_image(&image);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, &image, sizeof(image)), sizeof(image));
	for (i = 1;; i++) {
		fail_in = i;
		ret = af_symbols_read(&symbols, fd);
		fail_in = 0;
		if (!ret)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
	}
	/* What it returns, and four tables. */
	ck_assert_uint_eq(i, 6);
	af_symbols_free(symbols);
	close(fd);
}
END_TEST

START_TEST(not_a_file) {
	struct af_symbols *symbols;

	ck_assert_int_eq(af_symbols_read(&symbols, -1), -EIO);
}
END_TEST

/* This program, as its linker has made it. */
static int find_program(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(uintptr_t *)data = info->dlpi_addr;
	return 1;
}

__attribute__((section("parser_text"), noinline, used)) static void parser(void)
{
}

START_TEST(own_functions) {
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct af_symbols *symbols;
	struct af_named named;
	uintptr_t bias;
	uint64_t start;

	dl_iterate_phdr(find_program, &bias);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(af_symbols_read(&symbols, fd), 0);
	close(fd);
	ck_assert(!af_symbols_stripped(symbols));
	named = find_function(symbols, "af_symbols_read");
	ck_assert_int_eq(named.state, AF_NAMED_FOUND);
	ck_assert_uint_eq(bias + named.start, (uintptr_t)af_symbols_read);
	ck_assert_uint_gt(named.end, named.start);
	ck_assert_str_eq(af_symbols_function_at(symbols, named.start, &start),
			 "af_symbols_read");
	ck_assert_uint_eq(start, named.start);
	named = find_section(symbols, "parser_text");
	ck_assert_int_eq(named.state, AF_NAMED_FOUND);
	ck_assert_uint_eq(bias + named.start, (uintptr_t)parser);
	named = find_function(symbols, "memfd_create");
	ck_assert_int_ne(named.state, AF_NAMED_FOUND);
	af_symbols_free(symbols);
}
END_TEST

/* Under Valgrind /proc/self/exe is another program. */
static bool is_itself(void)
{
	return !getenv("LD_PRELOAD") || !strstr(getenv("LD_PRELOAD"), "vgpre");
}

int main(void)
{
	Suite *suite = suite_create("symbols");
	TCase *tcase = tcase_create("symbols");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 600);
	tcase_add_loop_test(tcase, each_name, 0, ARRAY_SIZE(cases));
	tcase_add_test(tcase, all_names);
	tcase_add_loop_test(tcase, function_at_an_address, 0,
			    ARRAY_SIZE(addresses));
	tcase_add_test(tcase, function_in_another);
	tcase_add_loop_test(tcase, suggestions, 0, ARRAY_SIZE(misspelt));
	tcase_add_test(tcase, stripped);
	tcase_add_test(tcase, two_tables);
	tcase_add_loop_test(tcase, no_sections, 0, 2);
	tcase_add_test(tcase, loaded_sections);
	tcase_add_test(tcase, wraps_around);
	tcase_add_loop_test(tcase, damaged, 0, ARRAY_SIZE(wrong));
	tcase_add_test(tcase, too_large);
	tcase_add_test(tcase, mutated);
	tcase_add_test(tcase, no_memory);
	tcase_add_test(tcase, not_a_file);
	if (is_itself())
		tcase_add_test(tcase, own_functions);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
