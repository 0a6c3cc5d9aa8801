import { type Reactive, computed, nextTick, onMounted, onUnmounted, reactive, ref, shallowRef, watch } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { asFailure } from '@/api/failure'
import { session } from '@/session/session'
import { useRefusal } from './useRefusal'

/** What is wrong, by the JSON pointer of the field. */
export type Faults = Record<string, string>

interface Options<T> {
  /** What can be seen to be wrong before anything is sent. */
  check?: (form: T) => Faults
  /** Under which name what is half filled in is kept on this computer. */
  keep?: () => string
}

/** How long typing rests before a draft is kept, in milliseconds. */
const REST_MS = 400

/**
 * A form: what is filled in, what is wrong at which field, whether it is on its way. With `keep` a half-filled form
 * outlives the page, the login and the browser; `restored` then says that it was taken up again.
 */
export function useForm<T extends object>(empty: () => T, { check, keep }: Options<T> = {}) {
  const words = useRefusal()
  const form = reactive(empty()) as Reactive<T>
  const faults = shallowRef<Faults>({})
  const [failure, busy, restored, tried] = [ref(''), ref(false), ref(false), ref(false)]
  const before = ref(JSON.stringify(form))
  const dirty = computed(() => JSON.stringify(form) !== before.value)
  const name = () => (keep ? `qianti.draft.${session.member?.id ?? 0}.${keep()}` : '')

  /**
   * Fills the form anew. What was kept goes on top of it: only if it was made from the same values, in any case (for a
   * form whose first values change with the clock), or never.
   */
  function fill(values: T, drafts: 'same' | 'any' | 'none' = 'same'): void {
    Object.assign(form, values)
    before.value = JSON.stringify(form)
    ;[faults.value, failure.value, tried.value, restored.value] = [{}, '', false, false]
    const draft = keep && drafts !== 'none' ? read(name()) : null
    if (!draft || (drafts === 'same' && draft.before !== before.value)) return
    Object.assign(form, draft.form)
    restored.value = true
  }

  /** Back to how it was before anything was filled in. */
  function discard(): void {
    forget()
    fill(JSON.parse(before.value) as T, 'none')
  }

  function forget(): void {
    clearTimeout(timer)
    if (keep) localStorage.removeItem(name())
  }

  /** Sends it; false when it was not taken, and then the first field that is wrong has the keyboard. */
  async function submit(send: (form: T) => Promise<void>): Promise<boolean> {
    if (busy.value) return false
    tried.value = true
    failure.value = ''
    faults.value = check?.(form as T) ?? {}
    if (Object.keys(faults.value).length > 0) return (await lookAtFaults(), false)
    busy.value = true
    try {
      await send(form as T)
      forget()
      before.value = JSON.stringify(form)
      restored.value = false
      return true
    } catch (thrown) {
      const { errors } = asFailure(thrown)
      faults.value = Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]))
      failure.value = words(thrown)
      await lookAtFaults()
      return false
    } finally {
      busy.value = false
    }
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  function keepDraft(): void {
    if (!keep) return
    if (!dirty.value) return localStorage.removeItem(name())
    try {
      localStorage.setItem(name(), JSON.stringify({ before: before.value, form }))
    } catch {
      // A full disk keeps nothing; the form itself stays.
    }
  }
  watch(form, () => {
    // What was told once is looked at again while it is mended.
    if (tried.value && check) faults.value = check(form as T)
    clearTimeout(timer)
    if (!busy.value) timer = setTimeout(keepDraft, REST_MS)
  })

  const warn = (event: BeforeUnloadEvent) => {
    if (keep) keepDraft()
    else if (dirty.value) event.preventDefault()
  }
  onMounted(() => addEventListener('beforeunload', warn))
  onUnmounted(() => {
    clearTimeout(timer)
    removeEventListener('beforeunload', warn)
  })
  if (keep) onBeforeRouteLeave(() => keepDraft())

  return { form, faults, failure, busy, dirty, restored, fill, discard, submit }
}

function read(name: string): { before: string; form: object } | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') as { before: string; form: object } | null
  } catch {
    return null
  }
}

async function lookAtFaults(): Promise<void> {
  await nextTick()
  const dialogs = document.querySelectorAll('dialog[open]')
  const within = dialogs[dialogs.length - 1] ?? document
  const first = within.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')
  first?.scrollIntoView({ block: 'center' })
  first?.focus({ preventScroll: true })
}
