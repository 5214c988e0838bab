// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classes: in, one line of an engine (a site in a call context, with guards,
 * operands and origins); out, what kind of failure it is and which guard says so.
 *
 * The innermost guard decides (docs/architecture.md, "Classes"). Where a guard is
 * a disjunction each alternative is classified by itself; a conjunction is one
 * alternative whose operands count together.
 */
#include "audit.h"

#include <ctype.h>
#include <string.h>

const char *const class_names[] = {
	"incompatible", "hard", "nomem", "nospace", "busy", "propagated", "masked", "silent-success", "",
};

const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

int num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

bool flag(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static bool has(const json_t *operand, const char *key, const char *word)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(operand, key), i, v)
		if (!strcmp(json_string_value(v), word))
			return true;
	return false;
}

static bool from(const json_t *operand, const char *origin)
{
	return has(operand, "origins", origin);
}

static bool itself(const json_t *operand, const char *what)
{
	return has(operand, "is", what);
}

static bool op_is(const json_t *atom, const char *words)
{
	const char *op = str(atom, "op"), *at = strstr(words, op);
	size_t len = strlen(op);

	/* words is " a b c " */
	for (; at; at = strstr(at + 1, op))
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
	return false;
}

/* The result of a call says that the call failed. */
static bool failing(const json_t *atom)
{
	return op_is(atom, " set negative error != < <= == otherwise > ");
}

static const json_t *operand_of(const json_t *atom, size_t i)
{
	return json_array_get(json_object_get(atom, "operands"), i);
}

/* What the atoms of one alternative, or of several, come from together. */
struct sum {
	bool domain, dev, old, global, pasid;
};

static void add(struct sum *s, const json_t *operand)
{
	s->domain |= from(operand, "DOMAIN");
	s->dev |= from(operand, "DEV");
	s->old |= from(operand, "OLD");
	s->global |= from(operand, "GLOBAL");
	s->pasid |= from(operand, "PASID");
}

/* Does a name in this expression say that something is there already? */
static bool in_use(const char *text)
{
	for (const char *p = text; *p;) {
		size_t len = 0;

		while (isalnum((unsigned char)p[len]))
			len++;
		if (len && api("in_use_word", copy_bytes(p, len)))
			return true;
		p += len ? len : 1;
	}
	return false;
}

static bool names_in_use(const char *e)
{
	return !strcmp(e, "EBUSY") || !strcmp(e, "EEXIST");
}

/* A property of the hardware or its configuration: no look-up, poll, allocation or call that failed. */
static bool capability(const json_t *atom)
{
	const json_t *operand;
	size_t i;

	if (op_is(atom, " error negative "))
		return false;
	json_array_foreach(json_object_get(atom, "operands"), i, operand) {
		const char *form = str(operand, "form"), *type = str(operand, "type");

		if (from(operand, "CONST"))
			continue;
		if (itself(operand, "errno") || itself(operand, "lookup") || itself(operand, "allocation") ||
		    itself(operand, "id") || itself(operand, "attached"))
			return false;
		if (!strcmp(type, "pointer") && op_is(atom, " set unset "))
			return false;
		/* result = call(); if (result): something was done and failed */
		if (!strcmp(form, "name") && itself(operand, "outcome") && op_is(atom, " set "))
			return false;
	}
	return true;
}

/* A guard that chose its branch by what kind of domain it is: type, flag, handler. */
static bool chosen_by_domain(const json_t *guard)
{
	const json_t *alternative, *atom, *operand;
	size_t i, j, k;

	json_array_foreach(json_object_get(guard, "alternatives"), i, alternative)
		json_array_foreach(alternative, j, atom) {
			bool domain = false, other = false, constant = false, kind = false;

			json_array_foreach(json_object_get(atom, "operands"), k, operand) {
				const char *form = str(operand, "form");

				domain |= from(operand, "DOMAIN");
				constant |= from(operand, "CONST");
				other |= from(operand, "DEV") || from(operand, "OLD") || itself(operand, "errno") ||
					 itself(operand, "allocation");
				/* a field the driver does not declare is the core's: iopf_handler, dirty_ops */
				kind |= !strcmp(form, "bits") || !strcmp(form, "call") ||
					!strcmp(str(operand, "type"), "bool") ||
					(!strcmp(form, "field") && !*str(operand, "type"));
			}
			if (domain && !other && (constant || kind || op_is(atom, " otherwise ")))
				return true;
		}
	return false;
}

static bool under_domain_choice(const json_t *line, const json_t *self)
{
	const json_t *guard;
	size_t i;

	if (*str(line, "fixed"))
		return true;
	json_array_foreach(json_object_get(line, "guards"), i, guard)
		if (guard != self && (flag(guard, "enclosing") || flag(guard, "chosen")) &&
		    chosen_by_domain(guard))
			return true;
	return false;
}

/* firmware(domain, device) == constant: how an action on both went, not a comparison of the two */
static bool action_on_both(const json_t *atom, const json_t *operand)
{
	const json_t *other;
	size_t i;
	bool constant = false;

	json_array_foreach(json_object_get(atom, "operands"), i, other)
		constant |= from(other, "CONST");
	return constant && op_is(atom, " == != ") && !strcmp(str(operand, "form"), "call") &&
	       from(operand, "DOMAIN") && from(operand, "DEV");
}

