import { shallowRef } from 'vue'

/** A question with two answers. */
export interface Question {
  title: string
  message: string
  yes: string
  no: string
}

/** The question that is open now, and how to answer it. */
export const asked = shallowRef<(Question & { answer: (yes: boolean) => void }) | null>(null)

/** Asks the member; false also when the question is closed without an answer. */
export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false)
  return new Promise((resolve) => {
    const answer = (yes: boolean) => {
      asked.value = null
      resolve(yes)
    }
    asked.value = { ...question, answer }
  })
}
