import type { Madang } from '@madang/client'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { MadangContext } from '../src/app/context.ts'

/** Draws something as it stands in the app, with a Madang above it. */
export const renderWith = (madang: Madang, children: ReactNode) => render(<MadangContext value={madang}>{children}</MadangContext>)
