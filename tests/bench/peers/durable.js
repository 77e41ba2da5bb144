// Each message is committed to SQLite before it is answered: `full` waits for the disk, `normal` does not.
//   node durable.js GROUP_SIZE FILE ACCOUNTS full|normal
import { DatabaseSync } from 'node:sqlite'

import { conversationOf, entryOf, serve } from './chat.js'

const groupSize = Number(process.argv[2])
const db = new DatabaseSync(process.argv[3])
db.exec(`
  pragma journal_mode = wal;
  pragma synchronous = ${process.argv[5]};
  create table membership (conversation_id integer, account_id integer, primary key (conversation_id, account_id));
  create table conversation (id integer primary key, head_seq integer not null);
  create table message (
    conversation_id integer, seq integer, sender_id integer, client_id text, sent_at integer, text text,
    primary key (conversation_id, seq), unique (sender_id, client_id)
  );
`)
for (let accountId = 1; accountId <= Number(process.argv[4]); accountId++) {
  const conversationId = conversationOf(accountId, groupSize)
  db.prepare('insert or ignore into conversation values (?, 0)').run(conversationId)
  db.prepare('insert into membership values (?, ?)').run(conversationId, accountId)
}

const findMember = db.prepare('select 1 from membership where conversation_id = ? and account_id = ?')
const findEarlier = db.prepare('select conversation_id, seq, sent_at from message where sender_id = ? and client_id = ?')
const moveHead = db.prepare('update conversation set head_seq = head_seq + 1 where id = ? returning head_seq')
const insert = db.prepare('insert into message values (?, ?, ?, ?, ?, ?)')

serve(groupSize, (accountId, command) => {
  db.exec('begin immediate')
  try {
    if (!findMember.get(command.conversation_id, accountId)) throw new Error('not a member')
    const earlier = findEarlier.get(accountId, command.client_id)
    const at = earlier?.sent_at ?? Date.now()
    const seq = earlier?.seq ?? moveHead.get(command.conversation_id).head_seq
    if (!earlier) insert.run(command.conversation_id, seq, accountId, command.client_id, at, command.text)
    db.exec('commit')
    return entryOf(accountId, command, seq, at)
  } catch (error) {
    db.exec('rollback')
    throw error
  }
})
