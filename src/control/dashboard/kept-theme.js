// No module, so that it runs before anything is shown: a theme that somebody has chosen does not flash in the other one.
{
  const theme = localStorage.getItem("switchboard-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
