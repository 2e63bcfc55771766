/** The keys that work everywhere: `/` goes to the search, Escape leaves a field, and then goes back to the list. */
export function startKeyboard() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null) return;
    const field = /** @type {Element} */ (event.target).closest("input, select");
    if (event.key === "/" && field === null) toSearch();
    else if (event.key === "Escape" && field instanceof HTMLElement) field.blur();
    else if (event.key === "Escape" && location.hash.length > 2) location.hash = "#/";
    else return;
    event.preventDefault();
  });
}

function toSearch() {
  const search = document.getElementById("search");
  if (search !== null) return search.focus();
  location.hash = "#/";
  addEventListener("hashchange", () => document.getElementById("search")?.focus(), { once: true });
}
