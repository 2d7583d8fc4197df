// Sorting and searching of the tables above. Without it they are what they are: tables.
"use strict";
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  // A collator per page: comparing by locale is slow without one.
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

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
    body.append(...keyed.map((one) => one.row));
  };

  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(place));
    head.replaceChildren(button);
  });

  const input = document.getElementById(`${table.id}-search`);
  if (!input) continue;
  input.parentElement.hidden = false;
  const told = input.parentElement.querySelector("output");
  const texts = new Map();
  input.addEventListener("input", () => {
    if (!texts.size) for (const row of rows) texts.set(row, [...row.cells].map((cell) => cell.textContent).join("\n").toLowerCase());
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => texts.get(row).includes(word));
      if (!row.hidden) left += 1;
    }
    told.value = words.length ? `${left} of ${rows.length} rows` : "";
  });
}
