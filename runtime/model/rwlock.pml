/*
 * A model of the protocol of rwlock (runtime/pyxlock.pxd), for Spin 6.
 *
 * check.sh runs it: it writes the few definitions of a configuration (below)
 * into a file that includes this one. docs/runtime.md has the argument in words.
 *
 * MODELLED
 *   - fast read, fast write, release, retract, the slow path with attempt(),
 *     wake_next(), the queue, the second look of who queued, upgrades in front,
 *     hungry waiters, granting, the cycle search with granting out of turn, second
 *     upgrades, try-locks, waits that are interrupted, re-entry, releasing in any
 *     order, threads that end with holds;
 *   - listing and delisting of records, the writer that is alone (DELIST);
 *   - objects that share a filter counter (NB smaller than NO), and the mark by
 *     which those of the others pass;
 *   - owners of filter words: a writer that owns one does not look at slots (TAGS);
 *   - reads without a fence: the filter word says whether there are any, and a writer that
 *     found none makes a barrier, which empties all store buffers (PLAIN, with TSO);
 *   - every atomic operation that another thread can see without the mutex is a
 *     step of its own: each slot that a scan loads, each publish, each change of
 *     a filter or of the number of queued threads. What only the mutex's owner
 *     sees is done together with the step before or after it; so are taking the
 *     mutex (with the first step after it) and giving it back (with the last one
 *     before it), which loses no behaviour because the one can only move later and
 *     the other only earlier;
 *   - with TSO, a store buffer of one entry per thread: a store that is not a
 *     read-modify-write lands there, and goes to memory at any later time, at
 *     the latest before its thread's next store, read-modify-write or mutex
 *     operation.
 *
 * CHECKED
 *   - enter(): nobody holds what conflicts, counted in the ghost holds g[], which
 *     no code of the protocol reads;
 *   - no state in which all remaining threads sleep (Spin's invalid end states;
 *     with RELAXED, where waiters re-check after a time, "stuck");
 *   - each deadlock that is reported is a cycle of real conflicts among ghost
 *     holds and waiters (assert_cycle), each refused upgrade is one of two;
 *   - nobody gets in past a hungry waiter (assert_manners), unless out of turn;
 *   - at the end all filters, slots and the queue are empty;
 *   - with pan -l (configurations marked "ends"): no cycle of states at all, so
 *     that every run ends;
 *   - with pan -a -f (configurations marked "waiter"): a waiter gets its turn, however
 *     often others come, if each process that can always go on does. Of the mutex it is
 *     assumed that others take it no more than twice past a waiter that was woken or comes back, and
 *     that the waiter's own looks do not keep it from the others: it wakes early only if
 *     somebody has got a lock since it last did.
 *
 * NOT MODELLED
 *   - guards that share a slot: here a write in a write has a slot and a count of its
 *     own; greenlets, which are a matter of one thread;
 *   - spinning before the slow path (more of the fast path), the lengths of
 *     sleeps, overflow slots and blocks of records, a third hold of one thread,
 *     several objects in one call, fork, detaching from the interpreter, what
 *     signal handlers do, making the table, printing;
 *   - the wake semaphore: a waiter sleeps until it is signalled or granted. It
 *     takes the token away with the mutex held, so none is left over;
 *   - machines weaker than TSO: loads are in order, and so are stores.
 *
 * A CONFIGURATION defines
 *   NT threads, NO objects (numbered from 1), NB filter counters,
 *   PICK0..PICK3: alternatives "p = P(...)", each thread's possible programs,
 *   SORTED: all threads have the same list; permutations are skipped,
 * and perhaps
 *   TSO      store buffers;
 *   RELAXED  a reader releases by a plain store (with TSO), and waiters re-check;
 *   TIMED    queued threads become hungry at any time, and may once wake early;
 *   FOREVER  all threads but the first repeat their programs for ever, and the first
 *            wakes early any number of times (see "news"): once it is queued, it gets
 *            what it wants. Needs pan -a -f (configurations marked "waiter");
 *   INTR     a waiter may once be interrupted: it goes back, or gives up; with FOREVER the
 *            first thread, any number of times, as it wakes early;
 *   KEPT     who is interrupted keeps its place, and if it is hungry its turn, which may
 *            end; without, it queues anew;
 *   TAGS     filter words have owners;
 *   PLAIN    readers publish by a plain store (with TSO) until somebody writes, and
 *            perhaps again afterwards;
 *   DELIST   records may be unlisted at first, and be delisted;
 *   FLIPPED  the second hold takes the slot that scans look at first (only a
 *            re-entry must not);
 *   STRANGERS  no two threads share an object: none may ever have to wait;
 *   MUTATE_...  one thing broken; EQUAL_...  one thing changed that may be.
 */

#define R 1
#define W 2
#define TRY 32				/* flag of an operation: do not wait */
#define SWEEP 3				/* an operation: delist somebody idle */

#define NEST 0				/* a { b } */
#define SEQ 1				/* a, then b */
#define CROSS 2				/* take a, take b, leave a, leave b */
#define EXIT 3				/* take a, take b, the thread ends */
#define P(a, b, shape) ((a) + ((b) << 6) + ((shape) << 12))
#define A_OF(p) ((p) & 63)
#define B_OF(p) (((p) >> 6) & 63)
#define SHAPE(p) ((p) >> 12)

#define NS 2				/* slots of a record */
#define ALL (NT * NS)

/* The slot of a program's operation 0 or 1. */
#if defined(FLIPPED) || defined(MUTATE_REENTRY_EARLIER_SLOT)
#define SLOT_OF(t, n) ((t) * NS + 1 - (n))
#else
#define SLOT_OF(t, n) ((t) * NS + (n))
#endif

/* What a slot says: object and mode, or 0. */
#define V(o, m) (((o) << 2) | (m))
#define OBJ(v) ((v) >> 2)
#define CONFLICT(x, v) (OBJ(x) == OBJ(v) && (((x) | (v)) & W))
#define H(v) (OBJ(v) % NB)

/* Where who leaves goes on, if the word counts anybody. */
#if NB < NO
#define RELEASED release_mark
#else
#define RELEASED released
#endif

byte slot[ALL];				/* thread t's are t*NS and t*NS+1 */
byte filter[NB];
byte mark[NB];				/* the object of all whom the word counts, or 0 */
#ifdef TAGS
byte tag[NB];				/* the owner + 1, or 0 */
#endif
#ifdef PLAIN
bit fenced[NB];				/* readers of these objects use fences */
#endif
bit mutex;
byte g[ALL];				/* ghost: what is really held */

byte q[NT];				/* the queue: threads */
byte qn;
byte w_val[NT];				/* waiter: what it wants, 0 = not queued */
byte w_slot[NT];			/* ... the slot reserved for it */
byte w_st[NT];				/* ... and these: */
#define HUNGRY 1
#define SIGNALLED 2
#define GRANTED 4
#define UPGRADE 8

#ifdef KEPT
/* Of threads that left the queue for a moment: what they want. They stay in q, which is in
   the order of tickets, with w_val 0 until they come back. */
byte away[NT];
bit turn[NT];				/* ... and nobody passes them */
byte aways;				/* how many are */
#define QUEUED (qn - aways)
#define WAITS(t) (w_val[t] || away[t])
#else
#define WAITS(t) w_val[t]
#define QUEUED qn
#endif

byte finished_threads;

