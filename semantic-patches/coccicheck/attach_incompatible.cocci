// SPDX-License-Identifier: GPL-2.0-only
/// Attaching a device to a domain that it does not fit must fail with -EINVAL,
/// and in silence: callers try one domain after the other until one fits.
///
//# Found are errnos, messages and successes (return 0) where a property of the
//# domain is compared with one of the device, or where one of the domain alone
//# decides, in attach_dev callbacks and in functions of the same file that they
//# call. What a register, firmware or a call that was given both says is none.
//# -ENOMEM and -ENOSPC are left out: they may name what was missing. Patch mode
//# leaves successes, and messages about a function that failed, alone. dev_dbg()
//# and dev_info() may stay.
//
// Confidence: Moderate
// Options: --no-includes
// Keywords: iommu, attach_dev, EINVAL, EXDEV, EBUSY, dev_err, dev_err_probe
// Comments: What spatch cannot parse it skips in silence: see README.md.

virtual patch
virtual context
virtual org
virtual report

//---- the same in each attach_*.cocci, from here to the next such line: see README
//
// SmPL says what stands where: the callbacks; in them, and in functions of this
// file that they call, assignments, branches, exits, calls, errnos. Python puts
// that together: what a value is made of ("domain", "device", "current" for the
// domain that the device is attached to now, "answer" for what hardware or an
// action on both said, "unknown"), and from the condition
// in front of an errno why it is returned: "incompatible", "hard", "nomem", "nospace",
// "busy"; "unsure" where neither is certain, "perhaps" where a caller may see to
// it that it never comes to this.

@initialize:python@
@@
import re

class Function(object):
    def __init__(self):
        self.line = 0
        self.parameters = []
        self.predicate = False  # it returns bool
        self.raw = []           # (position, left, right) of assignments, (position, None, value) of returns
        self.stores = []        # (place, path, value)
        self.returns = []       # (place, value)
        self.jumps = []         # (place, label)
        self.calls = []         # (place, function, arguments) of calls that are statements
        self.arms = []          # Arm
        self.labels = []        # places of case and default
        self.errnos = {}        # place -> name
        self.spots = {}         # place -> position, of what can be reported
        self.known = {}         # what was worked out of these already

    def literal(self, at):
        """Where the errno of the return or store at a place stands."""
        return min([e for e in self.errnos if e >= at] or [at])

    def read(self):
        """Takes apart what was kept as text, most of it of functions that nobody asks for."""
        for p, v, e in self.raw:
            self.spots[place(p)] = p
            if v is None:
                self.returns.append((place(p), tokens(e)))
            else:
                self.stores.append((place(p), path(tokens(v)), tokens(e)))
        self.raw = []

    def jump(self, p, l):
        self.jumps.append((place(p), str(l)))
        self.spots[place(p)] = p

    def call(self, p, g, es):
        self.calls.append((place(p), str(g), [tokens(x) for x in es]))
        self.spots[place(p)] = p

    def errno(self, p, E):
        self.errnos[place(p)] = str(E)
        self.spots[place(p)] = p

    def branch(self, c, then, other):
        self.arms.append(Arm(place(then), end(then), tokens(c), True, place(then)))
        if other:
            self.arms.append(Arm(place(other), end(other), tokens(c), False, place(then)))

    def loop(self, start, end, arguments):
        """An iterator fills what it is given, from the rest that it is given."""
        self.arms.append(Arm(start, end, None, None, start))
        self.calls.append((start, "", arguments))

    def switch(self, start, label, last, value):
        """Takes in that an errno stands behind a label."""
        arm = ([a for a in self.arms if a.at == start] + [Arm(start, last, value, None, start)])[0]
        arm.end = max(arm.end, (last[0], last[1] + 1))
        self.arms = [a for a in self.arms if a is not arm] + [arm]
        self.labels.append(label)

    def given(self, name):
        """What is handed to the named function, as (place, arguments)."""
        values = [(s[0], s[2]) for s in self.stores] + self.returns
        return [(c[0], c[2]) for c in self.calls if c[1] == name] + \
               [(at, c[1]) for at, ts in values for c in calls(ts) if c[0] == name]

class Arm(object):
    """A branch: its condition, and whether that holds here; for a switch, None; a loop has no condition."""
    def __init__(self, start, end, condition, holds, at):
        self.start, self.end, self.condition, self.holds, self.at = start, end, condition, holds, at

class Site(object):
    """Where an errno leaves: why, which ("0": none; "": that of a callee), and the messages on the way out.

    Callee: a function of this file whose errno it replaces; variable: the one that was set before.
    """
    def __init__(self, why, errno, messages, callee=None, variable=None):
        self.why, self.errno, self.messages, self.callee, self.variable = why, errno, messages, callee, variable

files = []      # those with a callback, as they come
moved = {}      # (copy of an edited function, name) -> how far its lines are off
functions = {}  # (file, name) -> Function
callbacks = {}  # (file, name) -> the table that binds it
given = {}      # (file, name) -> what its parameters are, where no caller is seen
static = set()  # (file, table or callback) of an identity or blocked domain
near = {}       # file -> functions that a callback reaches
sites = {}      # (file, name) -> {place: Site}
known = {}      # file -> members of a device that tell of its current domain
shown = set()   # files of which everything is said

