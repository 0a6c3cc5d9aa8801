import { api, get } from '@/api/client'
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