#ifdef FOREVER
bit served;				/* thread 0 has had the lock */
bit news;				/* somebody has got a lock since thread 0 woke early */
byte passed;				/* how often others took the mutex since it was woken */
#ifdef KEPT
#define WOKEN(t) ((w_st[t] & SIGNALLED) || away[t])
#else
#define WOKEN(t) (w_st[t] & SIGNALLED)
#endif
#define FREE (mutex == 0 && (me == 0 || passed < 2 || !WOKEN(0)))
#else
#define FREE (mutex == 0)
#endif

#ifdef DELIST
byte bits;				/* the bitmap that scans look at */
byte flags;				/* every record's own word: 1 = listed */
byte listed;				/* how many are */
#define LISTED(t) ((flags >> (t)) & 1)
#define IN_BITMAP(map, t) (((map) >> (t)) & 1)
#endif

#ifdef TSO
byte sb[NT];				/* store buffer: slot + 1, 0 = empty */
byte sb_val[NT];
#define OWN(i) (sb[me] == (i) + 1 -> sb_val[me] : slot[i])
#else
#define OWN(i) slot[i]
#endif

#ifdef RELAXED
byte up;				/* threads neither asleep nor finished */
byte tried;				/* sleepers that re-checked in vain */
#define PENDING(t) (w_st[t] & (SIGNALLED | GRANTED) || sb[t])
#if NT == 2
#define QUIET (up == 0 && !PENDING(0) && !PENDING(1))
#elif NT == 3
#define QUIET (up == 0 && !PENDING(0) && !PENDING(1) && !PENDING(2))
#else
#define QUIET (up == 0 && !PENDING(0) && !PENDING(1) && !PENDING(2) && !PENDING(3))
#endif
#endif

/* Scratch of d_steps, dead outside them. */
hidden byte i, j, u, x, nxt, head, tail, seen, verdict;
hidden byte behind, polite;
hidden byte order[NT], from[NT];

/* --- filter words ------------------------------------------------------- */

/* Does it count anybody for v's object, as far as it tells? */
#ifdef MUTATE_MARK_OF_ANY
#define COUNTS(v) (filter[H(v)] != 0 && mark[H(v)] == OBJ(v))
#else
#define COUNTS(v) (filter[H(v)] != 0 && (mark[H(v)] == 0 || mark[H(v)] == OBJ(v)))
#endif

/* "me" counts itself for v. */
inline count(v) {
	drain(me);
	if
	:: filter[H(v)] == 0 -> mark[H(v)] = OBJ(v)
#ifndef MUTATE_MARK_STAYS
	:: filter[H(v)] != 0 && mark[H(v)] != OBJ(v) -> mark[H(v)] = 0
#endif
	:: else
	fi;
#if defined(TAGS) && !defined(MUTATE_WRITER_LEAVES_TAG)
	if
	:: tag[H(v)] != me + 1 -> tag[H(v)] = 0
	:: else
	fi;
#endif
	filter[H(v)] = filter[H(v)] + 1
}

/* The mark of a word that counts nobody means nothing: one state for all. */
inline lower(v) {
	drain(me);
	filter[H(v)] = filter[H(v)] - 1;
	if
	:: filter[H(v)] == 0 -> mark[H(v)] = 0
	:: else
	fi
}

/* --- stores ----------------------------------------------------------- */

inline drain(t) {			/* before a read-modify-write */
#ifdef TSO
	if
	:: sb[t] -> slot[sb[t] - 1] = sb_val[t]; sb[t] = 0; sb_val[t] = 0
	:: else
	fi
#else
	skip
#endif
}

inline store(at, val) {			/* a relaxed or releasing store */
#ifdef TSO
	drain(me);
	sb[me] = (at) + 1; sb_val[me] = val
#else
	slot[at] = val
#endif
}

inline exchange(at, val) {		/* sequentially consistent */
	drain(me);
	slot[at] = val
}

inline count_pass() {
#ifdef FOREVER
	if
	:: me == 0 -> passed = 0
	:: me != 0 && WOKEN(0) -> passed++
	:: else
	fi
#else
	skip
#endif
}

inline unlock() {
	drain(me);
	mutex = 0
}

#ifdef PLAIN
/* A barrier in all threads. */
inline barrier() {
	drain(0); drain(1)
#if NT > 2
	; drain(2)
#endif
#if NT > 3
	; drain(3)
#endif
}
#ifdef TAGS
#define OWNED_BY_ANOTHER(v) (tag[H(v)] != 0 && tag[H(v)] != me + 1)
#else
#define OWNED_BY_ANOTHER(v) false
#endif
#ifdef MUTATE_PLAIN_IGNORES_FENCES
#define PLAIN_IN(v) (filter[H(v)] == 0 && !OWNED_BY_ANOTHER(v))
#else
#define PLAIN_IN(v) (filter[H(v)] == 0 && !fenced[H(v)] && !OWNED_BY_ANOTHER(v))
#endif
#endif

/* --- ghosts ----------------------------------------------------------- */

/* The hold of slot "at" begins: nobody else holds what conflicts. */
inline enter(at, val) {
	d_step {
		i = 0;
		do
		:: i < ALL ->
			assert(i / NS == (at) / NS || !CONFLICT(g[i], val));
			i++
		:: else -> break
		od;
		assert(g[at] == 0);
		g[at] = val;
#ifdef FOREVER
		news = 1;
		served = (served || (at) / NS == 0);
#endif
		i = 0
	}
}

/* A hungry waiter ahead that wants what conflicts is not passed, unless by who
   holds the object already. Looked at when the attempt begins: afterwards is too
   late to become hungry. */
inline look_for_hungry() {
	d_step {
		rude = 0; i = 0;
		if
		:: OBJ(OWN(other)) == OBJ(v)
		:: else ->
			do
			:: i < qn && q[i] != me ->
				rude = (rude || ((w_st[q[i]] & HUNGRY) && CONFLICT(w_val[q[i]], v)));
				i++
			:: else -> break
			od
		fi;
		i = 0
	}
}
#define assert_manners() assert(!rude); rude = 0

/* A deadlock is reported to "me": it waits, through waiters whose wishes
   conflict with what the next one holds, for itself. */
inline assert_cycle() {
	d_step {
		seen = 0; u = me; x = 0;
		do
		:: x < NT ->		/* NT rounds reach everybody */
			u = 0;
			do
			:: u < NT ->
				if
				:: w_val[u] && (u == me || ((seen >> u) & 1)) ->
					j = 0;
					do
					:: j < ALL ->
						if
						:: j / NS != u && CONFLICT(g[j], w_val[u]) ->
							seen = seen | (1 << (j / NS))
						:: else
						fi;
						j++
					:: else -> break
					od
				:: else
				fi;
				u++
			:: else -> break
			od;
			x++
		:: else -> break
		od;
		assert((seen >> me) & 1);	/* a deadlock that does not exist */
		u = 0; x = 0; j = 0; seen = 0
	}
}

/* --- the queue (mutex held) ------------------------------------------- */

inline enqueue() {
	d_step {
		w_val[me] = v; w_slot[me] = s;
#ifdef KEPT
		if
		:: back ->			/* to its place */
			back = 0; away[me] = 0; aways--;
			goto_own_place()
		:: else ->
#endif
		i = qn;
#ifndef MUTATE_UPGRADE_LAST
		if
		:: OBJ(OWN(other)) == OBJ(v) ->	/* an upgrade: in front, hungry */
			w_st[me] = HUNGRY | UPGRADE;
			do
			:: i > 0 -> q[i] = q[i - 1]; i--
			:: else -> break
			od
		:: else
		fi;
#endif
		q[i] = me; qn++
#ifdef KEPT
		fi
#endif
	}
}

