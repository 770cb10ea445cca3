import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { CleanResult } from '@/components/clean-copies/clean-result'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { Notice } from '@/components/ui/notice'
import type { CheckReportPage } from '@/lib/checks/schema'
import type { CleanCopy } from '@/lib/clean-copies/schema'
import { isAvailable } from '@/lib/images/rules'
import { paths } from '@/lib/paths'
import { CheckAgain } from './check-again'
import { CheckFacts } from './check-facts'
import { CheckVerdict } from './check-verdict'
import { CheckWatch } from './check-watch'
import { CheckedDisk } from './checked-disk'
import { FindingList, type ReportList } from './finding-list'

type CheckReportProps = { region: string; report: CheckReportPage; clean: CleanCopy | null; list: ReportList }

/** The Disk Check page: the verdict, the scope of the check, and its findings. */
export function CheckReport({ region, report, clean, list }: CheckReportProps) {
  const t = useTranslations('check')
  const cleanWords = useTranslations('clean')
  const { image, check, disk } = report
  const hasVerdict = check.checkedAt !== null
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <ImagePageHeader region={region} image={image} page={t('title')} line={t('pageLine')} />
      <Card title={t('verdict')}>
        <div className="flex flex-col gap-3 p-4">
          <CheckVerdict check={check} />
          {!report.isOn && <Notice tone="info">{t('off')}</Notice>}
          <div className="flex flex-wrap items-start gap-2">
            {report.isOn && (
              <CheckAgain
                region={region}
                image={image}
                isFirst={!hasVerdict && !check.isQueued}
                isAvailable={isAvailable(image.state)}
              />
            )}
            {hasVerdict && (
              <>
                {report.isOn && disk && isAvailable(image.state) && (
                  <Link href={paths.cleanImage(region, image.id)} className={buttonClass('secondary')}>
                    {cleanWords('title')}
                  </Link>
                )}
                <a href={paths.api.checkExport(region, image.id, 'json')} download className={buttonClass('secondary')}>
                  {t('exportJson')}
                </a>
                <a
                  href={paths.api.checkExport(region, image.id, 'sarif')}
                  download
                  className={buttonClass('secondary')}
                >
                  {t('exportSarif')}
                </a>
              </>
            )}
          </div>
          <CheckWatch region={region} imageId={image.id} check={check} />
        </div>
      </Card>
      {clean && <CleanResult clean={clean} check={check} />}
      {hasVerdict && disk && (
        <Card title={t('looked')}>
          <CheckedDisk disk={disk} layout={report.layout} found={report.found} />
          <CheckFacts check={check} disk={disk} />
        </Card>
      )}
      {hasVerdict && <FindingList region={region} report={report} list={list} />}
    </main>
  )
}
