// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a policy to objects: of this process, and of files made here.  What the
 * kernel would find for an address is looked up as the kernel does it, by the
 * file and the offset that the address is mapped from.
 */
#define _GNU_SOURCE
#include <check.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch.h"
#include "objects.h"
#include "unwind.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Number of the allocation that fails, counted down; 0 for none. */
static unsigned int fail_in;

/* Allocations and mappings that have not been freed. */
static long nr_live;

/* If not 0, the size of each table that is built. */
static size_t table_size;

/* What dl_iterate_phdr() calls, and with what changed. */
struct changed {
	int (*callback)(struct dl_phdr_info *info, size_t size, void *data);
	void *data;
	bool seen;
};

/* The program's headers cannot be read. */
static bool hide_program;

/* No file has a path. */
static bool hide_path;

/* What the program's path leads to meanwhile, if anything. */
static const char *replaced;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
char *__real_strdup(const char *text);
char *__real_realpath(const char *path, char *to);
void __real_free(void *memory);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __real_munmap(void *addr, size_t len);
int __real_dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t,
					   void *),
			   void *data);
int __real_af_unwind_build_spans(const struct af_elf *elf,
				 const struct af_segment *segment,
				 const struct af_span *spans, size_t nr,
				 struct af_unwind *unwinds);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_realpath(const char *path, char *to);
int __wrap_asprintf(char **text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **text, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void __wrap_free(void *memory);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __wrap_munmap(void *addr, size_t len);
int __wrap_dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t,
					   void *),
			   void *data);
int __wrap_af_unwind_build_spans(const struct af_elf *elf,
				 const struct af_segment *segment,
				 const struct af_span *spans, size_t nr,
				 struct af_unwind *unwinds);

static bool must_fail(void)
{
	if (!fail_in || --fail_in)
		return false;
	errno = ENOMEM;
	return true;
}

static void *count(void *memory)
{
	nr_live += memory && memory != MAP_FAILED;
	return memory;
}

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	if (must_fail())
		return NULL;
	return old ? __real_realloc(old, size) :
		     count(__real_realloc(old, size));
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
	if (must_fail())
		return NULL;
	return old ? __real_reallocarray(old, n, size) :
		     count(__real_reallocarray(old, n, size));
}

char *__wrap_strdup(const char *text)
{
	return must_fail() ? NULL : count(__real_strdup(text));
}

char *__wrap_realpath(const char *path, char *to)
{
	if (must_fail())
		return NULL;
	if (!hide_path)
		return count(__real_realpath(path, to));
	errno = ENOENT;
	return NULL;
}

static int print(char **text, const char *format, va_list args)
{
	int len;

	if (must_fail())
		return -1;
	len = vasprintf(text, format, args);
	count(*text);
	return len;
}

int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = print(text, format, args);
	va_end(args);
	return len;
}

/* What asprintf() is with _FORTIFY_SOURCE. */
int __wrap___asprintf_chk(char **text, int level, const char *format, ...)
{
	va_list args;
	int len;

	(void)level;
	va_start(args, format);
	len = print(text, format, args);
	va_end(args);
	return len;
}

void __wrap_free(void *memory)
{
	nr_live -= memory != NULL;
	__real_free(memory);
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	if (must_fail())
		return MAP_FAILED;
	return count(__real_mmap(addr, len, prot, flags, fd, offset));
}

int __wrap_munmap(void *addr, size_t len)
{
	nr_live--;
	return __real_munmap(addr, len);
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (replaced && !strcmp(path, "/proc/self/exe"))
		path = replaced;
	return __real_open(path, flags, mode);
}

static int change_first(struct dl_phdr_info *info, size_t size, void *data)
{
	struct changed *changed = data;
	struct dl_phdr_info copy = *info;

	if (!changed->seen && hide_program)
		copy.dlpi_phnum = 0;
	changed->seen = true;
	return changed->callback(&copy, size, changed->data);
}

int __wrap_dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t,
					   void *),
			   void *data)
{
	struct changed changed = { .callback = callback, .data = data };

	return __real_dl_iterate_phdr(change_first, &changed);
}

int __wrap_af_unwind_build_spans(const struct af_elf *elf,
				 const struct af_segment *segment,
				 const struct af_span *spans, size_t nr,
				 struct af_unwind *unwinds)
{
	if (!table_size)
		return __real_af_unwind_build_spans(elf, segment, spans, nr,
						    unwinds);
	for (size_t i = 0; i < nr; i++) {
		unwinds[i] = (struct af_unwind){ .size = table_size };
		unwinds[i].blob = calloc(1, table_size);
		if (!unwinds[i].blob)
			return -ENOMEM;
	}
	return 0;
}

/* A directory of the test's, which is the current one meanwhile. */
static char dir[32];
static struct libaf_policy *policy;
static struct af_objects objects;
static struct libaf_error err;

static void setup(void)
{
	unsetenv("LD_LIBRARY_PATH");
	strcpy(dir, "/tmp/objects_test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void teardown(void)
{
	char command[64];

	af_objects_release(&objects);
	libaf_policy_free(policy);
	policy = NULL;
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void parse(const char *text)
{
	int ret;

	libaf_policy_free(policy);
	ret = libaf_policy_parse(text, strlen(text), "name.af", &policy, &err);
	ck_assert_msg(!ret, "%u: %s", err.line, err.text);
}

static int find(const char *program, unsigned int launcher)
{
	const struct af_own_text own = {
		.id = launcher,
		.start = af_launch_text,
		.end = af_launch_end,
	};

	af_objects_release(&objects);
	return af_objects_find(&objects, policy, program,
			       launcher ? &own : NULL, &err);
}

static void find_well(const char *program, unsigned int launcher)
{
	int ret = find(program, launcher);

	ck_assert_msg(!ret, "%d: %s", ret, err.text);
}

static void find_badly(const char *program, int code, unsigned int line,
		       const char *text)
{
	ck_assert_int_eq(find(program, 0), code);
	ck_assert_uint_eq(err.line, line);
	ck_assert_str_eq(err.file, line ? "name.af" : "");
	ck_assert_msg(strstr(err.text, text), "%s", err.text);
	ck_assert_ptr_null(objects.objects);
	ck_assert_ptr_null(objects.files);
}

static void write_file(const char *name, const void *data, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), len);
	close(fd);
}

static void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

/* An ELF file with nothing but @nr executable segments of a byte each. */
static void write_elf(const char *name, unsigned int nr)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr[AF_ELF_MAX_SEGMENTS];
	} elf = {
		.ehdr = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
				     ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_DYN,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = nr,
		},
	};

	for (unsigned int i = 0; i < nr; i++)
		elf.phdr[i] = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_offset = i,
			.p_vaddr = i * 4096 + i,
			.p_filesz = 1,
			.p_memsz = 1,
			.p_align = 4096,
		};
	write_file(name, &elf, sizeof(elf));
}

/* Where a mapping is from; the vDSO has an inode of its own. */
struct origin {
	unsigned int dev_major;
	unsigned int dev_minor;
	uint64_t ino;
	uint64_t offset;
};

#define VDSO_INO UINT64_MAX

static bool find_origin(uintptr_t addr, struct origin *origin)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4400], name[16];
	bool found = false;

	while (maps && !found && fgets(line, sizeof(line), maps)) {
		uintptr_t start, end;
		int nr = sscanf(line,
				"%" SCNxPTR "-%" SCNxPTR " %*s %" SCNx64
				" %x:%x %" SCNu64 " %15s",
				&start, &end, &origin->offset,
				&origin->dev_major, &origin->dev_minor,
				&origin->ino, name);

		if (nr < 6 || addr < start || addr >= end)
			continue;
		if (nr == 7 && !strcmp(name, "[vdso]"))
			origin->ino = VDSO_INO;
		origin->offset += addr - start;
		found = origin->ino;
	}
	if (maps)
		fclose(maps);
	return found;
}

static bool same_origin(const struct origin *a, const struct origin *b)
{
	return a->ino == b->ino && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor;
}

