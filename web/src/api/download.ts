import { Failure } from './failure'

/** A file that the server has sent. */
export interface Download {
  blob: Blob
  name: string
}

/** The name that the server gives a file; of both forms the one that holds Chinese. */
function nameOf(disposition: string | null, fallback: string): string {
  const wide = /filename\*\s*=\s*UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1]
  if (wide) {
    try {
      return decodeURIComponent(wide.trim())
    } catch {
      // Not well written: the plain name is left.
    }
  }
  return /filename\s*=\s*"?([^";]+)"?/i.exec(disposition ?? '')?.[1]?.trim() || fallback
}

/** The file of an answer that was asked for with `parseAs: 'blob'`. @throws Failure when it broke off. */
export function fileOf(response: Response, data: unknown, fallback: string): Download {
  if (!(data instanceof Blob)) throw new Failure(0)
  return { blob: data, name: nameOf(response.headers.get('content-disposition'), fallback) }
}

/** Hands a file to the browser to be kept. */
export function keep({ blob, name }: Download): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The browser has the file by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** Whether the page is open inside WeChat, which lets nobody keep a file. */
export const inWeChat = /MicroMessenger/i.test(navigator.userAgent)
