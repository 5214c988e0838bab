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
#include <stdlib.h>
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
	for (; *op && at; at = strstr(at + 1, op))
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
	return false;
}

static const json_t *operand_of(const json_t *atom, size_t i)
{
	return json_array_get(json_object_get(atom, "operands"), i);
}

/* A number as it is written, and not 0 */
static bool above_zero(const json_t *operand)
{
	return strtoull(str(operand, "text"), NULL, 0) > 0;
}

/* The result of a call says that the call failed: it is compared with nothing but a constant. */
static bool failing(const json_t *atom)
{
	const json_t *other = operand_of(atom, 1);

	return (!other || (from(other, "CONST") && !(op_is(atom, " == ") && above_zero(other)))) &&
	       op_is(atom, " set negative error != < <= == otherwise > ");
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

static void merge_sums(struct sum *to, const struct sum *more)
{
	to->domain |= more->domain;
	to->dev |= more->dev;
	to->old |= more->old;
	to->global |= more->global;
	to->pasid |= more->pasid;
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

/* As it is written: where a helper has answered, its name says what it asks. */
static bool written_in_use(const json_t *guard)
{
	const json_t *atoms, *atom;
	size_t i, j;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom)
			if (op_is(atom, " set > ") && in_use(str(operand_of(atom, 0), "text")))
				return true;
	return false;
}

static bool names_in_use(const char *e)
{
	return !strcmp(e, "EBUSY") || !strcmp(e, "EEXIST");
}

/* `!domain`, `!dev`: the core hands over neither; a test for it decides nothing */
static bool defensive(const json_t *atom)
{
	const json_t *operand = operand_of(atom, 0);

	return op_is(atom, " set unset error good ") && !itself(operand, "errno") && (itself(operand, "domain") ||
	       (itself(operand, "device") && !itself(operand, "lookup")));
}

/* Nothing but constants, and what the core never does: such an alternative decides nothing. */
static bool says_nothing(const json_t *atoms)
{
	const json_t *atom, *operand;
	size_t i, k;

	json_array_foreach(atoms, i, atom)
		json_array_foreach(json_object_get(atom, "operands"), k, operand)
			if (!from(operand, "CONST") && !defensive(atom))
				return false;
	return true;
}

/* The conditions of a guard: why it is so, where that is decided elsewhere, else as it is written. */
static const json_t *conditions(const json_t *guard)
{
	const json_t *reason = json_object_get(guard, "reason"), *atoms;
	size_t i;

	json_array_foreach(reason, i, atoms)
		if (!says_nothing(atoms))
			return reason;
	return json_object_get(guard, "alternatives");
}

static bool counts_streams(const char *text)
{
	const char *member = strrchr(text, '>') ? strrchr(text, '>') + 1 : text;

	return api("stream_count_member", member);
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

		if (!strncmp(str(operand, "text"), "-E", 2))
			return false;
		if (from(operand, "CONST"))
			continue;
		if (itself(operand, "errno") || itself(operand, "lookup") || itself(operand, "allocation") ||
		    itself(operand, "id") || itself(operand, "attached"))
			return false;
		/* what a search has put into a variable */
		if (itself(operand, "entry") && !strcmp(form, "name") && op_is(atom, " == "))
			return false;
		/* what it is, but for how many streams it has */
		if (itself(operand, "kind") && !(op_is(atom, " < > <= >= != ") && counts_streams(str(operand, "text"))))
			return false;
		if (!strcmp(type, "pointer") && op_is(atom, " set unset "))
			return false;
		/* result = call(); if (result), if (call()): something was done and failed */
		if (itself(operand, "outcome") && op_is(atom, " set ") &&
		    (!strcmp(form, "name") || (!strcmp(form, "call") && !itself(operand, "asked"))))
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

/*
 * Does this operand tell how an action went: what firmware, a hypervisor or a register says of something that
 * was done? Then it compares nothing, whatever was passed in. A register that is only read, and set against what
 * the domain wants, is a property of the hardware.
 */
static bool tells_how_it_went(const json_t *atom, const json_t *operand, bool *guessed)
{
	const json_t *other;
	size_t i;
	bool wanted = false;

	json_array_foreach(json_object_get(atom, "operands"), i, other)
		if (other != operand) {
			wanted |= from(other, "DOMAIN") && !itself(other, "result");
			if (!from(other, "CONST") && !itself(operand, "result"))
				return false;
		}
	if (itself(operand, "result"))
		return !(itself(operand, "register") && wanted && op_is(atom, " < > <= >= "));
	if (!itself(operand, "outcome") || itself(operand, "asked"))
		return false;
	if (!strcmp(str(operand, "form"), "name"))
		return op_is(atom, " set ");
	if (!from(operand, "DOMAIN"))
		return false;
	/* firmware(domain, dev) == 3, !hypercall(domain) */
	if ((op_is(atom, " == != < > <= >= ") && from(operand, "DEV")) || has_word(str(operand, "text"), "action_word") ||
	    has_word(str(operand, "text"), "firmware_word"))
		return true;
	/* !kick(domain->queue): its name says neither that it asks nor that it acts */
	*guessed |= !strcmp(str(operand, "form"), "call") && op_is(atom, " set unset ");
	return *guessed;
}

/*
 * The device itself is found among what is gone through, or under its key: it is attached already. In the domain's
 * own list that is arguable.
 */
static bool finds_device(const json_t *atom, bool *arguable, bool *anywhere)
{
	const json_t *a = operand_of(atom, 0), *b = operand_of(atom, 1), *entry;

	if (op_is(atom, " set ") && itself(a, "lookup") && !strcmp(str(a, "form"), "call") && from(a, "DEV") &&
	    !itself(a, "device") && has_word(str(a, "text"), "collection_word")) {
		*arguable = from(a, "DOMAIN");
		return true;
	}
	if (!op_is(atom, " == ") || itself(a, "device") == itself(b, "device"))
		return false;
	entry = itself(a, "device") ? b : a;
	if (!itself(entry, "entry") && !from(entry, "DOMAIN"))
		return false;
	/* in a list of the driver's or firmware's, which need not be one of what is attached */
	*anywhere = !from(entry, "DOMAIN") && !from(entry, "DEV");
	*arguable = itself(entry, "held") || !itself(entry, "entry") || *anywhere;
	return true;
}

static bool asks_domain(const json_t *atoms)
{
	const json_t *atom, *operand;
	size_t i, k;

	json_array_foreach(atoms, i, atom)
		json_array_foreach(json_object_get(atom, "operands"), k, operand)
			if (from(operand, "DOMAIN") && !defensive(atom))
				return true;
	return false;
}

/* As the guard is written: is a property tested, and not only a look-up or a call that failed? */
static bool tests_capability(const json_t *guard)
{
	const json_t *atoms, *atom;
	size_t i, k;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms) {
		bool all = true;

		json_array_foreach(atoms, k, atom)
			all &= capability(atom);
		if (all)
			return true;
	}
	return false;
}

/* Does the guard itself test this, and no helper further down? */
static bool as_written(const json_t *guard, const json_t *atom)
{
	const json_t *atoms, *other;
	size_t i, k;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, k, other)
			if (json_equal(other, atom))
				return true;
	return false;
}

