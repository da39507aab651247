// SPDX-License-Identifier: LGPL-2.1-or-later
/* af dump: the program that a policy compiles to. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/compile.h"
#include "../lib/parse.h"
#include "../lib/read.h"
#include "../lib/sim.h"
#include "af.h"
#include "disasm.h"

static const char usage[] =
	"usage: af dump [--raw | --hex] [--program N] POLICY | FILTER\n"
	"\n"
	"Print the programs that a policy compiles to, with labels and comments, in the\n"
	"syntax of the kernel's bpf_asm.  FILTER is a program as --raw writes it.\n"
	"\n"
	"  --raw        write it as the kernel takes it: an array of struct sock_filter\n"
	"  --hex        print it as that array is written in C\n"
	"  --program N  only this one of several; from 1, in the order of loading\n"
	"  --help       show this\n"
	"\n"
	"The exit status is 0, 1 if the policy cannot be compiled, 2 for wrong\n"
	"arguments or a file that is neither.\n";

enum format {
	TEXT,
	RAW,
	HEX
};

/* A filter, and the policy that it comes from, if any. */
struct dump {
	struct libaf_policy *policy;
	struct af_programs programs;
};

/* No policy has a NUL in it, and no filter has none. */
static bool is_filter(const char *bytes, size_t size)
{
	return memchr(bytes, '\0', size);
}

static int read_filter(struct dump *dump, const char *path, const char *bytes,
		       size_t size, struct libaf_error *err)
{
	struct af_program *prog = &dump->programs.programs[0];

	prog->len = size / sizeof(*prog->insns);
	if (size % sizeof(*prog->insns) || prog->len > BPF_MAXINSNS)
		return af_error(err, -EINVAL, path, NULL,
				"neither a policy nor a filter");
	prog->insns = malloc(size);
	if (!prog->insns)
		return af_error(err, -ENOMEM, path, NULL, "out of memory");
	dump->programs.nr = 1;
	memcpy(prog->insns, bytes, size);
	if (af_sim_check(prog->insns, prog->len))
		return af_error(err, -EINVAL, path, NULL,
				"not a filter that the kernel would take");
	return 0;
}

static int read_file(struct dump *dump, const char *path,
		     struct libaf_error *err)
{
	char *bytes;
	size_t size;
	int ret = af_read_text(path, &bytes, &size, err);

	if (ret)
		return ret;
	if (is_filter(bytes, size))
		ret = read_filter(dump, path, bytes, size, err);
	else
		ret = af_parse(bytes, size, path, true, &dump->policy, err);
	free(bytes);
	return ret;
}

static void print_hex(const struct af_program *prog)
{
	for (size_t i = 0; i < prog->len; i++) {
		const struct sock_filter *insn = &prog->insns[i];

		printf("{ 0x%02x, %u, %u, 0x%08x },\n", insn->code, insn->jt,
		       insn->jf, insn->k);
	}
}

static void print_head(const struct dump *dump, size_t i, const char *path)
{
	size_t len = dump->programs.programs[i].len;

	fputs("; ", stdout);
	af_print_clean(stdout, path);
	if (dump->programs.nr > 1)
		printf(", program %zu of %zu", i + 1, dump->programs.nr);
	printf(": %zu instruction%s\n", len, len == 1 ? "" : "s");
}

static int print(const struct dump *dump, size_t i, enum format format,
		 const char *path)
{
	const struct af_program *prog = &dump->programs.programs[i];

	switch (format) {
	case RAW:
		fwrite(prog->insns, sizeof(*prog->insns), prog->len, stdout);
		break;
	case HEX:
		print_hex(prog);
		break;
	default:
		print_head(dump, i, path);
		if (af_disassemble(stdout, prog->insns, prog->len,
				   dump->policy))
			return af_no_memory();
	}
	return AF_OK;
}

/* The one that is chosen, from 1, or all of them if it is 0. */
static int print_chosen(const struct dump *dump, unsigned long chosen,
			enum format format, const char *path)
{
	size_t nr = dump->programs.nr;
	int ret = AF_OK;

	if (chosen > nr) {
		af_complain("%s: there %s %zu program%s", path,
			    nr == 1 ? "is" : "are", nr, nr == 1 ? "" : "s");
		return AF_USAGE;
	}
	if (!chosen && nr > 1 && format != TEXT) {
		af_complain("%s: %zu programs; choose one, as with --program 1",
			    path, nr);
		return AF_USAGE;
	}
	if (chosen)
		return print(dump, chosen - 1, format, path);
	for (size_t i = 0; !ret && i < nr; i++) {
		if (i)
			putchar('\n');
		ret = print(dump, i, format, path);
	}
	return ret;
}

static int dump_file(const char *path, unsigned long chosen, enum format format)
{
	struct dump dump = { 0 };
	struct libaf_error err;
	int ret = AF_USAGE;

	if (read_file(&dump, path, &err)) {
		af_print_error(&err);
	} else if (dump.policy &&
		   af_compile(dump.policy, NULL, &dump.programs, &err)) {
		af_print_error(&err);
		ret = AF_FAILED;
	} else {
		ret = print_chosen(&dump, chosen, format, path);
	}
	af_programs_release(&dump.programs);
	libaf_policy_free(dump.policy);
	return ret;
}

/* A number from 1, or 0 if it is none. */
static unsigned long parse_number(const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end)
		return 0;
	return number;
}

int af_dump(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "raw", no_argument, NULL, 'r' },
		{ "hex", no_argument, NULL, 'x' },
		{ "program", required_argument, NULL, 'p' },
		{},
	};
	enum format format = TEXT;
	unsigned long chosen = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return AF_OK;
		case 'r':
			format = RAW;
			break;
		case 'x':
			format = HEX;
			break;
		case 'p':
			chosen = parse_number(optarg);
			if (chosen)
				break;
			af_complain("--program is a number from 1");
			return AF_USAGE;
		default:
			fputs(usage, stderr);
			return AF_USAGE;
		}
	}
	if (optind != argc - 1) {
		fputs(usage, stderr);
		return AF_USAGE;
	}
	return dump_file(argv[optind], chosen, format);
}
