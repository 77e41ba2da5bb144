// Theme, text size and language, set before the first paint so that nothing flashes.
// Reads what src/app/preferences.ts keeps; on any trouble the page starts with its defaults.
;(function () {
  var root = document.documentElement
  var kept = {}
  try {
    kept = JSON.parse(localStorage.getItem('madang.preferences') || '{}') || {}
  } catch {
    kept = {}
  }
  var dark = kept.theme === 'dark' || (kept.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.dataset.theme = dark ? 'dark' : 'light'
  root.dataset.density = kept.density === 'compact' ? 'compact' : 'comfortable'
  var sizes = [87.5, 93.75, 100, 112.5, 125]
  if (sizes[kept.textSize] && kept.textSize !== 2) root.style.fontSize = sizes[kept.textSize] + '%'
  var wanted = kept.language || navigator.language || 'en'
  root.lang = /^ko\b/i.test(wanted) ? 'ko' : 'en'
  var meta = document.querySelector('meta[name="theme-color"]')
  if (meta && dark) meta.setAttribute('content', '#1B1E22')
})()
