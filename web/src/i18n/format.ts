import { useI18n } from 'vue-i18n'

/** Times and numbers as the member reads them. */
export function useFormat() {
  const { t, locale } = useI18n()
  const tag = () => (locale.value === 'en' ? 'en-GB' : 'zh-CN')
  return {
    /** A span of time, in the two units that matter. */
    span(ms: number): string {
      const seconds = Math.max(0, Math.floor(ms / 1000))
      const [d, h, m, s] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
      if (d > 0) return t('time.days', { d, h })
      if (h > 0) return t('time.hours', { h, m })
      return m > 0 ? t('time.minutes', { m, s }) : t('time.seconds', { s })
    },
    /** Day and time of day. */
    moment(at: string): string {
      const style = { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false } as const
      return new Intl.DateTimeFormat(tag(), style).format(new Date(at))
    },
    /** Time of day. */
    clock(at: string): string {
      return new Intl.DateTimeFormat(tag(), { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(new Date(at))
    },
  }
}

/** A countdown as a clock shows it: `9:05`, `1:02:03`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
