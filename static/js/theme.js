// Runs before the first paint, so that no page flashes in the wrong theme: the cookie decides, and
// without a cookie the device.
(() => {
  const root = document.documentElement;
  const day = window.matchMedia("(prefers-color-scheme: light)");
  const apply = () => {
    const choice = root.dataset.themeChoice;
    const theme = choice === "auto" ? (day.matches ? "light" : "dark") : choice;
    root.setAttribute("data-bs-theme", theme);
    document.dispatchEvent(new CustomEvent("siaga:theme", { detail: { theme } }));
  };
  const press = () => {
    document.querySelectorAll("[data-theme-set]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.themeSet === root.dataset.themeChoice));
    });
  };
  apply();
  day.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", press);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-set]");
    if (!button) return;
    const choice = button.dataset.themeSet;
    const life = choice === "auto" ? 0 : 31536000;
    document.cookie = `theme=${choice};path=/;max-age=${life};samesite=lax`;
    root.dataset.themeChoice = choice;
    apply();
    press();
  });
})();