/* Is ENOMEM all that the driver's own helper returns? */
static bool lacks_memory(const json_t *operand)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(operand, "errnos"), i, v)
		if (strcmp(json_string_value(v), "ENOMEM"))
			return false;
	return json_array_size(json_object_get(operand, "errnos"));
}

/* entry->used, slots[i]: itself, not something computed from it */
static bool a_place(const json_t *operand)
{
	const char *text = str(operand, "text");

	return !strcmp(str(operand, "form"), "field") || (*text && text[strlen(text) - 1] == ']' && isalpha((unsigned char)*text));
}

/* Under `entry->dev == dev`: what is said of an entry of a global list there is said of this device's. */
static bool chosen_by_device(const json_t *line, const json_t *self)
{
	const json_t *guard, *atoms, *atom;
	size_t i, j, k;

	json_array_foreach(json_object_get(line, "guards"), i, guard)
		json_array_foreach(json_object_get(guard, "alternatives"), j, atoms)
			json_array_foreach(atoms, k, atom) {
				const json_t *a = operand_of(atom, 0), *b = operand_of(atom, 1);

				if (guard != self && flag(guard, "enclosing") && op_is(atom, " == ") &&
				    ((from(a, "DEV") && itself(b, "entry")) || (from(b, "DEV") && itself(a, "entry"))))
					return true;
			}
	return false;
}

