// In: the page's sites and a set of filters. Out: the sites that match are shown; the address holds the filters.
"use strict";
(() => {
	const form = document.getElementById("filters");
	const shown = document.getElementById("shown");
	const none = document.getElementById("none");
	const sites = [...document.querySelectorAll("details.site")];
	const groups = [...document.querySelectorAll("[data-group]")];
	const fields = ["state", "rule", "verdict", "class", "errno", "driver", "op", "confidence"];
	const texts = new Map();

	document.documentElement.classList.add("js");

	const textOf = (site) => {
		if (!texts.has(site))
			texts.set(site, site.textContent.toLowerCase());
		return texts.get(site);
	};

	/* a site has several rules, and can be new and fail the gate */
	const has = (value, f, wanted) => value === wanted ||
		((f === "rule" || f === "state") && value.split(" ").includes(wanted));

	function apply(remember) {
		const wanted = fields.filter((f) => form.elements[f].value);
		const text = form.elements.text.value.trim().toLowerCase();
		let n = 0;

		for (const site of sites) {
			const fits = wanted.every((f) => has(site.dataset[f], f, form.elements[f].value)) &&
				(!text || textOf(site).includes(text));
			site.hidden = !fits;
			n += fits;
		}
		for (const group of groups)
			group.hidden = !group.querySelector("details.site:not([hidden])");
		for (const f of fields)
			form.elements[f].classList.toggle("set", Boolean(form.elements[f].value));
		shown.value = `${n} of ${sites.length} sites`;
		none.hidden = n > 0 || !sites.length;
		for (const cell of document.querySelectorAll("a.cell[data-driver]"))
			cell.classList.toggle("chosen", ["driver", "class", "errno"].every(
				(f) => form.elements[f].value === cell.dataset[f]));
		if (remember) {
			const query = new URLSearchParams();
			for (const f of [...wanted, ...(text ? ["text"] : [])])
				query.set(f, form.elements[f].value);
			history.replaceState(null, "", query.size ? `#?${query}` : "#sites");
		}
	}

	function set(values, remember) {
		for (const f of [...fields, "text"])
			form.elements[f].value = values[f] || "";
		apply(remember);
	}

	/* #?driver=x filters; #site-x opens that site, whatever the filters say. */
	function follow() {
		const hash = location.hash.slice(1);

		if (hash.startsWith("?"))
			return set(Object.fromEntries(new URLSearchParams(hash.slice(1))), false);
		const target = hash && document.getElementById(decodeURIComponent(hash));
		if (!target)
			return;
		if (target.matches("details.site") && target.hidden)
			set({}, false);
		if (target.matches("details"))
			target.open = true;
		target.scrollIntoView({ block: "start" });
	}

	form.addEventListener("input", () => apply(true));
	form.addEventListener("submit", (event) => event.preventDefault());
	form.addEventListener("reset", () => setTimeout(() => apply(true)));
	addEventListener("hashchange", follow);

	document.addEventListener("click", (event) => {
		const cell = event.target.closest("a.cell[data-driver]");
		const link = event.target.closest("a[data-set]");
		const inside = event.target.closest("a[href^='#']");

		if (cell || link) {
			event.preventDefault();
			set(cell ? cell.dataset : Object.fromEntries(new URLSearchParams(link.dataset.set)), true);
			document.getElementById("sites").scrollIntoView();
			const first = sites.find((site) => !site.hidden);
			if (first) {
				first.open = first.open || Boolean(cell);
				first.querySelector("summary").focus({ preventScroll: true });
			}
		} else if (inside && inside.getAttribute("href") === location.hash) {
			follow();	/* the address stays, so no event comes */
		}
	});

	/* Arrow keys walk the matrix, j and k the sites. */
	function neighbour(cell, key) {
		const row = cell.closest("tr"), at = cell.parentNode.cellIndex;

		if (key === "ArrowLeft" || key === "ArrowRight") {
			const cells = [...row.querySelectorAll("a.cell")];
			return cells[cells.indexOf(cell) + (key === "ArrowRight" ? 1 : -1)];
		}
		for (let next = row; next;) {
			next = key === "ArrowDown" ? next.nextElementSibling : next.previousElementSibling;
			const found = next && next.cells[at].querySelector("a.cell");
			if (found)
				return found;
		}
	}

	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.altKey || event.metaKey)
			return;
		const typing = event.target.matches("input, select");
		const cell = event.target.closest("a.cell[data-driver]");

		if (event.key === "Escape") {
			form.reset();
			event.target.blur();
		} else if (cell && event.key.startsWith("Arrow")) {
			const next = neighbour(cell, event.key);
			if (next)
				next.focus();
			event.preventDefault();
		} else if (!typing && event.key === "/") {
			event.preventDefault();
			form.elements.text.focus();
		} else if (!typing && (event.key === "j" || event.key === "k")) {
			const visible = sites.filter((site) => !site.hidden);
			const at = visible.indexOf(event.target.closest("details.site"));
			const next = visible[event.key === "j" ? at + 1 : at - 1];
			if (next) {
				next.querySelector("summary").focus();
				next.scrollIntoView({ block: "nearest" });
			}
		}
	});

	document.getElementById("theme").addEventListener("click", () => {
		const root = document.documentElement;
		const dark = root.dataset.theme ? root.dataset.theme === "dark" :
			matchMedia("(prefers-color-scheme: dark)").matches;
		root.dataset.theme = dark ? "light" : "dark";
		keep(root.dataset.theme);
	});

	/* The choice is kept where the browser lets a page keep something. */
	function keep(theme) {
		try {
			if (theme)
				localStorage.setItem("attach-audit-theme", theme);
			return localStorage.getItem("attach-audit-theme");
		} catch (error) {
			return null;
		}
	}
	const theme = keep();
	if (theme === "light" || theme === "dark")
		document.documentElement.dataset.theme = theme;

	/* A list is sorted by the column whose head is clicked, numbers as numbers. */
	function sort(head) {
		const body = head.closest("table").tBodies[0];
		const at = head.cellIndex;
		const down = head.getAttribute("aria-sort") === "ascending";
		const rows = [...body.rows];

		rows.sort((a, b) => a.cells[at].textContent.trim().localeCompare(
			b.cells[at].textContent.trim(), "en", { numeric: true }) * (down ? -1 : 1));
		for (const other of head.parentNode.cells)
			other.removeAttribute("aria-sort");
		head.setAttribute("aria-sort", down ? "descending" : "ascending");
		body.append(...rows);
	}
	for (const head of document.querySelectorAll("table.list thead th")) {
		head.tabIndex = 0;
		head.classList.add("sortable");
		head.addEventListener("click", () => sort(head));
		head.addEventListener("keydown", (event) => {
			if (event.key === "Enter")
				sort(head);
		});
	}

	/* Paper has no clicks: what wants a change or a look is printed in full. */
	let opened = [];
	addEventListener("beforeprint", () => {
		opened = sites.filter((site) => !site.hidden && !site.open && site.dataset.verdict === "change");
		opened.forEach((site) => { site.open = true; });
	});
	addEventListener("afterprint", () => opened.forEach((site) => { site.open = false; }));

	apply(false);
	follow();
})();
