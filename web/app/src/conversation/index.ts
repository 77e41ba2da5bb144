/** The conversation pane and its details: what the shell puts into its panes. */
export { ConversationPane, type ConversationPaneProps } from './ConversationPane.tsx'
export { DetailsPane } from './details/lazy.tsx'
export { attachFiles } from './composer/attachments.ts'
