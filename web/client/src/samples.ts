// Generated from tests/samples by `python -m server.protocol.schema`. Do not edit: a test fails when the two differ.
// One sample of every command, reply, event and HTTP body; for tests only, the package does not export them.

import type {
  Ack,
  ChangeMe,
  ChangePassword,
  ChatCommands,
  ChatEvents,
  ConversationsPage,
  CreateAccount,
  CreateSession,
  ErrorBody,
  ErrorCode,
  EventsPage,
  File,
  FileLink,
  FileUse,
  Health,
  InvitePreview,
  Me,
  MessageSent,
  MessagesPage,
  NotificationCommands,
  NotificationEvents,
  OwnAccount,
  PostMessage,
  Readiness,
  Sessions,
  SignedIn,
  Welcome,
} from './types'

type Commands<Of> = {
  [Name in keyof Of]: Of[Name] extends (payload: infer Payload, ack: Ack<infer Data>) => void
    ? { payload: Payload; data: Data }
    : never
}
type Events<Of> = { [Name in keyof Of]: Of[Name] extends (...args: infer Args) => void ? Args : never }

export const chatCommands: Commands<ChatCommands> = {
  "send_message": {
    "payload": {
      "conversation_id": 7,
      "client_id": "ana-0000-0012",
      "text": "The gate is open, @ben 👋",
      "reply_to_seq": 11,
      "file_ids": [9]
    },
    "data": {"conversation_id": 7, "seq": 12, "sent_at": 1763690400000, "duplicate": false}
  },
  "edit_message": {
    "payload": {"conversation_id": 7, "seq": 11, "text": "Is the gate open today?"},
    "data": {"seq": 13}
  },
  "delete_message": {"payload": {"conversation_id": 7, "seq": 10}, "data": {"seq": 15}},
  "add_reaction": {"payload": {"conversation_id": 7, "seq": 12, "emoji": "👍"}, "data": {"seq": 14}},
  "remove_reaction": {"payload": {"conversation_id": 7, "seq": 12, "emoji": "👍"}, "data": {"seq": 16}},
  "pin_message": {"payload": {"conversation_id": 7, "seq": 12}, "data": {"seq": 17}},
  "unpin_message": {"payload": {"conversation_id": 7, "seq": 12}, "data": {"seq": 18}},
  "list_pins": {
    "payload": {"conversation_id": 7, "limit": 50, "cursor": "1763690405000-12"},
    "data": {
      "messages": [
        {
          "conversation_id": 7,
          "seq": 9,
          "client_id": "ben-0000-0009",
          "sender_id": 2,
          "sent_at": 1763690300000,
          "text": "The key is under the mat.",
          "attachments": [],
          "mentions": [],
          "reactions": [],
          "forward_of": {"sender_id": 3, "sent_at": 1763690200000},
          "pinned_at": 1763690404000
        }
      ],
      "cursor": "1763690404000-9"
    }
  },
  "forward_message": {
    "payload": {"conversation_id": 7, "seq": 12, "to_conversation_id": 8, "client_id": "ana-0000-0013"},
    "data": {"conversation_id": 8, "seq": 4, "sent_at": 1763690406000, "duplicate": false}
  },
  "remove_previews": {"payload": {"conversation_id": 7, "seq": 12}, "data": {"seq": 19}},
  "report_message": {"payload": {"conversation_id": 7, "seq": 12, "reason": "This is an advertisement."}, "data": {}},
  "fetch_entries": {
    "payload": {"conversation_id": 7, "after_seq": 11, "limit": 200},
    "data": {
      "entries": [
        {
          "conversation_id": 7,
          "seq": 12,
          "kind": "message_created",
          "actor_id": 1,
          "at": 1763690400000,
          "data": {
            "conversation_id": 7,
            "seq": 12,
            "client_id": "ana-0000-0012",
            "sender_id": 1,
            "sent_at": 1763690400000,
            "text": "The gate is open, @ben 👋",
            "attachments": [
              {
                "id": 9,
                "name": "마당 plan.png",
                "media_type": "image/png",
                "size_bytes": 20480,
                "url": "/api/v1/files/9/plan.png",
                "width": 640,
                "height": 480,
                "thumbnail_url": "/api/v1/files/9/thumbnail",
                "blur": "#c9b79a",
                "alt": "The yard, drawn by hand"
              }
            ],
            "mentions": [2],
            "reactions": [],
            "reply_to": {"seq": 11, "sender_id": 2, "excerpt": "Is the gate open?"}
          }
        },
        {
          "conversation_id": 7,
          "seq": 13,
          "kind": "message_edited",
          "actor_id": 2,
          "at": 1763690401000,
          "data": {"target_seq": 11, "text": "Is the gate open today?", "mentions": [], "edited_at": 1763690401000}
        },
        {
          "conversation_id": 7,
          "seq": 14,
          "kind": "reaction_added",
          "actor_id": 2,
          "at": 1763690402000,
          "data": {"target_seq": 12, "emoji": "👍"}
        }
      ],
      "head_seq": 14,
      "more": false
    }
  },
  "fetch_messages": {
    "payload": {"conversation_id": 7, "before_seq": 13, "limit": 3},
    "data": {
      "messages": [
        {
          "conversation_id": 7,
          "seq": 10,
          "client_id": "ben-0000-0010",
          "sender_id": 2,
          "sent_at": 1763690310000,
          "text": "",
          "attachments": [],
          "mentions": [],
          "reactions": [],
          "deleted_at": 1763690320000
        },
        {
          "conversation_id": 7,
          "seq": 11,
          "client_id": "ben-0000-0011",
          "sender_id": 2,
          "sent_at": 1763690340000,
          "text": "Is the gate open?",
          "attachments": [],
          "mentions": ["all"],
          "reactions": [],
          "edited_at": 1763690370000
        },
        {
          "conversation_id": 7,
          "seq": 12,
          "client_id": "ana-0000-0012",
          "sender_id": 1,
          "sent_at": 1763690400000,
          "text": "The gate is open, @ben 👋",
          "attachments": [
            {
              "id": 9,
              "name": "마당 plan.png",
              "media_type": "image/png",
              "size_bytes": 20480,
              "url": "/api/v1/files/9/plan.png",
              "width": 640,
              "height": 480,
              "thumbnail_url": "/api/v1/files/9/thumbnail",
              "blur": "#c9b79a",
              "alt": "The yard, drawn by hand"
            }
          ],
          "mentions": [2],
          "reactions": [{"emoji": "👍", "count": 1, "mine": false, "account_ids": [2]}],
          "reply_to": {"seq": 11, "sender_id": 2, "excerpt": "Is the gate open?"}
        }
      ],
      "more_before": true,
      "more_after": false,
      "head_seq": 14
    }
  },
  "mark_read": {"payload": {"conversation_id": 7, "seq": 12}, "data": {"read_seq": 12, "unread": 0, "mentions": 0}},
  "mark_received": {"payload": {"conversation_id": 7, "seq": 14}, "data": {"read_seq": 12, "unread": 1, "mentions": 0}},
  "trace_message": {
    "payload": {"conversation_id": 7, "seq": 12, "limit": 100},
    "data": {
      "conversation_id": 7,
      "seq": 12,
      "sender_id": 1,
      "as_admin": true,
      "stored": {"at": 1763690400000, "position": 40},
      "sent": {"everywhere": false, "workers": [{"name": "w1", "sent": true}, {"name": "w2", "sent": false, "silent_s": 9}]},
      "people": 2,
      "received": 2,
      "read": 1,
      "members": [
        {
          "account": {"id": 2, "username": "ben", "display_name": "Ben 벤", "role": "person"},
          "read": true,
          "received": true,
          "presence": "online",
          "devices": 2,
          "notified": {"state": "read", "type": "mention"}
        },
        {
          "account": {"id": 3, "username": "cleo", "display_name": "Cleo", "role": "person"},
          "read": false,
          "received": true,
          "presence": "offline",
          "devices": 0,
          "notified": {"state": "none", "reason": "not_called"}
        }
      ]
    }
  },
  "start_typing": {"payload": {"conversation_id": 7}, "data": {}},
  "stop_typing": {"payload": {"conversation_id": 7}, "data": {}},
  "open_direct": {
    "payload": {"account_id": 1},
    "data": {
      "id": 3,
      "kind": "direct",
      "title": "Ana",
      "head_seq": 0,
      "read_seq": 0,
      "unread": 0,
      "mentions": 0,
      "member_count": 2,
      "role": "member",
      "rules": {"post": "member", "invite": "member", "mention_all": "member", "history": "all"},
      "preferences": {"notify": "mentions", "pinned": true, "archived": false, "muted_until": 1763694000000},
      "created_at": 1763686800000,
      "last_active_at": 1763686800000,
      "with": {
        "id": 1,
        "username": "ana",
        "display_name": "Ana",
        "role": "owner",
        "picture_url": "/api/v1/accounts/1/picture?v=9"
      }
    }
  },
  "create_group": {
    "payload": {"client_id": "ana-group-0001", "title": "Design room", "account_ids": [2], "open": false, "description": "Colours for the yard", "picture_file_id": 31},
    "data": {
      "id": 7,
      "kind": "group",
      "title": "Design room",
      "head_seq": 1,
      "read_seq": 1,
      "unread": 0,
      "mentions": 0,
      "member_count": 2,
      "role": "owner",
      "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"},
      "preferences": {"notify": "all", "pinned": false, "archived": false},
      "created_at": 1763604000000,
      "last_active_at": 1763690400000,
      "description": "Colours for the yard",
      "last_message": {
        "seq": 12,
        "sender_id": 1,
        "sent_at": 1763690400000,
        "text": "The gate is open, @ben 👋",
        "attachment_count": 1,
        "deleted": false
      }
    }
  },
  "change_conversation": {
    "payload": {"conversation_id": 7, "title": "Design room", "description": "Colours for the yard", "picture_file_id": 31, "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "joined"}},
    "data": {
      "id": 7,
      "kind": "group",
      "title": "Design room",
      "head_seq": 14,
      "read_seq": 11,
      "unread": 1,
      "mentions": 1,
      "member_count": 2,
      "role": "member",
      "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"},
      "preferences": {"notify": "all", "pinned": false, "archived": false},
      "created_at": 1763604000000,
      "last_active_at": 1763690400000,
      "description": "Colours for the yard",
      "last_message": {
        "seq": 12,
        "sender_id": 1,
        "sent_at": 1763690400000,
        "text": "The gate is open, @ben 👋",
        "attachment_count": 1,
        "deleted": false
      }
    }
  },
  "leave_conversation": {"payload": {"conversation_id": 7}, "data": {}},
  "dissolve_conversation": {
    "payload": {"conversation_id": 7},
    "data": {}
  },
  "hand_over": {
    "payload": {"conversation_id": 7, "account_id": 2},
    "data": {"id": 7, "kind": "group", "title": "Design room", "head_seq": 14, "read_seq": 11, "unread": 1, "mentions": 1, "member_count": 2, "role": "admin", "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"}, "preferences": {"notify": "all", "pinned": false, "archived": false}, "created_at": 1763604000000, "last_active_at": 1763690400000, "description": "Colours for the yard", "last_message": {"seq": 12, "sender_id": 1, "sent_at": 1763690400000, "text": "The gate is open, @ben 👋", "attachment_count": 1, "deleted": false}}
  },
  "create_invite": {
    "payload": {"conversation_id": 7, "good_for_s": 604800, "uses": 10},
    "data": {"invite": {"id": 3, "created_by": 1, "created_at": 1763690400000, "expires_at": 1764295200000, "used": 0, "uses_left": 10}, "code": "abcdefgh23456789"}
  },
  "list_invites": {
    "payload": {"conversation_id": 7},
    "data": {"invites": [{"id": 3, "created_by": 1, "created_at": 1763690400000, "expires_at": 1764295200000, "used": 0, "uses_left": 10}]}
  },
  "revoke_invite": {
    "payload": {"conversation_id": 7, "invite_id": 3},
    "data": {}
  },
  "join_by_invite": {
    "payload": {"code": "abcdefgh23456789"},
    "data": {"id": 7, "kind": "group", "title": "Design room", "head_seq": 14, "read_seq": 11, "unread": 1, "mentions": 1, "member_count": 2, "role": "member", "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"}, "preferences": {"notify": "all", "pinned": false, "archived": false}, "created_at": 1763604000000, "last_active_at": 1763690400000, "description": "Colours for the yard", "last_message": {"seq": 12, "sender_id": 1, "sent_at": 1763690400000, "text": "The gate is open, @ben 👋", "attachment_count": 1, "deleted": false}}
  },
  "find_open_conversations": {
    "payload": {"query": "town", "limit": 50},
    "data": {"conversations": [{"id": 9, "title": "Town square", "member_count": 12, "last_active_at": 1763690400000, "joined": false, "description": "For everybody"}], "cursor": "1763690400000-9"}
  },
  "join_open_conversation": {
    "payload": {"conversation_id": 9},
    "data": {"id": 9, "kind": "open", "title": "Town square", "head_seq": 14, "read_seq": 11, "unread": 1, "mentions": 1, "member_count": 2, "role": "member", "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"}, "preferences": {"notify": "all", "pinned": false, "archived": false}, "created_at": 1763604000000, "last_active_at": 1763690400000, "description": "For everybody", "last_message": {"seq": 12, "sender_id": 1, "sent_at": 1763690400000, "text": "The gate is open, @ben 👋", "attachment_count": 1, "deleted": false}}
  },
  "add_members": {
    "payload": {"conversation_id": 7, "account_ids": [4, 5]},
    "data": {
      "id": 7,
      "kind": "group",
      "title": "Design room",
      "head_seq": 14,
      "read_seq": 11,
      "unread": 1,
      "mentions": 1,
      "member_count": 4,
      "role": "member",
      "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"},
      "preferences": {"notify": "all", "pinned": false, "archived": false},
      "created_at": 1763604000000,
      "last_active_at": 1763690400000,
      "description": "Colours for the yard",
      "last_message": {
        "seq": 12,
        "sender_id": 1,
        "sent_at": 1763690400000,
        "text": "The gate is open, @ben 👋",
        "attachment_count": 1,
        "deleted": false
      }
    }
  },
  "remove_member": {"payload": {"conversation_id": 7, "account_id": 5}, "data": {}},
  "set_role": {"payload": {"conversation_id": 7, "account_id": 2, "role": "admin"}, "data": {}},
  "list_conversations": {
    "payload": {"limit": 2},
    "data": {
      "conversations": [
        {
          "id": 7,
          "kind": "group",
          "title": "Design room",
          "head_seq": 14,
          "read_seq": 11,
          "unread": 1,
          "mentions": 1,
          "member_count": 2,
          "role": "member",
          "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"},
          "preferences": {"notify": "all", "pinned": false, "archived": false},
          "created_at": 1763604000000,
          "last_active_at": 1763690400000,
          "description": "Colours for the yard",
          "last_message": {
            "seq": 12,
            "sender_id": 1,
            "sent_at": 1763690400000,
            "text": "The gate is open, @ben 👋",
            "attachment_count": 1,
            "deleted": false
          }
        },
        {
          "id": 3,
          "kind": "direct",
          "title": "Ana",
          "head_seq": 0,
          "read_seq": 0,
          "unread": 0,
          "mentions": 0,
          "member_count": 2,
          "role": "member",
          "rules": {"post": "member", "invite": "member", "mention_all": "member", "history": "all"},
          "preferences": {"notify": "mentions", "pinned": true, "archived": false, "muted_until": 1763694000000},
          "created_at": 1763686800000,
          "last_active_at": 1763686800000,
          "with": {
            "id": 1,
            "username": "ana",
            "display_name": "Ana",
            "role": "owner",
            "picture_url": "/api/v1/accounts/1/picture?v=9"
          }
        }
      ],
      "cursor": "1763686800000.3"
    }
  },
  "get_conversation": {
    "payload": {"conversation_id": 7},
    "data": {
      "id": 7,
      "kind": "group",
      "title": "Design room",
      "head_seq": 14,
      "read_seq": 11,
      "unread": 1,
      "mentions": 1,
      "member_count": 2,
      "role": "member",
      "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"},
      "preferences": {"notify": "all", "pinned": false, "archived": false},
      "created_at": 1763604000000,
      "last_active_at": 1763690400000,
      "description": "Colours for the yard",
      "last_message": {
        "seq": 12,
        "sender_id": 1,
        "sent_at": 1763690400000,
        "text": "The gate is open, @ben 👋",
        "attachment_count": 1,
        "deleted": false
      }
    }
  },
  "list_members": {
    "payload": {"conversation_id": 7, "limit": 100},
    "data": {
      "members": [
        {
          "account": {
            "id": 1,
            "username": "ana",
            "display_name": "Ana",
            "role": "owner",
            "picture_url": "/api/v1/accounts/1/picture?v=9"
          },
          "role": "owner",
          "joined_at": 1763604000000,
          "read_seq": 14,
          "received_seq": 14
        },
        {
          "account": {"id": 2, "username": "ben", "display_name": "Ben 벤", "role": "person"},
          "role": "member",
          "joined_at": 1763604000000,
          "read_seq": 11,
          "received_seq": 13
        }
      ]
    }
  },
  "set_preferences": {
    "payload": {"conversation_id": 3, "notify": "mentions", "pinned": true, "muted_until": 1763694000000},
    "data": {"notify": "mentions", "pinned": true, "archived": false, "muted_until": 1763694000000}
  },
  "find_people": {
    "payload": {"query": "벤", "limit": 20},
    "data": {"accounts": [{"id": 2, "username": "ben", "display_name": "Ben 벤", "role": "person"}]}
  },
  "get_accounts": {
    "payload": {"account_ids": [1, 2]},
    "data": {
      "accounts": [
        {
          "id": 1,
          "username": "ana",
          "display_name": "Ana",
          "role": "owner",
          "picture_url": "/api/v1/accounts/1/picture?v=9"
        },
        {"id": 2, "username": "ben", "display_name": "Ben 벤", "role": "person"}
      ]
    }
  },
  "search_messages": {
    "payload": {"query": "지붕 \"the tiles\"", "conversation_id": 7, "has": "image", "order": "best", "limit": 20},
    "data": {
      "hits": [
        {
          "conversation_id": 7,
          "seq": 12,
          "sender_id": 2,
          "sent_at": 1767225600000,
          "text": "🏠 지붕: the tiles come on Monday",
          "highlights": [{"start": 3, "end": 5}, {"start": 7, "end": 16}],
          "files": [
            {
              "file": {
                "id": 31,
                "name": "지붕.png",
                "media_type": "image/png",
                "size_bytes": 48211,
                "url": "/api/v1/files/31/%EC%A7%80%EB%B6%95.png"
              },
              "highlights": [{"start": 0, "end": 2}]
            }
          ]
        }
      ],
      "complete": true,
      "cursor": "812-0"
    }
  },
  "list_contacts": {
    "payload": {"filter": "received", "limit": 100},
    "data": {
      "contacts": [
        {
          "account": {"id": 4, "username": "dana", "display_name": "Dana", "role": "person"},
          "relation": "received",
          "since": 1763690400000,
          "note": "the workshop"
        }
      ],
      "cursor": "1763690400000-4"
    }
  },
  "request_contact": {
    "payload": {"account_id": 4, "note": "the workshop"},
    "data": {
      "account": {"id": 4, "username": "dana", "display_name": "Dana", "role": "person"},
      "relation": "sent",
      "since": 1763690400000,
      "note": "the workshop"
    }
  },
  "answer_contact": {
    "payload": {"account_id": 4, "accept": true},
    "data": {
      "account": {"id": 4, "username": "dana", "display_name": "Dana", "role": "person"},
      "relation": "contact",
      "since": 1763690400000
    }
  },
  "remove_contact": {
    "payload": {"account_id": 4},
    "data": {
      "account": {"id": 4, "username": "dana", "display_name": "Dana", "role": "person"},
      "relation": "none"
    }
  },
  "block": {
    "payload": {"account_id": 4},
    "data": {
      "account": {"id": 4, "username": "dana", "display_name": "Dana", "role": "person"},
      "relation": "blocked",
      "since": 1763690400000
    }
  },
  "unblock": {
    "payload": {"account_id": 4},
    "data": {
      "account": {"id": 4, "username": "dana", "display_name": "Dana", "role": "person"},
      "relation": "none"
    }
  },
  "set_active": {"payload": {"active": true}, "data": {}},
  "watch_presence": {
    "payload": {"account_ids": [1, 2]},
    "data": {
      "presence": [
        {
          "account_id": 1,
          "state": "busy",
          "status": {"text": "in the workshop", "emoji": "🔨", "availability": "busy", "until": 1763694000000}
        },
        {"account_id": 2, "state": "offline", "last_seen_at": 1763683200000}
      ]
    }
  },
  "set_status": {
    "payload": {"text": "in the workshop", "emoji": "🔨", "availability": "busy", "until": 1763694000000},
    "data": {
      "id": 1,
      "username": "ana",
      "display_name": "Ana",
      "role": "person",
      "status": {"text": "in the workshop", "emoji": "🔨", "availability": "busy", "until": 1763694000000}
    }
  },
  "fetch_account_changes": {
    "payload": {"after_version": 4},
    "data": {
      "changes": [
        {
          "version": 5,
          "event": "preferences_changed",
          "data": {
            "account_version": 5,
            "conversation_id": 3,
            "preferences": {"notify": "mentions", "pinned": true, "archived": false, "muted_until": 1763694000000}
          }
        },
        {"version": 6, "event": "conversation_removed", "data": {"account_version": 6, "conversation_id": 8}}
      ],
      "account_version": 6,
      "reload": false
    }
  }
}

