import type { Madang } from '@madang/client'
import { createContext, useContext } from 'react'

export const MadangContext = createContext<Madang | undefined>(undefined)

/** The client core of this app: stores to read with `useStore`, commands to call. */
export function useMadang(): Madang {
  const madang = useContext(MadangContext)
  if (!madang) throw new Error('useMadang needs a MadangContext above it.')
  return madang
}
