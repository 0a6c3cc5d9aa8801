import { api, get } from './client'
import { type Download, fileOf } from './download'

/** Everything that the system holds about the member. @throws Failure */
export async function getOwnData(): Promise<Download> {
  const call = await api.GET('/api/v1/me/data', { parseAs: 'blob' })
  return fileOf(call.response, await get(Promise.resolve(call)), 'qianti-my-data.json')
}
