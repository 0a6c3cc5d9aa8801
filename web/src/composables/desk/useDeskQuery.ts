import { computed } from 'vue'
import { type LocationQueryRaw, useRoute, useRouter } from 'vue-router'
import type { Period } from '@/api/types'
import { PERIODS, type Span } from './spans'

/** A whole number of an address; null for anything else. */
export function numberOf(value: unknown): number | null {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null
}

/** What a page of the desk looks at, kept in its address, so that back, reload and a link lead to the same. */
export function useDeskQuery() {
  const route = useRoute()
  const router = useRouter()

  /** Changes parts of the address; null takes one out. */
  function change(parts: Record<string, string | number | null>, replace = false): void {
    const query: LocationQueryRaw = { ...route.query }
    for (const [key, value] of Object.entries(parts)) {
      if (value === null || value === '') delete query[key]
      else query[key] = String(value)
    }
    void router[replace ? 'replace' : 'push']({ query })
  }

  const span = computed<Span>({
    get() {
      const quiz = numberOf(route.query.quiz)
      if (quiz !== null) return { quiz }
      const period = PERIODS.find((each) => each === route.query.period) ?? ('month' as Period)
      const on = route.query.on
      return typeof on === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(on) ? { period, on } : { period }
    },
    set(to) {
      change('quiz' in to ? { quiz: to.quiz, period: null, on: null } : { quiz: null, period: to.period, on: to.on ?? null })
    },
  })
  const unit = computed<number | null>({
    get: () => numberOf(route.query.unit),
    set: (to) => change({ unit: to }),
  })
  return { route, unit, span, change }
}
