// What the theme leaves out for the keyboard and for screen readers. Nothing is loaded, nothing is stored.

window.addEventListener("load", () => {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) {
    table.tabIndex = 0; // a wide table scrolls by the keyboard as well
  }
  for (const cell of document.querySelectorAll("th:empty")) {
    cell.replaceWith(document.createElement("td")); // a corner of a table is no header
  }
  document.querySelectorAll("nav.md-code__nav").forEach((nav, number) => {
    nav.setAttribute("aria-label", `Code ${number + 1}`);
  });
  document.querySelectorAll("nav.md-nav").forEach((nav, number) => {
    const title = nav.querySelector(":scope > .md-nav__title");
    nav.removeAttribute("aria-labelledby");
    nav.setAttribute("aria-label", `${title ? title.textContent.trim() : "Pages"} (${number + 1})`);
  });
});
