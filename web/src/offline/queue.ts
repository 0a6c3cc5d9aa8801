import { asFailure, type Failure } from '@/api/failure'
import type { Answer, AttemptResult } from '@/api/types'
import type { Storage, StoredAnswer } from './storage'

/** Where the answers are. */
export type QueueState =
  /** The server has all of them. */
  | 'saved'
  /** On their way. */
  | 'sending'
  /** On the phone; the network is away. */
  | 'waiting'
  /** On the phone; the server is busy. */
  | 'busy'
  /** On the phone; the member has to log in again. */
  | 'signed-out'
  /** The attempt is over: by its deadline, or on another device. */
  | 'closed'

/** The two calls that carry answers. Both may be repeated: the server keeps the last answer, and counts once. */
export interface Carrier {
  save(attempt: string, answers: Answer[]): Promise<void>
  submit(attempt: string, answers: Answer[]): Promise<AttemptResult>
}

/** Time, waiting and chance, so that tests need none. */
export interface Surroundings {
  /** Milliseconds that only ever grow. */
  now(): number
  after(ms: number, callback: () => void): () => void
  /** From 0 to 1. */
  random(): number
}

export const surroundings: Surroundings = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}

/** First and longest wait between two tries, in milliseconds. */
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000

interface Entry extends Answer {
  sent: boolean
  /** Which of the member's answers to this item it is: what is sent may be overtaken while it is on its way. */
  version: number
}

/**
 * The answers of one attempt. Each is kept on the phone before anything else, and sent as soon as it can be; what
 * was not sent yet goes together in one call. Nothing is forgotten before the server has said that it has it.
 */
export class AnswerQueue {
  state: QueueState = 'saved'
  /** Items whose answers came too late to count. */
  late: number[] = []
  result: AttemptResult | null = null

  private readonly entries = new Map<number, Entry>()
  private running = false
  private failures = 0
  /** The server has asked to be left alone until then. */
  private notBefore = 0
  private wanted = false
  private cancelWait: (() => void) | null = null
  private ended = false

  constructor(
    private readonly attempt: string,
    private readonly storage: Storage,
    private readonly carrier: Carrier,
    private readonly changed: () => void = () => {},
    private readonly around: Surroundings = surroundings,
  ) {}

  /**
   * Takes up what the phone has kept, over what the server has; while that is not known, over what it had when the
   * phone last heard of it (`earlier`).
   */
  async open(fromServer: Answer[] | null, earlier: Answer[] = []): Promise<void> {
    const kept = await this.storage.answers(this.attempt)
    this.mergeServer(fromServer ?? earlier)
    for (const { no, answer, sent } of kept) {
      // What the server has is newer than what it was sent earlier, perhaps from another device.
      if (!sent || !fromServer) this.entries.set(no, { no, answer, sent, version: 0 })
    }
    this.show(this.pending().length > 0 ? 'waiting' : this.state)
  }

  /** The server's answers, where the phone has none that still wait. */
  mergeServer(fromServer: Answer[]): void {
    const there = new Set(fromServer.map(({ no }) => no))
    for (const { no, answer } of fromServer) {
      const own = this.entries.get(no)
      if (!own || own.sent) this.entries.set(no, { no, answer, sent: true, version: own?.version ?? 0 })
    }
    // Taken back on another device.
    for (const [no, own] of this.entries) if (own.sent && !there.has(no)) this.entries.delete(no)
    this.changed()
  }

  answer(no: number): string[] {
    return this.entries.get(no)?.answer ?? []
  }

  /** Items that still wait to be sent. */
  pending(): Answer[] {
    return [...this.entries.values()].filter((entry) => !entry.sent).map(({ no, answer }) => ({ no, answer }))
  }

  /** Keeps an answer on the phone, and sends it after `settleMs` without another. */
  async record(no: number, answer: string[], settleMs = 0): Promise<void> {
    const version = (this.entries.get(no)?.version ?? 0) + 1
    this.entries.set(no, { no, answer, sent: false, version })
    // Said before it is on its way, so that no screen says "saved" of an answer that is not.
    if (this.state === 'saved') this.show('sending')
    this.changed()
    await this.storage.putAnswers([{ attempt: this.attempt, no, answer, sent: false }])
    if (this.failures === 0) this.wait(settleMs)
  }

