import { onArrival, session } from '@/session/session'
import { carrier, eventCarrier } from './carrier'
import { tellEvents } from './events'
import { AnswerQueue } from './queue'
import { storage } from './storage'

/** The attempt on the screen: it sends its answers itself. */
export const onScreen = { attempt: null as string | null }

/** Kept this long after the deadline, in milliseconds, for a review without network. */
const KEPT_MS = 24 * 3_600_000

/** Sends what earlier visits have left on the phone, and forgets attempts that are long over. */
async function deliver(): Promise<void> {
  const member = session.member?.id
  if (member === undefined) return
  const kept = await storage()
  for (const { id, attempt, submitting } of await kept.attemptsOf(member)) {
    if (id === onScreen.attempt) continue
    await tellEvents(kept, eventCarrier, id)
    const queue = new AnswerQueue(id, kept, carrier)
    await queue.open(null)
    const waits = queue.pending().length > 0
    if (submitting) queue.submit()
    else if (waits) queue.wake()
    else if (attempt.deadline && Date.parse(attempt.deadline) + KEPT_MS < Date.now()) await kept.drop(id)
  }
}

/** From now on, whatever was left is sent at each login and each return of the network. */
export function deliverLeftovers(): void {
  onArrival(() => void deliver())
  addEventListener('online', () => void deliver())
  if (session.status === 'in') void deliver()
}
