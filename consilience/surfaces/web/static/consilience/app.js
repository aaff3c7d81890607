"use strict";
// Comforts only: every page and every decision works without this file.
const root = document.documentElement;

// The theme is a cookie, so that the server can send the right page at once. Choosing what the system has anyway
// forgets the choice, and the page follows the system again.
const systemIsDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark());
const remember = (theme) => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; SameSite=Lax; Max-Age=${theme ? 31536000 : 0}${secure}`;
};
for (const button of document.querySelectorAll("[data-theme-switch]")) {
  const show = () => {
    const label = isDark() ? button.dataset.toLight : button.dataset.toDark;
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const dark = !isDark();
    if (dark === systemIsDark()) delete root.dataset.theme;
    else root.dataset.theme = dark ? "dark" : "light";
    remember(root.dataset.theme ?? "");
    show();
  });
}

// Copy buttons: shown only where they can work; the full text stands beside them either way.
for (const button of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const said = button.querySelector("[role=status]");
    if (said) said.textContent = button.dataset.copied;
    button.classList.add("done");
    setTimeout(() => { button.classList.remove("done"); if (said) said.textContent = ""; }, 2000);
  });
}

// The folded menu of narrow screens closes on Escape and when somebody clicks elsewhere.
const menu = document.querySelector("details.menu");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu?.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => { if (menu?.open && !menu.contains(event.target)) menu.open = false; });

// Parts of a page that our own server drew: the browser takes text for markup only by a policy with a name.
const drawn = window.trustedTypes?.createPolicy("consilience-parts", { createHTML: (text) => text }) ?? { createHTML: (text) => text };

// A form that shows what it would say does so while somebody fills it in, half a second after they stop.
for (const form of document.querySelectorAll("form[data-preview]")) {
  const into = document.getElementById(form.dataset.previewInto);
  form.querySelector("[data-preview-button]")?.remove();
  let waiting, asked = 0;
  const show = async () => {
    const mine = ++asked;
    const response = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) }).catch(() => null);
    if (mine !== asked || !response?.ok) return;
    into.innerHTML = drawn.createHTML(await response.text());
  };
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 500); });
}

// What only one choice of a list needs is shown with that choice.
for (const part of document.querySelectorAll("[data-only-with]")) {
  const [name, value] = part.dataset.onlyWith.split("=");
  const choice = document.querySelector(`[name="${name}"]`);
  const show = () => { part.hidden = choice.value !== value; };
  choice.addEventListener("change", show);
  show();
}

// After a refused form the list of what to correct is read out first.
document.querySelector("[data-focus]")?.focus();

// A form that takes its time says so once it is sent, and is not sent twice.
for (const form of document.querySelectorAll("form[data-wait]")) {
  const said = form.querySelector("[data-waiting]");
  form.addEventListener("submit", (event) => {
    if (said.textContent) event.preventDefault();
    else said.textContent = said.dataset.waiting;
  });
  addEventListener("pageshow", () => { said.textContent = ""; });
}

// A long task that is done in parts goes on by itself, once what it says has been seen.
const goOn = document.querySelector("form[data-go-on]");
if (goOn) setTimeout(() => goOn.requestSubmit(), 300);

// Paper shows what is folded away on the screen.
addEventListener("beforeprint", () => { for (const item of document.querySelectorAll("main details")) item.open = true; });