/* The object of an address as the kernel finds it, NULL if it has none. */
static const struct libaf_seccomp_object *object_of(uintptr_t addr)
{
	struct origin origin, other;

	if (!find_origin(addr, &origin))
		return NULL;
	for (size_t i = 0; i < objects.nr_objects; i++) {
		const struct libaf_seccomp_object *object = &objects.objects[i];

		ck_assert(find_origin(object->addr, &other));
		if (same_origin(&origin, &other) &&
		    origin.offset - object->offset < object->len)
			return object;
	}
	return NULL;
}

static unsigned int id_at(uintptr_t addr)
{
	const struct libaf_seccomp_object *object = object_of(addr);

	return object ? object->id : 0;
}

static unsigned int id_of(const void *addr)
{
	return id_at((uintptr_t)addr);
}

static unsigned int id_before(const void *addr)
{
	return id_at((uintptr_t)addr - 1);
}

static void check_table(const struct libaf_seccomp_object *object)
{
	const void *table = (void *)(uintptr_t)object->unwind;

	if (object->flags & LIBAF_SECCOMP_OBJECT_TRANSPARENT) {
		ck_assert_int_eq(af_unwind_check(table, object->unwind_size,
						 object->len),
				 0);
		return;
	}
	ck_assert_ptr_null(table);
	ck_assert_uint_eq(object->unwind_size, 0);
}

/* What the kernel asks for: files, ranges that do not overlap, and tables. */
static void check_objects(void)
{
	for (size_t i = 0; i < objects.nr_objects; i++) {
		const struct libaf_seccomp_object *a = &objects.objects[i];
		struct origin origin, other;

		ck_assert(find_origin(a->addr, &origin));
		ck_assert_uint_gt(a->len, 0);
		ck_assert_uint_gt(a->offset + a->len, a->offset);
		ck_assert_uint_gt(a->id, 0);
		ck_assert_uint_eq(a->reserved, 0);
		check_table(a);
		for (size_t j = 0; j < i; j++) {
			const struct libaf_seccomp_object *b =
				&objects.objects[j];

			ck_assert(find_origin(b->addr, &other));
			ck_assert(!same_origin(&origin, &other) ||
				  a->offset >= b->offset + b->len ||
				  b->offset >= a->offset + a->len);
		}
	}
	for (size_t i = 1; i < objects.nr_files; i++)
		ck_assert_uint_ge(objects.files[i].id, objects.files[i - 1].id);
}

static const struct af_file *file_of(unsigned int id)
{
	for (size_t i = 0; i < objects.nr_files; i++)
		if (objects.files[i].id == id)
			return &objects.files[i];
	ck_abort_msg("no file of %u", id);
}

#define LIBC      AF_ID_LIBRARY
#define WITH_LIBC "program { read }\nlibrary libc.so.6 { write }\n"

static const char here;

/* Valgrind hides it. */
static size_t nr_vdso(void)
{
	return getauxval(AT_SYSINFO_EHDR) != 0;
}

static void here_too(void)
{
}

START_TEST(test_running) {
	uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
	int on_stack = 0;

	parse(WITH_LIBC);
	find_well(NULL, 0);
	check_objects();
	ck_assert_uint_eq(id_of(here_too), AF_ID_PROGRAM);
	ck_assert_uint_eq(id_of(af_launch_text), AF_ID_PROGRAM);
	ck_assert_uint_eq(id_of(getppid), LIBC);
	if (vdso)
		ck_assert_uint_eq(id_at(vdso), policy->nr_callers + 1);
	/* Only what is executed. */
	ck_assert_uint_eq(id_of(&here), 0);
	ck_assert_uint_eq(id_of(&fail_in), 0);
	ck_assert_uint_eq(id_of(&on_stack), 0);
	ck_assert_uint_eq(id_of(policy), 0);
	for (size_t i = 0; i < objects.nr_files; i++)
		ck_assert_ptr_null(objects.files[i].map);
	ck_assert_str_eq(file_of(AF_ID_PROGRAM)->path, "/proc/self/exe");
	ck_assert_ptr_nonnull(strstr(file_of(LIBC)->path, "/libc.so.6"));
}
END_TEST

/* Those that are looked through have tables, and nobody else. */
START_TEST(test_transparent) {
	uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
	const struct libaf_seccomp_object *object;

	parse(WITH_LIBC "transparent libc.so.6\n");
	for (int i = 0; i < 2; i++) {
		find_well(i ? "/bin/true" : NULL, 0);
		check_objects();
		object = object_of((uintptr_t)getppid);
		ck_assert_ptr_nonnull(object);
		ck_assert_uint_eq(object->flags,
				  LIBAF_SECCOMP_OBJECT_TRANSPARENT);
		ck_assert_uint_gt(object->unwind_size, 10000);
		object = vdso ? object_of(vdso) : object;
		ck_assert_ptr_nonnull(object);
		ck_assert_uint_eq(object->flags,
				  LIBAF_SECCOMP_OBJECT_TRANSPARENT);
		ck_assert_uint_eq(objects.objects[0].id, AF_ID_PROGRAM);
		ck_assert_uint_eq(objects.objects[0].flags, 0);
		ck_assert_uint_gt(objects.nr_none, 0);
	}
	parse(WITH_LIBC);
	find_well(NULL, 0);
	check_objects();
	ck_assert_uint_eq(object_of((uintptr_t)getppid)->flags, 0);
}
END_TEST

/* A path is opened, even if it leads to what is loaded; a name is looked for. */
START_TEST(test_names) {
	char text[4200];

	parse(WITH_LIBC);
	find_well(NULL, 0);
	ck_assert_int_eq(symlink(file_of(LIBC)->path, "link.so"), 0);
	for (int i = 0; i < 2; i++) {
		if (i)
			snprintf(text, sizeof(text), "library %s { read }",
				 file_of(LIBC)->path);
		else
			snprintf(text, sizeof(text),
				 "library %s/link.so { read }", dir);
		parse(text);
		find_well(NULL, 0);
		check_objects();
		ck_assert_uint_eq(id_of(getppid), LIBC);
		ck_assert_ptr_nonnull(file_of(LIBC)->map);
	}
	/* Not what only ends so. */
	parse("library c.so.6 { read }");
	find_badly(NULL, -ENOENT, 1, "c.so.6");
	/* The program is no library. */
	parse("library exe { read }");
	find_badly(NULL, -ENOENT, 1, "exe: library not found");
}
END_TEST

