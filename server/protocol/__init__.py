"""The words on the wire, as types. The only place where the contract is described; nothing here waits."""
