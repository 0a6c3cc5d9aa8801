import { onMounted, onUnmounted, ref, shallowRef } from 'vue'
import type { Place, PreviewedQuestion, PreviewedRow } from '@/api/desk/types'
import { useFailure } from '@/composables/useFailure'

/** What a file does, or has done. */
export interface Report {
  found: number
  added: number
  updated: number
  unchanged: number
  rejected: Place[]
  warnings: Place[]
  /** Where the rows that were rejected can be had as a file. */
  rejectedFile?: string
  /** The first questions as they were read; of a file that was only looked at. */
  questions?: PreviewedQuestion[]
  /** The first rows that would change something known; of a roster that was only looked at. */
  rows?: PreviewedRow[]
}

export interface Progress {
  /** `sending`, or a stage of the server's. */
  stage: string
  done: number
  /** 0 where that is not known. */
  total: number
}
export type Tell = (progress: Progress) => void

/** The steps of putting a file in. What was looked at is what is loaded: the file is kept as it was when it was chosen. */
export function useImport(
  look: (file: File, tell: Tell) => Promise<Report>,
  load: (file: File, acceptValid: boolean, tell: Tell) => Promise<Report>,
) {
  const words = useFailure()
  const step = ref<'choose' | 'looking' | 'preview' | 'loading' | 'done'>('choose')
  const file = shallowRef<File | null>(null)
  const [preview, result] = [shallowRef<Report | null>(null), shallowRef<Report | null>(null)]
  const progress = ref<Progress>({ stage: 'sending', done: 0, total: 0 })
  const failure = ref('')
  const tell: Tell = (next) => {
    progress.value = next
  }

  async function choose(chosen: File): Promise<void> {
    tell({ stage: 'sending', done: 0, total: 0 })
    ;[failure.value, step.value] = ['', 'looking']
    try {
      file.value = new File([await chosen.arrayBuffer()], chosen.name)
      preview.value = await look(file.value, tell)
      step.value = 'preview'
    } catch (thrown) {
      failure.value = words(thrown)
      step.value = 'choose'
    }
  }

  async function start(acceptValid: boolean): Promise<void> {
    if (!file.value) return
    tell({ stage: 'sending', done: 0, total: 0 })
    ;[failure.value, step.value, result.value] = ['', 'loading', null]
    try {
      const report = await load(file.value, acceptValid, tell)
      // Something has changed since it was looked at, so that it does not fit any more: that is told as before.
      if (report.rejected.length > 0 && !acceptValid) [preview.value, step.value] = [report, 'preview']
      else [result.value, step.value] = [report, 'done']
    } catch (thrown) {
      failure.value = words(thrown)
      step.value = 'preview'
    }
  }

  function again(): void {
    ;[step.value, failure.value, file.value, preview.value, result.value] = ['choose', '', null, null, null]
  }

  const warn = (event: BeforeUnloadEvent) => {
    if (step.value === 'loading') event.preventDefault()
  }
  onMounted(() => addEventListener('beforeunload', warn))
  onUnmounted(() => removeEventListener('beforeunload', warn))

  return { step, file, preview, result, progress, failure, choose, start, again }
}
