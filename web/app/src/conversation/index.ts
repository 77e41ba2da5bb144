/** What the shell puts into its panes. The details pane is a file of its own, so that it is fetched when it is shown: `details/DetailsPane.tsx`. */
export { ConversationPane, type ConversationPaneProps } from './ConversationPane.tsx'
export { attachFiles } from './composer/attachments.ts'
