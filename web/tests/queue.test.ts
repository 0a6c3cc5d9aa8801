import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, it } from 'vitest'
import { Failure } from '@/api/failure'
import type { Answer, AttemptResult } from '@/api/types'
import { AnswerQueue, type Carrier, type Surroundings } from '@/offline/queue'
import { IndexedStorage, MemoryStorage, type Storage } from '@/offline/storage'

const ATTEMPT = '0190cafe-0000-7000-8000-000000000000'
const RESULT = { attempt_id: ATTEMPT, score: 8, max_score: 10 } as AttemptResult
const closed = () => new Failure(409, { type: '/problems/attempt-closed' })

/** A server that does as the test says, and remembers what it was sent. */
class FakeServer implements Carrier {
  saved: Answer[][] = []
  submitted: Answer[][] = []
  /** What the next calls fail with; then they succeed. */
  failures: (Failure | Error)[] = []
  /** While set, calls are not answered before it is. */
  gate: Promise<void> | null = null

  private async answer() {
    await this.gate
    const failure = this.failures.shift()
    if (failure) throw failure
  }

  async save(_: string, answers: Answer[]) {
    this.saved.push(answers)
    await this.answer()
  }

  async submit(_: string, answers: Answer[]) {
    this.submitted.push(answers)
    await this.answer()
    return RESULT
  }
}

/** Waiting that passes when the test says so. */
class Time implements Surroundings {
  waits: { ms: number; callback: () => void }[] = []
  random = () => 1
  private ms = 0

  now() {
    return this.ms
  }

  after(ms: number, callback: () => void) {
    const wait = { ms, callback }
    this.waits.push(wait)
    return () => {
      this.waits = this.waits.filter((other) => other !== wait)
    }
  }

  /** Lets everything that waits happen, and all that follows from it at once. */
  async passes() {
    const due = this.waits.splice(0)
    this.ms += Math.max(0, ...due.map(({ ms }) => ms))
    for (const { callback } of due) callback()
    await settled()
    return due.map(({ ms }) => ms)
  }
}

async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0))
}

let database = 0