/* As the guard is written: is the device asked about, and no domain, though the reason lies in what all share? */
static bool asks_device(const json_t *guard)
{
	const json_t *atoms, *atom;
	struct sum sum = { 0 };
	json_t *operand;
	size_t i, j, k;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom)
			json_array_foreach(json_object_get(atom, "operands"), k, operand)
				add(&sum, operand);
	return sum.dev && !sum.domain;
}

static enum class of_alternative(const json_t *line, const json_t *guard, const json_t *atoms, struct reading *r)
{
	const char *errno_name = str(line, "errno");
	const json_t *atom, *operand;
	struct sum sum = { 0 };
	bool capabilities = true, positive = false, named = false, foreign_result = false, compares = false, arguable = false;
	bool exhausted = flag(guard, "exhausted"), kind = false, guessed = false, anywhere = false, found;
	size_t i, k;

	json_array_foreach(atoms, i, atom) {
		struct sum own = { 0 };

		if (defensive(atom))
			continue;
		exhausted |= flag(atom, "exhausted");
		capabilities &= capability(atom);
		found = !exhausted && finds_device(atom, &arguable, &anywhere);
		if (found && anywhere && (asks_domain(atoms) || !names_in_use(errno_name))) {
			r->confidence = LOW;
		} else if (found) {
			r->direct = true;
			r->arguable = arguable;
			r->why = format("the device is found to be attached already: %s", str(guard, "text"));
			return BUSY;
		}
		if (op_is(atom, " occupied ") && !from(operand_of(atom, 0), "DOMAIN")) {
			r->direct = from(operand_of(atom, 0), "DEV");
			r->why = format("the device is in use already: %s", str(guard, "text"));
			return BUSY;
		}
		json_array_foreach(json_object_get(atom, "operands"), k, operand) {
			if (itself(operand, "errno") && failing(atom) && json_object_get(guard, "reason") &&
			    !as_written(guard, atom) && lacks_memory(operand)) {
				r->direct = true;
				r->why = format("an allocation failed: %s", str(guard, "text"));
				return NOMEM;
			}
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
			/* find_first_bit(pasids, n) < n */
			if (itself(operand, "id") && op_is(atom, " < != ") && (from(operand, "DEV") || from(operand, "GLOBAL")) &&
			    !k && strcmp(str(operand, "form"), "name")) {
				r->direct = from(operand, "DEV");
				r->why = format("the device is in use already: %s", str(guard, "text"));
				return BUSY;
			}
			if (exhausted && op_is(atom, " set ") && itself(operand, "entry") && !itself(operand, "lookup") &&
			    a_place(operand)) {
				r->direct = true;
				r->why = format("no free entry: %s", str(guard, "text"));
				return NOSPACE;
			}
			if (itself(operand, "id") && (exhausted || !op_is(atom, " set unset "))) {
				r->direct = true;
				r->why = format("no free entry: %s", str(atom, "text"));
				return NOSPACE;
			}
			if (itself(operand, "attached") && op_is(atom, " set != ") && !exhausted) {
				r->direct = true;
				r->why = format("the device is attached to a domain already: %s", str(atom, "text"));
				return BUSY;
			}
			/* the very domain that is handed over: attached already, and to it */
			if (itself(operand, "attached") && op_is(atom, " == ") && !exhausted &&
			    itself(operand_of(atom, !k), "domain")) {
				r->direct = true;
				r->arguable = true;
				r->why = format("the device is attached to this domain already: %s", str(atom, "text"));
				return BUSY;
			}
			if (itself(operand, "remembered") && op_is(atom, " != ") && !exhausted) {
				r->direct = true;
				r->arguable = true;
				r->why = format("the device is attached to a domain already, by what it keeps of that: %s",
						str(atom, "text"));
				return BUSY;
			}
			if (itself(operand, "claim") && op_is(atom, " set ") && !from(operand, "DOMAIN")) {
				r->direct = true;
				r->arguable = true;
				r->why = format("the device is in use already, by a state that the test takes: %s",
						str(atom, "text"));
				return BUSY;
			}
			if (from(operand, "OLD") && !from(operand, "DOMAIN") && !from(operand, "DEV") &&
			    op_is(atom, " set ")) {
				r->direct = true;
				r->why = format("the device is attached to a domain already: %s", str(atom, "text"));
				return BUSY;
			}
			/* status == 3: no errno, then */
			foreign_result |= itself(operand, "errno") && operand_of(atom, !k) && op_is(atom, " == ") &&
					  above_zero(operand_of(atom, !k));
			/* the call succeeded: what it was given says nothing about this failure */
			if (itself(operand, "errno"))
				continue;
			kind |= itself(operand, "kind");
			if (tells_how_it_went(atom, operand, &guessed))
				foreign_result = true;
			else
				add(&own, operand);
		}
		compares |= own.domain && own.dev && op_is(atom, " == != < > <= >= ");
		merge_sums(&sum, &own);
		positive |= !exhausted && ((op_is(atom, " set > ") && in_use(str(operand_of(atom, 0), "text"))) ||
					   (json_object_get(guard, "reason") && written_in_use(guard)));
		named |= !exhausted && op_is(atom, " set > ") && names_in_use(errno_name);
	}
	if (foreign_result && !compares) {
		r->direct = true;
		r->confidence = guessed ? LOW : r->confidence;
		r->why = format("tells how an action went: %s", str(guard, "text"));
		return HARD;
	}
	if (sum.domain) {
		r->direct = true;
		r->why = sum.dev || sum.global ? format("compares the domain with the device or its IOMMU: %s", str(guard, "text")) :
			 format("depends on the domain alone: %s", str(guard, "text"));
		return INCOMPATIBLE;
	}
	r->direct = sum.dev || sum.old || (sum.global && (chosen_by_device(line, guard) || asks_device(guard)));
	if ((positive && (sum.dev || sum.old || sum.pasid)) || named) {
		r->why = format("the device is in use already: %s", str(guard, "text"));
		return BUSY;
	}
	capabilities &= !exhausted && (sum.dev || sum.global);
	if (capabilities && tests_capability(guard) && strcmp(errno_name, "ENOMEM") && under_domain_choice(line, guard)) {
		r->confidence = MEDIUM;
		r->refined = true;
		r->why = format("a capability that only this kind of domain needs is missing: %s", str(guard, "text"));
		return INCOMPATIBLE;
	}
	r->why = kind ? format("says what the device is, which no domain alters: %s", str(guard, "text")) :
		 format("depends on the device or its IOMMU alone: %s", str(guard, "text"));
	return HARD;
}

