// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts: in, a site's class and the contract; out, whether the errno (and
 * the message) is right, what it should be, and which rule is broken.
 */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

const char *const verdict_names[] = { "ok", "change", "review" };

static json_t *contracts;	/* contract.json */
static const char *in_force;

/* Rules of an operation under the contract in force. */
static const json_t *rules(const char *op)
{
	return contract_rules(contracts, in_force, op);
}

void load_contract(const char *path, const char *name)
{
	contracts = contract_read(path);
	in_force = name;
	if (!contract_known(contracts, name))
		fatal("%s: has no contract \"%s\": name one that it has", path, name);
}

bool ruled(const char *op)
{
	return rules(op) != NULL;
}

bool has_last_word(const char *op)
{
	return !*str(rules(op), "at_most");
}

const char *contract_errno_of_misfit(void)
{
	return contract_soft(contracts, in_force);
}

const json_t *entry_point_rules(void)
{
	return contract_entry_points(contracts, in_force);
}

const char *soft_errno(const char *op)
{
	return str(rules(op), "soft");
}

static bool strict(const char *op)
{
	return flag(rules(op), "strict");
}

static bool equals(const char *a, const char *b)
{
	return !strcmp(a, b);
}

static void expect(struct judgement *j, const char *e)
{
	for (int i = 0; i < j->n_expected; i++)
		if (equals(j->expected[i], e))
			return;
	if (j->n_expected < MAX_EXPECTED)
		j->expected[j->n_expected++] = e;
}

static void broken(struct judgement *j, enum verdict v, const char *rule)
{
	if (j->verdict != CHANGE)
		j->verdict = v;
	j->rule = rule;
}

bool has_message(const json_t *line)
{
	const json_t *m;
	size_t i;

	json_array_foreach(json_object_get(line, "messages"), i, m)
		if (equals(str(m, "level"), "error") || equals(str(m, "level"), "warning"))
			return true;
	return false;
}

static void judge_incompatible(struct judgement *j, const json_t *line, const struct reading *r)
{
	const char *e = str(line, "errno"), *soft = soft_errno(str(line, "op"));
	/* a domain without memory behind it may be short of just that */
	enum verdict v = r->warn || equals(e, "ENOMEM") || equals(e, "ENOSPC") || r->confidence == LOW ? REVIEW : CHANGE;

	expect(j, soft);
	if (equals(str(line, "kind"), "own-call")) {
		j->n_expected = 0;
		expect(j, "keep");
	} else if (!equals(e, soft)) {
		if (v == REVIEW)
			expect(j, e);
		broken(j, v, "incompatible-not-einval");
	}
	if (j->print) {
		j->remove_print = v == CHANGE;
		if (!j->rule)
			broken(j, v, "soft-failure-logged");
	}
}

static void judge_hard(struct judgement *j, const json_t *line, const struct reading *r)
{
	const char *e = str(line, "errno"), *soft = soft_errno(str(line, "op"));
	bool raw = flag(line, "raw");

	expect(j, "ENODEV");
	if (equals(e, "ENODEV"))
		return;
	if (equals(e, soft) || equals(e, "EINVAL") || raw) {
		bool sure = r->direct && !r->warn && r->confidence != LOW;

		if (!sure)
			expect(j, e);
		broken(j, sure ? CHANGE : REVIEW, "hard-as-einval");
		return;
	}
	expect(j, e);
	if (!equals(str(json_object_get(rules(str(line, "op")), "others"), "use"), "allowed"))
		broken(j, REVIEW, "discouraged-errno");
	/* drivers/base/dd.c, drivers/of/device.c: only a probe is tried again */
	if (equals(e, "EPROBE_DEFER"))
		j->why = format("-EPROBE_DEFER is neither a misfit nor a hard failure: where the device is attached "
				"while it is probed, that probe is tried again later; every other caller of an attach "
				"takes it for a hard failure (%s)", r->why);
}