/* A library of the C library's that nothing needs, under another name. */
static void load_copy(const char *name)
{
	char path[64], command[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(command, sizeof(command),
		 "cp -L /lib/x86_64-linux-gnu/libBrokenLocale.so.1 %s", path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_msg(dlopen(path, RTLD_NOW) != NULL, "%s", dlerror());
}

/* A name says which library is meant, or it is of no use. */
START_TEST(test_loaded_twice) {
	char text[256];

	ck_assert_int_eq(mkdir("one", 0700), 0);
	ck_assert_int_eq(mkdir("two", 0700), 0);
	load_copy("one/x.so");
	parse("library x.so { read }");
	find_well(NULL, 0);
	load_copy("two/x.so");
	find_badly(NULL, -EINVAL, 1,
		   "x.so: more than one loaded library has this name");
	ck_assert_str_eq(err.hint, "name it by its absolute path");
	/* By what they call themselves, too. */
	parse("\nlibrary libBrokenLocale.so.1 { read }");
	find_badly(NULL, -EINVAL, 2, "more than one loaded library");
	snprintf(text, sizeof(text),
		 "library %s/one/x.so { read }\nlibrary %s/two/x.so { write }",
		 dir, dir);
	parse(text);
	find_well(NULL, 0);
	check_objects();
}
END_TEST

/* The name of its file, and the one that it has itself. */
START_TEST(test_loaded_with_two_names) {
	load_copy("x.so");
	parse("library libBrokenLocale.so.1 { read }");
	find_well(NULL, 0);
	check_objects();
	parse("library x.so { read }\n"
	      "library libBrokenLocale.so.1 { write }");
	find_badly(NULL, -EINVAL, 2, "is the file of another block, too");
	ck_assert_str_eq(err.hint, "see line 1 of name.af");
}
END_TEST

/* If the program has been removed, $ORIGIN is nowhere; that is no error. */
START_TEST(test_no_origin) {
	write_elf("program", 1);
	write_elf("lib.so", 1);
	ck_assert_int_eq(setenv("LD_LIBRARY_PATH", "$ORIGIN", 1), 0);
	parse("library lib.so { read }");
	hide_path = true;
	find_badly(NULL, -ENOENT, 1, "lib.so: library not found");
	find_badly("./program", -ENOENT, 1, "lib.so: library not found");
	parse("library libc.so.6 { read }");
	find_well(NULL, 0);
	find_well("./program", 0);
	hide_path = false;
}
END_TEST

START_TEST(test_file) {
	struct origin origin;
	struct stat st;

	write_elf("program", 3);
	write_elf("lib.so", 2);
	parse("program { read }\nlibrary lib.so { write }\n");
	find_badly("./program", -ENOENT, 2, "lib.so");
	ck_assert_int_eq(setenv("LD_LIBRARY_PATH", "/none:$ORIGIN", 1), 0);
	find_well("./program", 0);
	check_objects();
	ck_assert_uint_eq(objects.nr_files, 2 + nr_vdso());
	ck_assert_uint_eq(objects.nr_objects, 5 + nr_vdso());
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(objects.objects[i].id,
				  i < 3 ? AF_ID_PROGRAM : AF_ID_LIBRARY);
	ck_assert_str_eq(objects.files[0].path, "./program");
	ck_assert_ptr_nonnull(objects.files[0].map);
	ck_assert_ptr_nonnull(objects.files[1].map);
	ck_assert(find_origin((uintptr_t)objects.files[1].map, &origin));
	ck_assert_int_eq(stat("lib.so", &st), 0);
	ck_assert_uint_eq(origin.ino, st.st_ino);
	ck_assert_uint_eq(objects.objects[3].addr,
			  (uintptr_t)objects.files[1].map);
	/* Nothing of this process is meant. */
	ck_assert_uint_eq(id_of(here_too), 0);
}
END_TEST

/* The program of a block with a path is that one, whoever runs. */
START_TEST(test_program_path) {
	char text[64];

	write_elf("program", 1);
	snprintf(text, sizeof(text), "program %s/program { read }", dir);
	parse(text);
	for (int i = 0; i < 2; i++) {
		find_well(i ? "/bin/true" : NULL, 0);
		check_objects();
		ck_assert_uint_eq(objects.objects[0].id, AF_ID_LIBRARY);
		ck_assert_ptr_nonnull(objects.files[0].map);
		ck_assert_uint_eq(objects.objects[0].len, 1);
		ck_assert_uint_eq(id_of(here_too), 0);
	}
	ck_assert_int_eq(unlink("program"), 0);
	find_badly(NULL, -ENOENT, 1, "no such file");
}
END_TEST

/* Several programs: that of a path, even if it is the one that is run. */
START_TEST(test_programs) {
	char text[256];

	write_elf("one", 1);
	write_elf("two", 2);
	write_elf("three", 3);
	snprintf(text, sizeof(text),
		 "program { read }\n"
		 "program %s/one { write }\nprogram %s/two { open }",
		 dir, dir);
	parse(text);
	find_well("./three", 0);
	check_objects();
	ck_assert_uint_eq(objects.objects[0].id, AF_ID_PROGRAM);
	ck_assert_uint_eq(objects.nr_files, 3 + nr_vdso());
	find_well("./two", 0);
	check_objects();
	ck_assert_uint_eq(objects.nr_files, 2 + nr_vdso());
	for (size_t i = 0; i < objects.nr_objects; i++)
		ck_assert_uint_ne(objects.objects[i].id, AF_ID_PROGRAM);
}
END_TEST

/* Without /proc nobody can say which program is running. */
static bool without_proc;
int __real_stat(const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st);

int __wrap_stat(const char *path, struct stat *st)
{
	if (!without_proc || strncmp(path, "/proc/", 6))
		return __real_stat(path, st);
	errno = ENOENT;
	return -1;
}

/* It would have the common rules, and be the program of the other block. */
START_TEST(test_program_that_cannot_be_told) {
	char text[256];

	write_elf("one", 1);
	snprintf(text, sizeof(text),
		 "common { read }\nprogram %s/one { write }", dir);
	parse(text);
	find_well(NULL, 0);
	ck_assert_uint_eq(id_of(here_too), 0);
	without_proc = true;
	find_badly(NULL, -ENOENT, 0, "/proc/self/exe: no such file");
}
END_TEST

/* What is optional may be missing, but must be right if it is there. */
START_TEST(test_optional) {
	write_elf("program", 1);
	ck_assert_int_eq(setenv("LD_LIBRARY_PATH", dir, 1), 0);
	parse("program { read }\noptional library lib.so { write }\n"
	      "optional transparent /nowhere/lib.so\n");
	find_well("./program", 0);
	ck_assert_uint_eq(objects.nr_files, 1 + nr_vdso());
	write_elf("lib.so", 2);
	find_well("./program", 0);
	ck_assert_uint_eq(objects.nr_files, 2 + nr_vdso());
	ck_assert_int_eq(truncate("lib.so", 10), 0);
	find_badly("./program", -ENOEXEC, 2, "no x86-64 ELF file");
}
END_TEST

/* Two files of one library are one id; one file with two names is one file. */
START_TEST(test_variants) {
	write_elf("program", 1);
	ck_assert_int_eq(mkdir("glibc-hwcaps", 0700), 0);
	ck_assert_int_eq(mkdir("glibc-hwcaps/x86-64-v2", 0700), 0);
	ck_assert_int_eq(mkdir("glibc-hwcaps/x86-64-v3", 0700), 0);
	write_elf("lib.so", 2);
	write_elf("glibc-hwcaps/x86-64-v2/lib.so", 5);
	ck_assert_int_eq(link("lib.so", "glibc-hwcaps/x86-64-v3/lib.so"), 0);
	ck_assert_int_eq(setenv("LD_LIBRARY_PATH", dir, 1), 0);
	parse("program { read }\nlibrary lib.so { write }\n");
	find_well("./program", 0);
	check_objects();
	ck_assert_uint_eq(objects.nr_files, 3 + nr_vdso());
	ck_assert_uint_eq(objects.nr_objects, 8 + nr_vdso());
	for (size_t i = 1; i < 8; i++)
		ck_assert_uint_eq(objects.objects[i].id, AF_ID_LIBRARY);
}
END_TEST

START_TEST(test_claimed) {
	char text[256];

	write_elf("a.so", 1);
	write_elf("program", 1);
	ck_assert_int_eq(link("a.so", "b.so"), 0);
	ck_assert_int_eq(symlink("program", "c.so"), 0);
	snprintf(text, sizeof(text),
		 "program { read }\n"
		 "library %s/a.so { write }\nlibrary %s/b.so { getpid }\n",
		 dir, dir);
	parse(text);
	find_badly("./program", -EINVAL, 3, "b.so: is the file of another");
	ck_assert_str_eq(err.hint, "see line 2 of name.af");

	/* If only to be looked through. */
	snprintf(text, sizeof(text),
		 "library %s/a.so { write }\ntransparent %s/b.so\n", dir, dir);
	parse(text);
	find_badly("./program", -EINVAL, 2, "b.so: is the file of another");

	/* The program. */
	snprintf(text, sizeof(text),
		 "\nprogram { read }\nlibrary %s/c.so { write }\n", dir);
	parse(text);
	find_badly("./program", -EINVAL, 3, "c.so: is the file of another");
	ck_assert_str_eq(err.hint, "see line 2 of name.af");
	find_well("/bin/true", 0);
	check_objects();
}
END_TEST

START_TEST(test_claimed_loaded) {
	parse("library libc.so.6 { read }\n"
	      "library /proc/self/exe { write }\nprogram { getpid }\n");
	find_badly(NULL, -EINVAL, 2, "exe: is the file of another");
	ck_assert_str_eq(err.hint, "see line 3 of name.af");
}
END_TEST

/* Bytes of the program and of the launcher. */
static uint64_t program_len(unsigned int launcher)
{
	uint64_t len = 0;

	for (size_t i = 0; i < objects.nr_objects; i++)
		if (objects.objects[i].id == AF_ID_PROGRAM ||
		    objects.objects[i].id == launcher)
			len += objects.objects[i].len;
	return len;
}

/* The launcher is its own caller, also in a program that has it in its text. */
START_TEST(test_launcher) {
	const unsigned int launcher = 7;
	uint64_t len;

	parse(WITH_LIBC);
	find_well(NULL, 0);
	len = program_len(launcher);
	for (int i = 0; i < 2; i++) {
		find_well(i ? "/proc/self/exe" : NULL, launcher);
		check_objects();
		ck_assert_uint_eq(program_len(launcher), len);
		ck_assert_uint_eq(id_of(af_launch_text), launcher);
		ck_assert_uint_eq(id_before(af_launch_end), launcher);
		ck_assert_uint_eq(id_before(af_launch_text), AF_ID_PROGRAM);
		ck_assert_uint_eq(id_of(af_launch_end), AF_ID_PROGRAM);
		ck_assert_uint_eq(id_of(here_too), AF_ID_PROGRAM);
		ck_assert_uint_eq(id_of(getppid), LIBC);
	}
	find_well("/bin/true", launcher);
	check_objects();
	ck_assert_uint_eq(id_of(af_launch_text), launcher);
	ck_assert_uint_eq(id_before(af_launch_end), launcher);
	ck_assert_uint_eq(id_before(af_launch_text), 0);
	ck_assert_uint_eq(id_of(af_launch_end), 0);
	ck_assert_uint_eq(id_of(here_too), 0);
}
END_TEST

/* A library that has the launcher in its text. */
START_TEST(test_launching_library) {
	char text[128];

	ck_assert_int_eq(symlink("/proc/self/exe", "self"), 0);
	snprintf(text, sizeof(text),
		 "program { read }\nlibrary %s/self { write }\n", dir);
	parse(text);
	find_well("/bin/true", 7);
	check_objects();
	ck_assert_uint_eq(id_of(af_launch_text), 7);
	ck_assert_uint_eq(id_of(here_too), AF_ID_LIBRARY);

	snprintf(text, sizeof(text), "program { read }\ntransparent %s/self\n",
		 dir);
	parse(text);
	ck_assert_int_eq(find("/bin/true", 7), -EINVAL);
	ck_assert_uint_eq(err.line, 2);
	ck_assert_ptr_nonnull(strstr(err.text, "transparent"));
	find_well("/bin/true", 0);
	check_objects();
}
END_TEST

/* No library is taken for the program. */
START_TEST(test_program_not_readable) {
	parse(WITH_LIBC);
	hide_program = true;
	find_badly(NULL, -ENOEXEC, 0, "the running program");
	hide_program = false;
	find_well(NULL, 0);
}
END_TEST

/* What a script leads to is the program. */
START_TEST(test_scripts) {
	static const char *const lines[] = {
		"#!%s/program\n",      "#! \t%s/program\n",
		"#!%s/program",        "#!%s/program an argument\n",
		"#!%s/program\targ\n", "#!%s/program\n#!/none\n",
	};
	char text[64];

	write_elf("program", 1);
	parse("program { read }");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(text, sizeof(text), lines[i], dir);
		write_text("script", text);
		find_well("./script", 0);
		check_objects();
		snprintf(text, sizeof(text), "%s/program", dir);
		ck_assert_str_eq(objects.files[0].path, text);
		ck_assert_uint_eq(objects.objects[0].len, 1);
	}
	write_text("script", "#!program\n");
	find_well("./script", 0);
	write_text("script", "#!program/x\n");
	find_badly("./script", -ENOENT, 0, "program/x: no such file");
	write_text("script", "#!/none/x y\n");
	find_badly("./script", -ENOENT, 0, "/none/x: no such file");
	write_text("script", "#!\n");
	find_badly("./script", -ENOENT, 0, "no such file");
	write_text("script", "#!");
	find_badly("./script", -ENOENT, 0, "no such file");
	write_text("script", "#");
	find_badly("./script", -ENOEXEC, 0, "./script: no x86-64 ELF");
	write_text("script", "");
	find_badly("./script", -ENOEXEC, 0, "./script: no x86-64 ELF");
	write_text("script", " #!program\n");
	find_badly("./script", -ENOEXEC, 0, "./script: no x86-64 ELF");
	write_text("script", "#!./script\n");
	find_badly("./script", -ENOEXEC, 0, "interpreter");
}
END_TEST

/* The kernel follows five scripts: as many are followed here. */
START_TEST(test_script_depth) {
	char name[8], text[16];

	write_elf("s0", 1);
	parse("program { read }");
	for (int i = 1; i <= 7; i++) {
		snprintf(text, sizeof(text), "#!./s%d\n", i - 1);
		snprintf(name, sizeof(name), "./s%d", i);
		write_text(name, text);
		if (i > 5) {
			find_badly(name, -ENOEXEC, 0, "interpreter");
			continue;
		}
		find_well(name, 0);
		ck_assert_str_eq(objects.files[0].path, "./s0");
	}
}
END_TEST

/* An ELF file cut at every byte of its headers, as a program and a library. */
START_TEST(test_damaged) {
	char whole[sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr)], text[64];
	int fd;

	write_elf("program", 2);
	fd = open("program", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, whole, sizeof(whole)), sizeof(whole));
	close(fd);
	snprintf(text, sizeof(text), "\nlibrary %s/lib.so { read }\n", dir);
	parse(text);
	for (size_t len = 0; len < sizeof(whole); len++) {
		write_file("lib.so", whole, len);
		find_badly("./lib.so", -ENOEXEC, 0, "./lib.so: no x86-64 ELF");
		find_badly("./program", -ENOEXEC, 2, "lib.so: no x86-64 ELF");
		find_badly(NULL, -ENOEXEC, 2, "lib.so: no x86-64 ELF");
	}
	write_file("lib.so", whole, sizeof(whole));
	find_well("./program", 0);
	whole[offsetof(Elf64_Ehdr, e_machine)] = EM_386;
	write_file("lib.so", whole, sizeof(whole));
	find_badly("./program", -ENOEXEC, 2, "lib.so: no x86-64 ELF");
}
END_TEST

