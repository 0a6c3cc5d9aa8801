import { access } from './client'

/** How long after a lost stream the next is tried, in milliseconds. */
const AGAIN_MS = [2_000, 5_000, 15_000, 30_000]
/** How often the ranking is asked for while there is no stream, in milliseconds. */
const POLL_MS = 15_000

/**
 * Calls `changed` whenever the ranking that `query` names has changed: told by the server's event stream, and by
 * asking again and again while there is none. The answer ends it.
 */
export function follow(query: string, changed: () => void): () => void {
  const stop = new AbortController()
  let streaming = false
  const poll = setInterval(() => {
    if (!streaming && document.visibilityState === 'visible') changed()
  }, POLL_MS)
  stop.signal.addEventListener('abort', () => clearInterval(poll))

  const run = async () => {
    for (let failures = 0; !stop.signal.aborted; failures += 1) {
      try {
        const response = await open(query, stop.signal)
        if (response.status === 401) await access.renew()
        if (response.ok && response.body) {
          streaming = true
          // What happened between two streams was told by neither.
          if (failures > 0) changed()
          failures = 0
          await read(response.body, changed)
        }
      } catch {
        // A lost stream: polling stands in until the next one.
      }
      streaming = false
      if (!stop.signal.aborted) await pause(AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)] ?? POLL_MS, stop.signal)
    }
  }
  void run()
  return () => stop.abort()
}

function open(query: string, signal: AbortSignal): Promise<Response> {
  const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${access.token ?? ''}` }
  return fetch(`/api/v1/leaderboards/stream?${query}`, { headers, signal, cache: 'no-store' })
}

/** Reads server-sent events until the stream ends. */
export async function read(body: ReadableStream<Uint8Array>, changed: () => void): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + decoder.decode(value, { stream: true })).replace(/\r\n?/g, '\n').split('\n\n')
    rest = blocks.pop() ?? ''
    if (blocks.some((block) => /^event: ?changed$/m.test(block))) changed()
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