/* A class that has one right errno. */
static void judge_resource(struct judgement *j, const json_t *line, const struct reading *r, const char *right)
{
	const char *e = str(line, "errno");
	bool sure = r->direct && !r->warn && r->confidence != LOW;

	expect(j, right);
	if (equals(e, right))
		return;
	if (r->class == BUSY && (r->arguable || equals(e, soft_errno(str(line, "op")))))
		sure = false;
	if (!sure)
		expect(j, e);
	broken(j, sure ? CHANGE : REVIEW, "wrong-resource-errno");
}

/* Where the callee's soft errno comes from, if it is known and needs no domain. */
static const char *leak_text(const json_t *line, const json_t *leak, const char *name)
{
	const json_t *guard = json_object_get(leak, "guard");

	return format("%s can return -%s for reasons without a domain, which a caller reads as a misfit: "
		      "%s (%s:%d)%s%s, by %s", name, str(leak, "errno"), str(leak, "function"), str(leak, "file"), num(leak, "line"),
		      *str(guard, "text") ? " if " : "", str(guard, "text"),
		      chain_text(json_object_get(line, "path"), json_object_get(leak, "chain")));
}

static void judge_propagated(struct judgement *j, const json_t *line)
{
	const char *name = strchr(str(line, "errno"), ':'), *op = str(line, "op");
	const json_t *row, *leak;

	expect(j, "keep");
	name = name ? name + 1 : "";
	row = foreign_at(str(line, "file"), num(line, "line"), name);
	leak = leak_without_domain(row, soft_errno(op));
	/* what was read in the callee is better than what is told of it */
	if (leak || (!followed(row) && (api("einval_without_domain", name) || has_word(name, "firmware_word")))) {
		expect(j, "ENODEV");
		broken(j, strict(op) ? CHANGE : REVIEW, "foreign-einval");
		if (strict(op)) {
			j->expected[0] = "ENODEV";
			j->n_expected = 1;
		}
		j->why = leak ? leak_text(line, leak, name) :
			 format("%s can return -EINVAL for reasons without a domain, which a caller reads as a misfit", name);
	} else if (api("id_range_errno", name)) {
		expect(j, "ENOSPC");
		broken(j, REVIEW, "wrong-resource-errno");
		j->why = format("%s reports an exhausted range as -EBUSY, which the contract calls ENOSPC", name);
	}
}

/* Is E all that the callee, followed to the end, returns? */
static bool returns_only(const json_t *row, const char *e)
{
	json_t *fact;
	size_t i;

	json_array_foreach(json_object_get(row, "errnos"), i, fact)
		if (!equals(str(fact, "errno"), e))
			return false;
	return followed(row) && json_array_size(json_object_get(row, "errnos"));
}

/* Does the contract name the errno, for whatever operation? A test may run out of what only the attach may lack. */
static bool contract_errno(const char *e)
{
	for (int i = 0; i < n_operations; i++)
		if (json_object_get(json_object_get(rules(operations[i].name), "errnos"), e))
			return true;
	return false;
}

static void judge_masked(struct judgement *j, const json_t *line, const struct reading *r, const struct hidden *hidden)
{
	const char *e = str(line, "errno"), *callee = str(r->operand, "callee");
	bool same = true, allowed = true, resource = true;

	if (!flag(r->operand, "own")) {
		if (returns_only(foreign_at(str(line, "file"), num(line, "line"), callee), e)) {
			expect(j, e);
			return;
		}
		if (api("id_allocator_errno", callee)) {	/* lib/idr.c: only these two */
			expect(j, "propagate");
			expect(j, "ENOSPC");
			expect(j, "ENOMEM");
			broken(j, r->warn || equals(e, "ENOSPC") || equals(e, "ENOMEM") ? REVIEW : CHANGE,
			       "errno-masked");
			return;
		}
		expect(j, "propagate");
		expect(j, "ENODEV");
		expect(j, e);
		broken(j, REVIEW, "errno-masked");
		return;
	}
	expect(j, "propagate");
	for (int i = 0; i < hidden->n; i++) {
		same &= equals(hidden->errnos[i], e);
		allowed &= contract_errno(hidden->errnos[i]);
		resource &= equals(hidden->errnos[i], "ENOMEM") || equals(hidden->errnos[i], "ENOSPC");
	}
	if (hidden->n && same && !hidden->foreign) {
		j->n_expected = 0;
		expect(j, e);
		return;
	}
	for (int i = 0; i < hidden->n; i++)
		expect(j, hidden->errnos[i]);
	if (hidden->n && allowed && !r->warn && (!hidden->foreign || resource)) {
		broken(j, CHANGE, "errno-masked");
		return;
	}
	expect(j, e);
	broken(j, REVIEW, "errno-masked");
}