export const chatEvents: Events<ChatEvents> = {
  "ready": [
    {
      "account": {"id": 2, "username": "ben", "display_name": "Ben 벤", "role": "person"},
      "account_version": 6,
      "server": {
        "name": "Madang",
        "version": "0.1.0",
        "protocol": [1],
        "epoch": "5f2c9a",
        "limits": {"max_text": 8000, "max_file_bytes": 100000000}
      },
      "recovered": false,
      "conversations": [
        {
          "id": 7,
          "kind": "group",
          "title": "Design room",
          "head_seq": 14,
          "read_seq": 11,
          "unread": 1,
          "mentions": 1,
          "member_count": 2,
          "role": "member",
          "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"},
          "preferences": {"notify": "all", "pinned": false, "archived": false},
          "created_at": 1763604000000,
          "last_active_at": 1763690400000,
          "description": "Colours for the yard",
          "last_message": {
            "seq": 12,
            "sender_id": 1,
            "sent_at": 1763690400000,
            "text": "The gate is open, @ben 👋",
            "attachment_count": 1,
            "deleted": false
          }
        },
        {
          "id": 3,
          "kind": "direct",
          "title": "Ana",
          "head_seq": 0,
          "read_seq": 0,
          "unread": 0,
          "mentions": 0,
          "member_count": 2,
          "role": "member",
          "rules": {"post": "member", "invite": "member", "mention_all": "member", "history": "all"},
          "preferences": {"notify": "mentions", "pinned": true, "archived": false, "muted_until": 1763694000000},
          "created_at": 1763686800000,
          "last_active_at": 1763686800000,
          "with": {
            "id": 1,
            "username": "ana",
            "display_name": "Ana",
            "role": "owner",
            "picture_url": "/api/v1/accounts/1/picture?v=9"
          }
        }
      ],
      "more": false
    }
  ],
  "heads": [{"epoch": "5f2c9a", "account_version": 6, "heads": {"3": 0, "7": 14}}],
  "receipt": [{"conversation_id": 7, "account_id": 2, "read_seq": 12, "account_version": 7}],
  "typing": [{"conversation_id": 7, "account_id": 2, "until": 1763690406000}],
  "presence": [{"account_id": 2, "state": "away", "status": {"text": "back at two", "emoji": "🍚"}}],
  "conversation_added": [
    {
      "account_version": 8,
      "conversation": {
        "id": 7,
        "kind": "group",
        "title": "Design room",
        "head_seq": 14,
        "read_seq": 11,
        "unread": 1,
        "mentions": 1,
        "member_count": 2,
        "role": "member",
        "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"},
        "preferences": {"notify": "all", "pinned": false, "archived": false},
        "created_at": 1763604000000,
        "last_active_at": 1763690400000,
        "description": "Colours for the yard",
        "last_message": {
          "seq": 12,
          "sender_id": 1,
          "sent_at": 1763690400000,
          "text": "The gate is open, @ben 👋",
          "attachment_count": 1,
          "deleted": false
        }
      }
    }
  ],
  "conversation_removed": [{"account_version": 9, "conversation_id": 7}],
  "preferences_changed": [
    {
      "account_version": 5,
      "conversation_id": 3,
      "preferences": {"notify": "mentions", "pinned": true, "archived": false, "muted_until": 1763694000000}
    }
  ],
  "contact_changed": [
    {
      "account_version": 8,
      "contact": {
        "account": {"id": 4, "username": "dana", "display_name": "Dana", "role": "person"},
        "relation": "received",
        "since": 1763690400000,
        "note": "the workshop"
      }
    }
  ],
  "account_changed": [
    {
      "account_version": 10,
      "account": {
        "id": 1,
        "username": "ana",
        "display_name": "Ana",
        "role": "owner",
        "picture_url": "/api/v1/accounts/1/picture?v=9",
        "status": {"availability": "busy", "until": 1763694000000},
        "hides_receipts": true
      }
    }
  ],
  "rules_changed": [{"account_version": 11}],
  "person_changed": [
    {
      "account": {
        "id": 2,
        "username": "ben",
        "display_name": "Ben B.",
        "role": "person",
        "picture_url": "/api/v1/accounts/2/picture?v=12"
      }
    }
  ],
  "receipts_changed": [{"account_id": 2, "shown": false}],
  "draining": [{"retry_after_ms": 1500}],
  "message_created": [
    {
      "conversation_id": 7,
      "seq": 12,
      "kind": "message_created",
      "actor_id": 1,
      "at": 1763690400000,
      "data": {
        "conversation_id": 7,
        "seq": 12,
        "client_id": "ana-0000-0012",
        "sender_id": 1,
        "sent_at": 1763690400000,
        "text": "The gate is open, @ben 👋",
        "attachments": [
          {
            "id": 9,
            "name": "마당 plan.png",
            "media_type": "image/png",
            "size_bytes": 20480,
            "url": "/api/v1/files/9/plan.png",
            "width": 640,
            "height": 480,
            "thumbnail_url": "/api/v1/files/9/thumbnail",
            "blur": "#c9b79a",
            "alt": "The yard, drawn by hand"
          }
        ],
        "mentions": [2],
        "reactions": [],
        "reply_to": {"seq": 11, "sender_id": 2, "excerpt": "Is the gate open?"}
      }
    },
    "5f2c9a-204"
  ],
  "message_edited": [
    {
      "conversation_id": 7,
      "seq": 13,
      "kind": "message_edited",
      "actor_id": 2,
      "at": 1763690401000,
      "data": {"target_seq": 11, "text": "Is the gate open today?", "mentions": [], "edited_at": 1763690401000}
    },
    "5f2c9a-204"
  ],
  "message_deleted": [
    {
      "conversation_id": 7,
      "seq": 15,
      "kind": "message_deleted",
      "actor_id": 1,
      "at": 1763690400000,
      "data": {"target_seq": 10}
    },
    "5f2c9a-204"
  ],
  "reaction_added": [
    {
      "conversation_id": 7,
      "seq": 14,
      "kind": "reaction_added",
      "actor_id": 2,
      "at": 1763690402000,
      "data": {"target_seq": 12, "emoji": "👍"}
    },
    "5f2c9a-204"
  ],
  "reaction_removed": [
    {
      "conversation_id": 7,
      "seq": 16,
      "kind": "reaction_removed",
      "actor_id": 2,
      "at": 1763690400000,
      "data": {"target_seq": 12, "emoji": "👍"}
    },
    "5f2c9a-204"
  ],
  "message_pinned": [
    {
      "conversation_id": 7,
      "seq": 17,
      "kind": "message_pinned",
      "actor_id": 1,
      "at": 1763690404000,
      "data": {"target_seq": 12}
    },
    "5f2c9a-204"
  ],
  "message_unpinned": [
    {
      "conversation_id": 7,
      "seq": 18,
      "kind": "message_unpinned",
      "actor_id": 2,
      "at": 1763690405000,
      "data": {"target_seq": 12}
    },
    "5f2c9a-204"
  ],
  "previews_changed": [
    {
      "conversation_id": 7,
      "seq": 19,
      "kind": "previews_changed",
      "actor_id": 1,
      "at": 1763690406000,
      "data": {
        "target_seq": 12,
        "previews": [
          {
            "url": "https://example.org/gates",
            "title": "Gates of the old town",
            "description": "How they were built, and who opened them.",
            "site_name": "Example",
            "image": {
              "id": 11,
              "name": "preview.webp",
              "media_type": "image/webp",
              "size_bytes": 9000,
              "url": "/api/v1/files/11/preview.webp",
              "width": 1200,
              "height": 630,
              "thumbnail_url": "/api/v1/files/11/thumbnail",
              "blur": "#c9b79a"
            }
          }
        ]
      }
    },
    "5f2c9a-204"
  ],
  "member_added": [
    {
      "conversation_id": 7,
      "seq": 17,
      "kind": "member_added",
      "actor_id": 1,
      "at": 1763690400000,
      "data": {"account_id": 4, "role": "member", "by": "admin"}
    },
    "5f2c9a-204"
  ],
  "member_removed": [
    {
      "conversation_id": 7,
      "seq": 18,
      "kind": "member_removed",
      "actor_id": 4,
      "at": 1763690400000,
      "data": {"account_id": 4, "role": "member", "by": "self"}
    },
    "5f2c9a-204"
  ],
  "role_changed": [
    {
      "conversation_id": 7,
      "seq": 19,
      "kind": "role_changed",
      "actor_id": 1,
      "at": 1763690400000,
      "data": {"account_id": 2, "role": "admin", "by": "admin"}
    },
    "5f2c9a-204"
  ],
  "conversation_changed": [
    {
      "conversation_id": 7,
      "seq": 20,
      "kind": "conversation_changed",
      "actor_id": 1,
      "at": 1763690400000,
      "data": {"title": "Design room", "description": "Colours for the yard", "picture_url": "/api/v1/conversations/7/picture?v=31", "rules": {"history": "joined"}}
    },
    "5f2c9a-204"
  ],
  "conversation_dissolved": [
    {
      "conversation_id": 7,
      "seq": 21,
      "kind": "conversation_dissolved",
      "actor_id": 1,
      "at": 1763690400000,
      "data": {}
    },
    "5f2c9a-205"
  ]
}

