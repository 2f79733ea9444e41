/* A processor that keeps a store to itself, for threads.c with -DTHREADS_JITTER: what a
   reader stores without a fence is not seen by other threads before it stores something
   else, changes a word, or somebody makes a barrier. Processors do that for some nanoseconds;
   here it lasts, so that who forgets the barrier is found out. */

#include <pthread.h>
#include <stdint.h>
#include <stddef.h>

enum { DELAYED = 16384 };
typedef struct delayed {
    int taken;                  /* somebody looks at the rest */
    uintptr_t *at, value;       /* NULL: nothing is kept */
} delayed;
static delayed delayed_all[DELAYED];
static int delayed_threads;     /* so many have had a place, one for each thread that ever read so */
static __thread delayed *delayed_mine;

static void delayed_take(delayed *d) {
    while (__atomic_exchange_n(&d->taken, 1, __ATOMIC_ACQUIRE)) (void)sched_yield();
}
static void delayed_give(delayed *d) { __atomic_store_n(&d->taken, 0, __ATOMIC_RELEASE); }

static void settle_one(delayed *d) {
    delayed_take(d);
    if (d->at != NULL) __atomic_store_n(d->at, d->value, __ATOMIC_SEQ_CST);
    d->at = NULL;
    delayed_give(d);
}

/* Before the calling thread's next store or change of a word. */
static void settle(void) {
    if (delayed_mine != NULL) settle_one(delayed_mine);
}

/* Before it loads: it sees its own stores. */
static void settle_if(const void *p) {
    if (delayed_mine != NULL && delayed_mine->at == p) settle_one(delayed_mine);
}

static void settle_all(void) {
    int i, n = __atomic_load_n(&delayed_threads, __ATOMIC_SEQ_CST);
    for (i = 0; i < n && i < DELAYED; i++) settle_one(&delayed_all[i]);
}

static void delay_store(uintptr_t *p, uintptr_t value) {
    if (delayed_mine == NULL) {
        int i = __atomic_fetch_add(&delayed_threads, 1, __ATOMIC_SEQ_CST);
        if (i >= DELAYED) { /* no more room: as on a processor that hurries */
            __atomic_store_n(p, value, __ATOMIC_SEQ_CST);
            return;
        }
        delayed_mine = &delayed_all[i];
    }
    settle();
    delayed_take(delayed_mine);
    delayed_mine->at = p;
    delayed_mine->value = value;
    delayed_give(delayed_mine);
}
