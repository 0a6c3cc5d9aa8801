import { onUnmounted, ref, shallowRef, watch } from 'vue'
import { checkQuiz } from '@/api/desk/quizzes'
import type { NewQuiz, QuizCheck } from '@/api/desk/types'

/** How long typing rests before the bank is asked, in milliseconds. */
const REST_MS = 350

/** What the bank can fill, asked again whenever the paper changes. */
export function useQuizCheck(quiz: () => NewQuiz) {
  const check = shallowRef<QuizCheck | null>(null)
  const asking = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let turn = 0

  async function ask(wanted: NewQuiz): Promise<void> {
    const mine = (turn += 1)
    if (!wanted.bank) return
    try {
      const answer = await checkQuiz(wanted)
      if (mine === turn) check.value = answer
    } catch {
      // Saving tells what is wrong; until then nothing is claimed.
      if (mine === turn) check.value = null
    } finally {
      if (mine === turn) asking.value = false
    }
  }

  watch(
    () => JSON.stringify(quiz()),
    (wanted) => {
      asking.value = true
      clearTimeout(timer)
      timer = setTimeout(() => void ask(JSON.parse(wanted) as NewQuiz), REST_MS)
    },
    { immediate: true },
  )
  onUnmounted(() => {
    turn += 1
    clearTimeout(timer)
  })
  return { check, asking }
}
