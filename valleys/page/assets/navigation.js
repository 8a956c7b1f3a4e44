// @ts-check
/* The list at the top marks the section in view. */

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