START_TEST(test_no_files) {
	char text[64];

	write_elf("program", 1);
	snprintf(text, sizeof(text), "library %s/lib.so { read }\n", dir);
	parse(text);
	find_badly("./none", -ENOENT, 0, "./none: no such file");
	find_badly("./program/x", -ENOENT, 0, "./program/x: no such file");
	find_badly("", -ENOENT, 0, "no such file");
	find_badly(dir, -EIO, 0, "could not be read");
	find_badly("./program", -ENOENT, 1, "lib.so: no such file");

	ck_assert_int_eq(mkdir("lib.so", 0700), 0);
	find_badly("./program", -ENOEXEC, 1, "lib.so: not a regular file");
	ck_assert_int_eq(rmdir("lib.so"), 0);
	/* Nobody waits for somebody who writes. */
	ck_assert_int_eq(mkfifo("lib.so", 0700), 0);
	find_badly("./program", -ENOEXEC, 1, "lib.so: not a regular file");
	find_badly("./lib.so", -EIO, 0, "could not be read");
	ck_assert_int_eq(unlink("lib.so"), 0);
	ck_assert_int_eq(symlink("lib.so", "lib.so"), 0);
	find_badly("./program", -EIO, 1, "lib.so: could not be read");
}
END_TEST

static bool is_opened(int inotify)
{
	char events[512];

	return read(inotify, events, sizeof(events)) > 0;
}

