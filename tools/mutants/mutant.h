/* What modules tell of the lock that is taken away, see mutant.c. */

#ifndef PYXLOCK_MUTANT_H
#define PYXLOCK_MUTANT_H
#ifdef __cplusplus
extern "C" {
#endif

/* Chooses the lock that is taken away. */
void mutant_choose(const char *spec, const char *file);

/* What becomes of the lock that a function takes at a place, the k-th of those that it takes there. */
#define MUTANT_NO 0
#define MUTANT_STRIP 1
#define MUTANT_WEAKEN 2
int mutant_at(const char *place, int k);

/* This thread runs code that the lock of an object was taken from, until "leave" with the
   same guard. */
void mutant_enter(const void *guard, const void *object);
void mutant_leave(const void *guard);

/* Whether it does, for some object; and whether for this one. */
int mutant_any(void);
int mutant_inside(const void *object);

/* It uses an object there, holding the lock in this mode (0, 1: read, 2: write); shared: another
   thread has touched it. */
void mutant_used(const char *place, int held, int shared);

#ifdef __cplusplus
}
#endif
#endif
