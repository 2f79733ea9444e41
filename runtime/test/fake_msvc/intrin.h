/* The functions of MSVC's <intrin.h> that pyxlock.pxd uses, for gcc and clang:
   with -DPYXLOCK_TEST_MSVC the code for MSVC compiles and runs here. */

#ifndef FAKE_INTRIN_H
#define FAKE_INTRIN_H

#define _ReadWriteBarrier() __asm__ __volatile__("" : : : "memory")
#define __int64 long long

static inline long long _InterlockedExchange64(volatile long long *p, long long v) {
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}
static inline long long _InterlockedExchangeAdd64(volatile long long *p, long long v) {
    return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
}
static inline long long _InterlockedCompareExchange64(volatile long long *p, long long to, long long from) {
    __atomic_compare_exchange_n(p, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return from;
}

#endif