LOCAL = re.compile(r"[a-z_]\w*$")
TYPE = re.compile(r"(__)?[us]\d+$|\w+_t$|(const|unsigned|int|long|char|void|bool|sizeof|true|false)$")
MESSAGE = re.compile(r"(dev|pci|netdev|pr)_(emerg|alert|crit|err|warn|warning)(_ratelimited|_once)?$|dev_err_probe$")
MEMBER_OF = re.compile(r"container_of|_entry(_\w+)?$")
ALLOCATOR = re.compile(r"(^|_)([a-z]*alloc[a-z]*|[a-z]*memdup|[a-z]*strn?dup|[a-z]*asprintf|get_free_pages?|get_zeroed_page)(_|$)")
LOOKUP = re.compile(r"(^|_)(find|lookup|search|is|has|can|from|to)(_|$)")
BITMAP = re.compile(r"^_?find_(first|next|last)_zero|^bitmap_find_(next|free)")
IDS = re.compile(r"^(ida_\w*(alloc|get)\w*|idr_alloc\w*|xa_alloc\w*|bitmap_find_free_region)$")
COMPATIBLE = re.compile(r"compatible|(^|_)(fits?|match(es)?)(_|$)")
EMPTY = re.compile(r"empty|unhashed")
HARDWARE = re.compile(r"(^|_)(io)?read([bwlq]|x|poll)?(_|\d|$)|^regmap_|poll|smccc|hvc|hypercall")
STATUS = re.compile(r"status|state|err|code|result")
IN_USE = re.compile(r"attach|busy|in_?use|claim|owner|refc|users|count")
CURRENT = re.compile(r"dom(ain)?$")

def place(p):
    return (int(p[0].line) + moved.get((p[0].file, p[0].current_element), 0), int(p[0].column))

def end(p):
    return (int(p[0].line_end), int(p[0].column_end))

def source(p):
    """The file; of a function that a rule has edited spatch reads a copy, with a name and lines of its own."""
    return p[0].file if not files or p[0].file == files[-1] or p[0].file in files else files[-1]

def here(p):
    return (source(p), p[0].current_element)

def body(p):
    return functions.get(here(p)) or Function()

# Expressions, as lists of tokens: that is how they come.

def tokens(text):
    return re.findall(r'"(?:\\.|[^"\\])*"|\S+', str(text))

def split(ts, operators):
    """Operands at the top level, and the operators between them."""
    parts, between, depth = [[]], [], 0
    for t in ts:
        depth += (t in "([{") - (t in ")]}")
        if depth == 0 and t in operators:
            parts.append([])
            between.append(t)
        else:
            parts[-1].append(t)
    return parts, between

def closing(ts, i):
    """Where the parenthesis or bracket at i is closed."""
    depth = 0
    for j in range(i, len(ts)):
        depth += (ts[j] in "([{") - (ts[j] in ")]}")
        if depth == 0:
            return j
    return len(ts) - 1

def call(ts):
    """(function, arguments) if that is all, else None."""
    if len(ts) > 2 and re.match(r"\w+$", ts[0]) and ts[1] == "(" and closing(ts, 1) == len(ts) - 1:
        return ts[0], [a for a in split(ts[2:-1], ",")[0] if a]
    return None

def calls(ts):
    """(function, arguments) of each call in an expression."""
    return [call(ts[i:closing(ts, i + 1) + 1]) for i in range(len(ts) - 1) if ts[i + 1] == "(" and call(ts[i:closing(ts, i + 1) + 1])]

def bare(ts):
    """Without what stands around all of it."""
    while ts:
        if ts[0] == "(" and closing(ts, 0) == len(ts) - 1:
            ts = ts[1:-1]
        elif ts[0] in ("likely", "unlikely") and call(ts):
            ts = ts[2:-1]
        else:
            break
    return ts

def paths(ts):
    """Variables with their members, e.g. ("master", "smmu", "features"); no constants, types, functions."""
    i, found = 0, []
    while i < len(ts):
        t = ts[i]
        opened = i + 1 < len(ts) and ts[i + 1] == "("
        if t in ("struct", "union", "enum", "->", "."):
            i += 2
        elif t == "&" and ts[i - 1:i] in (["("], [","]) and ts[i + 2:i + 3] in ([")"], [","]):
            i += 2  # an argument to be filled
        elif opened and t == "sizeof":
            i = closing(ts, i + 1) + 1
        elif opened and MEMBER_OF.search(t):
            last = closing(ts, i + 1)
            found += paths(split(ts[i + 2:last], ",")[0][0])
            i = last + 1
        elif not opened and LOCAL.match(t) and not TYPE.match(t):
            path, i = [t], i + 1
            while i + 1 < len(ts) and ts[i] in ("->", ".", "["):
                if ts[i] == "[":
                    i = closing(ts, i) + 1
                else:
                    path.append(ts[i + 1])
                    i += 2
            found.append(tuple(path))
        else:
            i += 1
    return found

def path(ts):
    """The one variable or member that an expression is, else None."""
    found = paths(ts)
    return found[0] if len(found) == 1 and not set(ts) & set("()!~+-?&|") else None

# Where things stand.

def around(f, at):
    """Arms around a place, the innermost first."""
    if at not in f.known:
        f.known[at] = sorted([a for a in f.arms if a.start <= at < a.end], key=lambda a: a.start, reverse=True)
    return f.known[at]

def leaves(f, arm):
    """How a branch that never comes to its end is left: returned value, or label."""
    if arm.holds is None:
        return None
    for at, value in f.returns + f.jumps:
        if around(f, at)[:1] == [arm]:
            return value
    return None

