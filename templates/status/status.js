// Sorts and filters the rows that are there; the page is whole without it.
"use strict";
const body = document.querySelector("#cases tbody");
const form = document.querySelector("form");
if (body) {
  const rows = [...body.rows];
  const find = document.getElementById("find"), stage = document.getElementById("stage");
  const journal = document.getElementById("journal"), shown = document.getElementById("shown");
  const filter = () => {
    const words = find.value.trim().toLowerCase();
    for (const row of rows) {
      const data = row.dataset;
      row.hidden = !(data.case.toLowerCase().includes(words)
        && (!stage.value || data.kind === stage.value)
        && (!journal.value || data.journals.split(" ").includes(journal.value)));
    }
    const count = rows.filter((row) => !row.hidden).length;
    shown.textContent = count === rows.length ? "" : `${count} of ${rows.length} shown`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  const compare = (by) => (a, b) => by === "case"
    ? a.dataset.case.localeCompare(b.dataset.case, undefined, { numeric: true })
    : Number(a.dataset[by]) - Number(b.dataset[by]);
  for (const head of document.querySelectorAll("#cases th[data-by]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.dataset.title = head.textContent; // for print, where a button is not repeated on every sheet
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of document.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort(compare(head.dataset.by));
      if (down) rows.reverse();
      body.append(...rows);
    });
  }
  filter();
}
