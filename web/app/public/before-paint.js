// Theme, text size and language before the first paint; reads what src/app/preferences.ts keeps.
/* global document, matchMedia */
;(function () {
  var root = document.documentElement
  var kept = {}
  try {
    kept = JSON.parse(localStorage.getItem('madang.preferences')) || {}
  } catch {
    // Starts with the defaults.
  }
  var dark = kept.theme === 'dark' || (kept.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.dataset.theme = dark ? 'dark' : 'light'
  root.dataset.density = kept.density || 'comfortable'
  var size = [87.5, 93.75, '', 112.5, 125][kept.textSize]
  if (size) root.style.fontSize = size + '%'
  root.lang = /^ko/i.test(kept.language || navigator.language) ? 'ko' : 'en'
})()
