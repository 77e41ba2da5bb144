import type { ComponentProps } from 'react'
import { navigate } from './router.ts'

/** A link inside the app: a real one, so that it opens in a new tab where that is wanted. */
export function Link({ to, replace, onClick, ...rest }: Omit<ComponentProps<'a'>, 'href'> & { to: string; replace?: boolean }) {
  return (
    <a
      href={to}
      {...rest}
      onClick={(event) => {
        onClick?.(event)
        if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
        event.preventDefault()
        navigate(to, replace ? { replace } : {})
      }}
    />
  )
}
