import { computed } from 'vue'
import { type LocationQuery, type LocationQueryRaw, useRoute, useRouter } from 'vue-router'
import type { Period } from '@/api/types'
import { PERIODS, type Span } from './spans'

/** A whole number of an address; null for anything else. */
export function numberOf(value: unknown): number | null {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null
}

function read(query: LocationQuery): Span {
  const quiz = numberOf(query.quiz)
  if (quiz !== null) return { quiz }
  const period = PERIODS.find((each) => each === query.period) ?? ('month' as Period)
  return typeof query.on === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(query.on) ? { period, on: query.on } : { period }
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
    // The same object as long as it says the same: nothing is loaded again when another part of the address changes.
    get(before?: Span) {
      const now = read(route.query)
      return before && JSON.stringify(before) === JSON.stringify(now) ? before : now
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
