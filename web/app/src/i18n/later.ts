import later from './en.later.json'
import { learn } from './index.ts'

// What is said on pages and in dialogs that are fetched when they are first opened; each of these imports this file.
learn(later)
