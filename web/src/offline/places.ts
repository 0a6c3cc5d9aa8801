/** Where the member stopped when practising in order: a bookmark on this phone. */
const keyOf = (bank: string, chapter: string | null) => `qianti.place.${bank}.${chapter ?? ''}`

export function placeOf(bank: string, chapter: string | null): string | null {
  try {
    return localStorage.getItem(keyOf(bank, chapter))
  } catch {
    return null
  }
}

/** Keeps the bookmark; at the end of the bank it goes back to the beginning. */
export function keepPlace(bank: string, chapter: string | null, cursor: string | null): void {
  try {
    if (cursor) localStorage.setItem(keyOf(bank, chapter), cursor)
    else localStorage.removeItem(keyOf(bank, chapter))
  } catch {
    // Without a bookmark the next round begins at the start.
  }
}
