import { lazy, Suspense, useEffect, useState, type ComponentType } from 'react'

/** How long what comes soon waits at most for a first screen that does not come to stand. */
const PATIENCE_MS = 10_000

let settle: () => void

/** Settled when the first screen can be used: what is needed only later is fetched then, and not in its way. */
export const firstScreen = new Promise<void>((resolve) => {
  settle = resolve
  setTimeout(resolve, PATIENCE_MS)
})

/** Called by the first screen once it can be used. */
export function firstScreenStands(): void {
  performance.mark('first-screen')
  settle()
}

/** Whether the first screen stands, so that what comes after it may be fetched. */
export function useFirstScreenStands(): boolean {
  const [stands, setStands] = useState(false)
  useEffect(() => void firstScreen.then(() => setStands(true)), [])
  return stands
}

/** Part of a file that is not needed before somebody does something: `here` once it has come, which `come` waits for. */
export interface Coming<Part> {
  readonly here: Part | undefined
  come(): Promise<Part>
}

/** Fetches part of a file as soon as the first screen stands, or when it is asked for before. */
export function coming<Part>(load: () => Promise<Part>): Coming<Part> {
  let here: Part | undefined
  const come = async () => (here ??= await load())
  // Without the network it is tried again when it is wanted.
  firstScreen.then(come).catch(() => undefined)
  return {
    get here() {
      return here
    },
    come,
  }
}

/** A component that comes soon: by the time it is wanted it is drawn at once; whoever is quicker gets it when it is there. */
export function soon<Props extends object>(component: Coming<ComponentType<Props>>): ComponentType<Props> {
  const Awaited = lazy(async () => ({ default: await component.come() })) as unknown as ComponentType<Props>
  return function Soon(props) {
    const [Drawn] = useState(() => component.here ?? Awaited)
    return (
      <Suspense fallback={null}>
        <Drawn {...props} />
      </Suspense>
    )
  }
}
