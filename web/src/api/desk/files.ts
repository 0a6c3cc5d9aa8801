import { access } from '@/api/client'
import { type Download, fileOf } from '@/api/download'
import { Failure, failureOf } from '@/api/failure'

/** Largest file that the server takes, in bytes. */
export const MOST_BYTES = 32 * 1024 * 1024

/** How much of a file has been sent, from 0 to 1. */
export type Sent = (share: number) => void

export interface Answer {
  response: Response
  body: unknown
}

/** Sends a file, whatever the server says of it; the answer may take minutes. @throws Failure when there is none. */
export async function upload(path: string, file: File, sent: Sent): Promise<Answer> {
  const first = await send(path, file, sent)
  const response = first.status === 401 && (await access.renew()) ? await send(path, file, sent) : first
  const text = await response.text()
  return { response, body: isJson(response) ? (JSON.parse(text) as unknown) : null }
}

/** By the older of the browser's two ways, because only that one tells how far it is. */
function send(path: string, file: File, sent: Sent): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.setRequestHeader('Accept-Language', access.language)
    request.setRequestHeader('Authorization', `Bearer ${access.token ?? ''}`)
    request.upload.onprogress = ({ loaded, total }) => sent(total > 0 ? loaded / total : 0)
    request.onload = () => {
      const headers = new Headers()
      for (const name of ['content-type', 'retry-after', 'location']) {
        const value = request.getResponseHeader(name)
        if (value) headers.set(name, value)
      }
      resolve(new Response(request.responseText, { status: request.status, headers }))
    }
    request.onerror = () => reject(new Failure(0))
    const form = new FormData()
    form.set('file', file)
    request.send(form)
  })
}

/** A file that is fetched for somebody to keep, under this name or the server's; `told` reads the answer's headers. @throws Failure */
export async function fetchFile(path: string, name = '', told?: (headers: Headers) => void): Promise<Download> {
  const ask = () =>
    fetch(path, { headers: { 'Accept-Language': access.language, Authorization: `Bearer ${access.token ?? ''}` }, cache: 'no-store' })
  const response = await ask()
    .then(async (first) => (first.status === 401 && (await access.renew()) ? ask() : first))
    .catch(() => {
      throw new Failure(0)
    })
  if (!response.ok) throw failureOf(response, isJson(response) ? await response.json() : null)
  told?.(response.headers)
  const file = fileOf(response, await response.blob(), name)
  return name ? { ...file, name } : file
}

/** The query of an address; what is empty is left out. */
export function query(params: Record<string, string | number | boolean | null | undefined>): string {
  const pairs = Object.entries(params).filter(([, value]) => value !== '' && value !== null && value !== undefined && value !== false)
  return pairs.length > 0 ? `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : ''
}

function isJson(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').includes('json')
}
