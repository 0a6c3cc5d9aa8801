import { ref } from 'vue'
import { useRouter } from 'vue-router'
import { beginAttempt } from '@/api/quizzes'
import { myRank } from '@/api/ranks'
import type { Quiz } from '@/api/types'
import { keepAttempt } from '@/offline/attempts'
import { session } from '@/session/session'
import { useFailure } from './useFailure'

/** Begins a quiz, or goes on with it, and leads to the first item. */
export function useBegin() {
  const router = useRouter()
  const words = useFailure()
  const failure = ref('')
  /** The quiz that is being begun. */
  const beginning = ref<number | null>(null)

  async function begin(quiz: Pick<Quiz, 'id' | 'title'>): Promise<void> {
    const member = session.member
    if (beginning.value !== null || !member) return
    beginning.value = quiz.id
    failure.value = ''
    try {
      // Where the member stood before, to tell afterwards how far this has moved them; not worth a failure.
      const before = myRank({ period: 'month' }, member.unit.id).catch(() => null)
      const attempt = await beginAttempt(quiz.id)
      await keepAttempt(attempt, member.id, quiz.title, (await before)?.rank ?? null)
      await router.push({ name: 'attempt', params: { id: attempt.id } })
    } catch (thrown) {
      failure.value = words(thrown)
    } finally {
      beginning.value = null
    }
  }

  return { begin, beginning, failure }
}
