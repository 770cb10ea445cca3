import { useTranslations } from 'next-intl'
import { CopyButton } from '@/components/ui/copy-button'

/** Does inside a Linux guest what a clean copy does from outside. The last line powers off before new logs are written. */
const linux = [
  'sudo cloud-init clean --logs --seed',
  'sudo rm -f /etc/ssh/ssh_host_*key* /var/lib/systemd/random-seed',
  'sudo find /var/log /tmp /var/tmp -xdev -type f -exec truncate -s 0 {} +',
  'sudo truncate -s 0 /etc/machine-id',
  'sudo rm -f /root/.*_history /home/*/.*_history',
  'sudo fstrim -av',
  'sudo poweroff',
].join('\n')

const windows = '%WINDIR%\\System32\\Sysprep\\sysprep.exe /generalize /oobe /shutdown'

type CleanByHandProps = {
  isWindows: boolean
  /** True if nothing on this disk can be cleaned from outside. */
  isOnlyWay: boolean
}

/** Steps and commands for cleaning a disk inside its machine. */
export function CleanByHand({ isWindows, isOnlyWay }: CleanByHandProps) {
  const t = useTranslations('clean')
  const commands = isWindows ? windows : linux
  return (
    <div className="flex flex-col gap-3 p-4 text-sm">
      <p>{t(isOnlyWay ? 'handNone' : 'handAlso')}</p>
      <ol className="flex list-decimal flex-col gap-2 pl-5">
        <li>{t(isWindows ? 'handStartWindows' : 'handStart')}</li>
        <li>
          <p>{t('handRun')}</p>
          <pre className="mt-1 whitespace-pre-wrap rounded-control bg-surface-muted px-3 py-2 font-mono text-xs [overflow-wrap:anywhere]">
            {commands}
          </pre>
          <CopyButton
            text={commands}
            label={t('copyCommands')}
            copiedLabel={t('copied')}
            failedLabel={t('copyFailed')}
          />
        </li>
        <li>{t('handThen')}</li>
      </ol>
    </div>
  )
}
