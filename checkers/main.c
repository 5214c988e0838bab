// SPDX-License-Identifier: GPL-2.0-only
/* attach-checks: in, the name of a step and its options; out, that step's file and exit status. */
#include "audit.h"

#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
} steps[] = {
	{ "scan", step_scan, "--tree DIR --cache DIR --out scan.json" },
	{ "closure", step_closure, "--tree DIR --scan scan.json --out closure.json" },
	{ "facts", step_facts, "--tree DIR --closure closure.json --patches DIR --cache DIR --jobs N --out facts.jsonl" },
	{ "bindings", step_bindings, "--closure closure.json --facts facts.jsonl --out bindings.jsonl" },
	{ "text", step_text, "--tree DIR --closure closure.json --bindings bindings.jsonl --facts facts.jsonl --api api.json --out sites-coccinelle.jsonl" },
	{ "classify", step_classify, "--scan scan.json --api api.json --contract contract.json --engines engines.json --sites FILE --out audit.json" },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(steps) / sizeof(*steps); i++)
		if (!strcmp(argv[1], steps[i].name))
			return steps[i].run(argc - 1, argv + 1);

	fputs("usage: attach-checks STEP OPTIONS\n", stderr);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		fprintf(stderr, "  %-9s %s\n", steps[i].name, steps[i].usage);
	return EXIT_INCOMPLETE;
}