/* To open a device can do something, as with a watchdog. */
START_TEST(test_only_files_are_opened) {
	int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct libaf_policy *included;
	char text[64];

	ck_assert_int_ge(inotify, 0);
	write_elf("program", 1);
	snprintf(text, sizeof(text), "library %s/lib.so { read }\n", dir);
	parse(text);
	ck_assert_int_eq(mkfifo("lib.so", 0700), 0);
	write_file("name.af", "include lib.so\n", 15);
	ck_assert_int_ge(inotify_add_watch(inotify, "lib.so", IN_OPEN), 0);
	find_badly("./program", -ENOEXEC, 1, "lib.so: not a regular file");
	find_badly("./lib.so", -EIO, 0, "could not be read");
	ck_assert_int_eq(libaf_policy_read("lib.so", &included, NULL), -EINVAL);
	ck_assert_int_eq(libaf_policy_read("name.af", &included, NULL),
			 -EINVAL);
	ck_assert(!is_opened(inotify));

	ck_assert_int_eq(unlink("lib.so"), 0);
	write_elf("lib.so", 1);
	ck_assert_int_ge(inotify_add_watch(inotify, "lib.so", IN_OPEN), 0);
	/* That the other one is gone. */
	is_opened(inotify);
	find_well("./program", 0);
	ck_assert(is_opened(inotify));
	close(inotify);
}
END_TEST

START_TEST(test_no_permission) {
	char text[64];
	uid_t uid = geteuid();

	write_elf("program", 1);
	write_elf("lib.so", 1);
	snprintf(text, sizeof(text), "library %s/lib.so { read }\n", dir);
	parse(text);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chmod("lib.so", 0), 0);
	if (!uid)
		ck_assert_int_eq(seteuid(65534), 0);
	find_badly("./lib.so", -EACCES, 0, "./lib.so: may not be read");
	/* Root's program may not be read now, either. */
	if (uid)
		find_badly("./program", -EACCES, 1, "lib.so: may not be read");
	find_badly("/bin/true", -EACCES, 1, "lib.so: may not be read");
	ck_assert_int_eq(seteuid(uid), 0);
}
END_TEST

/* As many objects as the kernel takes, and one more. */
START_TEST(test_many) {
	size_t size = 4096, len = 0, nr_others;
	char text[4096], name[16];

	write_elf("program", 1);
	parse("program { read }");
	find_well("./program", 0);
	nr_others = objects.nr_objects;

	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "lib%d.so", i);
		write_elf(name, AF_ELF_MAX_SEGMENTS);
		len += snprintf(text + len, size - len,
				"library %s/%s { read }\n", dir, name);
	}
	parse(text);
	write_elf("lib9.so", AF_ELF_MAX_SEGMENTS - nr_others);
	find_well("./program", 0);
	ck_assert_uint_eq(objects.nr_objects, LIBAF_SECCOMP_MAX_OBJECTS);
	write_elf("lib9.so", AF_ELF_MAX_SEGMENTS - nr_others + 1);
	ck_assert_int_eq(find("./program", 0), -E2BIG);
	ck_assert_ptr_nonnull(strstr(err.text, "1025 parts"));
	ck_assert_str_eq(err.file, "name.af");
	write_elf("lib9.so", AF_ELF_MAX_SEGMENTS - nr_others);
	ck_assert_int_eq(find("./program", 7), -E2BIG);
}
END_TEST

/* As many bytes of tables as the kernel takes, and some more. */
START_TEST(test_large_tables) {
	char text[128];

	write_elf("lib.so", 3);
	snprintf(text, sizeof(text), "program { read }\ntransparent %s/lib.so",
		 dir);
	parse(text);
	/* Three, and the vDSO's. */
	table_size = LIBAF_SECCOMP_MAX_UNWIND / (3 + nr_vdso());
	find_well("/bin/true", 0);
	table_size += 8;
	ck_assert_int_eq(find("/bin/true", 0), -E2BIG);
	snprintf(text, sizeof(text), " %zu bytes",
		 (3 + nr_vdso()) * table_size);
	ck_assert_ptr_nonnull(strstr(err.text, text));
	table_size = 0;
	find_well("/bin/true", 0);
	check_objects();
}
END_TEST

/* Whatever cannot be allocated, that is the error, and nothing is left. */
START_TEST(test_no_memory) {
	static const char *const programs[] = { NULL, "./script" };
	char text[256];
	unsigned int i;

	write_elf("program", 2);
	write_elf("lib.so", 2);
	write_text("script", "#!./program\n");
	ck_assert_int_eq(setenv("LD_LIBRARY_PATH", dir, 1), 0);
	snprintf(text, sizeof(text),
		 "program { read }\nlibrary lib.so { write }\n"
		 "library libc.so.6 { read }\ntransparent lib.so\n");
	parse(text);
	for (i = 1; i < 10000; i++) {
		long live = nr_live;
		int ret;

		fail_in = i;
		ret = find(programs[_i], 7);
		if (fail_in)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		ck_assert_str_eq(err.text, "out of memory");
		ck_assert_int_eq(nr_live, live);
	}
	fail_in = 0;
	ck_assert_uint_gt(i, 20);
	ck_assert_uint_lt(i, 10000);
	check_objects();
}
END_TEST

/*
 * Parts of files
 */

/* A library with two executable segments, sections, and functions. */
struct library {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[2];
	Elf64_Shdr shdr[7];
	Elf64_Sym sym[10];
	char strings[128];
	/* At 0x1000 and at 0x3000. */
	char text[2][0x1000] __attribute__((aligned(0x1000)));
};

static uint32_t add_string(struct library *elf, const char *string)
{
	uint32_t at = 1;

	while (elf->strings[at])
		at += strlen(elf->strings + at) + 1;
	ck_assert_uint_lt(at + strlen(string) + 1, sizeof(elf->strings));
	strcpy(elf->strings + at, string);
	return at;
}

static void add_function(struct library *elf, const char *name, uint64_t start,
			 uint64_t end)
{
	Elf64_Sym *sym = elf->sym + 1;

	while (sym->st_name)
		sym++;
	*sym = (Elf64_Sym){
		.st_name = add_string(elf, name),
		.st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
		.st_shndx = 1,
		.st_value = start,
		.st_size = end - start,
	};
}

static void add_section(struct library *elf, const char *name, uint64_t start,
			uint64_t end)
{
	Elf64_Shdr *shdr = elf->shdr + 3;

	while (shdr->sh_name)
		shdr++;
	*shdr = (Elf64_Shdr){
		.sh_name = add_string(elf, name),
		.sh_type = SHT_PROGBITS,
		.sh_flags = SHF_ALLOC | SHF_EXECINSTR,
		.sh_addr = start,
		.sh_size = end - start,
	};
}

static Elf64_Phdr text_segment(uint64_t offset, uint64_t vaddr)
{
	return (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_offset = offset,
		.p_vaddr = vaddr,
		.p_filesz = 0x1000,
		.p_memsz = 0x1000,
		.p_align = 0x1000,
	};
}

static void make_library(struct library *elf)
{
	memset(elf, 0, sizeof(*elf));
	elf->ehdr = (Elf64_Ehdr){
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phoff = offsetof(struct library, phdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
		.e_shoff = offsetof(struct library, shdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = ARRAY_SIZE(elf->shdr),
		.e_shstrndx = 2,
	};
	elf->phdr[0] = text_segment(0x1000, 0x1000);
	elf->phdr[1] = text_segment(0x2000, 0x3000);
	elf->shdr[1] = (Elf64_Shdr){
		.sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(struct library, sym),
		.sh_size = sizeof(elf->sym),
		.sh_entsize = sizeof(*elf->sym),
		.sh_link = 2,
	};
	elf->shdr[2] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct library, strings),
		.sh_size = sizeof(elf->strings),
	};
	add_section(elf, "first", 0x1000, 0x1100);
	add_section(elf, "second", 0x3000, 0x3100);
	add_section(elf, "outside", 0x5000, 0x5100);
	add_section(elf, "data", 0x1200, 0x1300);
	elf->shdr[6].sh_flags = SHF_ALLOC;
	add_function(elf, "one", 0x1010, 0x1020);
	add_function(elf, "two", 0x1020, 0x1030);
	add_function(elf, "three", 0x1f80, 0x2000);
	add_function(elf, "alias", 0x1020, 0x1030);
	add_function(elf, "again", 0x1040, 0x1050);
	add_function(elf, "again", 0x1060, 0x1070);
	add_function(elf, "across", 0x1ff0, 0x2010);
	add_function(elf, "sizeless", 0x1080, 0x1080);
	add_function(elf, "elsewhere", 0, 0);
	elf->sym[9].st_shndx = SHN_UNDEF;
}

