import type { Period } from '@/api/types'

/** What a report looks at: a quiz, or a period with a date in it (today's when it is left out). */
export type Span = { quiz: number } | { period: Period; on?: string }

export const PERIODS = ['day', 'week', 'month', 'all'] as const

const DAY_MS = 86_400_000

/** A date as the server writes it, from one that counts in UTC. */
const written = (date: Date) => date.toISOString().slice(0, 10)
const read = (day: string) => new Date(`${day}T00:00:00Z`)

/** Today by the reader's own calendar. */
export function today(now = new Date()): string {
  return written(new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate())))
}

/** First and last day of the period that a day is in; weeks begin on Monday. */
export function bounds(period: Exclude<Period, 'all'>, day: string): { from: string; until: string } {
  const at = read(day)
  if (period === 'day') return { from: day, until: day }
  if (period === 'week') {
    const monday = at.getTime() - ((at.getUTCDay() + 6) % 7) * DAY_MS
    return { from: written(new Date(monday)), until: written(new Date(monday + 6 * DAY_MS)) }
  }
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
  return { from: written(new Date(Date.UTC(year, month, 1))), until: written(new Date(Date.UTC(year, month + 1, 0))) }
}

/** A day in the period before or after. */
export function shifted(period: Exclude<Period, 'all'>, day: string, by: -1 | 1): string {
  const { from, until } = bounds(period, day)
  return written(new Date(by < 0 ? read(from).getTime() - DAY_MS : read(until).getTime() + DAY_MS))
}

/** The month before or after, each as `2026-11`. */
export function shiftedMonth(month: string, by: -1 | 1): string {
  return shifted('month', `${month}-01`, by).slice(0, 7)
}
