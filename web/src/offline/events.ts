import { asFailure } from '@/api/failure'
import { serverClock } from './clock'
import type { Storage, StoredEvent } from './storage'

/** The call that tells of a page that was left; it may be repeated. */
export interface EventCarrier {
  report(attempt: string, events: { kind: StoredEvent['kind']; report: number; ms_ago: number }[]): Promise<void>
}

/** Most that the server takes at once. */
const MOST = 100
/** Numbers of reports are below this: whole numbers are exact up to there. */
const REPORTS_BELOW = 2 ** 53 - 1

/** Notes on the phone that the paper was left or looked at again. It hurries nothing and holds nothing up. */
export async function noteEvent(storage: Storage, attempt: string, kind: StoredEvent['kind']): Promise<void> {
  const report = 1 + Math.floor(Math.random() * REPORTS_BELOW)
  await storage.putEvent({ report, attempt, kind, at: serverClock.now() })
}

/** Tells the server what the phone has noted; what cannot be told now stays for the next time. */
export async function tellEvents(storage: Storage, carrier: EventCarrier, attempt: string): Promise<void> {
  const noted = (await storage.events(attempt)).sort((a, b) => a.at - b.at)
  for (let first = 0; first < noted.length; first += MOST) {
    const some = noted.slice(first, first + MOST)
    const now = serverClock.now()
    const events = some.map(({ kind, report, at }) => ({ kind, report, ms_ago: Math.max(0, Math.round(now - at)) }))
    try {
      await carrier.report(attempt, events)
    } catch (thrown) {
      // What the server refuses it will refuse again.
      if (asFailure(thrown).kind !== 'refused') return
    }
    await storage.dropEvents(some.map(({ report }) => report))
  }
}