def another_case(f, one, other):
    """Whether a label of a switch that both places stand in is between them."""
    switch = [a for a in around(f, one) if a.condition and a.holds is None and a.start <= other < a.end]
    return bool(switch and [l for l in f.labels if one < l <= other and around(f, l)[:1] == switch[:1]])

def reaching(f, path, at):
    """Values of a variable or member at a place, as (place, value); whether one of them always stands before."""
    inside = around(f, at)
    found, always = [], False
    for store in sorted(f.stores, key=lambda s: s[0]):
        arms = [a for a in around(f, store[0]) if a not in inside]
        if store[1] != path or store[0] >= at or another_case(f, store[0], at):
            continue
        if [a for a in arms for b in inside if a.at == b.at] or [a for a in arms if leaves(f, a)]:
            continue
        if not arms:
            found, always = [], True
        found.append((store[0], store[2]))
    return found, always

# What a value is made of.

def made_of(key, ts, at, seen=()):
    result = set()
    for p in paths(ts):
        result |= of_path(key, p, at, seen)
    return result

def both(made):
    return "domain" in made and "device" in made

def of_arguments(key, arguments, at, seen=()):
    """What a call is given; what it is to fill does not count."""
    result = set()
    for a in arguments:
        if not (len(a) == 2 and a[0] == "&"):
            result |= made_of(key, a, at, seen)
    return result

def of_path(key, p, at, seen):
    f = functions[key]
    for n in range(len(p), 1, -1):
        values, always = reaching(f, p[:n], at)
        if always and (p[:n], at) not in seen:
            return of_values(key, values, seen + ((p[:n], at),))
    if (p[0], at) in seen:
        return set()
    seen += ((p[0], at),)
    values, always = reaching(f, p[:1], at)
    result = of_values(key, values, seen)
    if p[0] in f.parameters and not always:
        result |= of_parameter(key, f.parameters.index(p[0]), seen)
    elif not values:
        outs = [c for c in f.calls if c[0] < at and (["&", p[0]] in c[2] or not c[1] and [p[0]] in c[2])]
        for c in outs[-1:]:
            result = of_arguments(key, c[2], c[0], seen)
        if not outs or both(result):
            result = set(["answer" if outs else "unknown"])
    if "domain" not in result and [m for m in p[1:] if CURRENT.search(m) or "device" in result and m in remembered(key[0])]:
        result = set(["current"])
    return result

def remembered(name):
    """Members of something of a device that are set to something of the domain, in a file."""
    if name not in known:
        known[name] = set()
        for key in [(name, f) for f in near[name]]:
            for at, p, value in functions[key].stores:
                if p and len(p) > 1 and path([t for t in value if t != "&"]) \
                   and made_of(key, value, at) == set(["domain"]) and of_path(key, p[:1], at, ()) == set(["device"]):
                    known[name].add(p[-1])
    return known[name]

def of_values(key, values, seen):
    result = set()
    for at, value in values:
        if call(value) and call(value)[0] == "iommu_get_domain_for_dev":
            result.add("current")
        else:
            made = made_of(key, value, at, seen)
            acted = [t for t in value if HARDWARE.search(t)] or call(value) and not MEMBER_OF.search(value[0]) and both(made)
            result |= set(["answer"]) if acted else made
    return result

def of_parameter(key, i, seen):
    if key in given:
        return set(given[key][i:i + 1] or ["unknown"])
    result, called = set(), False
    for caller in near.get(key[0], ()):
        if (caller, key) in seen:
            continue
        for at, arguments in functions[key[0], caller].given(key[1]):
            if i < len(arguments):
                called = True
                result |= made_of((key[0], caller), arguments[i], at, seen + ((caller, key),))
    return result if called else set(["unknown"])

# Why a condition leads to an errno.

def ways(ts, holds):
    """A condition as alternatives, each a list of (tokens, whether they hold)."""
    ts = bare(ts)
    for operator, apart in (("||", holds), ("&&", not holds)):
        parts = split(ts, (operator,))[0]
        if len(parts) > 1 and apart:
            return sum([ways(part, holds) for part in parts], [])
        if len(parts) > 1:
            result = [[]]
            for part in parts:
                result = [a + b for a in result for b in ways(part, holds)]
            return result
    if ts[:1] == ["!"] and len(split(ts, ("==", "!=", "<", ">", "<=", ">="))[0]) == 1:
        return ways(ts[1:], not holds)
    return [[(ts, holds)]]

def why(key, ts, holds, at):
    """Of a condition that holds or not; the same for each of its alternatives, or "unsure"."""
    if [t for t in ts if "WARN" in t or "BUG" in t or t == "="]:
        return "unsure"
    if holds is None:  # the value of a switch
        made = made_of(key, ts, at)
        if not path(ts) or len(path(ts)) == 1 or result_of(key, ts, at) or STATUS.search(ts[-1]):
            return "unsure"
        return "incompatible" if made == set(["domain"]) else "hard" if made == set(["device"]) else "unsure"
    found = set([of_way([of_test(key, t, h, at) for t, h in way]) for way in ways(ts, holds)])
    found.discard(None)
    return found.pop() if len(found) == 1 else "unsure"

