import { setText } from "./dom.js";

/** @typedef {"auto" | "light" | "dark"} Theme */

const KEY = "switchboard-theme";
/** @type {Record<Theme, { next: Theme, label: string }>} */
const THEMES = {
  auto: { next: "light", label: "Theme: auto" },
  light: { next: "dark", label: "Theme: light" },
  dark: { next: "auto", label: "Theme: dark" },
};

/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {HTMLElement} button that goes from one theme to the next */
export function startTheme(button) {
  let theme = readTheme();
  const show = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    setText(button, THEMES[theme].label);
    for (const listener of listeners) listener();
  };
  button.addEventListener("click", () => {
    theme = THEMES[theme].next;
    localStorage.setItem(KEY, theme);
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
}

/**
 * For what is drawn, and not styled. Returns how to stop that.
 *
 * @param {() => void} listener
 * @returns {() => void}
 */
export function onThemeChange(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** @returns {Theme} */
function readTheme() {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "auto";
}