#ifdef KEPT
/* The entry is there already; who upgrades is hungry at once. */
inline goto_own_place() {
	if
	:: OBJ(OWN(other)) == OBJ(v) -> w_st[me] = HUNGRY | UPGRADE
	:: else
	fi
}

/* Who came back, or does not, and will not queue, gives up its place. */
inline give_up_place() {
	d_step {
		if
		:: away[me] ->
			i = 0;
			do
			:: q[i] != me -> i++
			:: else -> break
			od;
			qn--; aways--;
			do
			:: i < qn -> q[i] = q[i + 1]; i++
			:: else -> break
			od;
			q[qn] = 0; w_st[me] = 0; away[me] = 0; turn[me] = 0; i = 0
		:: else
		fi
	}
}

/* Does t, which is queued, stand behind somebody who is away and has its turn? -> verdict */
inline away_ahead(t) {
	d_step {
		verdict = 0; i = 0;
		do
		:: i < qn && q[i] != (t) ->
			verdict = (verdict || (turn[q[i]] && CONFLICT(away[q[i]], w_val[t])));
			i++
		:: else -> break
		od;
		i = 0
	}
}
#endif

inline dequeue(t) {
	d_step {
		i = 0;
		do
		:: q[i] != (t) -> i++
		:: else -> break
		od;
		qn--;
		do
		:: i < qn -> q[i] = q[i + 1]; i++
		:: else -> break
		od;
		q[qn] = 0;
		w_val[t] = 0; w_slot[t] = 0; w_st[t] = 0
	}
}

/* Is another upgrade of v's object queued? -> hit. Both hold it for reading. */
inline other_upgrade() {
	d_step {
		hit = 0; i = 0;
		if
		:: OBJ(OWN(other)) == OBJ(v) ->
			do
			:: i < qn && !hit ->
				hit = (q[i] != me && (w_st[q[i]] & UPGRADE) && OBJ(w_val[q[i]]) == OBJ(v));
#ifdef KEPT
				hit = (hit || (q[i] != me && (w_st[q[i]] & UPGRADE) && OBJ(away[q[i]]) == OBJ(v)));
#endif
				if
				:: hit ->
					assert(q[i] != me && g[other] == V(OBJ(v), R));
					assert(g[q[i] * NS] == V(OBJ(v), R) ||
					       g[q[i] * NS + 1] == V(OBJ(v), R))
				:: else
				fi;
				i++
			:: else -> break
			od
		:: else
		fi;
		i = 0
	}
}

#ifdef KEPT
#define START start
/* check_behind: from which reader behind "me", which is a writer that may have come back ahead of
   it, a search has to begin after that from "start"; NT: none. What a reader waits for changes if
   no other writer was ahead of it already. */
inline next_behind() {
	d_step {
		i = 0; behind = 0;
		do
		:: q[i] != me ->
			behind = (behind || (OBJ(w_val[q[i]]) == OBJ(v) && (w_val[q[i]] & W)));
			i++
		:: else -> break
		od;
		i++; x = i;
		do			/* after start, unless that is gone: then anew */
		:: x < qn && q[x] != start -> x++
		:: x < qn && q[x] == start -> i = x + 1; break
		:: else -> break
		od;
		start = NT;
#ifndef MUTATE_NOBODY_BEHIND
		if
		:: (v & R) || behind
		:: else ->
			do
			:: i < qn && OBJ(w_val[q[i]]) != OBJ(v) -> i++
			:: i < qn && w_val[q[i]] == V(OBJ(v), R) -> start = q[i]; break
			:: else -> break	/* nobody, or a writer: behind that one they were before */
			od
		fi;
#endif
		i = 0; x = 0; behind = 0
	}
}
#else
#define START me
#endif

/*
 * check_cycle: breadth first from START, which is me or a reader behind it, over the edges of queued waiters.
 * verdict: NONE; POLITE: w waits only out of politeness, grant it and search
 * again; DEADLOCK. One step, because it only depends on slots of queued threads,
 * which do not change: the slots of others have edges to them, but none from them.
 */
#define NONE 0
#define POLITE 1
#define DEADLOCK 2

#ifdef MUTATE_EDGE_BY_BUCKET
#define SAME(a, b) ((a) && (b) && H(a) == H(b))
#else
#define SAME(a, b) (OBJ(a) == OBJ(b))
#endif

inline check_cycle() {
	d_step {
		verdict = NONE;
		order[0] = START; head = 0; tail = 1; seen = 1 << START; nxt = 0;
#ifndef MUTATE_NO_CYCLE_SEARCH
		do
		:: head < tail && verdict == NONE ->
			u = order[head]; head++;
			i = 0; behind = 0;	/* is a writer queued ahead of u? */
			do
			:: i < qn && q[i] != u ->
#ifndef MUTATE_NO_POLITE_EDGES
				if
				:: OBJ(w_val[q[i]]) == OBJ(w_val[u]) && (w_val[q[i]] & W) -> behind = 1
				:: else
				fi;
#endif
				i++
			:: else -> break
			od;
			j = (i == qn -> ALL : 0);	/* not queued: no edges */
			do
			:: j < ALL && verdict == NONE ->
				x = j / NS;
				if
				:: x != u && slot[j] && SAME(slot[j], w_val[u]) &&
				   (((slot[j] | w_val[u]) & W) || behind) ->
					if
					:: x == START -> verdict = DEADLOCK; nxt = u
					:: x != START && !((seen >> x) & 1) ->
						seen = seen | (1 << x);
						from[x] = u; order[tail] = x; tail++
					:: else
					fi
				:: else
				fi;
				j++
			:: else -> break
			od
		:: else -> break
		od;
#ifndef MUTATE_NO_POLITE_GRANT
		if
		:: verdict == DEADLOCK ->
			/* Back along the cycle: u waits for x. */
			x = START; u = nxt;
			do
			:: verdict == DEADLOCK ->
				polite = ((w_val[u] & W) == 0);
				j = 0;
				do
				:: j < ALL ->
#ifdef MUTATE_POLITE_ASKS_ALL
					/* "no other record holds it for writing": sees the slot of a
					   fast writer that is about to fail */
					if
					:: j / NS != u && slot[j] == (V(OBJ(w_val[u]), W)) -> polite = 0
#else
					if
					:: j / NS == x && slot[j] == (V(OBJ(w_val[u]), W)) -> polite = 0
#endif
					:: else
					fi;
					j++
				:: else -> break
				od;
				if
				:: polite -> verdict = POLITE; w = u
				:: !polite && u == START -> break
				:: else -> x = u; u = from[u]
				fi
			:: else -> break
			od
		:: else
		fi;
#endif
#endif
		found = verdict;
		i = 0; j = 0; u = 0; x = 0; nxt = 0; head = 0; tail = 0; seen = 0;
		behind = 0; polite = 0; verdict = 0
	}
}

/* --- scans ------------------------------------------------------------ */

/*
 * Load the slots of all listed records but rec's, one a step, until one is "bad";
 * then go to done with hit set or not, in the same step as the last load.
 */
#ifdef DELIST
#define SKIP_RECORDS(rec) \
	do \
	:: k < ALL && k % NS == 0 && (k / NS == (rec) || !IN_BITMAP(map, k / NS)) -> k = k + NS \
	:: else -> break \
	od
#define LOAD_BITMAP(rec, done) \
	atomic { \
		map = bits; \
		SKIP_RECORDS(rec); \
		if \
		:: k >= ALL -> k = 0; map = 0; hit = 0; goto done \
		:: else \
		fi \
	};
