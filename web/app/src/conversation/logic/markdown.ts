import { micromark } from 'micromark'
import { plainParts, type Mentioned, type Part } from './textParts.ts'

/** Everything but code and emphasis stays as typed: a number sign or a dash in a chat is a number sign or a dash. */
const TYPED_AS_IS = [
  'autolink', 'blockQuote', 'characterEscape', 'characterReference', 'codeIndented', 'definition', 'hardBreakEscape', 'headingAtx',
  'htmlFlow', 'htmlText', 'labelEnd', 'labelStartImage', 'labelStartLink', 'list', 'setextUnderline', 'thematicBreak',
]

/**
 * The parts of a text with code blocks, inline code, bold and italic. Loaded when the first such text is shown.
 * The parser's output is read in an inert document and never put into the page: only the parts named here come out.
 */
export function markedParts(text: string, mentioned: Mentioned): Part[] {
  const html = micromark(text, { extensions: [{ disable: { null: TYPED_AS_IS } }] })
  const { body } = new DOMParser().parseFromString(html, 'text/html')
  const blocks = Array.from(body.childNodes).filter((node) => node.nodeType !== Node.TEXT_NODE || node.textContent?.trim())
  const parts = blocks.flatMap((node) => partsOf(node, mentioned))
  const only = parts[0]
  return parts.length === 1 && only?.kind === 'paragraph' ? only.parts : parts
}

function partsOf(node: Node, mentioned: Mentioned): Part[] {
  if (node.nodeType === Node.TEXT_NODE) return plainParts(node.textContent ?? '', mentioned)
  if (!(node instanceof Element)) return []
  const inside = () => Array.from(node.childNodes).flatMap((child) => partsOf(child, mentioned))
  switch (node.tagName.toLowerCase()) {
    case 'strong':
      return [{ kind: 'strong', parts: inside() }]
    case 'em':
      return [{ kind: 'em', parts: inside() }]
    case 'p':
      return [{ kind: 'paragraph', parts: inside() }]
    case 'code':
      return [{ kind: 'code', text: node.textContent ?? '' }]
    case 'pre':
      return [blockOf(node)]
    case 'br':
      return [{ kind: 'text', text: '\n' }]
    default:
      return inside()
  }
}

function blockOf(pre: Element): Part {
  const language = /language-([\w+#-]{1,20})/.exec(pre.querySelector('code')?.className ?? '')?.[1]
  return { kind: 'block', text: (pre.textContent ?? '').replace(/\n$/, ''), ...(language !== undefined && { language }) }
}