static void judge_silent(struct judgement *j, const json_t *line, const struct reading *r,
			 const struct hidden *hidden)
{
	bool lost = false;

	/* a helper that can run out of something or find a misfit; not one that waits for hardware */
	for (int i = 0; i < hidden->n; i++)
		lost |= equals(hidden->errnos[i], "ENOMEM") || equals(hidden->errnos[i], "ENOSPC");
	lost |= hidden->misfit;
	lost &= equals(str(line, "kind"), "dropped") && flag(line, "own");
	if (lost && !has_word(str(line, "callee"), "teardown_word")) {
		expect(j, "propagate");
		for (int i = 0; i < hidden->n; i++)
			expect(j, hidden->errnos[i]);
		broken(j, CHANGE, "silent-success");
		return;
	}
	/* a field of the domain against the device's IOMMU, and nothing is attached: upstream decided EINVAL */
	if (equals(str(line, "kind"), "success") && r->direct && !r->hard) {
		expect(j, soft_errno(str(line, "op")));
		broken(j, CHANGE, "silent-success");
		return;
	}
	if (*str(line, "callee"))
		expect(j, "propagate");
	else
		expect(j, r->hard ? "ENODEV" : soft_errno(str(line, "op")));
	expect(j, "0");
	broken(j, REVIEW, "silent-success");
}

/* The operation besides attaching that this helper serves too, and that reads -ENODEV otherwise; NULL for none. */
static const char *read_otherwise(const json_t *line)
{
	json_t *other;
	size_t i;

	json_array_foreach(json_object_get(line, "others"), i, other)
		if (api("enodev_is_none", str(other, "op")))
			return format("%s (%s)", str(other, "op"), str(other, "function"));
	return NULL;
}

struct judgement judge(const json_t *line, const struct reading *r, const struct hidden *hidden)
{
	struct judgement j = { .print = has_message(line) || r->warn, .why = r->why };

	switch (r->class) {
	case INCOMPATIBLE:
		judge_incompatible(&j, line, r);
		break;
	case HARD:
		judge_hard(&j, line, r);
		break;
	case NOMEM:
		judge_resource(&j, line, r, "ENOMEM");
		break;
	case NOSPACE:
		judge_resource(&j, line, r, "ENOSPC");
		break;
	case BUSY:
		judge_resource(&j, line, r, "EBUSY");
		break;
	case PROPAGATED:
		judge_propagated(&j, line);
		break;
	case MASKED:
		judge_masked(&j, line, r, hidden);
		if (hidden->logged && j.verdict != CHANGE) {	/* the helper logs the misfit that is replaced here */
			j.remove_print = true;
			broken(&j, CHANGE, "soft-failure-logged");
		}
		break;
	default:
		judge_silent(&j, line, r, hidden);
		break;
	}
	if (j.verdict == CHANGE && j.n_expected && equals(j.expected[0], "ENODEV") && read_otherwise(line)) {
		j.verdict = REVIEW;
		expect(&j, str(line, "errno"));
		j.why = format("%s; the helper serves %s as well, where -ENODEV is taken for no failure", r->why,
			       read_otherwise(line));
	}
	if (equals(str(rules(str(line, "op")), "at_most"), "review") && j.verdict == CHANGE) {
		j.verdict = REVIEW;
		j.remove_print = false;
	}
	return j;
}
