// SPDX-License-Identifier: GPL-2.0-only
/* attach-checks: in, the name of a step and its options; out, that step's file and exit status. */
#include "audit.h"

#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
} steps[] = {
	{ "scan", step_scan, "--tree DIR --cache DIR --contract contract.json [--choose NAME] [--skip DIR] [--rules FILE] --out FILE" },
	{ "closure", step_closure, "--tree DIR --scan FILE --contract contract.json --out FILE" },
	{ "entries", step_entries, "--tree DIR --scan FILE --contract contract.json --cache DIR --out FILE --core FILE --bindings FILE" },
	{ "facts", step_facts, "--tree DIR --closure FILE --contract contract.json [--entries FILE --entries-out FILE] --patches DIR --cache DIR --jobs N [--timeout SECONDS] --out FILE" },
	{ "bindings", step_bindings, "--closure FILE --facts FILE --out FILE" },
	{ "text", step_text, "--tree DIR --closure FILE --bindings FILE --facts FILE --api api.json --contract contract.json [--scan FILE --cache DIR] --out FILE" },
	{ "callers", step_callers, "--tree DIR --entries FILE --facts FILE --api api.json --contract contract.json --cache DIR --out FILE" },
	{ "classify", step_classify, "--tree DIR --scan FILE --api api.json --contract contract.json --engines FILE --sites FILE [--sites FILE ...] [--entries FILE --callers FILE --core-sites FILE] --out FILE" },
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