def of_way(kinds):
    kinds = [kind for kind in kinds if kind]
    if "constant" in kinds:
        return "perhaps"
    for kind in ("unsure", "busy", "nomem", "nospace"):
        if kind in kinds:
            return kind if kind != "unsure" or "incompatible" not in kinds else "incompatible"
    return "incompatible" if "incompatible" in kinds else "hard" if "hard" in kinds else None

NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}

def of_test(key, ts, holds, at):
    parts, operators = split(ts, list(NEGATED))
    if len(operators) != 1:
        return of_value(key, ts, holds, at)
    left, right = bare(parts[0]), bare(parts[1])
    operator = operators[0] if holds else NEGATED[operators[0]]
    if right in (["0"], ["NULL"], ["false"], ["true"]) and operator in ("==", "!="):
        return of_value(key, left, (operator == "==") == (right == ["true"]), at)
    if right == ["0"]:  # a sign, or "> 0"
        return of_value(key, left, operator in ("<", ">"), at, status=True)
    return of_comparison(key, left, right, operator, at)

def of_comparison(key, left, right, operator, at):
    sides = [made_of(key, left, at), made_of(key, right, at)]
    union = sides[0] | sides[1]
    if not union and [p for p in paths(left + right) if p[0] in functions[key].parameters]:
        return "constant"
    result = [result_of(key, side, at) for side in (left, right)]
    if [r for r in result if r and BITMAP.search(r[0])]:
        return "nospace" if operator in ("==", ">=") else "unsure"
    if [r for r in result if r and acts(key, r)] or [t for t in left + right if HARDWARE.search(t)]:
        return "unsure"
    if "answer" in union:
        return "unsure"
    if "current" in union:
        return "busy"
    if operator == "==":
        return "unsure"
    if union == set(["device"]):
        return "hard" if not IN_USE.search(" ".join(left)) else "busy"
    if "domain" in union and sides[0] != sides[1] and not [s for s in sides if len(s) > 1]:
        return "incompatible"
    return "unsure"

def result_of(key, ts, at):
    """(function, arguments, place, True if kept in between), where an expression is what one call gave."""
    if call(ts):
        return call(ts) + (at, False)
    if path(ts):
        values = reaching(functions[key], path(ts), at)[0]
        if values and call(values[-1][1]):
            return call(values[-1][1]) + (values[-1][0], True)
    return None

def acts(key, result):
    """Whether a call did something with both, so that its result is no property of either."""
    return both(of_arguments(key, result[1], result[2]))

def of_value(key, ts, holds, at, status=False):
    ts = bare(ts)
    if call(ts) and call(ts)[0] in ("IS_ERR", "IS_ERR_OR_NULL", "IS_ERR_VALUE", "PTR_ERR_OR_ZERO"):
        status, ts = True, call(ts)[1][0]
    result = result_of(key, ts, at)
    if result:
        return of_result(key, result, holds or status, status)
    made = made_of(key, ts, at)
    if not made and [p for p in paths(ts) if p[0] in functions[key].parameters]:
        return "constant"
    if status or "answer" in made or [t for t in ts if HARDWARE.search(t)]:
        return "unsure"
    if "current" in made:
        return "busy" if holds else "unsure"
    if "domain" in made:
        if not set(ts) & set(["->", "."]):
            return None  # the domain itself, which is always there
        return "incompatible"
    if made != set(["device"]):
        return "unsure"
    if not holds:
        return "hard"
    return "busy" if IN_USE.search(" ".join(ts)) else "unsure"

def of_result(key, result, failed, status):
    """What it says that a call gave something ("failed"), or nothing."""
    name, arguments, at, kept = result
    made = of_arguments(key, arguments, at)
    callee = functions.get((key[0], name))
    if failed and IDS.search(name):
        return "nospace"
    if failed and callee and not callee.predicate and callee.errnos:
        found = set([s.why for s in judge((key[0], name)).values() if s.errno])
        return found.pop() if len(found) == 1 else "unsure"
    if not failed and ALLOCATOR.search(name) and not LOOKUP.search(name):
        return "nomem"
    if name == "iommu_get_domain_for_dev":
        return "busy" if failed else "unsure"
    if EMPTY.search(name):
        return "unsure" if made != set(["device"]) else "hard" if failed else "busy"
    if made & set(["current", "unknown", "answer"]) or HARDWARE.search(name):
        return "unsure"
    if failed and not callee and both(made) and COMPATIBLE.search(name):
        return "incompatible"
    predicate = callee.predicate if callee else not failed
    if "domain" in made:
        return "incompatible" if predicate and (callee or not kept) else "unsure"
    return "hard" if made == set(["device"]) and not failed else "unsure"

def take(p):
    if p[0].file not in files:
        files.append(p[0].file)

def bind(p, f, table):
    take(p)
    callbacks[source(p), f] = table
    given[source(p), f] = ["domain", "device", "current"]

def define(p, T, ps):
    f = functions.setdefault(here(p), Function())
    f.line = int(p[0].line)
    types = [str(x) for x in ps]
    f.parameters = [None if x.startswith("void") else x.split()[-1] for x in types]
    f.predicate = str(T) == "bool"
    if not [key for key in callbacks if key[0] == source(p)] and here(p) not in static and both(parts_of(types)):
        given[here(p)] = parts_of(types)

def call_alone(p, g, es):
    body(p).call(p, g, es)
    if (source(p), str(g)) in functions and functions[source(p), str(g)].raw:
        reach(source(p), [str(g)])  # its failure may go unheard here

