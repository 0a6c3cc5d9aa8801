import { computed, onMounted, onUnmounted, reactive, ref, shallowRef, triggerRef } from 'vue'
import { asFailure } from '@/api/failure'
import { getAttempt } from '@/api/quizzes'
import type { Attempt } from '@/api/types'
import { keepAttempt } from '@/offline/attempts'
import { carrier, eventCarrier } from '@/offline/carrier'
import { serverClock } from '@/offline/clock'
import { noteEvent, tellEvents } from '@/offline/events'
import { onScreen } from '@/offline/leftovers'
import { AnswerQueue } from '@/offline/queue'
import { storage, type StoredAttempt } from '@/offline/storage'
import { session } from '@/session/session'
import { onArrivalWhileMounted } from './useArrival'

/** Why an attempt is over. */
export type Ending = 'submitted' | 'expired' | 'other-device'
/** Why there is nothing to show. */
export type Absence = 'gone' | 'away' | 'signed-out'

/**
 * An attempt on the screen. What the phone has is shown at once; the server is heard as soon as it can be, and again
 * whenever the page is looked at, for the phone may have slept and another device may have answered.
 */
export function useAttempt(id: string, ended: (ending: Ending, late: number[]) => void) {
  const record = shallowRef<StoredAttempt | null>(null)
  const absence = ref<Absence | null>(null)
  const queue = shallowRef<AnswerQueue | null>(null)
  const marked = reactive(new Set<number>())
  /** The member has submitted, or the time is up: nothing can be changed any more. */
  const submitting = ref(false)
  let here = true

  const items = computed(() => record.value?.attempt.questions ?? [])
  const deadline = computed(() => {
    const at = record.value?.attempt.deadline
    return at ? Date.parse(at) : null
  })

  async function open(): Promise<void> {
    onScreen.attempt = id
    const kept = await storage()
    const found = await kept.attempt(id)
    if (found && found.member === session.member?.id) await show(found, null)
    await hear()
    if (!queue.value && !absence.value) absence.value = 'away'
    if (record.value?.submitting) submit()
  }

  async function show(found: StoredAttempt, attempt: Attempt | null): Promise<void> {
    record.value = found
    for (const no of found.marked) marked.add(no)
    const opened = new AnswerQueue(id, await storage(), carrier, () => {
      triggerRef(queue)
      if (opened.state === 'closed' && here) void over()
    })
    await opened.open(attempt?.answers ?? null, found.attempt.answers)
    queue.value = opened
    if (opened.pending().length > 0) opened.wake()
  }

  /** Asks the server how the attempt stands. */
  async function hear(): Promise<void> {
    const member = session.member
    if (!member || !here) return
    try {
      const attempt = await getAttempt(id)
      if (!here) return
      absence.value = null
      const found = await keepAttempt(attempt, member.id, record.value?.title ?? '', null)
      if (attempt.status !== 'running') return await finish(attempt)
      if (queue.value) queue.value.mergeServer(attempt.answers)
      else await show(found, attempt)
      record.value = { ...found, position: record.value?.position ?? found.position }
      queue.value?.wake()
    } catch (thrown) {
      if (queue.value && queue.value.state !== 'closed') return
      const { kind } = asFailure(thrown)
      absence.value = kind === 'refused' ? 'gone' : kind === 'signed-out' ? 'signed-out' : 'away'
    }
  }

  /** The attempt was found over: tells why. */
  async function finish(attempt: Attempt): Promise<void> {
    if (!here) return
    here = false
    const waits = queue.value?.pending().map(({ no }) => no) ?? []
    const late = [...(queue.value?.late ?? []), ...waits]
    queue.value?.close()
    // Answers that came too late are not sent again.
    const kept = await storage()
    await kept.putAnswers(waits.map((no) => ({ attempt: id, no, answer: queue.value?.answer(no) ?? [], sent: true })))
    await keep({ submitting: false, attempt })
    const submittedAt = Date.parse(attempt.result?.submitted_at ?? '')
    const byDeadline = deadline.value !== null && submittedAt >= deadline.value
    ended(submitting.value ? 'submitted' : byDeadline ? 'expired' : 'other-device', late)
  }

  /** The queue has learnt that it is over. */
  async function over(): Promise<void> {
    if (queue.value?.result) {
      here = false
      await keep({ submitting: false })
      ended('submitted', queue.value.late)
      return
    }
    await hear()
  }

  async function keep(change: Partial<StoredAttempt>): Promise<void> {
    if (!record.value) return
    record.value = { ...record.value, ...change, marked: [...marked] }
    await (await storage()).putAttempt(record.value)
  }

  function toggleMark(no: number): void {
    if (!marked.delete(no)) marked.add(no)
    void keep({})
  }

  function submit(): void {
    submitting.value = true
    void keep({ submitting: true })
    queue.value?.submit()
  }

  /** Tells that the paper was left or looked at again, where the quiz records it. */
  async function note(): Promise<void> {
    if (!record.value?.attempt.events_recorded || submitting.value || !here) return
    const kept = await storage()
    await noteEvent(kept, id, document.visibilityState === 'visible' ? 'came_back' : 'left_page')
    await tellEvents(kept, eventCarrier, id)
  }

  const wake = () => {
    void note()
    if (document.visibilityState === 'visible') void hear()
  }
  /** A phone whose clocks have gone apart has slept, or was set anew. */
  const watchClock = setInterval(() => {
    if (serverClock.isDoubtful() && document.visibilityState === 'visible') void hear()
  }, 5_000)

  onMounted(() => {
    document.addEventListener('visibilitychange', wake)
    void open()
  })
  onArrivalWhileMounted(() => void hear())
  onUnmounted(() => {
    here = false
    clearInterval(watchClock)
    document.removeEventListener('visibilitychange', wake)
    queue.value?.close()
    if (onScreen.attempt === id) onScreen.attempt = null
  })

  return { record, items, deadline, queue, marked, absence, submitting, toggleMark, submit, keep, hear }
}