static void write_library(const char *name)
{
	struct library elf;

	make_library(&elf);
	write_file(name, &elf, sizeof(elf));
}

/* With LIB for the path of the library, which is there. */
static void parse_parts(const char *format)
{
	char text[1024], *to = text;

	write_library("lib.so");
	for (; *format; format++) {
		if (!strncmp(format, "LIB", 3)) {
			to += sprintf(to, "%s/lib.so", dir);
			format += 2;
		} else {
			*to++ = *format;
		}
	}
	*to = '\0';
	parse(text);
}

static int compare_objects(const void *a, const void *b)
{
	const struct libaf_seccomp_object *x = a;
	const struct libaf_seccomp_object *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* The objects of the library by their offsets: "name 1000-1010 ...". */
static const char *describe(void)
{
	static char shown[1024];
	char *to = shown;

	qsort(objects.objects, objects.nr_objects, sizeof(*objects.objects),
	      compare_objects);
	*to = '\0';
	for (size_t i = 0; i < objects.nr_objects; i++) {
		const struct libaf_seccomp_object *object = &objects.objects[i];
		const char *name;

		if (object->id < AF_ID_LIBRARY ||
		    object->id >= policy->nr_callers)
			continue;
		name = policy->callers[object->id].name;
		to += sprintf(to, "%s%s%s %jx-%jx", *shown ? " " : "",
			      strchr(name, '/') ? "rest" : name,
			      object->unwind ? "*" : "",
			      (uintmax_t)object->offset,
			      (uintmax_t)(object->offset + object->len));
	}
	return shown;
}

#define REST "library LIB { read }\n"

static const struct {
	const char *policy;
	const char *objects;
} divided[] = {
	/* the beginning, the middle, the end, all of a segment */
	{ REST "part a of library LIB section first",
	  "a 1000-1100 rest 1100-2000 rest 2000-3000" },
	{ REST "part a of library LIB symbol one",
	  "rest 1000-1010 a 1010-1020 rest 1020-2000 rest 2000-3000" },
	{ REST "part a of library LIB symbol three",
	  "rest 1000-1f80 a 1f80-2000 rest 2000-3000" },
	{ REST "part a of library LIB range 0x1000-0x2000",
	  "a 1000-2000 rest 2000-3000" },
	/* addresses are not offsets */
	{ REST "part a of library LIB section second",
	  "rest 1000-2000 a 2000-2100 rest 2100-3000" },
	{ REST "part a of library LIB range 0x3ffF-0x4000",
	  "rest 1000-2000 rest 2000-2fff a 2fff-3000" },
	/* of several things */
	{ REST "part a of library LIB symbol three one",
	  "rest 1000-1010 a 1010-1020 rest 1020-1f80 a 1f80-2000 "
	  "rest 2000-3000" },
	{ REST "part a of library LIB symbol two one",
	  "rest 1000-1010 a 1010-1030 rest 1030-2000 rest 2000-3000" },
	{ REST "part a of library LIB symbol two alias one two",
	  "rest 1000-1010 a 1010-1030 rest 1030-2000 rest 2000-3000" },
	{ REST "part a of library LIB symbol one\n"
	       "part a of library LIB section first\n"
	       "part a of library LIB range 0x1008-0x1018 0x10f0-0x1110",
	  "a 1000-1110 rest 1110-2000 rest 2000-3000" },
	{ REST "part a of library LIB section first second",
	  "a 1000-1100 rest 1100-2000 a 2000-2100 rest 2100-3000" },
	/* several parts, side by side */
	{ REST "part a of library LIB symbol two\n"
	       "part b of library LIB symbol one",
	  "rest 1000-1010 b 1010-1020 a 1020-1030 rest 1030-2000 "
	  "rest 2000-3000" },
	{ REST "part a of library LIB symbol two\n"
	       "part b of library LIB range 0x1000-0x1020 0x1030-0x1040",
	  "b 1000-1020 a 1020-1030 b 1030-1040 rest 1040-2000 "
	  "rest 2000-3000" },
	/* the rest is nobody's, or looked through */
	{ "part a of library LIB symbol one { read }", "a 1010-1020" },
	{ "transparent LIB\npart a of library LIB symbol one { read }",
	  "rest* 1000-1010 a 1010-1020 rest* 1020-2000 rest* 2000-3000" },
	{ "transparent LIB\n" REST "part a of library LIB section first second",
	  "a 1000-1100 rest* 1100-2000 a 2000-2100 rest* 2100-3000" },
	/* a program by its path */
	{ "program LIB { read }\npart a of program LIB symbol one",
	  "rest 1000-1010 a 1010-1020 rest 1020-2000 rest 2000-3000" },
};

START_TEST(test_parts) {
	parse_parts(divided[_i].policy);
	find_well("/bin/true", 0);
	check_objects();
	ck_assert_str_eq(describe(), divided[_i].objects);
}
END_TEST

static const struct {
	const char *policy;
	unsigned int line;
	unsigned int column;
	const char *text;
	const char *hint;
} undivided[] = {
	{ "part a of library LIB symbol oen", 2, 30, "no symbol `oen`",
	  "`nm` lists them; a function that is inlined has none" },
	{ "part a of library LIB symbol one thre", 2, 34, "no symbol `thre`",
	  "did you mean `three`?" },
	{ "part a of library LIB symbol one.cold", 2, 30,
	  "no symbol `one.cold`", "`nm` lists them" },
	{ "part a of library LIB section frist", 2, 31, "no section `frist`",
	  "did you mean `first`?" },
	{ "part a of library LIB section .text.a", 2, 31,
	  "no section `.text.a`", "linkers put .text.* into .text" },
	{ "part a of library LIB symbol first", 2, 30, "no symbol `first`",
	  "" },
	{ "part a of library LIB section one", 2, 31, "no section `one`", "" },
	{ "part a of library LIB symbol again", 2, 30,
	  "`again` is there more than once", "at 0x1040 and 0x1060" },
	{ "part a of library LIB symbol sizeless", 2, 30,
	  "`sizeless` has no size", "" },
	{ "part a of library LIB symbol elsewhere", 2, 30,
	  "`elsewhere` is used here, not defined", "" },
	{ "part a of library LIB section data", 2, 31,
	  "`data` is not a section of code", "" },
	{ "part a of library LIB section outside", 2, 31,
	  "`outside` is not inside of an executable segment", "" },
	{ "part a of library LIB symbol across", 2, 30,
	  "`across` is not inside of an executable segment", "" },
	{ "part a of library LIB range 0xfff-0x1010", 2, 29,
	  "`0xfff-0x1010` is not inside of an executable segment", "" },
	{ "part a of library LIB range 0x1000-0x4000", 2, 29,
	  "`0x1000-0x4000` is not inside", "" },
	{ "part a of library LIB range 0x0-0xffffffffffffffff", 2, 29,
	  "is not inside of an executable segment", "" },
	{ "part a of library LIB range 0x2000-0x2001", 2, 29,
	  "is not inside of an executable segment", "" },
	{ "part b of library LIB symbol two\n"
	  "part a of library LIB symbol one alias",
	  3, 34, "`alias` of part `a` overlaps `two` of part `b`",
	  "see line 2 of name.af" },
	{ "part b of library LIB range 0x101f-0x1020\n"
	  "part a of library LIB symbol one",
	  3, 30, "`one` of part `a` overlaps `0x101f-0x1020` of part `b`",
	  "see line 2 of name.af" },
	/* One in the middle of another, behind a shorter one. */
	{ "part a of library LIB section first\n"
	  "part a of library LIB symbol one\n"
	  "part b of library LIB range 0x1050-0x1051",
	  4, 29, "`0x1050-0x1051` of part `b` overlaps `first` of part `a`",
	  "see line 2 of name.af" },
};

/* The column is that which is there with LIB. */
START_TEST(test_wrong_parts) {
	char text[512];
	int ret;

	snprintf(text, sizeof(text), REST "%s\n", undivided[_i].policy);
	parse_parts(text);
	ret = find("/bin/true", 0);
	ck_assert_int_eq(ret, -EINVAL);
	ck_assert_str_eq(err.file, "name.af");
	ck_assert_uint_eq(err.line, undivided[_i].line);
	ck_assert_uint_eq(err.column, undivided[_i].column + strlen(dir) +
					      strlen("/lib.so") -
					      strlen("LIB"));
	ck_assert_msg(strstr(err.text, "/lib.so: "), "%s", err.text);
	ck_assert_msg(strstr(err.text, undivided[_i].text), "%s", err.text);
	ck_assert_msg(strstr(err.hint, undivided[_i].hint), "%s", err.hint);
	ck_assert_ptr_null(objects.objects);
}
END_TEST

/* A library that has been stripped, one without sections, a damaged one. */
START_TEST(test_parts_without_symbols) {
	struct library elf;

	parse_parts("part a of library LIB symbol one { read }\n");
	make_library(&elf);
	elf.shdr[1].sh_type = SHT_DYNSYM;
	write_file("lib.so", &elf, sizeof(elf));
	find_well("/bin/true", 0);
	ck_assert_str_eq(describe(), "a 1010-1020");

	elf.sym[1].st_name = 0;
	write_file("lib.so", &elf, sizeof(elf));
	ck_assert_int_eq(find("/bin/true", 0), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "no symbol `one` among those"));
	ck_assert_ptr_nonnull(strstr(err.hint, "keep its symbol table"));

	elf.ehdr.e_shnum = 0;
	write_file("lib.so", &elf, sizeof(elf));
	ck_assert_int_eq(find("/bin/true", 0), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "no symbol `one` among those"));

	elf.ehdr.e_shnum = 100;
	elf.ehdr.e_shoff = sizeof(elf);
	write_file("lib.so", &elf, sizeof(elf));
	ck_assert_int_eq(find("/bin/true", 0), -ENOEXEC);
	ck_assert_ptr_nonnull(strstr(err.text, "damaged section headers"));

	/* For a range nobody looks at them. */
	parse_parts("part a of library LIB range 0x1010-0x1020 { read }\n");
	write_file("lib.so", &elf, sizeof(elf));
	find_well("/bin/true", 0);
	ck_assert_str_eq(describe(), "a 1010-1020");
}
END_TEST