static enum class of_alternative(const json_t *line, const json_t *guard, const json_t *atoms, struct reading *r)
{
	const char *errno_name = str(line, "errno");
	const json_t *atom, *operand;
	struct sum sum = { 0 };
	bool capabilities = true, positive = false, named = false, foreign_result = false;
	size_t i, k;

	json_array_foreach(atoms, i, atom) {
		capabilities &= capability(atom);
		json_array_foreach(json_object_get(atom, "operands"), k, operand) {
			if (itself(operand, "errno") && failing(atom)) {
				r->operand = operand;
				r->direct = true;
				r->why = format("%s failed and its errno is replaced by a constant",
						str(operand, "callee"));
				return MASKED;
			}
			if (itself(operand, "allocation") &&
			    (op_is(atom, " unset error ") || (!strcmp(str(operand, "form"), "call") &&
							      op_is(atom, " set ")))) {
				r->direct = true;
				r->why = format("an allocation failed: %s", str(operand, "text"));
				return NOMEM;
			}
			if (itself(operand, "maybe-allocation") && !strcmp(errno_name, "ENOMEM") &&
			    op_is(atom, " unset error ")) {
				r->confidence = MEDIUM;
				r->direct = true;
				r->why = format("nothing was found and none could be allocated: %s",
						str(operand, "text"));
				return NOMEM;
			}
			if (itself(operand, "id") && !op_is(atom, " set unset ")) {
				r->direct = true;
				r->why = format("no free entry: %s", str(atom, "text"));
				return NOSPACE;
			}
			if (itself(operand, "attached") && op_is(atom, " set != ") && !flag(guard, "exhausted")) {
				r->direct = true;
				r->why = format("the device is attached to a domain already: %s", str(atom, "text"));
				return BUSY;
			}
			if (from(operand, "OLD") && !from(operand, "DOMAIN") && !from(operand, "DEV") &&
			    op_is(atom, " set ")) {
				r->direct = true;
				r->why = format("the device is attached to a domain already: %s", str(atom, "text"));
				return BUSY;
			}
			/* the call succeeded: what it was given says nothing about this failure */
			if (itself(operand, "errno"))
				continue;
			/* firmware(domain, dev) came back non-zero: a call that failed, not a comparison */
			foreign_result |= itself(operand, "result") || action_on_both(atom, operand) ||
					  (itself(operand, "outcome") && !strcmp(str(operand, "form"), "name") &&
					   op_is(atom, " set "));
			add(&sum, operand);
		}
		positive |= op_is(atom, " set > ") && in_use(str(operand_of(atom, 0), "text"));
		named |= op_is(atom, " set > ") && names_in_use(errno_name);
	}
	if (foreign_result) {
		r->direct = true;
		r->why = format("a call that does not return an errno failed: %s", str(guard, "text"));
		return HARD;
	}
	if (sum.domain) {
		r->direct = true;
		r->why = sum.dev || sum.global ? format("compares the domain with the device or its IOMMU: %s", str(guard, "text")) :
			 format("depends on the domain alone: %s", str(guard, "text"));
		return INCOMPATIBLE;
	}
	r->direct = sum.dev || sum.old;
	if ((positive && (sum.dev || sum.old || sum.pasid)) || named) {
		r->why = format("the device is in use already: %s", str(guard, "text"));
		return BUSY;
	}
	capabilities &= !flag(guard, "exhausted") && (sum.dev || sum.global);
	if (capabilities && strcmp(errno_name, "ENOMEM") && under_domain_choice(line, guard)) {
		r->confidence = MEDIUM;
		r->why = format("a capability that only this kind of domain needs is missing: %s", str(guard, "text"));
		return INCOMPATIBLE;
	}
	r->why = format("depends on the device or its IOMMU alone: %s", str(guard, "text"));
	return HARD;
}

/* Which of two alternatives' classes speaks for both. */
static enum class stronger(enum class a, enum class b)
{
	static const enum class order[] = { INCOMPATIBLE, BUSY, HARD, MASKED, NOSPACE, NOMEM };

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a;
}

static struct reading of_guard(const json_t *line, const json_t *guard)
{
	struct reading best = { .class = NO_SITE, .confidence = HIGH, .guard = guard };
	const json_t *atoms;
	size_t i;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms) {
		struct reading r = { .confidence = HIGH, .guard = guard, .warn = flag(guard, "warn") };

		r.class = of_alternative(line, guard, atoms, &r);
		if (best.class == NO_SITE || (stronger(best.class, r.class) == r.class && r.class != best.class)) {
			enum confidence c = best.class == NO_SITE ? r.confidence : MEDIUM;

			best = r;
			best.confidence = c < r.confidence ? c : r.confidence;
		} else if (r.class != best.class) {
			best.confidence = MEDIUM;
		}
	}
	best.warn = flag(guard, "warn");
	return best;
}

