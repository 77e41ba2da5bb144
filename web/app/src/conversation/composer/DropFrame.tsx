import { Image } from 'lucide-react'
import { Icon } from '../../components/index.ts'
import { t } from '../../i18n/index.ts'

/** Over the pane while files are dragged across it. */
export function DropFrame() {
  return (
    <div className="drop-frame" aria-hidden="true">
      <Icon of={Image} size={24} />
      {t('composer.drop')}
    </div>
  )
}
