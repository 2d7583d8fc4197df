// Sorting, searching and shortening of the tables above. Without it they are what they are: tables.
"use strict";
const FIRST_ROWS = 25;
// Comparing by locale is slow without a collator.
const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  let rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];

  const sort = (place) => {
    const head = heads[place];
    const numeric = head.classList.contains("number");
    const before = head.getAttribute("aria-sort");
    // Numbers are asked for from the greatest, names from A.
    const first = numeric ? "descending" : "ascending";
    const second = numeric ? "ascending" : "descending";
    const now = before === first ? second : first;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", now);
    const sign = now === "ascending" ? 1 : -1;
    const keyed = rows.map((row) => {
      const text = row.cells[place].textContent.trim();
      return { row, text, number: numeric ? Number(text.replaceAll(",", "")) : 0 };
    });
    keyed.sort((a, b) => {
      if (!a.text || !b.text) return (a.text ? 0 : 1) - (b.text ? 0 : 1); // what is not known stays last
      return sign * (numeric ? a.number - b.number : order.compare(a.text, b.text));
    });
    rows = keyed.map((one) => one.row);
    body.append(...rows);
    show();
  };

  // Rows that hold every word; where nothing is searched, the first ones until all are asked for.
  const input = document.getElementById(`${table.id}-search`);
  const texts = new Map();
  const more = document.createElement("button");
  let all = rows.length <= FIRST_ROWS;
  const show = () => {
    const words = (input?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && !texts.size) {
      for (const row of rows) texts.set(row, [...row.cells].map((cell) => cell.textContent).join("\n").toLowerCase());
    }
    let found = 0;
    rows.forEach((row, place) => {
      row.hidden = words.length ? !words.every((word) => texts.get(row).includes(word)) : !all && place >= FIRST_ROWS;
      if (!row.hidden) found += 1;
    });
    more.hidden = all || words.length > 0;
    if (input) input.parentElement.querySelector("output").value = words.length ? `${found} of ${rows.length} rows` : "";
  };
  if (!all) {
    more.type = "button";
    more.className = "more";
    more.textContent = `Show all ${rows.length.toLocaleString("en")} rows`;
    more.setAttribute("aria-controls", table.id);
    more.addEventListener("click", () => {
      all = true;
      const next = rows[FIRST_ROWS];
      show();
      // The button is gone: whoever goes by keys goes on where the new rows begin.
      next.tabIndex = -1;
      next.focus();
    });
    table.after(more);
  }

  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(place));
    head.replaceChildren(button);
  });

  if (input) {
    input.parentElement.hidden = false;
    input.addEventListener("input", show);
  }
  show();
}
