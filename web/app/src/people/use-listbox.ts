import { useId, useState, type KeyboardEvent } from 'react'

/** The keyboard of a combobox: the field keeps the focus, arrows move in the list, Enter takes. */
export function useListbox({ count, onTake }: { count: number; onTake: (index: number) => void }) {
  const id = useId()
  const [chosen, setChosen] = useState(0)
  const at = Math.min(chosen, Math.max(0, count - 1))
  const go = (to: number) => {
    const next = (to + count) % Math.max(1, count)
    setChosen(next)
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, arrows and Enter are its own.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    if (event.key === 'ArrowDown') go(at + 1)
    else if (event.key === 'ArrowUp') go(at - 1)
    else if (event.key === 'Enter' && count > 0) onTake(at)
    else return
    event.preventDefault()
  }
  return {
    at,
    reset: () => setChosen(0),
    field: {
      role: 'combobox' as const,
      'aria-expanded': count > 0,
      'aria-controls': `${id}-list`,
      'aria-autocomplete': 'list' as const,
      'aria-activedescendant': count > 0 ? `${id}-${at}` : undefined,
      autoComplete: 'off',
      onKeyDown,
    },
    list: { role: 'listbox' as const, id: `${id}-list` },
    option: (index: number) => ({
      role: 'option' as const,
      id: `${id}-${index}`,
      'aria-selected': index === at,
      onPointerMove: () => index !== at && setChosen(index),
      // The field must not lose the focus to a press.
      onPointerDown: (event: { preventDefault: () => void }) => event.preventDefault(),
      onClick: () => onTake(index),
    }),
  }
}