#define FORGET_BITMAP map = 0;
#else
#define SKIP_RECORDS(rec) \
	if \
	:: k == (rec) * NS -> k = k + NS \
	:: else \
	fi
#define LOAD_BITMAP(rec, done)
#define FORGET_BITMAP
#endif

#define SCAN(rec, bad, done) \
	LOAD_BITMAP(rec, done) \
	do \
	:: atomic { \
		true -> \
		SKIP_RECORDS(rec); \
		hit = (bad); \
		k++; \
		SKIP_RECORDS(rec); \
		if \
		:: hit || k >= ALL -> k = 0; FORGET_BITMAP goto done \
		:: else \
		fi \
	   } \
	od

/* Under the mutex: a record that is published to must be seen by scans. In one
   step with the publish: in between, a scan finds nothing in the record yet. */
#ifdef DELIST
#define LIST_FIRST(t) \
	d_step { \
		if \
		:: !LISTED(t) -> bits = bits | (1 << (t)); listed++; flags = flags | (1 << (t)) \
		:: else \
		fi \
	}
#else
#define LIST_FIRST(t) skip
#endif

/* --- a thread ---------------------------------------------------------- */

/* Where wake_next goes on. */
#define TO_NEXT 0
#define TO_LISTING 1
#define TO_RAISE 2
#define TO_ABANDON 3

/* What may end a sleep besides a signal. */
#define TIMEOUT 1
#define INTERRUPT 2

