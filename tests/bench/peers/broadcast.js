// A bare broadcast: nothing is stored, nothing is checked.   node broadcast.js GROUP_SIZE
import { entryOf, serve } from './chat.js'

let seq = 0
serve(Number(process.argv[2]), (accountId, command) => entryOf(accountId, command, ++seq, Date.now()))
