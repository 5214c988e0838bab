// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings: in, the lines of one callback; out, what step classify makes of them.
 * It runs in a process of its own: steps keep what they have read, and end the process on errors.
 */
#include "../audit.h"
#include "findings.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel tree that FILE lies in, for the contract of its time; NULL for none. */
static const char *tree_of(const char *file)
{
	for (char *dir = copy_string(file), *slash; (slash = strrchr(dir, '/')) && slash > dir; ) {
		*slash = 0;
		if (!access(format("%s/include/linux/iommu.h", dir), R_OK))
			return dir;
	}
	return access("include/linux/iommu.h", R_OK) ? NULL : ".";
}

static void classify_lines(const json_t *lines, const char *folder, const char *project, const char *file)
{
	const char *rules = format("%s/contract.json", project), *tree = tree_of(file);
	const char *contract = contract_choose(contract_read(rules), rules, tree ? tree : ".", tree ? NULL : "merged", NULL);
	char *sites = format("%s/sites", folder), *scan = format("%s/scan", folder);
	char *engines = format("%s/engines", folder), *out = format("%s/audit", folder);
	char *step[] = { "classify", "--scan", scan, "--api", format("%s/checkers/api.json", project), "--contract",
			 (char *)rules, "--engines", engines, "--sites", sites, "--out", out, NULL };
	FILE *f = write_begin(sites);
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		json_dumpf(line, f, JSON_COMPACT);
		fputc('\n', f);
	}
	write_end(f, sites);
	write_json(scan, json_pack("{ss ss}", "contract", contract, "version", ""));
	write_json(engines, json_object());
	_exit(step_classify(sizeof(step) / sizeof(*step) - 1, step));
}

/* Each finding with the place of its site. */
static json_t *placed(const json_t *audit)
{
	json_t *out = json_array(), *finding, *site;
	size_t i, k;

	json_array_foreach(json_object_get(audit, "findings"), i, finding)
		json_array_foreach(json_object_get(audit, "sites"), k, site)
			if (!strcmp(str(site, "id"), str(finding, "site"))) {
				json_object_update_missing(finding, site);
				json_array_append(out, finding);
			}
	return out;
}

json_t *findings_on(const json_t *lines, const char *project, const char *file)
{
	static const char *const left[] = { "sites", "scan", "engines", "audit" };
	char folder[] = "/tmp/attach-path.XXXXXX";
	json_t *audit = NULL, *out = NULL;
	int status = -1;
	pid_t child;

	if (!mkdtemp(folder)) {
		complain("%s: %s: free some space", folder, strerror(errno));
		return NULL;
	}
	fflush(NULL);
	child = fork();
	if (!child)
		classify_lines(lines, folder, project, file);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status) && !WEXITSTATUS(status))
		audit = json_load_file(format("%s/audit", folder), 0, NULL);
	if (audit)
		out = placed(audit);
	else
		complain("%s: findings cannot be told: see above", file);
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++)
		unlink(format("%s/%s", folder, left[i]));
	rmdir(folder);
	return out;
}