/* A file that is not there is fine, one that lacks the symbol is not. */
START_TEST(test_optional_parts) {
	parse_parts("program { read }\n"
		    "optional part a of library LIB symbol one oen\n");
	ck_assert_int_eq(find("/bin/true", 0), -EINVAL);
	ck_assert_uint_eq(err.line, 2);
	ck_assert_int_eq(unlink("lib.so"), 0);
	find_well("/bin/true", 0);
	ck_assert_str_eq(describe(), "");

	parse_parts("program { read }\n"
		    "part a of library LIB symbol one\n");
	ck_assert_int_eq(unlink("lib.so"), 0);
	ck_assert_int_eq(find("/bin/true", 0), -ENOENT);
}
END_TEST

/* Two names of one file are two callers, also if both have parts only. */
START_TEST(test_parts_claimed) {
	parse_parts("part a of library LIB symbol one\n"
		    "part b of library LIB.1 symbol two { read }\n");
	ck_assert_int_eq(link("lib.so", "lib.so.1"), 0);
	find_badly("/bin/true", -EINVAL, 2, "lib.so.1: is the file of another");
}
END_TEST

/* Each variant for a processor has its own addresses. */
START_TEST(test_parts_of_variants) {
	ck_assert_int_eq(mkdir("glibc-hwcaps", 0700), 0);
	ck_assert_int_eq(mkdir("glibc-hwcaps/x86-64-v2", 0700), 0);
	ck_assert_int_eq(setenv("LD_LIBRARY_PATH", dir, 1), 0);
	write_library("lib.so");
	write_library("glibc-hwcaps/x86-64-v2/lib.so");
	parse("part a of library lib.so symbol one { read }\n");
	find_well("/bin/true", 0);
	check_objects();
	ck_assert_str_eq(describe(), "a 1010-1020 a 1010-1020");

	parse("part a of library lib.so symbol one\n"
	      "part a of library lib.so range 0x1000-0x1010 { read }\n");
	ck_assert_int_eq(find("/bin/true", 0), -EINVAL);
	ck_assert_uint_eq(err.line, 2);
	ck_assert_uint_eq(err.column, 32);
	ck_assert_ptr_nonnull(strstr(err.text, "lib.so stands for several"));
	ck_assert_int_eq(unlink("glibc-hwcaps/x86-64-v2/lib.so"), 0);
	find_well("/bin/true", 0);
	ck_assert_str_eq(describe(), "a 1000-1020");
}
END_TEST

/* More pieces than the kernel takes objects. */
START_TEST(test_many_parts) {
	char text[16384], *to = text;

	to += sprintf(to, "program { read }\npart a of library %s/lib.so range",
		      dir);
	for (unsigned int i = 0; i < 600; i++)
		to += sprintf(to, " %#x-%#x", 0x1000 + 4 * i, 0x1001 + 4 * i);
	write_library("lib.so");
	parse(text);
	find_well("/bin/true", 0);
	check_objects();
	strcpy(to, "\ntransparent ");
	sprintf(to + strlen(to), "%s/lib.so\n", dir);
	parse(text);
	ck_assert_int_eq(find("/bin/true", 0), -E2BIG);
	ck_assert_ptr_nonnull(strstr(err.text, "parts of files"));
}
END_TEST

START_TEST(test_parts_no_memory) {
	unsigned int i;

	parse_parts("transparent LIB\n"
		    "part a of library LIB symbol one three\n"
		    "part b of library LIB section second\n"
		    "part c of library LIB range 0x1100-0x1200 { read }\n");
	for (i = 1; i < 10000; i++) {
		long live = nr_live;
		int ret;

		fail_in = i;
		ret = find("/bin/true", 0);
		if (fail_in)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		ck_assert_str_eq(err.text, "out of memory");
		ck_assert_int_eq(nr_live, live);
	}
	fail_in = 0;
	ck_assert_uint_gt(i, 40);
	ck_assert_uint_lt(i, 10000);
	ck_assert_str_eq(describe(),
			 "rest* 1000-1010 a 1010-1020 rest* 1020-1100 "
			 "c 1100-1200 rest* 1200-1f80 a 1f80-2000 "
			 "b 2000-2100 rest* 2100-3000");
}
END_TEST

/* Functions of this program, in the order of their addresses or not. */
__attribute__((noinline, used, aligned(64))) static void part_one(void)
{
	__asm__ volatile("");
}

__attribute__((noinline, used, section("part_text"))) static void part_two(void)
{
	__asm__ volatile("");
}

#define OWN_PARTS                                         \
	"part one of program symbol part_one { write }\n" \
	"part two of program section part_text\n"

enum {
	PART_ONE = AF_ID_LIBRARY,
	PART_TWO
};

/* As loaded and as a file, which leads to the same objects. */
START_TEST(test_own_parts) {
	uint64_t len[2] = { 0 };

	parse(OWN_PARTS);
	for (int i = 0; i < 2; i++) {
		find_well(i ? "/proc/self/exe" : NULL, 0);
		check_objects();
		ck_assert_uint_eq(id_of(part_one), PART_ONE);
		ck_assert_uint_eq(id_before(part_one), AF_ID_PROGRAM);
		ck_assert_uint_eq(id_of(part_two), PART_TWO);
		ck_assert_uint_eq(id_of(here_too), AF_ID_PROGRAM);
		ck_assert_uint_eq(object_of((uintptr_t)part_one)->flags, 0);
		for (size_t j = 0; j < objects.nr_objects; j++) {
			if (objects.objects[j].id <= PART_TWO)
				len[i] += objects.objects[j].len;
		}
	}
	ck_assert_uint_eq(len[0], len[1]);
	/* Nothing of the program is lost. */
	parse("program { read }");
	find_well(NULL, 0);
	ck_assert_uint_eq(program_len(0), len[0]);
}
END_TEST

