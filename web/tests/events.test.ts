import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, it } from 'vitest'
import { Failure } from '@/api/failure'
import { serverClock } from '@/offline/clock'
import { type EventCarrier, noteEvent, tellEvents } from '@/offline/events'
import { IndexedStorage, MemoryStorage, type Storage } from '@/offline/storage'

const ATTEMPT = '0190cafe-0000-7000-8000-000000000000'
const OTHER = '0190cafe-0000-7000-8000-000000000001'
type Sent = Parameters<EventCarrier['report']>[1]

/** A server that does as the test says, and remembers what it was told. */
class FakeServer implements EventCarrier {
  told: Sent[] = []
  failures: Failure[] = []

  async report(_: string, events: Sent) {
    this.told.push(events)
    const failure = this.failures.shift()
    if (failure) throw failure
  }
}

let count = 0
describe.each([
  ['the browser database', () => IndexedStorage.open(`events-${++count}`)],
  ['the memory', async () => new MemoryStorage()],
] as [string, () => Promise<Storage>][])('events in %s', (_, open) => {
  let storage: Storage
  let server: FakeServer
  beforeEach(async () => {
    storage = await open()
    server = new FakeServer()
  })

  it('are told once, in their order, by how long ago they were', async () => {
    await storage.putEvent({ report: 2, attempt: ATTEMPT, kind: 'came_back', at: serverClock.now() - 1_000 })
    await storage.putEvent({ report: 1, attempt: ATTEMPT, kind: 'left_page', at: serverClock.now() - 5_000 })
    await storage.putEvent({ report: 3, attempt: OTHER, kind: 'left_page', at: serverClock.now() })
    await tellEvents(storage, server, ATTEMPT)
    expect(server.told[0]?.map(({ report }) => report)).toEqual([1, 2])
    expect(server.told[0]?.[0]?.ms_ago).toBeGreaterThanOrEqual(5_000)
    await tellEvents(storage, server, ATTEMPT)
    expect(server.told).toHaveLength(1)
    expect(await storage.events(OTHER)).toHaveLength(1)
  })

  it('stay while the network is away or the server is busy, under the same numbers', async () => {
    await noteEvent(storage, ATTEMPT, 'left_page')
    server.failures = [new Failure(0), new Failure(503)]
    for (let turn = 0; turn < 3; turn += 1) await tellEvents(storage, server, ATTEMPT)
    const numbers = server.told.map((events) => events[0]?.report)
    expect(new Set(numbers).size).toBe(1)
    expect(numbers).toHaveLength(3)
    expect(await storage.events(ATTEMPT)).toEqual([])
  })

  it('are given up when the server refuses them', async () => {
    await noteEvent(storage, ATTEMPT, 'left_page')
    server.failures = [new Failure(422, { type: '/problems/invalid-fields' })]
    await tellEvents(storage, server, ATTEMPT)
    expect(await storage.events(ATTEMPT)).toEqual([])
  })

  it('go a hundred at a time, and with their attempt', async () => {
    for (let report = 1; report <= 150; report += 1) await storage.putEvent({ report, attempt: ATTEMPT, kind: 'left_page', at: serverClock.now() })
    await tellEvents(storage, server, ATTEMPT)
    expect(server.told.map((events) => events.length)).toEqual([100, 50])
    await noteEvent(storage, ATTEMPT, 'left_page')
    await storage.drop(ATTEMPT)
    expect(await storage.events(ATTEMPT)).toEqual([])
  })
})