proctype thread(byte me; short prog)
{
	byte pc;			/* the program's next operation */
	byte s, other;			/* slot in use, the record's other slot */
	byte v;				/* object and mode wanted or released */
	byte k;				/* scan: position */
	byte w, pos;			/* wake_next: waiter, its place */
	byte after;			/* wake_next: where to go on */
	byte looks;			/* of this wait: see sleep */
	byte plan;			/* sleep: TIMEOUT or INTERRUPT may come */
	byte found;			/* check_cycle's verdict */
#ifdef TAGS
	bit owns;			/* the filter word: no look */
#endif
#ifdef PLAIN
	bit bare;			/* the filter word had no fences */
#endif
#ifdef KEPT
	bit back;			/* has come back, and not yet queued */
	byte start;			/* check_cycle: from whom */
#endif
	bit raised, hit, woke, try, again, interrupted, intr_now, last_resort, rude;
#ifdef DELIST
	byte map;			/* scan: the bitmap as loaded */
#endif

next:	/* The program's next operation, and its first step. */
	atomic {
		s = 0; other = 0; v = 0; try = 0; raised = 0; again = 0; interrupted = 0;
		do
#ifdef FOREVER
		:: pc == 4 && me != 0 -> pc = 0
		:: pc == 4 && me == 0 -> goto finish
#else
		:: pc == 4 -> goto finish
#endif
		:: pc == 2 && SHAPE(prog) == EXIT -> goto abandon
		:: else ->
			/* which of the two operations: s; take it: hit */
			if
			:: pc == 0 -> s = 0; hit = 1
			:: pc == 1 && SHAPE(prog) == SEQ -> s = 0; hit = 0
			:: pc == 1 && SHAPE(prog) != SEQ -> s = 1; hit = 1
			:: pc == 2 && SHAPE(prog) == NEST -> s = 1; hit = 0
			:: pc == 2 && SHAPE(prog) == SEQ -> s = 1; hit = 1
			:: pc == 2 && SHAPE(prog) == CROSS -> s = 0; hit = 0
			:: pc == 3 && SHAPE(prog) == NEST -> s = 0; hit = 0
			:: pc == 3 && SHAPE(prog) != NEST -> s = 1; hit = 0
			fi;
			pc++;
			v = (s == 0 -> A_OF(prog) : B_OF(prog));
			if
			:: hit && s == 1 && SHAPE(prog) != SEQ && g[SLOT_OF(me, 0)] == 0 ->
				v = 0			/* the outer one failed */
			:: else
			fi;
			other = SLOT_OF(me, 1 - s);
			s = SLOT_OF(me, s);
			if
			:: hit && v == 0		/* one operation only */
			:: !hit && g[s] == 0		/* nothing to leave */
			:: else -> break
			fi
		od;
		if
		:: v & TRY -> try = 1; v = v & 31
		:: else
		fi;
		if
		:: hit && v == SWEEP -> hit = 0; goto sweep
		:: hit && v != SWEEP -> hit = 0; goto fast_now
		:: else -> goto release_now
		fi
	}

	/* ---- fast path ---- */
fast:
	atomic {
		skip;
fast_now:
		if
		:: v & W ->		/* a hint, which spares to publish and retract */
			if
			:: COUNTS(v) -> goto slow_unpublished
			:: else -> goto fast_write
			fi
		:: else
		fi;
#ifdef PLAIN
		if			/* a hint */
		:: filter[H(v)] == 0 && !fenced[H(v)] && !OWNED_BY_ANOTHER(v) -> goto plain_read
		:: else
		fi;
#endif
		/* 1. publish */
#ifdef MUTATE_READ_PLAIN_STORE
		store(s, v);
#else
		exchange(s, v);
#endif
		goto fast_read_check
	}
#ifdef PLAIN
plain_read: /* the same without a fence */
	atomic { store(s, v) }
	atomic {
		if
		:: PLAIN_IN(v) ->
			look_for_hungry();
#ifdef DELIST
			goto fast_read_listed
#else
			goto fast_read_ok
#endif
		:: else
		fi;
#ifndef MUTATE_PLAIN_GOES_ON
		exchange(s, v);
#endif
		goto fast_read_check
	}
#endif

fast_read_check: /* 2. the filter */
	atomic {
#ifndef MUTATE_READ_IGNORES_FILTER
		if
		:: COUNTS(v) -> goto slow
		:: else
		fi;
#endif
#if defined(TAGS) && !defined(MUTATE_READER_LEAVES_TAG)
		if		/* take another's tag away: the same word */
		:: tag[H(v)] != 0 && tag[H(v)] != me + 1 -> drain(me); tag[H(v)] = 0
		:: else
		fi;
#endif
		look_for_hungry();	/* now: afterwards is too late to become so */
#ifdef PLAIN
		if			/* now and then: no fences from now on */
		:: filter[H(v)] == 0 -> fenced[H(v)] = 0
		:: true
		fi;
#endif
#ifndef DELIST
		goto fast_read_ok
#endif
	}
#ifdef DELIST
fast_read_listed:
	atomic {
#ifndef MUTATE_READ_IGNORES_LISTED
		if
		:: !LISTED(me) -> rude = 0; goto slow
		:: else
		fi;
#endif
		goto fast_read_ok
	}
#endif
	atomic {
		skip;
fast_read_ok:
		assert_manners();
		enter(s, v); goto next
	}

fast_write: /* 1. publish */
	atomic { store(s, v) }
#ifdef MUTATE_WRITE_NO_CAS
	atomic {
		if
		:: COUNTS(v) -> goto slow
		:: else
		fi
	}
	atomic { filter[H(v)] = 1; mark[H(v)] = OBJ(v); raised = 1 }
#else
	atomic { /* 2. the filter, 0 -> 1 */
		drain(me);
		if
		:: COUNTS(v) -> goto slow
		:: else
		fi;
#ifdef TAGS
		owns = (tag[H(v)] == me + 1);
#endif
		count(v); raised = 1
#if defined(TAGS) && !defined(DELIST)
		; if
		:: owns -> goto fast_write_ok
		:: else
		fi
#endif
	}
#endif
#ifdef DELIST
#ifndef MUTATE_WRITE_IGNORES_LISTED
	atomic {
		if
		:: !LISTED(me) -> goto beside_others
		:: else
		fi
	}
#endif
	atomic { /* alone? */
		if
		:: listed == 1 -> goto fast_write_ok
		:: else
		fi
	}
beside_others:
#ifndef MUTATE_WRITE_IGNORES_LISTED
	atomic {
		if
		:: !LISTED(me) -> goto slow
		:: else
		fi
	}
#endif
#endif
#if defined(TAGS) && defined(DELIST)
	atomic {
		if
		:: owns -> goto fast_write_ok
		:: else
		fi
	}
#endif
#ifdef PLAIN
	if
	:: atomic { fenced[H(v)] -> goto fast_write_scan }
	:: atomic {
		!fenced[H(v)] ->
#ifdef MUTATE_FENCES_FIRST
		fenced[H(v)] = 1
#elif !defined(MUTATE_WRITE_NO_BARRIER)
		barrier()
#endif
	   }
	fi;
	atomic {
#ifdef MUTATE_FENCES_FIRST
		barrier()
#else
		fenced[H(v)] = 1
#endif
	}
fast_write_scan:
#endif
#ifdef MUTATE_WRITE_NO_SCAN
	goto fast_write_ok;
#else
	SCAN(me, slot[k] == V(OBJ(v), R), fast_write_scanned);
#endif
	atomic {
		skip;
fast_write_scanned:
		if
		:: hit -> hit = 0; goto slow
		:: else
		fi;
fast_write_ok:
		raised = 0; enter(s, v);
#ifdef TAGS
		if
		:: owns -> owns = 0; goto next
		:: else
		fi;
		if		/* now and then: claim */
		:: true -> goto next
		:: tag[H(v)] == 0 && filter[H(v)] == 1
		fi
#else
		goto next
#endif
	}
#ifdef TAGS
#ifdef MUTATE_CLAIM_LOOKS_FIRST
	SCAN(me, slot[k] != 0 && H(slot[k]) == H(v), claim_scanned);
	atomic {
		skip;
claim_scanned:
		if
		:: hit || filter[H(v)] != 1 || tag[H(v)] != 0 -> hit = 0; goto next
		:: else -> tag[H(v)] = me + 1; goto next
		fi
	}
#else
	atomic {		/* the tag first, */
		drain(me);
		if
		:: tag[H(v)] == 0 && filter[H(v)] == 1 -> tag[H(v)] = me + 1
		:: else -> goto next
		fi;
#ifdef MUTATE_CLAIM_NO_LOOK
		goto next;
#endif
		goto claim_look
	}
claim_look:	/* then the look: at all objects of the word */
#ifdef MUTATE_CLAIM_LOOKS_FOR_ONE
	SCAN(me, OBJ(slot[k]) == OBJ(v), claim_scanned);
#else
	SCAN(me, slot[k] != 0 && H(slot[k]) == H(v), claim_scanned);
#endif
	atomic {
		skip;
claim_scanned:
		if
		:: hit && tag[H(v)] == me + 1 -> tag[H(v)] = 0
		:: else
		fi;
		hit = 0;
		goto next
	}
#endif
#endif

	/* ---- release ---- */
	atomic {
		skip;
release_now:
		g[s] = 0;
		if
		:: v & W ->
#ifdef MUTATE_RELEASE_LOWERS_FIRST
			goto release_write_lower
#else
			store(s, 0); goto release_write
#endif
		:: else ->
#if defined(MUTATE_RELEASE_LOADS_FIRST)
			raised = (filter[H(v)] != 0); goto release_read
#elif defined(RELAXED)
			store(s, 0); goto release_read
#else
			exchange(s, 0); goto release_read
#endif
		fi
	}
release_read:
	atomic {
#if defined(MUTATE_READ_RELEASE_IGNORES_FILTER)
		goto next;
#elif defined(MUTATE_RELEASE_LOADS_FIRST)
		exchange(s, 0);
		if
		:: raised -> raised = 0; goto released
		:: else -> goto next
		fi;
#endif
		if
		:: filter[H(v)] != 0 -> goto RELEASED
		:: else -> goto next
		fi
	}
release_write:
	atomic {
		lower(v);
#ifdef MUTATE_WRITE_RELEASE_IGNORES_FILTER
		goto next;
#endif
		if
		:: filter[H(v)] != 0 -> goto RELEASED
		:: else -> goto next
		fi
	}
#if NB < NO
release_mark:	/* all whom it counts want a neighbour: nobody waits for this one */
	atomic {
		if
#ifdef MUTATE_RELEASE_IGNORES_UNMARKED
		:: filter[H(v)] != 0 && mark[H(v)] == OBJ(v) -> goto released
#else
		:: COUNTS(v) -> goto released
#endif
		:: else -> goto next
		fi
	}
#endif
#ifdef MUTATE_RELEASE_LOWERS_FIRST
release_write_lower:
	atomic {
		lower(v);
		raised = (filter[H(v)] != 0)
	}
	atomic {
		exchange(s, 0);
		if
		:: raised -> raised = 0; goto released
		:: else -> goto next
		fi
	}
#endif
	atomic {
		skip;
released:	/* my other slot may still hold as much */
		after = TO_NEXT;
		if
		:: OBJ(OWN(other)) == OBJ(v) && (OWN(other) & 3) >= (v & 3) -> goto next
		:: else -> goto released_clear
		fi
	}
released_clear:	/* once more, as an exchange: clear, then look who is queued */
	atomic { exchange(s, 0) }
	atomic {
		if
		:: QUEUED != 0 -> goto lock_and_wake
		:: else -> goto next
		fi
	}

	/* ---- slow path ---- */
slow_unpublished:
	atomic {
		if
		:: OBJ(OWN(other)) == OBJ(v) && (OWN(other) & W) ->
			store(s, v); goto reentry_raise
		:: else -> after = TO_LISTING; goto listing
		fi
	}

slow:	/* 1. re-entry, or retract */
	atomic {
		if
		:: OBJ(OWN(other)) == OBJ(v) && ((OWN(other) & W) || (v & R)) ->
			/* I hold as much: keep the slot; a write hold raises the filter */
			if
			:: (v & W) && !raised -> goto reentry_raise
			:: else
			fi;
			raised = 0; enter(s, v); goto next
		:: else ->
			/* retract: nobody may see the slot once I look who is queued */
			after = (again -> TO_RAISE : TO_LISTING);
#ifdef MUTATE_RETRACT_PLAIN_STORE
			store(s, 0);
#else
			exchange(s, 0);
#endif
			goto retract_lower
		fi
	}
reentry_raise:
	atomic {
#ifndef MUTATE_REENTRY_KEEPS_FILTER
		count(v);
#endif
		raised = 0; enter(s, v); goto next
	}

retract_lower:	/* retract: lower what I raised */
	if
	:: atomic { raised -> lower(v); raised = 0 }
	:: atomic { !raised ->  goto retract_wake }
	fi;
	atomic {
		skip;
retract_wake:	/* somebody may have taken my slot for a hold, and sleep */
#ifndef MUTATE_RETRACT_NO_WAKE
		if
		:: QUEUED != 0 -> goto lock_and_wake
		:: else
		fi;
#endif
		if
		:: after == TO_RAISE -> after = 0; goto raise
		:: else
		fi
	}

listing: /* 2. list myself, and try once more */
	after = 0;
#ifdef DELIST
	atomic {
		if
		:: LISTED(me) || again -> goto raise
		:: else
		fi
	}
	atomic { mutex == 0 -> mutex = 1; drain(me); bits = bits | (1 << me) }
	atomic { listed++ }
	atomic {
		flags = flags | (1 << me); mutex = 0; again = 1;
#ifdef MUTATE_LISTING_ENTERS
		/* publish and be in, as if the filter had been looked at */
		if
		:: v & R -> exchange(s, v); enter(s, v); goto next
		:: else
		fi;
#endif
		goto fast
	}
#endif

raise:	/* 3. raise, lock, attempt */
#if defined(KEPT) && !defined(MUTATE_AWAY_LOWERS)
	if
	:: atomic { away[me] -> goto raised_filter }	/* and kept that */
	:: !away[me]
	fi;
#endif
#ifndef MUTATE_RAISE_LATE
	atomic {
#ifdef PLAIN
		bare = !fenced[H(v)];
#endif
		count(v)
	}
#endif
#ifdef PLAIN
	if
	:: atomic { !bare -> goto raised_filter }
	:: atomic {
		bare -> bare = 0;
#ifdef MUTATE_FENCES_FIRST
		fenced[H(v)] = 1
#elif !defined(MUTATE_RAISE_NO_BARRIER)
		barrier()
#endif
	   }
	fi;
	atomic {
#ifdef MUTATE_FENCES_FIRST
		barrier()
#else
		fenced[H(v)] = 1
#endif
	}
#endif
#if defined(PLAIN) || defined(KEPT)
raised_filter:
#endif
	atomic {
		FREE -> mutex = 1; count_pass(); drain(me); again = 0;
#ifdef KEPT
		turn[me] = 0;
		if
		:: away[me] -> back = 1
		:: else
		fi;
#endif
attempt:
		look_for_hungry();
#ifdef KEPT
		/* Somebody who is away has its turn before. */
		d_step {
			i = 0;
			if
			:: OBJ(OWN(other)) == OBJ(v)
			:: else ->
				do
				:: i < qn && q[i] != me ->
					rude = (rude || (turn[q[i]] && CONFLICT(away[q[i]], v)));
					i++
				:: else -> break
				od
			fi;
			i = 0
		}
#endif
#ifndef MUTATE_NO_MANNERS
		if
		:: rude -> rude = 0; goto busy
		:: else
		fi;
#endif
#ifndef MUTATE_ATTEMPT_UNLISTED
		LIST_FIRST(me);
#endif
#ifndef EQUAL_SCAN_FIRST
		exchange(s, v)
#endif
	}
	SCAN(me, CONFLICT(slot[k], v), attempt_scanned);
	atomic {
		skip;
attempt_scanned:
#ifndef MUTATE_ATTEMPT_NO_SCAN
		if
		:: hit -> goto attempt_failed
		:: else
		fi;
#endif
#ifdef EQUAL_SCAN_FIRST
		goto attempt_publish
	}
attempt_publish:
	atomic {
		exchange(s, v);
#endif
		/* OK */
		hit = 0; plan = 0; looks = 0; interrupted = 0; intr_now = 0; last_resort = 0; try = 0;
#ifdef RELAXED
		tried = 0;
#endif
		assert_manners();
		enter(s, v);
#ifdef KEPT
		back = 0;
		give_up_place();
#endif
#ifdef MUTATE_RAISE_LATE
		if
		:: v & W -> count(v)
		:: (v & R) && w_val[me] == 0 -> unlock(); goto next
		:: else
		fi;
#endif
		if
		:: w_val[me] -> goto leave_queue
		:: else
		fi;
		if
		:: v & W -> unlock(); goto next		/* a write hold keeps its count */
		:: else -> goto lower_and_go
		fi
	}
leave_queue: /* leave_queue(holds) */
	atomic {
		drain(me); dequeue(me);
		if
		:: v & W -> unlock(); goto next
		:: else
		fi
	}
lower_and_go:
	atomic { lower(v); unlock(); goto next }

attempt_failed:
	atomic {
#ifndef EQUAL_SCAN_FIRST
		store(s, 0);
#endif
		rude = 0;
busy:
#ifdef MUTATE_RAISE_LATE
		if
		:: w_val[me] == 0 -> count(v)
		:: else
		fi;
#endif
		hit = 0;
		if
		:: w_val[me] -> goto busy_again
		:: try -> goto lower_and_fail
		:: else
		fi;
#ifndef EQUAL_SECOND_UPGRADE_QUEUES
		other_upgrade();
		if
		:: hit -> hit = 0; goto lower_and_fail
		:: else
		fi;
#endif
#ifdef STRANGERS
		assert(false);			/* waits for somebody else's object */
#endif
		/* it holds as much: it must not come here */
		assert(!(OBJ(g[other]) == OBJ(v) && ((g[other] & W) || (v & R))))
	}
	atomic {
		drain(me);
		enqueue();
#ifdef KEPT
		start = me;
#endif
check:		check_cycle();
		if
		:: found == NONE ->
#ifdef KEPT
			next_behind();
			if
			:: start != NT -> goto check_again
			:: else -> start = 0
			fi;
#endif
			looks = 0; unlock(); goto sleep
		:: found == DEADLOCK ->
#ifdef KEPT
			assert(start == me);	/* behind me there is but politeness */
			start = 0;
#endif
			found = 0;
			assert_cycle();
			hit = 1;		/* no handler helps */
			goto give_up
		:: else -> found = 0; goto grant_polite
		fi
	}
grant_polite: /* Out of turn: somebody in the cycle already reads it. */
	atomic {
		LIST_FIRST(w);
		exchange(w_slot[w], w_val[w])
	}
	atomic {
		enter(w_slot[w], w_val[w]);
		k = H(w_val[w]);
		dequeue(w); w_st[w] = GRANTED
	}
	atomic {
		filter[k] = filter[k] - 1;
		if
		:: filter[k] == 0 -> mark[k] = 0
		:: else
		fi;
		k = 0;
		if
		:: w == me ->
#ifdef KEPT
			start = 0;
#endif
			w = 0; w_st[me] = 0; unlock(); goto next
#ifdef MUTATE_SEARCH_ONCE
		:: else -> w = 0; looks = 0; unlock(); goto sleep
#else
		:: else -> w = 0; goto check_again
#endif
		fi
	}
check_again:
	atomic { skip; goto check }

lower_and_fail:	/* a try or second upgrade: never was in the queue */
	atomic {
#ifdef MUTATE_GIVE_UP_KEEPS_FILTER
		drain(me);
#else
		lower(v);
#endif
#ifdef KEPT
		if
		:: back -> back = 0; give_up_place(); after = TO_NEXT; goto wake_more
		:: else
		fi;
#endif
		unlock(); goto next
	}

	atomic {
		skip;
busy_again:	/* queued, in vain */
		if
		:: intr_now -> intr_now = 0; goto give_up
#ifdef MUTATE_LATE_QUEUES_ANEW
		:: looks == 2 -> interrupted = 1; goto give_up
#endif
		:: else
		fi;
#ifdef RELAXED
		if
		:: last_resort ->
			tried = tried | (1 << me);
			i = 0; j = 0;
			do
			:: i < qn -> j = j | (1 << q[i]); i++
			:: else -> break
			od;
			assert(tried != j);	/* stuck: all sleep, and re-checking does not help */
			i = 0; j = 0
		:: else
		fi;
		last_resort = 0;
#endif
		/* how this sleep may end besides a signal */
		plan = 0;
		if
		:: true
#ifdef TIMED
#ifdef FOREVER
		:: me == 0 -> plan = TIMEOUT	/* any number of times */
#else
		:: looks == 1 -> plan = TIMEOUT
#endif
#endif
#if defined(INTR) && defined(FOREVER)
		:: me == 0 -> plan = INTERRUPT	/* any number of times */
#elif defined(INTR)
		:: !interrupted -> plan = INTERRUPT
#endif
		fi;
#ifdef RELAXED
		up--;
#endif
		unlock()
	}

sleep:	/* 4. At first (looks == 0) not yet: who saw nobody queued when it cleared its
	   slot has done so before I look again. */
	atomic {
		if
#ifdef MUTATE_NO_SECOND_LOOK
		:: looks == 0 -> looks = 1; goto sleep
#else
		:: FREE && looks == 0 -> looks = 1
#endif
		:: FREE && looks != 0 && (w_st[me] & (SIGNALLED | GRANTED)) -> goto woken
#ifdef TIMED
#ifdef FOREVER
		:: FREE && looks != 0 && plan == TIMEOUT && news -> news = 0; looks = 2; goto woken
#else
		:: FREE && looks != 0 && plan == TIMEOUT -> looks = 2; goto woken
#endif
#endif
#ifdef INTR
#ifdef FOREVER
		:: FREE && looks != 0 && plan == INTERRUPT && news -> news = 0; interrupted = 1; intr_now = 1; goto woken
#else
		:: FREE && looks != 0 && plan == INTERRUPT -> interrupted = 1; intr_now = 1; goto woken
#endif
#endif
#if defined(RELAXED) && !defined(MUTATE_NO_TIMEOUT)
		:: FREE && looks != 0 && QUIET && !((tried >> me) & 1) -> last_resort = 1; goto woken
#endif
		fi;
		goto look
	}
	atomic {
		skip;
woken:
#ifdef RELAXED
		up++;
		if
		:: last_resort
		:: else -> tried = 0
		fi;
#endif
look:
		plan = 0;
		if
		:: w_st[me] & GRANTED ->
			w_st[me] = 0; looks = 0; intr_now = 0; last_resort = 0;
			goto next
		:: else
		fi;
		mutex = 1; count_pass(); drain(me);
		w_st[me] = w_st[me] & (HUNGRY | UPGRADE);
		goto attempt
	}

give_up: /* leave_queue(holds nothing): a deadlock, or a signal to look at */
#if defined(KEPT) && !defined(MUTATE_PLACE_LOST)
	atomic {
		if
		:: hit -> goto give_up_for_good		/* a deadlock */
		:: else
		fi;
		/* To look for signals: it keeps its place, and its turn if it is hungry. */
		looks = 0;
#ifndef MUTATE_TURN_LOST
		turn[me] = (w_st[me] & HUNGRY);
#endif
		away[me] = v; aways++;
		w_val[me] = 0; w_slot[me] = 0; w_st[me] = w_st[me] & (HUNGRY | UPGRADE);
		after = TO_RAISE
	}
	atomic {
#ifdef MUTATE_AWAY_LOWERS
		lower(v);
#endif
		if
		:: turn[me] -> after = 0; unlock(); goto handler
		:: else -> goto wake_more
		fi
	}
handler:
	atomic {
		if
		:: goto raise
#ifndef FOREVER
		:: mutex == 0 ->		/* it raises */
			mutex = 1; drain(me);
			give_up_place(); interrupted = 0;
			after = TO_NEXT; goto lower_and_wake
#endif
		fi
	}
	atomic {
		skip;
lower_and_wake:
#ifndef MUTATE_AWAY_LOWERS
		lower(v);
#endif
		goto wake_next
	}
give_up_for_good:
#endif
	atomic {
		dequeue(me); looks = 0;
		after = TO_NEXT;
		if
		:: interrupted && !hit -> after = TO_RAISE	/* the handler returns */
#ifdef FOREVER
		:: hit						/* a deadlock */
#else
		:: true						/* it raises; a deadlock */
#endif
		fi;
		hit = 0
	}
	atomic {
		lower(v);
#ifdef EQUAL_GIVE_UP_QUIETLY
		if
		:: !interrupted -> goto wake_done
		:: else
		fi;
#endif
#ifdef MUTATE_INTERRUPT_NO_WAKE
		if
		:: interrupted -> goto wake_done
		:: else
		fi;
#endif
		goto wake_more
	}

	/* ---- wake_next ---- */
lock_and_wake:
	atomic { FREE -> mutex = 1; count_pass(); drain(me); goto wake_next }
wake_more:
	atomic {
		skip;
wake_next:	/* the first waiter that may be woken */
		do
		:: pos >= qn -> goto wake_done
		:: else ->
			w = q[pos];
			if
			:: OBJ(w_val[w]) != OBJ(v) ->
#ifdef MUTATE_WAKE_STOPS_AT_OTHERS
				goto wake_done
#else
				pos++
#endif
			:: else ->
				if
				:: (w_st[w] & SIGNALLED) && (w_val[w] & W) -> goto wake_done
				:: (w_st[w] & SIGNALLED) && (w_val[w] & R) -> woke = 1; pos++
				:: else -> break
				fi
			fi
		od;
		if
		:: woke && (w_val[w] & W) -> goto wake_done
		:: else
		fi;
#ifdef KEPT
		away_ahead(w);
		if
		:: verdict -> verdict = 0; goto wake_done
		:: else
		fi;
#endif
#ifndef MUTATE_WAKE_UNLISTED
		LIST_FIRST(w);
#endif
#ifndef EQUAL_SCAN_FIRST
		exchange(w_slot[w], w_val[w])
#endif
	}
	SCAN(w, CONFLICT(slot[k], w_val[w]), wake_scanned);
	atomic {
		skip;
wake_scanned:
		if
#ifdef MUTATE_WAKE_NO_SCAN
		:: hit && (w_st[w] & HUNGRY) -> hit = 0; goto wake_granted
		:: hit && !(w_st[w] & HUNGRY) -> hit = 0; goto wake_blocked
#else
		:: hit -> hit = 0; goto wake_blocked
#endif
		:: !hit && (w_st[w] & HUNGRY) ->
#ifdef EQUAL_SCAN_FIRST
			goto wake_grant
#else
			goto wake_granted
#endif
		:: else -> goto wake_signal
		fi
	}
#ifdef EQUAL_SCAN_FIRST
wake_grant:
	atomic {
		exchange(w_slot[w], w_val[w]);
		goto wake_granted
	}
#endif
	atomic {
		skip;
wake_granted:	/* granted */
		enter(w_slot[w], w_val[w]);
		goto wake_leave_queue
	}
wake_leave_queue:
	atomic {
		k = w_val[w];
		dequeue(w); w_st[w] = GRANTED;
		w = 0;
		if
		:: k & W -> k = 0; goto wake_done
#ifdef MUTATE_GRANT_KEEPS_FILTER
		:: k & R -> k = 0; goto wake_more
#endif
		:: else -> woke = 1
		fi
	}
	atomic {
		lower(k); k = 0;
#ifdef MUTATE_WAKE_STOPS_EARLY
		goto wake_done;
#endif
		goto wake_more
	}
wake_signal:	/* free: it shall attempt for itself */
	atomic {
#ifndef EQUAL_SCAN_FIRST
		store(w_slot[w], 0);
#endif
		w_st[w] = w_st[w] | SIGNALLED;
		if
		:: w_val[w] & W -> goto wake_done
		:: else -> woke = 1; pos++; w = 0
		fi;
#ifdef MUTATE_WAKE_STOPS_EARLY
		goto wake_done;
#endif
		goto wake_more
	}
wake_blocked:
	atomic {
#ifndef EQUAL_SCAN_FIRST
		store(w_slot[w], 0);
#else
		skip;
#endif
wake_done:
		w = 0; pos = 0; woke = 0;
		if
		:: after == TO_ABANDON -> goto abandon_more
		:: else
		fi;
		unlock();
		if
		:: after == TO_NEXT -> goto next
		:: after == TO_LISTING -> goto listing
#if defined(KEPT) && !defined(MUTATE_PLACE_LOST)
		:: after == TO_RAISE && away[me] -> after = 0; goto handler
		:: after == TO_RAISE && !away[me] -> after = 0; goto raise
#else
		:: after == TO_RAISE -> after = 0; goto raise
#endif
		fi
	}

	/* ---- a thread that ends gives up what its slots name ---- */
abandon:
	atomic { mutex == 0 -> mutex = 1; drain(me); goto abandon_next }
abandon_more:
	atomic {
		skip;
abandon_next:
		pc = 4;
		if
		:: slot[me * NS] -> s = me * NS
		:: !slot[me * NS] && slot[me * NS + 1] -> s = me * NS + 1
		:: else ->
			after = 0; s = 0; v = 0;
#ifdef DELIST
			goto abandon_unlist
#else
			unlock(); goto finish
#endif
		fi;
		v = slot[s];
		g[s] = 0;
		exchange(s, 0);		/* a release in C; what follows orders it */
		after = TO_ABANDON;
		if
		:: v & R -> goto wake_more
		:: else
		fi
	}
	atomic { lower(v); goto wake_more }
#ifdef DELIST
abandon_unlist:	/* as in sweep: my slots are empty, and stay so */
	if
	:: atomic { LISTED(me) -> flags = flags & (255 - (1 << me)) }
	:: atomic { !LISTED(me) -> unlock(); goto finish }
	fi;
	atomic { listed-- }
	atomic { bits = bits & (255 - (1 << me)); unlock(); goto finish }
#endif

	/* ---- delisting ---- */
#ifdef DELIST
	atomic {
		skip;
sweep:		if
		:: bits & (255 - (1 << me)) -> goto sweep_lock
		:: else -> goto next
		fi
	}
sweep_lock:
	atomic {
		mutex == 0 -> mutex = 1; drain(me);
		w = 0;
		if
		:: me != 0 && IN_BITMAP(bits, 0) -> w = 0
		:: me != 1 && IN_BITMAP(bits, 1) -> w = 1
#if NT > 2
		:: me != 2 && IN_BITMAP(bits, 2) -> w = 2
#endif
		:: else -> mutex = 0; goto next
		fi;
		k = w * NS;
#ifdef MUTATE_DELIST_FLAG_LAST
		goto sweep_look
#else
		flags = flags & (255 - (1 << w));
#ifdef MUTATE_DELIST_NO_RECHECK
		k = 0; hit = 0; goto sweep_clear
#endif
#endif
	}
#if defined(PLAIN) && !defined(MUTATE_SWEEP_NO_BARRIER)
	atomic { barrier() }
#endif
sweep_look:
	atomic {
		hit = (slot[k] != 0); k++;
		if
		:: hit || k == w * NS + NS -> k = 0; goto sweep_clear
		:: else -> goto sweep_look
		fi
	}
sweep_clear:
	atomic {
		if
		:: hit -> hit = 0; flags = flags | (1 << w); w = 0; mutex = 0; goto next
		:: else -> listed--
		fi
	}
	atomic {
		bits = bits & (255 - (1 << w));
#ifndef MUTATE_DELIST_FLAG_LAST
		w = 0; mutex = 0; goto next
#endif
	}
#ifdef MUTATE_DELIST_FLAG_LAST
	atomic { flags = flags & (255 - (1 << w)); w = 0; mutex = 0; goto next }
#endif
#else
sweep:	assert(false);			/* DELIST is missing */
#endif

finish:
	atomic {
		s = 0; other = 0; pc = 0; prog = 0;
#ifdef RELAXED
		up--;
#endif
		finished_threads++;
		if
		:: finished_threads == NT ->
			assert(qn == 0 && mutex == 0);
			i = 0;
			do
			:: i < NB -> assert(filter[i] == 0); i++
			:: else -> break
			od;
			i = 0;
			do
			:: i < ALL ->
#ifdef TSO
				assert(slot[i] == 0 || sb[i / NS] == i + 1);
#else
				assert(slot[i] == 0);
#endif
				assert(g[i] == 0); i++
			:: else -> break
			od;
			i = 0
		:: else
		fi
	}
}

