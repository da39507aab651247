// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Inputs for fuzzing to start from:
 *
 *	seeds DIR [FILE...]
 *
 * writes into DIR/TARGET: generated policies, what they are compiled to, and
 * tables of the ELF files.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../proofs/generate.h"
#include "../proofs/write.h"
#include "compile.h"
#include "libaf/abi.h"
#include "target.h"
#include "unwind.h"

static const char *top;

static FILE *create(const char *target, unsigned int number)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%u", top, target, number);
	file = fopen(path, "we");
	require(file);
	return file;
}

static void write_filter(const struct libaf_policy *policy, unsigned int number)
{
	const struct libaf_seccomp_data data = {
		.nr = number,
		.arch = AUDIT_ARCH_X86_64,
	};
	struct af_programs progs;
	const struct af_program *prog = &progs.programs[0];
	FILE *file;

	require(!af_compile(policy, NULL, &progs, NULL));
	if (prog->len <= 200) {
		file = create("filter", number);
		fwrite(&data, sizeof(data), 1, file);
		fwrite(prog->insns, sizeof(*prog->insns), prog->len, file);
		fclose(file);
	}
	af_programs_release(&progs);
}

/* Small ones, of which there are many in a short time. */
static void write_policies(unsigned int number)
{
	struct shape shape;
	struct libaf_policy *policy;
	FILE *file;

	seed(number);
	shape = random_shape();
	shape.libraries %= 4;
	shape.calls %= 6;
	shape.common %= 4;
	shape.after_size = 3;
	/* Most have a name. */
	shape.pool = 300;
	policy = generate(&shape);
	file = create("policy", number);
	write_policy(file, policy, NULL);
	fclose(file);
	write_filter(policy, number);
	libaf_policy_free(policy);
}

static void write_tables(const char *path, unsigned int number)
{
	static struct af_elf elf;
	struct af_unwind unwind;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	require(fd >= 0 && !af_elf_read_fd(&elf, fd, AF_ELF_SEGMENTS));
	close(fd);
	for (size_t i = 0; i < elf.nr_segments; i++) {
		const struct af_segment *text = &elf.segments[i];
		uint32_t len = text->filesz;
		FILE *file;

		if (!text->exec || af_unwind_build(&elf, text, &unwind))
			continue;
		file = create("table", number);
		fwrite(&len, sizeof(len), 1, file);
		fwrite(unwind.blob, unwind.size, 1, file);
		fclose(file);
		af_unwind_release(&unwind);
	}
	af_elf_release(&elf);
}

int main(int argc, char **argv)
{
	require(argc > 1);
	top = argv[1];
	for (unsigned int number = 0; number < 60; number++)
		write_policies(number);
	for (int i = 2; i < argc; i++)
		write_tables(argv[i], i);
	return 0;
}
