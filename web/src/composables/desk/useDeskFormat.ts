import { useI18n } from 'vue-i18n'

/** Shown where there is no figure. */
const NONE = '—'

/** Figures and dates as a leader reads them. */
export function useDeskFormat() {
  const { t, locale } = useI18n()
  const tag = () => (locale.value === 'en' ? 'en-GB' : 'zh-CN')
  /** Days have no time zone: they are shown as they are written. */
  const shown = (day: string, style: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag(), { ...style, timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))
  const rounded = (value: number, most: number, least = 0) => new Intl.NumberFormat(tag(), { maximumFractionDigits: most, minimumFractionDigits: least }).format(value)

  return {
    /** A share between 0 and 1, such as `87.5%`. */
    rate: (value: number | null | undefined) => (value == null ? NONE : `${rounded(value * 100, 1, 1)}%`),
    /** A share that is told in percent already. */
    percent: (value: number | null | undefined) => (value == null ? NONE : `${rounded(value, 1, 1)}%`),
    /** A mean score. */
    mean: (value: number | null | undefined) => (value == null ? NONE : rounded(value, 2, 2)),
    /** A score or another figure. */
    figure: (value: number | null | undefined, digits = 2) => (value == null ? NONE : rounded(value, digits)),
    /** A moment with its year, such as `2026/11/23 09:30`. */
    moment: (at: string) => new Intl.DateTimeFormat(tag(), { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date(at)),
    /** One day, such as `11月23日`. */
    day: (day: string) => shown(day, { month: 'long', day: 'numeric' }),
    /** One day in a chart, such as `11/23`. */
    shortDay: (day: string) => shown(day, { month: 'numeric', day: 'numeric' }),
    /** A month, such as `2026年11月`. */
    month: (month: string) => shown(`${month}-01`, { year: 'numeric', month: 'long' }),
    /** From a day to another; a whole month by its name. */
    days(from: string, until: string): string {
      const style = { month: 'long', day: 'numeric' } as const
      if (from === until) return shown(from, { ...style, weekday: 'short' })
      const isMonth = from.endsWith('-01') && from.slice(0, 7) === until.slice(0, 7) && new Date(`${until}T00:00:00Z`).getTime() + 86_400_000 === Date.UTC(Number(until.slice(0, 4)), Number(until.slice(5, 7)), 1)
      if (isMonth) return shown(from, { year: 'numeric', month: 'long' })
      return t('desk.period.span', { from: shown(from, style), until: shown(until, style) })
    },
  }
}
