import { asFailure } from '@/api/failure'
import { useFailure } from '@/composables/useFailure'

/** What has failed, in plain words; of fields that are wrong what is wrong with each, without where they stand in the call. */
export function useRefusal() {
  const words = useFailure()
  return (thrown: unknown): string => {
    const { errors } = asFailure(thrown)
    return errors.length > 0 ? [...new Set(errors.map(({ detail }) => detail))].join('；') : words(thrown)
  }
}
