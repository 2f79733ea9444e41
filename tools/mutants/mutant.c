/* The lock that is taken away or weakened while a program runs: one build serves for each of
   them (mutant schemata: Untch, Offutt and Harrold, 1993). A library, so that the modules of a
   package share what it knows.

   mutant_choose gets "strip K PLACE" or "weaken K PLACE": the K-th of the locks that are taken at
   a place; and the name of a file, which gets a line, once, for each of these:

       reached             the lock would have been taken
       used HELD WHOSE PLACE   guarded state of its object was used until it would have been
                           given back, while the thread held the object in this mode by
                           other locks (none, read, write); "shared" if a second thread has
                           touched the object that was used, else "alone" */

#include "mutant.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEEP 256
#define MOST 4096

static int kind = MUTANT_NO, index_;
static char *place_, *file_;
static struct { const char *place; int held, shared; } said[MOST];
static int count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread struct { const void *guard, *object; } inside[DEEP];
static __thread int depth;

/* To be called while one thread runs. What was chosen before stays in memory: a place may be
   among what was said. */
void mutant_choose(const char *spec, const char *file) {
    int read = 0;
    char word[16];
    kind = MUTANT_NO;
    count = 0;
    if (sscanf(spec, "%15s %d %n", word, &index_, &read) == 2) {
        place_ = strdup(spec + read);
        file_ = strdup(file);
        kind = strcmp(word, "strip") == 0 ? MUTANT_STRIP : MUTANT_WEAKEN;
    }
}

/* Adds a line to the file, unless it was said before. Texts are those of places, which stay. */
static void say(const char *what, const char *place, int held, int shared) {
    static const char *const modes[] = { "none", "read", "write" };
    int i;
    pthread_mutex_lock(&mutex);
    for (i = 0; i < count; i++) {
        if (said[i].held == held && said[i].shared == shared && (said[i].place == place || (place != NULL && said[i].place != NULL && strcmp(said[i].place, place) == 0))) break;
    }
    if (i == count && count < MOST) {
        int file = open(file_, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        said[count].place = place;
        said[count].shared = shared;
        said[count++].held = held;
        if (file >= 0) {
            char line[1024];
            int n = place == NULL ? snprintf(line, sizeof(line), "%s\n", what)
                                  : snprintf(line, sizeof(line), "%s %s %s %s\n", what, modes[held], shared ? "shared" : "alone", place);
            if (n > 0 && write(file, line, (size_t)n) < 0) abort();
            close(file);
        }
    }
    pthread_mutex_unlock(&mutex);
}

int mutant_at(const char *place, int k) {
    return kind != MUTANT_NO && k == index_ && strcmp(place, place_) == 0 ? kind : MUTANT_NO;
}

void mutant_enter(const void *guard, const void *object) {
    say("reached", NULL, 0, 0);
    if (depth == DEEP) return;
    inside[depth].guard = guard;
    inside[depth++].object = object;
}

void mutant_leave(const void *guard) {
    int i;
    if (depth == 0) return;
    for (i = depth - 1; i >= 0; i--) {
        if (inside[i].guard != guard) continue;
        memmove(&inside[i], &inside[i + 1], (size_t)(depth - i - 1) * sizeof(inside[0]));
        depth--;
    }
}

int mutant_any(void) { return depth > 0; }

int mutant_inside(const void *object) {
    int i = depth - 1;
    while (i >= 0 && inside[i].object != object) i--;
    return i >= 0;
}

void mutant_used(const char *place, int held, int shared) { say("used", place, held, shared); }
