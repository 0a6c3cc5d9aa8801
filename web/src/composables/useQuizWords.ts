import { useI18n } from 'vue-i18n'
import type { Quiz } from '@/api/types'

/** What is said of a quiz. */
export function useQuizWords() {
  const { t } = useI18n()

  function limit(seconds: number | null | undefined): string {
    if (!seconds) return t('home.noLimit')
    return seconds < 60 ? t('home.seconds', { count: seconds }) : t('home.minutes', { count: Math.round(seconds / 60) })
  }

  return {
    /** How many items, and how long. */
    about: (quiz: Quiz) => t('home.about', { total: quiz.total, minutes: limit(quiz.duration_seconds) }, quiz.total),
  }
}
