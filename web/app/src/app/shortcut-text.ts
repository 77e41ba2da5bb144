/** Whether Command takes the place of Ctrl. */
export const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)

/** A shortcut as this machine writes it: Ctrl K, or ⌘ K. */
export const shortcutText = (keys: string): string => (apple ? keys.replace('Ctrl', '⌘').replace('Alt', '⌥').replace('Shift', '⇧') : keys)
