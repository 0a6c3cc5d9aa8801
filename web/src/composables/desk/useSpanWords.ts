import { computed, type Ref, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { getQuiz } from '@/api/quizzes'
import { bounds, type Span, today } from './spans'
import { useDeskFormat } from './useDeskFormat'

/** What a span is called: the title of the quiz, or the days. */
export function useSpanWords(span: Ref<Span>) {
  const { t } = useI18n()
  const { days } = useDeskFormat()
  const title = ref('')
  watch(
    () => ('quiz' in span.value ? span.value.quiz : null),
    async (quiz) => {
      title.value = ''
      if (quiz === null) return
      // Without its title it is still told from a period.
      const found = await getQuiz(quiz).catch(() => null)
      if ('quiz' in span.value && span.value.quiz === quiz) title.value = found?.title ?? ''
    },
    { immediate: true },
  )
  return computed(() => {
    const now = span.value
    if ('quiz' in now) return title.value ? t('desk.period.titled', { title: title.value }) : t('desk.period.thisQuiz')
    if (now.period === 'all') return t('desk.period.all')
    const { from, until } = bounds(now.period, now.on ?? today())
    return days(from, until)
  })
}
