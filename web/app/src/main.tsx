// First, because it names the order of the layers.
import './styles/index.css'
import { createMadang } from '@madang/client'
import { createRoot } from 'react-dom/client'
import { App } from './app/App.tsx'
import { $preferences } from './app/preferences.ts'
import { startRouter } from './app/router.ts'
import { keepTheme } from './app/theme.ts'
import { chooseLanguage, preferredLanguage } from './i18n/index.ts'

const madang = createMadang()
void madang.start()
keepTheme()
startRouter()
// Nothing is drawn in the wrong language first.
await chooseLanguage(preferredLanguage($preferences.get().language)).catch(() => chooseLanguage('en'))
createRoot(document.getElementById('madang') as HTMLElement).render(<App madang={madang} />)
