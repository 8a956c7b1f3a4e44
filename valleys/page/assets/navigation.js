// @ts-check
/* Finding one's way: the list at the top marks the section in view, an address opens what is folded around its place. */

export function watchSections() {
  const links = new Map([...document.querySelectorAll(".top a")].map((link) => [link.getAttribute("href")?.slice(1), link]));
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -75% 0px" });
  for (const section of document.querySelectorAll("main > section[id]")) if (links.has(section.id)) watcher.observe(section);
}

/** Open what is folded around the place that the address names, and go there. */
function reveal() {
  const place = document.getElementById(location.hash.slice(1));
  if (!place?.closest("details:not([open])")) return;
  for (let fold = place.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  place.scrollIntoView();
}

/** Places in folds are found by their address, and the figures are printed folded or not. */
export function watchFolds() {
  reveal();
  addEventListener("hashchange", reveal);
  /** @type {HTMLDetailsElement[]} */
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [.../** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll(".run:not([open])"))];
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; });
}