def parts_of(types):
    """What a function that other files call is given, by types: nothing if that is the operation of a PASID."""
    if "ioasid_t" in " ".join(types) and re.match(r"struct iommu_domain \*", types[0]):
        return []
    return ["domain" if re.match(r"(const )?struct \w*domain \*", x) else
            "device" if re.match(r"(const )?struct device \*", x) else "unknown" for x in types]

# Which functions count, and what leaves them.

def reachable(name):
    """Functions of a file that a callback reaches."""
    if name not in near:
        near[name] = []
        reach(name, [f for of, f in given if of == name])
    return near[name]

def within(p):
    return p[0].current_element in reachable(source(p))

def reach(name, todo):
    while todo:
        f = todo.pop()
        if f not in near[name] and (name, f) in functions:
            near[name].append(f)
            of = functions[name, f]
            of.read()
            for ts in [s[2] for s in of.stores] + [r[1] for r in of.returns]:
                todo += [t for t, after in zip(ts, ts[1:]) if after == "("]

def constant(ts):
    """The errno that an expression is, else None."""
    if len(ts) == 2 and ts[0] == "-" and re.match(r"E[A-Z0-9]+$", ts[1]):
        return ts[1]
    inside = call(ts)
    if inside and inside[0] in ("ERR_PTR", "dev_err_probe"):
        found = [constant(a) for a in inside[1] if constant(a)]
        return found[0] if found else None
    return None

def kept(ts):
    """The variable whose errno an expression hands on, else None."""
    inside = call(ts)
    return path(inside[1][0]) if inside and inside[0] in ("ERR_PTR", "PTR_ERR", "ERR_CAST") else path(ts)

def exits(f):
    """(place, variable) of each exit that takes an errno along in a variable."""
    if "exits" not in f.known:
        last = [(at, kept(value)) for at, value in f.returns if kept(value)]
        f.known["exits"] = last + [(at, v) for at, label in f.jumps
                                   for v in sorted(set([v for end, v in last if end > at]))]
    return f.known["exits"]

def failed_test(ts, v):
    """Whether a condition asks whether a variable holds any errno."""
    ts = bare(ts)
    inside = call(ts)
    if inside and inside[0].startswith("IS_ERR") or ts[-2:] in (["<", "0"], ["!=", "0"]):
        ts = inside[1][0] if inside else ts[:-2]
    return path(ts) == v

def hands_on(f, name):
    """Whether a function returns what the named one returned."""
    if [r for r in f.returns if name in r[1]]:
        return True
    for at, v, value in f.stores:
        if call(value) and call(value)[0] == name:
            lost = [a for a in f.arms if a.holds and failed_test(a.condition, v) and leaves(f, a) and at < a.start]
            for x, variable in exits(f):
                if variable == v and (at, value) in reaching(f, v, x)[0] \
                   and not [a for a in lost if a.end <= x]:
                    return True
    return False

def arrives(key, seen=()):
    """Whether what a function returns gets out of a callback."""
    f = functions[key]
    if "arrives" not in f.known:
        f.known["arrives"] = key in given or bool([
            c for c in near[key[0]] if c not in seen and c != key[1] and hands_on(functions[key[0], c], key[1])
            and arrives((key[0], c), seen + (key[1],))])
    return f.known["arrives"]

def passed(f, at, level=None):
    """Arms beside a place that left before it, not with an errno: it is reached where they are not."""
    level = around(f, at) if level is None else level
    return [a for a in f.arms if a.condition and a.end <= at and around(f, a.start)[1:] == level
            and not another_case(f, a.start, at) and leaves(f, a) and not constant(leaves(f, a))
            and not [s for s in f.stores if a.start <= s[0] < a.end and constant(s[2])]
            and not [v for x, v in exits(f) if v in paths(a.condition)]]

def chosen_by_domain(key, at, innermost=None, seen=()):
    """Whether the kind of domain decided, here or in a caller, that this place is reached."""
    if key in static or (key[0], callbacks.get(key)) in static or key in given and key not in callbacks:
        return True
    f = functions[key]
    arms = around(f, at)
    for arm in arms + passed(f, at) + [p for i, a in enumerate(arms) for p in passed(f, a.start, arms[i + 1:])]:
        if arm is not innermost and arm.condition:
            for ts, holds in sum(ways(arm.condition, arm.holds is not False), []):
                unset = not holds and path(ts)  # not set up yet: says nothing of its kind
                if not unset and "domain" in made_of(key, ts, arm.at):
                    return True
    for caller in near.get(key[0], ()):
        if caller not in seen and caller != key[1]:
            for place, arguments in functions[key[0], caller].given(key[1]):
                if chosen_by_domain((key[0], caller), place, None, seen + (key[1],)):
                    return True
    return False

def of_device(key, at):
    """Whether a function knows nothing but the device, and did not run out of anything before this place."""
    made = [of_parameter(key, i, ()) for i in range(len(functions[key].parameters))]
    return set(["device"]) in made and not [m for m in made if m - set(["device"])] \
        and not [a for a in functions[key].arms if a.condition and a.start < at
                 and why(key, a.condition, a.holds, a.at) in ("nomem", "nospace", "busy")]

def is_constant(key, arm):
    """Whether a condition asks for what a caller hands over as a constant."""
    return bool([t for t, h in sum(ways(arm.condition, arm.holds is not False), []) if of_test(key, t, h, arm.at) == "constant"])