#ifdef TSO
/* Empties store buffers at any time. */
proctype memory()
{
end:
	do
	:: atomic { sb[0] -> drain(0) }
	:: atomic { sb[1] -> drain(1) }
#if NT > 2
	:: atomic { sb[2] -> drain(2) }
#endif
#if NT > 3
	:: atomic { sb[3] -> drain(3) }
#endif
	od
}
#endif

#ifdef TIMED
/* Who is queued becomes hungry at any time. A process for each thread: fairness is
   between processes. */
proctype clock(byte t)
{
end:
	do
	:: atomic { WAITS(t) && !(w_st[t] & HUNGRY) -> w_st[t] = w_st[t] | HUNGRY }
#if defined(KEPT) && !defined(FOREVER)
	:: atomic { turn[t] -> turn[t] = 0 }	/* a handler takes long */
#endif
	od
}
#endif

#ifdef FOREVER
/* Thread 0 queues, and never gets what it wants. */
never {
	do
	:: true
	:: w_val[0] != 0 && !served -> break
	od;
accept:
	do
	:: !served
	od
}
#endif

#ifdef SORTED
#define ORDER(a, b) ((a) <= (b))
#else
#define ORDER(a, b) true
#endif

init {
	short p, p0, p1, p2;
	atomic {
#ifdef DELIST
		/* Each record starts listed or not. */
		if
		:: skip
		:: bits = 1
		fi;
		if
		:: skip
		:: bits = bits | 2
		fi;
#if NT > 2
		if
		:: skip
		:: bits = bits | 4
		fi;
#endif
		flags = bits;
		listed = (bits & 1) + ((bits >> 1) & 1) + ((bits >> 2) & 1);
#endif
		if PICK0 fi; p0 = p;
		if PICK1 fi; p1 = p;
		if
		:: ORDER(p0, p1)
		:: else -> goto no
		fi;
#if NT > 2
		if PICK2 fi; p2 = p;
		if
		:: ORDER(p1, p2)
		:: else -> goto no
		fi;
#endif
#if NT > 3
		if PICK3 fi;
		if
		:: ORDER(p2, p)
		:: else -> goto no
		fi;
#endif
#ifdef RELAXED
		up = NT;
#endif
#ifdef TSO
		run memory();
#endif
#ifdef TIMED
		run clock(0);
		run clock(1);
#if NT > 2
		run clock(2);
#endif
#if NT > 3
		run clock(3);
#endif
#endif
		run thread(0, p0);
		run thread(1, p1);
#if NT > 2
		run thread(2, p2);
#endif
#if NT > 3
		run thread(3, p);
#endif
		p = 0; p0 = 0; p1 = 0; p2 = 0
	}
no:	skip
}
