import { useI18n } from 'vue-i18n'
import { asFailure } from '@/api/failure'

/** What has failed, in plain words with what to do next. */
export function useFailure() {
  const { t } = useI18n()
  return (thrown: unknown): string => {
    const failure = asFailure(thrown)
    if (failure.kind === 'away') return t('failure.away')
    if (failure.status === 429) return t('failure.tooOften', { seconds: Math.ceil((failure.retryAfterMs ?? 1000) / 1000) })
    if (failure.kind === 'busy') return t('failure.busy')
    if (failure.kind === 'signed-out') return t('failure.signedOut')
    return failure.message || t('failure.refused')
  }
}