def tested(key, arm):
    """Whether a caller asks for the same member of the domain before it calls: it may never come to this."""
    members = set([p[-1] for p in paths(arm.condition) if len(p) > 1])
    for c in near[key[0]]:
        f = functions[key[0], c]
        for place, arguments in f.given(key[1]):
            for a in around(f, place) + passed(f, place):
                if a.condition and members & set([p[-1] for p in paths(a.condition) if len(p) > 1]):
                    return True
    return False

def reason(key, at):
    """Why this place is reached, and the arm that says so."""
    f = functions[key]
    arms = [a for a in around(f, at) if a.condition]
    inner = arms[0] if arms else None
    before = passed(f, at)[-1:]
    kinds = [why(key, a.condition, not a.holds, a.at) for a in before]
    if inner:
        kinds.append(why(key, inner.condition, inner.holds, inner.at))
    kind = kinds[0] if len(set(kinds)) == 1 else "unsure"
    if kind == "unsure" and not inner and of_device(key, at):
        kind = "hard"
    if kind == "hard" and chosen_by_domain(key, at, inner):
        kind = "unsure"
    if [a for a in arms + passed(f, at) if is_constant(key, a)] or kind == "incompatible" and inner and tested(key, inner):
        kind = "perhaps"
    return kind, inner

def messages_of(f, at, inner):
    """Messages in the branch itself, on the way out."""
    left = [x[0] for x in f.jumps + f.returns if inner and inner.holds is None and x[0] < at and f.literal(x[0]) != at]
    probes = [x for x, value in f.returns if f.literal(x) == at and value[0] == "dev_err_probe"]
    return probes + [c[0] for c in f.calls if MESSAGE.match(c[1]) and inner and around(f, c[0])[:1] == [inner]
            and not another_case(f, c[0], at) and not [x for x in left if x > c[0]]
            and (inner.holds is not None or c[0] < at)]

def failed_callee(key, arm):
    """The function of this file whose errno a condition tests."""
    for ts, holds in sum(ways(arm.condition, arm.holds is not False), []):
        for inside in [ts] + [i[1][0] for i in [call(ts)] if i and i[1]] + split(ts, list(NEGATED))[0]:
            result = result_of(key, bare(inside), arm.at)
            if result and (key[0], result[0]) in functions and functions[key[0], result[0]].errnos:
                return result[0]
    return None

def compared(key, at):
    """Whether it is left here because something of the domain and of the device differ."""
    arms = around(functions[key], at)[:1]
    return bool([True for a in arms if a.holds is not None and why(key, a.condition, a.holds, a.at) == "incompatible"
                 for ts, holds in sum(ways(a.condition, a.holds), [])
                 if both(made_of(key, ts, a.at)) and of_test(key, ts, holds, a.at) == "incompatible"])

def judge(key):
    """Sites of a function, by place."""
    if key in sites:
        return sites[key]
    sites[key] = result = {}
    f = functions[key]

    def describe(at, errno, variable):
        kind, inner = reason(key, at)
        return kind, errno, messages_of(f, at, inner), inner and failed_callee(key, inner), variable

    def note(at, errno, variable=None):
        result[at] = Site(*describe(at, errno, variable))

    for at, value in f.returns:
        if constant(value):
            note(f.literal(at), constant(value))
        elif value == ["0"] and compared(key, at):
            note(at, "0")
    for at, v in exits(f):
        values, always = reaching(f, v, at)
        for stored, value in values:
            apart = [a for a in around(f, stored) if a not in around(f, at)]
            if value == ["0"] and (compared(key, stored) if apart else len(values) == 1 and compared(key, at)):
                note(stored if apart else at, "0")
            elif constant(value):
                guards = [[a for a in around(f, x) if a.condition][:1] for x in (stored, at)]
                if apart or guards[0] == guards[1]:
                    note(f.literal(stored), constant(value))
                elif len(values) == 1 and len([x for x, u in exits(f) if u == v and (stored, value) in reaching(f, v, x)[0]]) == 1:
                    result[f.literal(stored)] = Site(*describe(at, constant(value), None))
                elif len(values) == 1:
                    note(at, constant(value), v)
    for arm in f.arms:
        if arm.condition and why(key, arm.condition, arm.holds, arm.at) == "incompatible" \
           and not [at for at in result if around(f, at)[:1] == [arm]]:
            told = [c[0] for c in f.calls if MESSAGE.match(c[1]) and around(f, c[0])[:1] == [arm]]
            handed = [v for at, v in exits(f) if v in paths(arm.condition)]
            if told and handed and leaves(f, arm):
                result[arm.start] = Site("incompatible", "", told)
    return result

def filtered(key, errno):
    """Whether a caller compares with this errno, and may not hand it on."""
    for caller in [functions[key[0], c] for c in near[key[0]] if functions[key[0], c].given(key[1])]:
        own = [caller.literal(x[0]) for x in caller.returns + caller.stores if constant(x[-1])]
        if [at for at, E in caller.errnos.items() if E == errno and at not in own]:
            return True
    return False

def site(p):
    """The site at a position, if its errno gets out of a callback."""
    found = judge(here(p)).get(place(p)) if within(p) and arrives(here(p)) else None
    return None if found and filtered(here(p), found.errno) else found

def said(p):
    """The incompatibility that a message tells of."""
    if not within(p) or not arrives(here(p)):
        return None
    return ([s for s in judge(here(p)).values() if s.why == "incompatible" and place(p) in s.messages
             and s.errno not in ("0", "ENOMEM", "ENOSPC")] + [None])[0]

