"use strict";
// The page works without this script: it draws the charts, switches the theme, filters the metrics, and opens what the
// printer and the keyboard have to reach. It asks the network for nothing and keeps nothing after the page is closed.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const plots = [...document.querySelectorAll(".plot[data-program]")];

  // Charts -----------------------------------------------------------------------------------------------------------

  // A team's template may name any address; none is ever asked.
  const refuse = () => Promise.reject(new Error("a report loads nothing"));
  const options = {
    mode: "vega-lite", // nor may it choose another language
    ast: true, // interprets expressions instead of compiling them: the page's policy forbids eval
    actions: false,
    defaultStyle: false,
    config: { aria: false }, // a chart's own words describe it, not hundreds of marks
    logLevel: 1, // errors only
    renderer: "svg",
    loader: { load: refuse, sanitize: refuse, http: refuse, file: refuse },
  };

  async function draw(plot, theme) {
    const program = JSON.parse(document.getElementById(plot.dataset.program).textContent);
    const place = document.createElement("div"); // Vega gives it a role and a name, which the plot has already
    place.ariaHidden = "true";
    plot.append(place);
    const result = await vegaEmbed(
      place,
      { ...program.shared, ...program[theme] },
      { ...options, tooltip: { disableDefaultStyle: true, theme } },
    );
    plot.finalize?.();
    plot.finalize = () => result.finalize();
    plot.replaceChildren(place);
    plot.dataset.theme = theme;
    const svg = plot.querySelector("svg");
    const natural = svg.width.baseVal.value;
    svg.style.minWidth = `${natural * LEAST}px`;
    plot.closest("figure").classList.toggle("wide", natural > NARROW);
  }

  // A chart that would have to shrink a lot to fit a card gets a row of its own; it scrolls where it could not be read.
  const NARROW = 500;
  const LEAST = 0.7;

  // The wheel and the finger move the page; with Ctrl or Cmd, the wheel zooms a chart, which a mouse then moves.
  for (const plot of plots) {
    const keep = (event) => event.stopPropagation();
    plot.addEventListener("wheel", (event) => event.ctrlKey || event.metaKey || keep(event), true);
    plot.addEventListener("pointerdown", (event) => event.pointerType === "mouse" || keep(event), true);
  }

  // One after the other, so that the page stays alive; a second switch of the theme overtakes the first.
  let turn = 0;
  async function drawAll(theme) {
    const mine = ++turn;
    for (const plot of plots) {
      if (mine !== turn) return;
      try {
        if (plot.dataset.theme !== theme) await draw(plot, theme);
      } catch (error) {
        plot.dataset.failed = "";
        plot.textContent = `This chart could not be drawn: ${error.message}`;
      }
    }
    root.dataset.drawn = theme;
  }

  // Theme ------------------------------------------------------------------------------------------------------------

  let chosen = null; // until the reader chooses, the system's theme is followed
  function show() {
    const theme = chosen ?? (system.matches ? "dark" : "light");
    root.dataset.theme = theme;
    button.setAttribute("aria-pressed", String(theme === "dark"));
    drawAll(theme);
  }
  system.addEventListener("change", show);
  button.addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    show();
  });
  button.hidden = false;

  // Filter -----------------------------------------------------------------------------------------------------------

  for (const filter of document.querySelectorAll(".filter input")) {
    const section = filter.closest("section");
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      let hits = 0;
      for (const row of section.querySelectorAll("tr[data-name]")) {
        row.hidden = !row.dataset.name.includes(wanted);
        hits += !row.hidden;
      }
      for (const group of section.querySelectorAll("tbody:has(tr[data-name])")) {
        group.hidden = !group.querySelector("tr[data-name]:not([hidden])");
      }
      for (const fold of wanted ? section.querySelectorAll("details") : []) {
        fold.open = Boolean(fold.querySelector("tr[data-name]:not([hidden])"));
      }
      section.querySelector(".filter output").textContent = wanted ? `${hits} found` : "";
    });
    filter.closest(".filter").hidden = false;
  }

  // Keyboard ---------------------------------------------------------------------------------------------------------

  // What is too wide scrolls in its box, which the keyboard has to reach.
  const boxes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".scroll, .plot, .prose")) boxes.observe(box);

  // Print ------------------------------------------------------------------------------------------------------------

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const fold of opened) fold.open = true;
    drawAll("light");
  });
  addEventListener("afterprint", () => {
    for (const fold of opened) fold.open = false;
    show();
  });

  show();
})();