export const notificationCommands: Commands<NotificationCommands> = {
  "list_notifications": {
    "payload": {"filter": "unread", "limit": 50},
    "data": {
      "notifications": [
        {
          "id": 31,
          "seq": 8,
          "type": "mention",
          "group": "conversation:7",
          "title": "Ana in Design room",
          "body": "The gate is open, @ben 👋",
          "url": "/c/7/m/12",
          "created_at": 1763690400000,
          "count": 3,
          "data": {"titles": ["Design room"]},
          "actor_id": 1,
          "conversation_id": 7,
          "message_seq": 12
        }
      ],
      "cursor": "1763690400000.31"
    }
  },
  "fetch_notifications": {
    "payload": {"after_seq": 6},
    "data": {
      "notifications": [
        {
          "id": 30,
          "seq": 7,
          "type": "system",
          "group": "backup",
          "title": "Backup finished",
          "body": "",
          "url": "/settings/about",
          "created_at": 1763690391000,
          "count": 1,
          "data": {},
          "seen_at": 1763690395000,
          "read_at": 1763690396000,
          "archived_at": 1763690397000
        },
        {
          "id": 31,
          "seq": 8,
          "type": "mention",
          "group": "conversation:7",
          "title": "Ana in Design room",
          "body": "The gate is open, @ben 👋",
          "url": "/c/7/m/12",
          "created_at": 1763690400000,
          "count": 3,
          "data": {"titles": ["Design room"]},
          "actor_id": 1,
          "conversation_id": 7,
          "message_seq": 12
        }
      ],
      "head_seq": 8,
      "more": false
    }
  },
  "mark_seen": {"payload": {"up_to_seq": 8}, "data": {"head_seq": 8, "unseen": 0, "unread": 1}},
  "mark_read": {"payload": {"ids": [31]}, "data": {"head_seq": 9, "unseen": 0, "unread": 0}},
  "archive": {"payload": {"all_read": true}, "data": {"head_seq": 8, "unseen": 1, "unread": 1}},
  "get_rules": {
    "payload": {},
    "data": {
      "off": ["reaction"],
      "conversations": [{"conversation_id": 7, "notify": "mentions", "muted_until": 1763694000000}],
      "quiet": [{"begin": 1763730000000, "end": 1763766000000}],
      "quiet_known_until": 1764295200000,
      "quiet_hours": {"on": true, "begin": "22:00", "end": "08:00", "time_zone": "Asia/Seoul"},
      "muted_until": 1763694000000
    }
  },
  "set_rules": {
    "payload": {
      "off": ["reaction"],
      "quiet_hours": {"on": true, "begin": "22:00", "end": "08:00", "time_zone": "Asia/Seoul"},
      "muted_until": 1763694000000,
      "conversations": [{"conversation_id": 7, "notify": "mentions", "muted_until": 0}]
    },
    "data": {"off": ["reaction"], "conversations": [], "quiet": [], "quiet_known_until": 1764295200000}
  }
}