static enum class class_of_errno(const char *e)
{
	return !strcmp(e, "ENOMEM") ? NOMEM : !strcmp(e, "ENOSPC") ? NOSPACE : NO_SITE;
}

/*
 * Which of two alternatives' classes speaks for both. Where one of several reasons is that something ran out,
 * and the driver says just that, that is what it means.
 */
static enum class stronger(enum class a, enum class b, enum class said)
{
	static const enum class order[] = { INCOMPATIBLE, BUSY, HARD, MASKED, NOSPACE, NOMEM };

	if (a == said || b == said)
		return said;

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a;
}

static bool holds_defence(const json_t *atoms)
{
	const json_t *atom;
	size_t i;

	json_array_foreach(atoms, i, atom)
		if (defensive(atom))
			return true;
	return false;
}

/* Of one search that found nothing: some entries are taken, others cannot be used. */
static bool of_a_search(const json_t *atoms)
{
	const json_t *atom;
	size_t i;

	json_array_foreach(atoms, i, atom)
		if (flag(atom, "exhausted"))
			return true;
	return false;
}

static struct reading of_guard(const json_t *line, const json_t *guard)
{
	struct reading best = { .class = NO_SITE, .confidence = HIGH, .guard = guard };
	enum class said = class_of_errno(str(line, "errno"));
	const json_t *atoms;
	bool some_say = false;
	size_t i;

	json_array_foreach(conditions(guard), i, atoms)
		some_say |= !says_nothing(atoms);