START_TEST(test_transparent_program) {
	parse("transparent program\n" OWN_PARTS);
	for (int i = 0; i < 2; i++) {
		find_well(i ? "/proc/self/exe" : NULL, 0);
		check_objects();
		ck_assert_uint_eq(object_of((uintptr_t)part_one)->id, PART_ONE);
		ck_assert_uint_eq(object_of((uintptr_t)part_one)->flags, 0);
		ck_assert_uint_eq(object_of((uintptr_t)part_two)->flags, 0);
		ck_assert_uint_eq(id_of(here_too), AF_ID_PROGRAM);
		ck_assert_uint_eq(object_of((uintptr_t)here_too)->flags,
				  LIBAF_SECCOMP_OBJECT_TRANSPARENT);
	}
	ck_assert_int_eq(find(NULL, 7), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "the program: cannot be"));
}
END_TEST

/* If blocks for programs have paths, the rest of another one is unknown. */
START_TEST(test_parts_of_other_program) {
	write_elf("program", 1);
	parse("program /bin/sh { read }\n" OWN_PARTS);
	find_well(NULL, 0);
	check_objects();
	ck_assert_uint_eq(id_of(part_one), PART_ONE + 1);
	ck_assert_uint_eq(id_of(here_too), 0);
}
END_TEST

/* What is run is called by another name than the policy's. */
static const struct {
	const char *wrong;
	unsigned int column;
	const char *right;
} misnamed[] = {
	{ "part one of program symbol part_one { write }", 28,
	  "part one of program %1$s symbol part_one { write }" },
	{ "part one of program symbol no_such_symbol", 28,
	  "part one of program %1$s symbol part_one" },
	{ "transparent program", 13, "transparent /bin/sh" },
};

START_TEST(test_parts_of_a_program_that_has_a_path) {
	char exe[1024] = "", named[2048], text[4096];

	ck_assert_int_gt(readlink("/proc/self/exe", exe, sizeof(exe) - 1), 0);
	snprintf(text, sizeof(text), "program %s { read }\n%s", exe,
		 misnamed[_i].wrong);
	parse(text);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(find(i ? exe : NULL, 0), -EINVAL);
		ck_assert_ptr_nonnull(
			strstr(err.text, "`program` is not the one"));
		ck_assert_ptr_nonnull(strstr(err.hint, exe));
		ck_assert_uint_eq(err.line, 2);
		ck_assert_uint_eq(err.column, misnamed[_i].column);
	}
	snprintf(named, sizeof(named), misnamed[_i].right, exe);
	snprintf(text, sizeof(text), "program %s { read }\n%s", exe, named);
	parse(text);
	find_well(NULL, 0);
	if (_i < 2)
		ck_assert_uint_eq(id_of(part_one), PART_ONE + 1);
	ck_assert_uint_eq(id_of(here_too), PART_ONE);
}
END_TEST

/* The launcher is nobody's part. */
static int first_info(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(struct dl_phdr_info *)data = *info;
	return 1;
}

START_TEST(test_launcher_in_part) {
	static const char *const policies[] = {
		"part a of program range %#jx-%#jx { read }\n",
		"program { read }\npart a of program range %#jx-%#jx\n",
	};
	const uintptr_t start = (uintptr_t)af_launch_text;
	const uintptr_t end = (uintptr_t)af_launch_end;
	const struct {
		uintptr_t start;
		uintptr_t end;
	} ranges[] = {
		{ start, end },         { start + 1, end - 1 },
		{ start, start + 1 },   { end - 1, end },
		{ start - 1, end + 1 }, { start - 1, start + 1 },
		{ end - 1, end + 1 },   { start + 1, end },
	};
	struct dl_phdr_info info;
	char text[256];

	ck_assert_int_eq(dl_iterate_phdr(first_info, &info), 1);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(ranges); i++) {
		uintptr_t from = ranges[i / 2].start, to = ranges[i / 2].end;

		snprintf(text, sizeof(text), policies[i % 2],
			 (uintmax_t)(from - info.dlpi_addr),
			 (uintmax_t)(to - info.dlpi_addr));
		parse(text);
		find_well(NULL, 7);
		check_objects();
		ck_assert_uint_eq(id_of(af_launch_text), 7);
		ck_assert_uint_eq(id_before(af_launch_end), 7);
		ck_assert_uint_eq(id_before(af_launch_text),
				  from < start ? AF_ID_LIBRARY : AF_ID_PROGRAM);
		ck_assert_uint_eq(id_of(af_launch_end),
				  to > end ? AF_ID_LIBRARY : AF_ID_PROGRAM);
	}
}
END_TEST

/* What is loaded is not what its path leads to now. */
START_TEST(test_parts_of_replaced_file) {
	parse(OWN_PARTS);
	replaced = "/bin/true";
	ck_assert_int_eq(find(NULL, 0), -EINVAL);
	replaced = NULL;
	ck_assert_ptr_nonnull(strstr(err.text, "is not what is loaded"));
}
END_TEST

/* Under Valgrind /proc/self/exe is another program. */
static bool is_itself(void)
{
	struct origin origin;
	struct stat st;

	return find_origin((uintptr_t)here_too, &origin) &&
	       !stat("/proc/self/exe", &st) && origin.ino == st.st_ino;
}

int main(void)
{
	Suite *suite = suite_create("objects");
	TCase *tcase = tcase_create("objects");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_running);
	tcase_add_test(tcase, test_transparent);
	tcase_add_test(tcase, test_names);
	tcase_add_test(tcase, test_loaded_twice);
	tcase_add_test(tcase, test_loaded_with_two_names);
	tcase_add_test(tcase, test_no_origin);
	tcase_add_test(tcase, test_file);
	tcase_add_test(tcase, test_program_path);
	tcase_add_test(tcase, test_programs);
	tcase_add_test(tcase, test_program_that_cannot_be_told);
	tcase_add_test(tcase, test_optional);
	tcase_add_test(tcase, test_variants);
	tcase_add_test(tcase, test_claimed);
	tcase_add_test(tcase, test_program_not_readable);
	tcase_add_test(tcase, test_scripts);
	tcase_add_test(tcase, test_script_depth);
	tcase_add_test(tcase, test_damaged);
	tcase_add_test(tcase, test_no_files);
	tcase_add_test(tcase, test_only_files_are_opened);
	tcase_add_test(tcase, test_no_permission);
	tcase_add_test(tcase, test_many);
	tcase_add_test(tcase, test_large_tables);
	tcase_add_loop_test(tcase, test_no_memory, 0, 2);
	tcase_add_loop_test(tcase, test_parts, 0, ARRAY_SIZE(divided));
	tcase_add_loop_test(tcase, test_wrong_parts, 0, ARRAY_SIZE(undivided));
	tcase_add_test(tcase, test_parts_without_symbols);
	tcase_add_test(tcase, test_optional_parts);
	tcase_add_test(tcase, test_parts_claimed);
	tcase_add_test(tcase, test_parts_of_variants);
	tcase_add_test(tcase, test_many_parts);
	tcase_add_test(tcase, test_parts_no_memory);
	if (is_itself()) {
		tcase_add_test(tcase, test_claimed_loaded);
		tcase_add_test(tcase, test_launcher);
		tcase_add_test(tcase, test_launching_library);
		tcase_add_test(tcase, test_own_parts);
		tcase_add_test(tcase, test_transparent_program);
		tcase_add_test(tcase, test_parts_of_other_program);
		tcase_add_loop_test(tcase,
				    test_parts_of_a_program_that_has_a_path, 0,
				    sizeof(misnamed) / sizeof(*misnamed));
		tcase_add_test(tcase, test_launcher_in_part);
		tcase_add_test(tcase, test_parts_of_replaced_file);
	}
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
