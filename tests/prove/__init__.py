"""The proofs that take minutes: what the engine and the whole product promise, shown by running it. `make prove`.

    python -m tests.prove                     all of them, a line for each and a table at the end
    python -m tests.prove fuzz frames         these
    python -m tests.prove fuzz --seed 7 --first 440 --inputs 8      what a failure named, again

The exit code is 1 when one does not hold. Each runs in a process of its own. Those that measure put the server on the
first core and its clients on the last, and need Linux; their figures mean something on a quiet machine only.

fuzz        100,000 clients made by a grammar, each from handshake to end, sound, broken and mutated: no crash, no
            traceback, no ghost, no growth, and where the outcome is known beforehand, that one
frames      our frame reader and wsproto read 20,000 random conversations the same, however they are cut
behaviours  our tests of both protocols pass ten times in a row, in all four ways, while the other core is busy
ends        1,000 connections cut at random: each disconnect handler runs once, within 50 ms (R21)
broadcast   a broadcast to 10,000 connections holds the loop for no more than 10 ms at once, on both loops (R26)
flood       20,000 events at once from one client: a few tasks, next to no memory, all in order (R15)
slow        readers that do not read are cut at their bound, cost less than 2 MB until then, and leave nothing (R17)
drain       200 clients, stuck ones among them, are gone within ten seconds, and who listened was told (R23)
reader      Madang whole: 200 messages a second for a minute past a member who stopped reading. It costs less than
            2 MB, the others' p99 stays, it is closed as slow, and it misses nothing after coming back
move        a million messages are moved from SQLite to PostgreSQL: every digest is equal; time and memory
check       `madang check` and rebuilding what follows from the log of a million messages, on both databases
redis       three workers, 60 people, Redis killed for ten seconds under 100 messages a second: p99 of sends stays below
            half a second, everybody has everything within five seconds of its return, nobody reconnects
told        what is decided at one worker is heard of at another within a second, also when Redis was away meanwhile
rolling     `madang restart` of three workers under load: nothing lost, nobody offline for more than five seconds
lossy       10,000 sends by the client core over a link that loses 30 % of the answers, repeats 10 % of the frames and
            is cut now and then, with reloads at random, in Node; 500 of them in Chromium, with two tabs each, where a
            tab is reloaded or closed right after Enter: each is stored once, in order, and shown once to everybody
heads       10,000 people hear a round of the heads beacon: two statements, whatever has been written, and the loop is
            held for no more than 10 ms at once
recovered   200 stock JavaScript clients in both namespaces, three workers behind nginx: one killed every ten seconds
            for two minutes, then all at once; everybody is `recovered` each time, and nothing is lost
cut         a process killed at each of its calls to the database, one after another, until a loop of everything that
            writes passes, on SQLite and PostgreSQL: what it leaves is all or nothing, and asking again is right
faults      everything that may go wrong, under load, in 30 mixtures on SQLite with one worker and 30 on PostgreSQL with
            three: nothing is lost, doubled or out of order. Writes docs/delivery-report.md
bugs        fifteen bugs on purpose, each in the product's own processes or clients under the faults that can show it:
            the checker finds each within three seeds, and finds nothing where there is none
"""
