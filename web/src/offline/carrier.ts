import { api, get } from '@/api/client'
import type { EventCarrier } from './events'
import type { Carrier } from './queue'

/** Carries answers over the API. */
export const carrier: Carrier = {
  async save(id, answers) {
    // Goes on when the page is closed meanwhile.
    await get(api.PUT('/api/v1/attempts/{id}/answers', { params: { path: { id } }, body: { answers }, keepalive: true }))
  },
  submit(id, answers) {
    return get(api.POST('/api/v1/attempts/{id}/submit', { params: { path: { id } }, body: { answers } }))
  },
}

/** Carries what happened to the page. */
export const eventCarrier: EventCarrier = {
  async report(id, events) {
    // Goes on when the page is closed meanwhile.
    await get(api.POST('/api/v1/attempts/{id}/events', { params: { path: { id } }, body: { events }, keepalive: true }))
  },
}
