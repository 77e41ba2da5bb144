import { createElement, type SVGProps } from 'react'

type Lines = readonly [tag: string, attributes: Record<string, string>][]

/**
 * What lucide's icons are made with here, in place of its own `createLucideIcon`: that one brings along a context, colours
 * and classes which nobody here asks for. See `lean` in vite.config.ts.
 */
export default function drawing(lines: Lines) {
  return function Drawing({ size, ...rest }: SVGProps<SVGSVGElement> & { size?: number }) {
    return (
      <svg xmlns="http://www.w3.org/2000/svg" width={size} height={size} fill="none" stroke="currentColor" strokeLinecap="round" strokeLinejoin="round" {...rest}>
        {lines.map(([tag, attributes], index) => createElement(tag, { key: index, ...attributes }))}
      </svg>
    )
  }
}
