import type { Attempt } from '@/api/types'
import { type StoredAttempt, storage } from './storage'

/** Keeps an attempt and its paper on the phone; what the member has done on this phone stays. */
export async function keepAttempt(attempt: Attempt, member: number, title: string, rankBefore: number | null): Promise<StoredAttempt> {
  const kept = await storage()
  const before = await kept.attempt(attempt.id)
  const record: StoredAttempt =
    before?.member === member
      ? { ...before, attempt }
      : { id: attempt.id, member, title, attempt, marked: [], position: 0, submitting: false, rankBefore }
  await kept.putAttempt(record)
  return record
}

/** Attempts on this phone that can still be gone on with, or wait to be submitted. */
export async function openAttempts(member: number, now: number): Promise<StoredAttempt[]> {
  const attempts = await (await storage()).attemptsOf(member)
  const isOpen = ({ attempt, submitting }: StoredAttempt) =>
    submitting || (attempt.status === 'running' && (!attempt.deadline || Date.parse(attempt.deadline) > now))
  return attempts.filter(isOpen)
}

/** Whether answers on this phone still wait to be sent. */
export async function hasUnsent(member: number): Promise<boolean> {
  const kept = await storage()
  const attempts = await kept.attemptsOf(member)
  const answers = await Promise.all(attempts.map(({ id }) => kept.answers(id)))
  return attempts.some(({ submitting }) => submitting) || answers.flat().some(({ sent }) => !sent)
}