	json_array_foreach(conditions(guard), i, atoms) {
		struct reading r = { .confidence = HIGH, .guard = guard, .warn = flag(guard, "warn") };

		if (says_nothing(atoms) && (some_say || holds_defence(atoms)))
			continue;
		r.class = of_alternative(line, guard, atoms, &r);
		if (of_a_search(atoms) && best.class == NOSPACE && r.class == HARD)
			continue;
		if (of_a_search(atoms) && best.class == HARD && r.class == NOSPACE)
			best.class = NO_SITE;
		if (best.class == NO_SITE || (stronger(best.class, r.class, said) == r.class && r.class != best.class)) {
			enum confidence c = best.class == NO_SITE ? r.confidence : MEDIUM;

			best = r;
			best.confidence = c < r.confidence ? c : r.confidence;
		} else if (r.class != best.class) {
			best.confidence = MEDIUM;
		} else if (r.direct && !best.direct) {
			r.confidence = best.confidence < r.confidence ? best.confidence : r.confidence;
			best = r;
		}
	}
	best.warn = flag(guard, "warn");
	if (best.class == NO_SITE && json_array_size(conditions(guard))) {
		best.class = HARD;
		best.confidence = LOW;
		best.why = format("whether there is a domain and a device decides nothing: %s", str(guard, "text"));
	}
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

/* The call did not fail: `return ret ? ret : -EINVAL`, or `ret < 0 ?`, chose the constant because of something else. */
static bool says_no_failure(const json_t *guard)
{
	const json_t *atoms, *atom;
	size_t i, j;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom)
			if (!op_is(atom, " unset good >= ") || !itself(operand_of(atom, 0), "errno"))
				return false;
	return json_array_size(json_object_get(guard, "alternatives"));
}

/* WARN_ON(true), while (1), what the arguments decide: such a guard decides nothing, the next one does. */
static bool always(const json_t *guard)
{
	const json_t *atoms, *atom, *operand;
	size_t i, j, k;

	if (says_no_failure(guard))
		return true;
	json_array_foreach(json_object_get(guard, "reason"), i, atoms)
		if (!json_array_size(atoms))
			return true;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom)
			json_array_foreach(json_object_get(atom, "operands"), k, operand)
				if (strcmp(str(operand, "text"), "true") && strcmp(str(operand, "form"), "constant"))
					return false;
	return true;
}

/* Nothing but a count or the time is looked at. */
static bool counts_or_times(const json_t *guard)
{
	const json_t *atoms, *atom, *operand, *word;
	size_t i, j, k, l;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom)
			json_array_foreach(json_object_get(atom, "operands"), k, operand) {
				bool clock = strstr(str(operand, "text"), "jiffies");

				json_array_foreach(json_object_get(operand, "origins"), l, word) {
					const char *w = json_string_value(word);

					clock |= !strncmp(w, "CALL(", 5) && api("clock", copy_bytes(w + 5, strcspn(w + 5, ")")));
					if (strcmp(w, "CONST") && strcmp(w, "GLOBAL") && strncmp(w, "CALL(", 5))
						return false;
				}
				if (!from(operand, "CONST") && !clock)
					return false;
			}
	return true;
}

static bool polls(const json_t *guard)
{
	const json_t *atoms, *atom, *operand;
	size_t i, j, k;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom)
			json_array_foreach(json_object_get(atom, "operands"), k, operand)
				if (itself(operand, "result"))
					return true;
	return false;
}

/* if (++tries == MAX) inside while (readl(..) & BUSY): what did not happen in time is the reason */
static bool bounds_a_poll(const json_t *line, size_t i)
{
	const json_t *guard = json_array_get(json_object_get(line, "guards"), i),
		     *next = json_array_get(json_object_get(line, "guards"), i + 1);

	return next && num(next, "frame") == num(guard, "frame") && counts_or_times(guard) && polls(next);
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

		if (always(guard) || bounds_a_poll(line, i)) {
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

	if (!guard || !flag(guard, "enclosing") || flag(guard, "exhausted") || num(guard, "frame"))
		return none;
	r = of_guard(line, guard);
	if (r.class != INCOMPATIBLE && r.class != HARD && r.class != BUSY)
		return none;
	json_array_foreach(conditions(guard), i, atoms)
		json_array_foreach(atoms, j, atom) {
			struct sum sum = { 0 };
			bool lookup = false, field = false, attached = false;

			json_array_foreach(json_object_get(atom, "operands"), k, operand) {
				add(&sum, operand);
				lookup |= itself(operand, "lookup");
				field |= from(operand, "DOMAIN") && !from(operand, "DEV") && !strcmp(str(operand, "form"), "field");
				attached |= itself(operand, "attached");
			}
			if ((op_is(atom, " != < > <= >= ") && sum.domain && (sum.dev || sum.global) && !sum.old) ||
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
		r.why = format("the errno of %s is returned%s", strchr(e, ':') ? strchr(e, ':') + 1 : e,
			       strstr(e, "->") || strchr(e, '.') ?
			       "; what that calls is bound in a table outside the driver, and is not followed" : "");
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