export const notificationEvents: Events<NotificationEvents> = {
  "ready": [{"head_seq": 8, "unseen": 1, "unread": 1, "recovered": false}],
  "notification_created": [
    {
      "id": 31,
      "seq": 8,
      "type": "mention",
      "group": "conversation:7",
      "title": "Ana in Design room",
      "body": "The gate is open, @ben 👋",
      "url": "/c/7/m/12",
      "created_at": 1763690400000,
      "count": 3,
      "data": {"titles": ["Design room"]},
      "actor_id": 1,
      "conversation_id": 7,
      "message_seq": 12
    },
    "5f2c9a-204"
  ],
  "notification_changed": [
    {
      "id": 31,
      "seq": 9,
      "type": "mention",
      "group": "conversation:7",
      "title": "Ana in Design room",
      "body": "The gate is open, @ben 👋",
      "url": "/c/7/m/12",
      "created_at": 1763690400000,
      "count": 3,
      "data": {"titles": ["Design room"]},
      "actor_id": 1,
      "conversation_id": 7,
      "message_seq": 12,
      "seen_at": 1763690400100,
      "read_at": 1763690400200
    },
    "5f2c9a-204"
  ],
  "counts": [{"head_seq": 9, "unseen": 0, "unread": 0}]
}

export const refusals: Record<ErrorCode, ErrorBody> = {
  "unauthorized": {"code": "unauthorized", "message": "Sign in first.", "retryable": false},
  "expired": {"code": "expired", "message": "This session has ended.", "retryable": false},
  "not_found": {"code": "not_found", "message": "There is no such conversation.", "retryable": false},
  "forbidden": {"code": "forbidden", "message": "Only an admin of the group may do this.", "retryable": false},
  "invalid": {"code": "invalid", "message": "`text` is too long: at most 8000.", "retryable": false, "field": "text"},
  "too_large": {
    "code": "too_large",
    "message": "A file may have at most 100,000,000 bytes.",
    "retryable": false,
    "field": "file"
  },
  "client_id_conflict": {
    "code": "client_id_conflict",
    "message": "This client_id labels another message already.",
    "retryable": false
  },
  "rate_limited": {
    "code": "rate_limited",
    "message": "That was quick. Try again in a moment.",
    "retryable": true,
    "retry_after_ms": 500
  },
  "busy": {
    "code": "busy",
    "message": "The server has a lot to do. Try again in a moment.",
    "retryable": true,
    "retry_after_ms": 1000
  },
  "unavailable": {"code": "unavailable", "message": "The database does not answer.", "retryable": true},
  "unsupported": {"code": "unsupported", "message": "There is no command `sing` here.", "retryable": false},
  "internal": {
    "code": "internal",
    "message": "Something went wrong on the server. It has been noted.",
    "retryable": false
  }
}