/* A constant whose guards tell nothing: its errno is what there is to go by. */
static struct reading by_errno(const char *errno_name)
{
	struct reading r = { .class = HARD, .confidence = LOW, .why = "no condition on domain or device guards it" };

	if (!strcmp(errno_name, "ENOMEM"))
		r.class = NOMEM;
	else if (!strcmp(errno_name, "ENOSPC"))
		r.class = NOSPACE;
	return r;
}

/* The call did not fail: `return ret ? ret : -EINVAL` chose the constant because of something else. */
static bool says_no_failure(const json_t *guard)
{
	const json_t *atoms, *atom;
	size_t i, j;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom)
			if (!op_is(atom, " unset good ") || !itself(operand_of(atom, 0), "errno"))
				return false;
	return json_array_size(json_object_get(guard, "alternatives"));
}

/* WARN_ON(true), while (1): such a guard decides nothing, the next one does. */
static bool says_nothing(const json_t *guard)
{
	const json_t *atoms, *atom, *operand;
	size_t i, j, k;

	if (says_no_failure(guard))
		return true;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom)
			json_array_foreach(json_object_get(atom, "operands"), k, operand)
				if (strcmp(str(operand, "text"), "true") && strcmp(str(operand, "form"), "constant"))
					return false;
	return true;
}

static struct reading of_constant(const json_t *line)
{
	struct reading best = { .class = NO_SITE };
	const char *e = str(line, "errno");
	const json_t *guard;
	size_t i;
	bool mixed = false, warn = false;
	int frame = 0, nearest = -1;

	json_array_foreach(json_object_get(line, "guards"), i, guard) {
		struct reading r;

		if (says_nothing(guard)) {
			warn |= flag(guard, "warn");
			continue;
		}
		if (nearest < 0) {
			frame = num(guard, "frame");
			nearest = num(guard, "depth");
		}
		if (num(guard, "frame") != frame || num(guard, "depth") != nearest)
			break;		/* the nearest ones decide */
		r = of_guard(line, guard);
		r.warn |= warn;
		if (r.class == NO_SITE)
			continue;
		if (best.class == NO_SITE)
			best = r;
		else
			mixed |= r.class != best.class;
	}
	if (best.class == NO_SITE)
		return by_errno(e);
	if (mixed)
		best.confidence = LOW;
	/* ENOMEM, ENOSPC where the guard shows neither domain nor device: take the driver's word */
	if (best.class == HARD && !best.direct && (!strcmp(e, "ENOMEM") || !strcmp(e, "ENOSPC")))
		best = by_errno(e);
	return best;
}

/* `return 0` in a branch: a mismatch, or a device that has nothing to attach, that ends as success. */
static struct reading of_success(const json_t *line)
{
	const json_t *guard = json_array_get(json_object_get(line, "guards"), 0), *atoms, *atom, *operand;
	struct reading r, none = { .class = NO_SITE };
	size_t i, j, k;

	if (!guard || !flag(guard, "enclosing") || num(guard, "frame"))
		return none;
	r = of_guard(line, guard);
	if (r.class != INCOMPATIBLE && r.class != HARD && r.class != BUSY)
		return none;
	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom) {
			struct sum sum = { 0 };
			bool lookup = false, field = false, attached = false;

			json_array_foreach(json_object_get(atom, "operands"), k, operand) {
				add(&sum, operand);
				lookup |= itself(operand, "lookup");
				field |= from(operand, "DOMAIN") && !from(operand, "DEV") && !strcmp(str(operand, "form"), "field");
				attached |= itself(operand, "attached");
			}
			if ((op_is(atom, " != ") && sum.domain && (sum.dev || sum.global) && !sum.old) ||
			    (op_is(atom, " unset ") && lookup && sum.dev && !sum.domain)) {
				r.hard = !sum.domain;
				r.direct = field && !attached;
				r.class = SILENT_SUCCESS;
				r.confidence = MEDIUM;
				r.why = format("success is returned although nothing was attached: %s",
					       str(guard, "text"));
				return r;
			}
		}
	return none;
}

struct reading classify(const json_t *line)
{
	const char *kind = str(line, "kind"), *e = str(line, "errno");
	struct reading r = { .confidence = HIGH, .direct = true };

	if (!strcmp(kind, "constant"))
		return of_constant(line);
	if (!strcmp(kind, "success"))
		return of_success(line);
	r.guard = json_array_get(json_object_get(line, "guards"), 0);
	if (!strcmp(kind, "call")) {
		r.class = PROPAGATED;
		r.why = format("the errno of %s is returned", strchr(e, ':') ? strchr(e, ':') + 1 : e);
	} else if (!strcmp(kind, "own-call")) {
		r.class = INCOMPATIBLE;
		r.why = format("%s can fail because domain and device do not fit, and this logs it",
			       strchr(e, ':') ? strchr(e, ':') + 1 : e);
	} else {
		r.class = SILENT_SUCCESS;
		r.confidence = MEDIUM;
		r.why = !strcmp(kind, "swallowed") ?
			format("%s failed, and 0 is returned all the same", str(line, "callee")) :
			format("the result of %s is thrown away", str(line, "callee"));
	}
	return r;
}
