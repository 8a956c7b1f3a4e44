// @ts-check
/* The picture viewer and the copy buttons. */

import { find, make } from "#svg";

/** A click on a picture opens it large; without this module it stays a plain link. */
export function watchPictures() {
  const viewer = find(".viewer");
  const large = viewer.appendChild(make("img", {}));
  viewer.onclick = () => viewer.close();
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".enlarge"))) {
    link.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const small = /** @type {HTMLImageElement} */ (link.firstElementChild);
      const [width, height] = [Number(small.getAttribute("width")), Number(small.getAttribute("height"))];
      Object.assign(large, { src: link.href, alt: small.alt });
      large.style.setProperty("--readable", `${width}px`);
      large.style.setProperty("--shape", String(width / height));
      viewer.showModal();
    };
  }
}

/** A copy button beside each command; where the clipboard is refused, the command is selected instead. */
export function offerCopies() {
  for (const code of document.querySelectorAll(".command code")) {
    const copy = async () => navigator.clipboard.writeText(code.textContent ?? "");
    const button = make("button", { type: "button", textContent: "Copy" });
    button.onclick = () => copy().then(() => { button.textContent = "Copied"; }).catch(() => getSelection()?.selectAllChildren(code));
    code.after(button);
  }
}