export const http: {
  welcome: { answer: Welcome }
  create_account: { body: CreateAccount; answer: SignedIn }
  create_session: { body: CreateSession; answer: SignedIn }
  list_sessions: { answer: Sessions }
  me: { answer: Me }
  change_me: { body: ChangeMe; answer: OwnAccount }
  change_password: { body: ChangePassword }
  list_conversations: { answer: ConversationsPage }
  list_messages: { answer: MessagesPage }
  post_message: { body: PostMessage; answer: MessageSent }
  poll_events: { answer: EventsPage }
  preview_invite: { answer: InvitePreview }
  upload_file: { answer: File }
  link_file: { answer: FileLink }
  file_use: { answer: FileUse }
  uploaded_file: { answer: File }
  health: { answer: Health }
  readiness: { answer: Readiness }
} = {
  "welcome": {
    "answer": {
      "name": "Madang",
      "version": "0.1.0",
      "registration": "invitation",
      "needs_claim": false,
      "first_account": false
    }
  },
  "create_account": {
    "body": {"username": "ben", "password": "a long sentence", "display_name": "Ben 벤", "invitation": "WELCOME-1"},
    "answer": {
      "account": {"id": 2, "username": "ben", "display_name": "Ben 벤", "role": "person"},
      "token": "the-bearer-token-of-this-session",
      "session": {
        "id": 5,
        "device_name": "Firefox on Linux",
        "created_at": 1763690399000,
        "last_used_at": 1763690400000,
        "current": true,
        "connected": true
      }
    }
  },
  "create_session": {
    "body": {"username": "ben", "password": "a long sentence", "device_name": "Firefox on Linux"},
    "answer": {
      "account": {"id": 2, "username": "ben", "display_name": "Ben 벤", "role": "person"},
      "token": "the-bearer-token-of-this-session",
      "session": {
        "id": 5,
        "device_name": "Firefox on Linux",
        "created_at": 1763690399000,
        "last_used_at": 1763690400000,
        "current": true,
        "connected": true
      }
    }
  },
  "preview_invite": {
    "answer": {
      "title": "Design room",
      "member_count": 8,
      "invited_by": "Ana 아나",
      "expires_at": 1764295200000,
      "has_picture": true,
      "description": "Colours for the yard",
      "conversation_id": 7
    }
  },
  "list_sessions": {
    "answer": {
      "sessions": [
        {
          "id": 5,
          "device_name": "Firefox on Linux",
          "created_at": 1763690399000,
          "last_used_at": 1763690400000,
          "current": true,
          "connected": true
        },
        {
          "id": 4,
          "device_name": "Phone",
          "created_at": 1763690399000,
          "last_used_at": 1763690400000,
          "current": false,
          "connected": false
        }
      ]
    }
  },
  "me": {
    "answer": {
      "account": {"id": 2, "username": "ben", "display_name": "Ben 벤", "role": "person"},
      "session": {
        "id": 5,
        "device_name": "Firefox on Linux",
        "created_at": 1763690399000,
        "last_used_at": 1763690400000,
        "current": true,
        "connected": true
      }
    }
  },
  "change_me": {
    "body": {"display_name": "Ana", "picture_file_id": 9},
    "answer": {
      "id": 1,
      "username": "ana",
      "display_name": "Ana",
      "role": "owner",
      "picture_url": "/api/v1/accounts/1/picture?v=9"
    }
  },
  "change_password": {"body": {"current_password": "a long sentence", "new_password": "another sentence"}},
  "list_conversations": {
    "answer": {
      "conversations": [
        {
          "id": 7,
          "kind": "group",
          "title": "Design room",
          "head_seq": 14,
          "read_seq": 11,
          "unread": 1,
          "mentions": 1,
          "member_count": 2,
          "role": "member",
          "rules": {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"},
          "preferences": {"notify": "all", "pinned": false, "archived": false},
          "created_at": 1763604000000,
          "last_active_at": 1763690400000
        }
      ],
      "cursor": "1763690400000.7"
    }
  },
  "list_messages": {
    "answer": {
      "messages": [
        {
          "conversation_id": 7,
          "seq": 12,
          "client_id": "ana-0000-0012",
          "sender_id": 1,
          "sent_at": 1763690400000,
          "text": "The gate is open",
          "attachments": [],
          "mentions": [],
          "reactions": []
        }
      ],
      "more_before": true,
      "more_after": false,
      "head_seq": 14
    }
  },
  "post_message": {
    "body": {"client_id": "backup-2025-11-21", "text": "The backup is done.", "reply_to_seq": 12, "file_ids": [9]},
    "answer": {"conversation_id": 7, "seq": 15, "sent_at": 1763690460000, "duplicate": false}
  },
  "poll_events": {
    "answer": {
      "events": [
        {
          "id": "5f2c9a-42.17",
          "event": "reaction_added",
          "data": {
            "conversation_id": 7,
            "seq": 16,
            "kind": "reaction_added",
            "actor_id": 2,
            "at": 1763690470000,
            "data": {"target_seq": 15, "emoji": "👍"}
          }
        }
      ],
      "offset": "5f2c9a-42.17"
    }
  },
  "upload_file": {
    "answer": {
      "id": 10,
      "name": "birds.ogg",
      "media_type": "audio/ogg",
      "size_bytes": 90210,
      "url": "/api/v1/files/10/birds.ogg",
      "duration_ms": 12500
    }
  },
  "link_file": {"answer": {"url": "/api/v1/files/9/plan.png?link=a-signed-link", "expires_at": 1763690700000}},
  "file_use": {"answer": {"used_bytes": 94210, "quota_bytes": 5000000000}},
  "uploaded_file": {
    "answer": {
      "id": 11,
      "name": "roof.jpg",
      "media_type": "image/jpeg",
      "size_bytes": 4200000,
      "url": "/api/v1/files/11/roof.jpg",
      "width": 4000,
      "height": 3000,
      "thumbnail_url": "/api/v1/files/11/thumbnail",
      "blur": "data:image/webp;base64,UklGRjwAAABXRUJQVlA4IDAAAADQAQCdASoQAAwAAUAmJQBOgB6HWAAA"
    }
  },
  "health": {"answer": {"ok": true, "version": "0.1.0"}},
  "readiness": {"answer": {"ready": false, "complaints": ["The database does not answer."]}}
}