def before(p):
    """The variable of errnos that were set before, for several exits; None if a file has several such variables.

    SmPL could not tell which of them belongs to which exit.
    """
    spots = sum([list(functions[source(p), name].spots.values()) for name in reachable(source(p))], [])
    names = set([site(spot).variable[0] for spot in spots if wrong(spot) and site(spot).variable])
    return names.pop() if len(names) == 1 else None

def movable(p):
    return bool(wrong(p) and site(p).variable and before(p))

def unheard(p):
    """The function of this file that is called here, can run out of something or find a misfit, and is not heard."""
    f = body(p)
    for at, callee, arguments in f.calls if within(p) and arrives(here(p)) else []:
        if at == place(p) and (source(p), callee) in functions and not [a for a in around(f, at) if leaves(f, a)]:
            if [s for s in judge((source(p), callee)).values() if s.errno in ("ENOMEM", "ENOSPC")
                or s.errno not in ("", "0") and s.why in ("nomem", "nospace", "incompatible")]:
                return callee
    return None

def tell(p, show):
    """Shows what the rule has to say of a file, once and in order."""
    if source(p) not in shown:
        shown.add(source(p))
        spots = sum([list(functions[source(p), name].spots.items()) for name in reachable(source(p))], [])
        for at, spot in sorted(spots, key=lambda x: x[0]):
            if message(spot):
                show(spot[0], *message(spot))

// Tables of their own, and those inside another initialiser.
@callback@
identifier f, t;
position p;
@@
(
 struct \(iommu_domain_ops\|iommu_ops\) t = { .attach_dev = \(f@p\|&f@p\), };
|
 (struct iommu_domain_ops) { .attach_dev = f@p, }
)

@script:python@
f << callback.f;
p << callback.p;
t << callback.t = "";
@@
bind(p, f, t)

@static_table depends on callback@
identifier d, t;
position p;
@@
 struct iommu_domain d@p = { .type = \(IOMMU_DOMAIN_IDENTITY\|IOMMU_DOMAIN_BLOCKED\), .ops = &t, };

@script:python@
t << static_table.t;
p << static_table.p;
@@
static.add((source(p), t))

@static_callback depends on callback@
identifier d, f;
position p;
@@
 struct iommu_domain d@p = {
 .type = \(IOMMU_DOMAIN_IDENTITY\|IOMMU_DOMAIN_BLOCKED\),
 .ops = &(struct iommu_domain_ops) { .attach_dev = f, }, };

@script:python@
f << static_callback.f;
p << static_callback.p;
@@
static.add((source(p), f))

// Another file of a driver.
@part depends on !callback@
position p;
@@
 dev_iommu_priv_get@p(...)

@script:python@
p << part.p;
@@
take(p)

@own depends on part@
type T;
identifier f;
position p;
@@
 static T f@p(...) { ... }

@script:python@
p << own.p;
@@
static.add(here(p))

@definition depends on callback || part@
type T;
identifier f;
parameter list ps;
position p;
@@
 T f@p(ps) { ... }

@script:python@
p << definition.p;
T << definition.T;
ps << definition.ps;
@@
define(p, T, ps)

@store depends on definition@
expression v, e;
position p;
@@
 v@p = e

@script:python@
p << store.p;
v << store.v;
e << store.e;
@@
body(p).raw.append((p, v, e))

@returned depends on definition@
expression e;
position p;
@@
 return@p e;

@script:python@
p << returned.p;
e << returned.e;
@@
body(p).raw.append((p, None, e))

@alone depends on definition@
identifier g;
expression list es;
position p : script:python() { within(p) };
@@
 g@p(es);

@script:python@
p << alone.p;
g << alone.g;
es << alone.es;
@@
call_alone(p, g, es)

@jump depends on definition@
identifier l;
position p : script:python() { within(p) };
@@
 goto@p l;

@script:python@
p << jump.p;
l << jump.l;
@@
body(p).jump(p, l)

@branch depends on definition disable neg_if, drop_else@
expression c;
statement S, S2;
position p : script:python() { within(p) };
position then, other;
@@
(
 if@p (c) S@then else S2@other
|
 if@p (c) S@then
)

@script:python@
p << branch.p;
c << branch.c;
then << branch.then;
other << branch.other = [];
@@
body(p).branch(c, then, other)

// Where a loop ends: before the statement after it.
@loop depends on definition@
expression c;
expression list es;
statement S, S2;
iterator I;
position p : script:python() { within(p) };
position after;
@@
(
 while@p (c) S S2@after
|
 for@p (...; ...; ...) S S2@after
|
 I@p (es) S S2@after
)

@script:python@
p << loop.p;
after << loop.after;
es << loop.es = "";
@@
body(p).loop(place(p), place(after), split(tokens(es), ",")[0])

@errno depends on definition@
identifier E =~ "^E[A-Z0-9]+$";
position p : script:python() { within(p) };
@@
 -E@p

@script:python@
p << errno.p;
E << errno.E;
@@
body(p).errno(p, E)

// Of a switch as far as its last errno.
@by_case depends on definition exists@
expression e, l;
identifier E =~ "^E[A-Z0-9]+$";
position p : script:python() { within(p) };
position q, at;
@@
 switch@q (e) { case l@at: ... -E@p ... }

@script:python@
p << by_case.p;
q << by_case.q;
at << by_case.at;
e << by_case.e;
@@
body(p).switch(place(q), place(at), place(p), tokens(e))