describe.each([
  ['IndexedDB', () => IndexedStorage.open(`test-${(database += 1)}`)],
  ['memory', async () => new MemoryStorage()],
])('the queue of answers, kept in %s', (_, open: () => Promise<Storage>) => {
  let storage: Storage
  let server: FakeServer
  let time: Time
  let states: string[]

  async function queueOf(fromServer: Answer[] | null = []) {
    const queue: AnswerQueue = new AnswerQueue(ATTEMPT, storage, server, () => states.push(queue.state), time)
    await queue.open(fromServer)
    return queue
  }

  beforeEach(async () => {
    ;[storage, server, time, states] = [await open(), new FakeServer(), new Time(), []]
  })

  it('keeps an answer on the phone before it sends it', async () => {
    const queue = await queueOf()
    await queue.record(1, ['A'])
    expect(await storage.answers(ATTEMPT)).toEqual([{ attempt: ATTEMPT, no: 1, answer: ['A'], sent: false }])
    expect(server.saved).toEqual([])
    expect(queue.state).toBe('sending')
    await time.passes()
    expect(server.saved).toEqual([[{ no: 1, answer: ['A'] }]])
    expect(queue.state).toBe('saved')
    expect(await storage.answers(ATTEMPT)).toEqual([{ attempt: ATTEMPT, no: 1, answer: ['A'], sent: true }])
  })

  it('sends what has gathered in one call, and of each item only the last answer', async () => {
    const queue = await queueOf()
    for (const [no, letter] of [[1, 'A'], [2, 'B'], [1, 'C'], [3, 'D']] as const) await queue.record(no, [letter])
    await time.passes()
    expect(server.saved).toEqual([[{ no: 1, answer: ['C'] }, { no: 2, answer: ['B'] }, { no: 3, answer: ['D'] }]])
  })

  it('sends an answer again that was overtaken while it was on its way', async () => {
    const queue = await queueOf()
    let answer = () => {}
    server.gate = new Promise((resolve) => (answer = resolve))
    await queue.record(1, ['A'])
    await time.passes()
    await queue.record(1, ['B'])
    answer()
    server.gate = null
    await settled()
    expect(server.saved).toEqual([[{ no: 1, answer: ['A'] }], [{ no: 1, answer: ['B'] }]])
    expect(queue.state).toBe('saved')
    expect(queue.pending()).toEqual([])
  })

  it('waits longer each time while the network is away, and never more than half a minute', async () => {
    const queue = await queueOf()
    server.failures = Array.from({ length: 8 }, () => new TypeError('Failed to fetch'))
    await queue.record(1, ['A'])
    const waits: number[] = []
    for (let turn = 0; turn < 8; turn += 1) {
      waits.push(...(await time.passes()))
      expect(queue.state).toBe('waiting')
    }
    waits.push(...(await time.passes()))
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    expect(queue.state).toBe('saved')
  })

  it('goes on gathering answers while it waits, without trying at each', async () => {
    const queue = await queueOf()
    server.failures = [new TypeError('Failed to fetch')]
    await queue.record(1, ['A'])
    await time.passes()
    await queue.record(2, ['B'])
    expect(time.waits.map(({ ms }) => ms)).toEqual([1000])
    expect(queue.state).toBe('waiting')
    queue.wake()
    await time.passes()
    expect(server.saved[1]).toEqual([{ no: 1, answer: ['A'] }, { no: 2, answer: ['B'] }])
    expect(queue.state).toBe('saved')
  })

  it('leaves a busy server alone for as long as it asks', async () => {
    const queue = await queueOf()
    server.failures = [new Failure(429, {}, 7_000), new Failure(503, {}, 1_000)]
    await queue.record(1, ['A'])
    await time.passes()
    expect(queue.state).toBe('busy')
    expect(await time.passes()).toEqual([7_000])
    expect(queue.state).toBe('busy')
    expect(await time.passes()).toEqual([2_000])
    expect(queue.state).toBe('saved')
  })

  it('leaves it alone also when the member submits or looks at the page again meanwhile', async () => {
    const queue = await queueOf()
    server.failures = [new Failure(503, {}, 7_000)]
    await queue.record(1, ['A'])
    await time.passes()
    queue.wake()
    queue.submit()
    expect(await time.passes()).toEqual([7_000])
    expect(server.submitted).toEqual([[{ no: 1, answer: ['A'] }]])
    expect(queue.state).toBe('closed')
  })

  it('keeps everything when the session is over, and goes on after the login', async () => {
    const queue = await queueOf()
    server.failures = [new Failure(401, { type: '/problems/unauthenticated' })]
    await queue.record(1, ['A'])
    await time.passes()
    expect(queue.state).toBe('signed-out')
    expect(time.waits).toEqual([])
    expect(queue.pending()).toEqual([{ no: 1, answer: ['A'] }])
    queue.wake()
    await time.passes()
    expect(queue.state).toBe('saved')
  })

  it('takes up after a killed app what it had not sent', async () => {
    const before = await queueOf()
    server.failures = [new TypeError('Failed to fetch')]
    await before.record(2, ['C'])
    await time.passes()
    before.close()
    const after = await queueOf(null)
    expect(after.state).toBe('waiting')
    expect(after.answer(2)).toEqual(['C'])
    after.wake()
    await time.passes()
    expect(server.saved[1]).toEqual([{ no: 2, answer: ['C'] }])
    expect(after.state).toBe('saved')
  })

  it('shows what another device has answered, but not over what still waits here', async () => {
    const queue = await queueOf([{ no: 1, answer: ['A'] }])
    await queue.record(1, ['B'])
    await time.passes()
    server.failures = [new TypeError('Failed to fetch')]
    await queue.record(2, ['C'])
    await time.passes()
    queue.mergeServer([{ no: 1, answer: ['D'] }, { no: 2, answer: ['A'] }, { no: 3, answer: ['true'] }])
    expect([1, 2, 3].map((no) => queue.answer(no))).toEqual([['D'], ['C'], ['true']])
    queue.close()
    const reopened = await queueOf([{ no: 1, answer: ['D'] }, { no: 3, answer: ['true'] }])
    expect([1, 2, 3].map((no) => reopened.answer(no))).toEqual([['D'], ['C'], ['true']])
  })

  it('forgets what another device has taken back', async () => {
    const queue = await queueOf([{ no: 1, answer: ['A'] }])
    queue.mergeServer([])
    expect(queue.answer(1)).toEqual([])
  })

  it('submits with what still waits, again and again until it is counted', async () => {
    const queue = await queueOf()
    server.failures = [new TypeError('Failed to fetch'), new TypeError('Failed to fetch')]
    await queue.record(1, ['A'])
    await time.passes()
    queue.submit()
    await time.passes()
    expect(queue.result).toBeNull()
    expect(queue.state).toBe('waiting')
    await time.passes()
    expect(server.submitted).toEqual([[{ no: 1, answer: ['A'] }], [{ no: 1, answer: ['A'] }]])
    expect(queue.result).toEqual(RESULT)
    expect(queue.state).toBe('closed')
    expect(queue.pending()).toEqual([])
  })

  it('gets the result that stands when its answers come after the deadline, and tells which were late', async () => {
    const queue = await queueOf()
    server.failures = [closed()]
    await queue.record(4, ['A'])
    queue.submit()
    await time.passes()
    expect(server.submitted).toEqual([[{ no: 4, answer: ['A'] }], []])
    expect(queue.result).toEqual(RESULT)
    expect(queue.late).toEqual([4])
  })

  it('stops when the attempt is over, and tells which answers came too late', async () => {
    const queue = await queueOf()
    server.failures = [closed()]
    await queue.record(2, ['A'])
    await queue.record(5, ['B'])
    await time.passes()
    expect(queue.state).toBe('closed')
    expect(queue.late).toEqual([2, 5])
    expect(time.waits).toEqual([])
  })

  it('puts aside an answer that the server cannot take, and sends the others', async () => {
    const queue = await queueOf()
    server.failures = [new Failure(422, { type: '/problems/invalid-fields', errors: [{ pointer: '/answers/1/answer', detail: '' }] })]
    await queue.record(1, ['A'])
    await queue.record(2, ['Z'])
    await time.passes()
    expect(server.saved[1]).toEqual([{ no: 1, answer: ['A'] }])
    expect(queue.late).toEqual([2])
    expect(queue.state).toBe('saved')
  })

  it('never says that all is saved while an answer waits', async () => {
    const queue = await queueOf()
    const lies: string[] = []
    const watched = new AnswerQueue(ATTEMPT, storage, server, () => {
      if (watched.state === 'saved' && watched.pending().length > 0) lies.push(JSON.stringify(watched.pending()))
    }, time)
    queue.close()
    await watched.open([])
    server.failures = [new TypeError('Failed to fetch'), new Failure(503), closed()]
    for (const no of [1, 2, 3]) {
      await watched.record(no, ['A'])
      await time.passes()
    }
    expect(lies).toEqual([])
  })
})
