import createClient from 'openapi-fetch'
import { failureOf } from './failure'
import type { paths } from './schema'

/** Longest that an answer is waited for, in milliseconds. */
const PATIENCE_MS = 15_000

/** What the client asks of the session; the session sets itself in here, so that neither imports the other in a ring. */
export const access = {
  /** The access token; in memory only. */
  token: null as string | null,
  /** Brings a new token; false when there is none to be had. */
  renew: async (): Promise<boolean> => false,
  /** The language that the member reads. */
  language: 'zh',
}

async function send(request: Request): Promise<Response> {
  const headers = new Headers(request.headers)
  headers.set('Accept-Language', access.language)
  if (access.token) headers.set('Authorization', `Bearer ${access.token}`)
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS)
  try {
    return await fetch(new Request(request, { headers, signal: patience.signal }))
  } finally {
    clearTimeout(timer)
  }
}

/** Sends with the access token; when that is over, renews it once and sends again. */
async function authorized(request: Request): Promise<Response> {
  const own = request.url.includes('/auth/')
  const again = request.clone()
  const used = access.token
  const response = await send(request)
  if (response.status !== 401 || own) return response
  const renewed = (access.token !== null && access.token !== used) || (await access.renew())
  return renewed ? send(again) : response
}

/** The typed client of the API. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: authorized })

/** The answer of a call, or a `Failure` thrown. */
export async function get<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call
  if (!response.ok) throw failureOf(response, error)
  return data as T
}