  /**
   * Tries at once, or as soon as a busy server allows: the network is back, the member has logged in again, the page
   * is looked at.
   */
  wake(): void {
    if (this.ended) return
    this.failures = 0
    this.wait(Math.max(0, this.notBefore - this.around.now()))
  }

  /** Submits, as soon as it can be done; the wish outlives a reload. */
  submit(): void {
    this.wanted = true
    this.wake()
  }

  /** Ends the tries; what waits stays on the phone. */
  close(): void {
    this.ended = true
    this.cancelWait?.()
  }

  private wait(ms: number): void {
    this.cancelWait?.()
    this.cancelWait = this.around.after(ms, () => void this.run())
  }

  private async run(): Promise<void> {
    this.cancelWait = null
    if (this.running || this.ended) return
    this.running = true
    try {
      while (!this.ended && (this.wanted || this.pending().length > 0)) {
        this.show('sending')
        const done = await this.carry()
        if (!done) return
      }
      if (!this.ended) this.show('saved')
    } finally {
      this.running = false
    }
  }

  /** One call; false when the next has to wait for something. */
  private async carry(): Promise<boolean> {
    const batch = [...this.entries.values()].filter((entry) => !entry.sent).map((entry) => ({ ...entry }))
    const answers = batch.map(({ no, answer }) => ({ no, answer }))
    try {
      if (this.wanted) {
        this.result = await this.carrier.submit(this.attempt, answers)
        this.finish()
      } else {
        await this.carrier.save(this.attempt, answers)
      }
      this.failures = 0
      await this.settle(batch)
      return true
    } catch (thrown) {
      return this.fail(asFailure(thrown), batch)
    }
  }

  /** Notes what the server has. */
  private async settle(batch: Entry[]): Promise<void> {
    const stored: StoredAnswer[] = []
    for (const { no, answer, version } of batch) {
      const own = this.entries.get(no)
      if (own?.version !== version) continue
      own.sent = true
      stored.push({ attempt: this.attempt, no, answer, sent: true })
    }
    await this.storage.putAnswers(stored)
    this.changed()
  }

  private async fail(failure: Failure, batch: Entry[]): Promise<boolean> {
    if (failure.kind === 'away' || failure.kind === 'busy') {
      this.show(failure.kind === 'away' ? 'waiting' : 'busy')
      this.notBefore = this.around.now() + (failure.retryAfterMs ?? 0)
      this.wait(this.nextWait(failure.retryAfterMs))
      return false
    }
    if (failure.kind === 'signed-out' || failure.problem === 'password-change-required') {
      this.show('signed-out')
      return false
    }
    if (failure.problem === 'attempt-closed') {
      await this.miss(batch)
      // Without new answers the server gives the result that stands.
      if (this.wanted) return true
      this.finish()
      return false
    }
    if (failure.status === 422) {
      const named = failure.errors.map(({ pointer }) => batch[Number(pointer.split('/')[2])])
      const refused = named.filter((entry) => entry !== undefined)
      await this.miss(refused.length > 0 ? refused : batch)
      return true
    }
    // Another member's attempt, or one that is no more: nothing to be done from here.
    this.finish()
    return false
  }

  /** Answers that the server does not take: told to the member, and not sent again. */
  private async miss(batch: Entry[]): Promise<void> {
    this.late = [...new Set([...this.late, ...batch.map(({ no }) => no)])].sort((a, b) => a - b)
    await this.settle(batch)
  }

  private nextWait(retryAfterMs: number | null): number {
    const doubled = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures)
    this.failures += 1
    // Spread, so that a hall of phones does not come back in the same instant.
    return Math.max(retryAfterMs ?? 0, doubled * (0.5 + this.around.random() / 2))
  }

  private finish(): void {
    this.wanted = false
    this.ended = true
    this.show('closed')
  }

  private show(state: QueueState): void {
    this.state = state
    this.changed()
  }
}
