import { reactive, readonly } from 'vue'
import { access, api, get } from '@/api/client'
import { Failure, asFailure } from '@/api/failure'
import type { Me } from '@/api/types'

/** Who was last logged in on this phone: a name and an id, never a token. */
const LAST_MEMBER = 'qianti.member'
/** Proves to the server that the call comes from a page of its own (a form of another site cannot set it). */
const OWN_PAGE = { 'X-Requested-With': 'qianti' }

interface State {
  /** `away`: the server cannot be reached, and the member of the last time is shown what is on the phone. */
  status: 'starting' | 'in' | 'out' | 'away'
  member: Me | null
}

const state = reactive<State>({ status: 'starting', member: lastMember() })
/** Whoever waits for the session to be there again. */
const arrivals = new Set<() => void>()

export const session = readonly(state) as Readonly<State>

/** Calls back at each login and each return of the server; the answer ends it. */
export function onArrival(callback: () => void): () => void {
  arrivals.add(callback)
  return () => arrivals.delete(callback)
}

function lastMember(): Me | null {
  try {
    return JSON.parse(localStorage.getItem(LAST_MEMBER) ?? 'null') as Me | null
  } catch {
    return null
  }
}

function enter(token: string, member: Me): void {
  const arrives = state.status !== 'in'
  access.token = token
  state.member = member
  state.status = 'in'
  try {
    localStorage.setItem(LAST_MEMBER, JSON.stringify(member))
  } catch {
    // A phone that keeps nothing still works while the page is open.
  }
  if (arrives) for (const callback of arrivals) callback()
}

function leave(): void {
  access.token = null
  state.member = null
  state.status = 'out'
  try {
    localStorage.removeItem(LAST_MEMBER)
  } catch {
    // Nothing was kept.
  }
}

/** Whether somebody has been logged in on this phone. */
export function isKnown(): boolean {
  return state.member !== null
}

/** @throws Failure */
export async function logIn(login: string, password: string): Promise<void> {
  const tokens = await get(api.POST('/api/v1/auth/login', { body: { login, password, cookie: true } }))
  enter(tokens.access_token, tokens.member)
}

/** Ends this session on the server and on the phone. @throws Failure when the server was not reached. */
export async function logOut(): Promise<void> {
  try {
    await get(api.POST('/api/v1/auth/logout', { headers: OWN_PAGE }))
  } catch (thrown) {
    if (asFailure(thrown).kind !== 'signed-out') throw thrown
  }
  leave()
}

/** @throws Failure */
export async function changePassword(current: string, next: string): Promise<void> {
  await get(api.PUT('/api/v1/me/password', { body: { current, new: next } }))
  if (state.member && access.token) enter(access.token, { ...state.member, must_change_password: false })
}

let renewing: Promise<boolean> | null = null

/** A new access token by the cookie; one at a time, also among the tabs of a browser, for a cookie works once. */
function renew(): Promise<boolean> {
  const once = async () => {
    try {
      const call = api.POST('/api/v1/auth/refresh', { body: {}, headers: OWN_PAGE })
      const tokens = await get(call)
      enter(tokens.access_token, tokens.member)
      return true
    } catch (thrown) {
      const failure = asFailure(thrown)
      if (failure.kind === 'away' || failure.kind === 'busy') {
        if (state.status === 'starting') state.status = state.member ? 'away' : 'out'
        throw failure
      }
      leave()
      return false
    }
  }
  const locks = (navigator as { locks?: LockManager }).locks
  renewing ??= (locks ? locks.request('qianti-refresh', once).then((renewed) => renewed) : once()).finally(() => {
    renewing = null
  })
  return renewing
}

access.renew = renew

/** Finds out at the start who is logged in. */
export async function start(): Promise<void> {
  try {
    await renew()
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown
  }
}

/** Tries the server again when it could not be reached before. */
export function retry(): void {
  if (state.status === 'away') void start()
}

addEventListener('online', retry)
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') retry()
})
setInterval(retry, 10_000)
