/** Korean: its sentences and its particles. */
import type { Catalogue } from './index.ts'
import ko from './ko.json'

export const catalogue = ko as Catalogue
export { particle } from './particles.ts'
