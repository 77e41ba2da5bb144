/** What one needs once one does something in a conversation, in one file: see `soon.ts`. */
import '../i18n/later.ts'

export { Confirm } from '../components/Dialog.tsx'
export { copyText } from './copyText.ts'
export { default as Chips } from './composer/Chips.tsx'
export { DropFrame } from './composer/DropFrame.tsx'
export { Strip } from './composer/Strip.tsx'
export { Suggestions } from './composer/Suggestions.tsx'
export { Toolbar } from './message/Toolbar.tsx'
