import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { undoRevision } from '@/api/desk/banks'
import { confirm } from '@/composables/useConfirm'
import { useRefusal } from './useRefusal'

/** Takes back the latest revision of a bank, once that was agreed to. */
export function useUndo(bank: () => string) {
  const { t } = useI18n()
  const words = useRefusal()
  const fault = ref('')

  /** False when it was not done, with why in `fault` unless it was not wanted. */
  async function undo(revision: number): Promise<boolean> {
    const sure = await confirm({
      title: t('admin.banks.undoTitle'), message: t('admin.banks.undoAsk'), yes: t('admin.banks.undoYes'), no: t('action.cancel'),
    })
    fault.value = ''
    if (!sure) return false
    try {
      await undoRevision(bank(), revision)
      return true
    } catch (thrown) {
      fault.value = words(thrown)
      return false
    }
  }
  return { undo, fault }
}