@by_default depends on definition exists@
expression e;
identifier E =~ "^E[A-Z0-9]+$";
position p : script:python() { within(p) };
position q, at;
@@
 switch@q (e) { default@at: ... -E@p ... }

@script:python@
p << by_default.p;
q << by_default.q;
at << by_default.at;
e << by_default.e;
@@
body(p).switch(place(q), place(at), place(p), tokens(e))

//---- end of what is the same

@initialize:python@
@@
pairs = {}  # (file, place of an if) -> (function, end of its condition, message, end of that, the statement after it)

def wrong(p):
    found = site(p)
    return bool(found and found.why == "incompatible" and found.errno not in ("EINVAL", "ENOMEM", "ENOSPC", "0", ""))

def silent(p):
    found = site(p)
    return bool(found and found.why == "incompatible" and found.errno == "0")

def logged(p):
    return bool(said(p))

def message(p):
    if wrong(p):
        return "ERROR", "domain does not fit device: -%s should be -EINVAL" % site(p).errno
    if silent(p):
        return "WARNING", "domain does not fit device: 0 should be -EINVAL"
    if logged(p):
        return "ERROR", "domain does not fit device: a soft failure is logged"
    return None

def removable(p):
    return bool(said(p) and said(p).errno)

def single(p):
    return removable(p) and (source(p), place(p)) not in [(at[0], pair[2]) for at, pair in pairs.items() if tightly(*at)]

def tight(p):
    return tightly(source(p), place(p))

def tightly(name, at):
    """Whether nothing but a message and one statement stands in the braces of an if: no comment, no directive."""
    if (name, at) not in pairs:
        return False
    function, head, message, last, after = pairs[name, at]
    inner = [a for a in functions[name, function].arms if a.holds and a.start > at]
    return (at[0], head + 1, last + 1, after + 1) == (head, message[0], after, min(inner, key=lambda a: a.start).end[0])

@depends on definition && context@
identifier E;
position p : script:python() { wrong(p) };
@@
* -E@p

// An errno that was set before, for more than this exit.
@depends on definition && context@
expression v;
identifier l;
position p : script:python() { wrong(p) };
@@
(
* goto@p l;
|
* return@p v;
)

@depends on definition && context@
identifier M;
position p : script:python() { logged(p) };
@@
* M@p(...);

@depends on definition && context@
position p : script:python() { logged(p) };
position q : script:python() { silent(q) };
@@
(
* return@p dev_err_probe(...);
|
* return@q 0;
)

@depends on definition && context@
expression v;
position p : script:python() { silent(p) };
@@
* v@p = 0

@script:python set_before depends on patch@
p << definition.p;
variable;
@@
coccinelle.variable = cocci.make_ident(before(p) or "none")

// An arm of an else-if chain keeps its braces, as those beside it do.
@chain depends on definition && patch disable neg_if, drop_else@
expression c, c2;
statement S, S2, S3;
position q;
@@
(
 if (c) S else if@q (c2) S2
|
 if (c) S else if@q (c2) S2 else S3
)

@pair depends on definition && patch disable neg_if, drop_else@
expression c, e, v;
identifier M, l;
position p : script:python() { removable(p) };
position s : script:python() { not wrong(s) };
position q != chain.q;
position open, close;
@@
 if@q (c)@open {
 M@p(...)@close;
(
 return@s e;
|
 goto@s l;
|
 v@s = e;
)
 }

@script:python@
p << pair.p;
q << pair.q;
open << pair.open;
close << pair.close;
s << pair.s;
@@
pairs[source(p), place(q)] = (here(p)[1], place(open)[0], place(p), place(close)[0], place(s)[0])

@depends on definition && patch@
identifier E;
position p : script:python() { wrong(p) };
@@
- -E@p
+ -EINVAL

@edited depends on definition && patch@
identifier f;
position p : script:python() { p[0].file not in files };
@@
 f@p(...) { ... }

@script:python@
p << edited.p;
@@
moved[p[0].file, p[0].current_element] = body(p).line - int(p[0].line)

@depends on definition && patch disable neg_if, drop_else@
expression c, e, v;
identifier M, l, set_before.variable;
position p : script:python() { single(p) };
position w : script:python() { wrong(w) };
position x : script:python() { movable(x) };
position q : script:python() { tight(q) };
@@
(
-if@q (c) {
-M(...);
-return e;
-}
+if (c)
+	return e;
|
-if@q (c) {
-M(...);
-goto l;
-}
+if (c)
+	goto l;
|
-if@q (c) {
-M(...);
-v = e;
-}
+if (c)
+	v = e;
|
-M@p(...);
|
 return@p
-dev_err_probe(...)
+ -EINVAL
 ;
|
 return@w
-v
+ -EINVAL
 ;
|
+variable = -EINVAL;
 goto@x l;
)

@script:python depends on org@
p << callback.p;
@@
tell(p, lambda spot, level, words: coccilib.org.print_todo(spot, words))

@script:python depends on org@
p << part.p;
@@
tell(p, lambda spot, level, words: coccilib.org.print_todo(spot, words))

@script:python depends on report@
p << callback.p;
@@
tell(p, lambda spot, level, words: coccilib.report.print_report(spot, level + ": " + words))

@script:python depends on report@
p << part.p;
@@
tell(p, lambda spot, level, words: coccilib.report.print_report(spot, level + ": " + words))
