import type { Madang } from '@madang/client'
import type { Draft } from '../../app/drafts.ts'
import { EnterMachine, isForInputMethod } from '../logic/enter.ts'
import { DraftKeeper } from './drafts.ts'

export interface FieldEvents {
  /** Whether plain Enter sends. */
  enterSends(): boolean
  /** Takes the open suggestion. */
  accept(): boolean
  /** The text is another. */
  changed(): void
  caretMoved(): void
  /** A key that no input method wants; true when it was used. */
  key(event: KeyboardEvent): boolean
  /** Sends `text`; true when the field is to be emptied. */
  send(text: string): boolean
  /** A kept draft, or another tab's, is in the field now. */
  restored(draft: Draft | undefined): void
}

/** The composer's textarea, by its own events: React would come too late for an input method. */
export class ComposerField {
  #madang: Madang
  #conversation: number
  #drafts: DraftKeeper
  #element: HTMLTextAreaElement | undefined
  #events: FieldEvents | undefined
  #enter: EnterMachine | undefined
  #replyToSeq: number | undefined
  /** What was being written when an edit began. */
  #aside: string | undefined

  constructor(madang: Madang, conversation: number, account: number) {
    this.#madang = madang
    this.#conversation = conversation
    this.#drafts = new DraftKeeper(account, conversation)
  }

  get composing(): boolean {
    return this.#enter?.composing ?? false
  }

  attach(element: HTMLTextAreaElement, events: FieldEvents): () => void {
    this.#element = element
    this.#events = events
    const enter = new EnterMachine({ send: () => this.sendNow(), accept: () => events.accept(), enterSends: () => events.enterSends() })
    this.#enter = enter
    const ended = new AbortController()
    const on = <Name extends keyof HTMLElementEventMap>(name: Name, listener: (event: HTMLElementEventMap[Name]) => void) =>
      element.addEventListener(name, listener, { signal: ended.signal })
    on('keydown', (event) => {
      enter.keyDown(event)
      if (!isForInputMethod(event) && !enter.composing && events.key(event)) event.preventDefault()
    })
    on('beforeinput', (event) => enter.beforeInput(event))
    on('compositionstart', () => enter.compositionStart())
    on('compositionend', (event) => enter.compositionEnd(event.data))
    on('input', () => this.#typed())
    on('blur', () => {
      enter.blur()
      this.#madang.stopTyping(this.#conversation)
      this.#drafts.flush()
    })
    for (const name of ['click', 'keyup'] as const) on(name, () => events.caretMoved())
    const stopDrafts = this.#drafts.start((draft) => this.#restore(draft))
    this.#restore(this.#drafts.kept)
    return () => {
      ended.abort()
      stopDrafts()
      enter.blur()
      this.#madang.stopTyping(this.#conversation)
    }
  }

  sendNow(): void {
    const element = this.#element
    if (!element || !this.#events?.send(element.value)) return
    this.#replyToSeq = undefined
    this.#set('')
    this.#drafts.clear()
    this.#madang.stopTyping(this.#conversation)
  }

  setReply(seq: number | undefined): void {
    this.#replyToSeq = seq
    this.#keep()
  }

  /** Puts a sent message's text into the field; the draft waits aside. */
  beginEdit(text: string): void {
    const element = this.#element
    if (!element || this.composing) return
    this.#aside ??= element.value
    this.#drafts.flush()
    this.#set(text)
    element.setSelectionRange(text.length, text.length)
  }

  endEdit(): void {
    if (this.#aside === undefined) return
    const text = this.#aside
    this.#aside = undefined
    this.#set(text)
    this.#element?.setSelectionRange(text.length, text.length)
  }

  /** Another text in place of the one that is there, unless an input method is at work in it. */
  replace(text: string): void {
    if (!this.composing) this.#set(text)
  }

  /** Puts text at the caret, in place of what is selected or of `from` to the caret. */
  insert(text: string, from?: number): void {
    const element = this.#element
    if (!element) return
    element.focus({ preventScroll: true })
    if (this.composing) return
    const end = element.selectionEnd
    element.setSelectionRange(from ?? element.selectionStart, end)
    // As if typed, so that the browser can undo it.
    if (!document.execCommand('insertText', false, text)) {
      element.setRangeText(text, from ?? element.selectionStart, end, 'end')
      this.#typed()
    }
  }

  /** The text as a file, out of the field: it is too long for a message. */
  takeAsFile(): File {
    const file = new File([this.#element?.value ?? ''], 'message.txt', { type: 'text/plain' })
    this.#set('')
    this.#drafts.clear()
    return file
  }

  #typed(): void {
    this.#grow()
    this.#events?.changed()
    if (this.#aside !== undefined) return
    this.#keep()
    if (this.#element?.value.trim()) this.#madang.typing(this.#conversation)
    else this.#madang.stopTyping(this.#conversation)
  }

  #keep(): void {
    const element = this.#element
    if (!element || this.#aside !== undefined) return
    const { value: text, selectionStart: caret } = element
    this.#drafts.save({ text, caret, ...(this.#replyToSeq !== undefined && { replyToSeq: this.#replyToSeq }) })
  }

  #restore(draft: Draft | undefined): void {
    const element = this.#element
    if (!element || this.composing || this.#aside !== undefined) return
    const text = draft?.text ?? ''
    this.#replyToSeq = draft?.replyToSeq
    if (element.value !== text) {
      this.#set(text)
      const caret = draft?.caret ?? text.length
      element.setSelectionRange(caret, caret)
    } else this.#grow()
    this.#events?.restored(draft)
  }

  #set(text: string): void {
    if (this.#element) this.#element.value = text
    this.#enter?.assigned()
    this.#grow()
    this.#events?.changed()
  }

  /** As high as its lines; the stylesheet says how high at most. */
  #grow(): void {
    const element = this.#element
    if (!element) return
    const line = element.parentElement
    // Its surroundings keep their height while it is measured: the timeline above must not see it shrink.
    if (line) line.style.minHeight = `${line.offsetHeight}px`
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight}px`
    if (line) line.style.minHeight = ''
  }
}
