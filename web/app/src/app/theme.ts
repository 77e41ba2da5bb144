import { $preferences, textSizes } from './preferences.ts'

/** Keeps theme, density and text size of the page as chosen, and follows the system where that is the choice. */
export function keepTheme(root: HTMLElement = document.documentElement): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    const { theme, density, textSize } = $preferences.get()
    const dark = theme === 'dark' || (theme === 'system' && system.matches)
    root.dataset.theme = dark ? 'dark' : 'light'
    root.dataset.density = density
    root.style.fontSize = textSize === 2 ? '' : `${textSizes[textSize] ?? 100}%`
    document.querySelector('meta[name="theme-color"]')?.setAttribute('content', dark ? '#1B1E22' : '#F2EFE8')
  }
  const unlisten = $preferences.subscribe(apply)
  system.addEventListener('change', apply)
  return () => {
    unlisten()
    system.removeEventListener('change', apply)
  }
}
