'use client'

import '@xterm/xterm/css/xterm.css'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { canInstance, type InstanceStateName, type InstanceTaskName } from '@/lib/instances/rules'
import { paths } from '@/lib/paths'
import { consoleKeys } from '@/lib/viewers/keys'
import { asTyped, isManyLines, sendPaced } from '@/lib/viewers/typing'
import { type ConsoleTerminal, openTerminal } from './console-terminal'
import { TypeText } from './type-text'
import { useTyping } from './use-typing'
import { useLeavePrompt, useView } from './use-view'
import { KeysMenu, TypeTextButton, ViewPanel } from './view-panel'
import { ViewStatus } from './view-status'

const PasteDialog = dynamic(() => import('./paste-dialog').then((module) => module.PasteDialog), { ssr: false })

export type ViewedInstance = { id: string; name: string; state: InstanceStateName; task: InstanceTaskName | null }

type ConsolePanelProps = {
  instance: ViewedInstance
  /** Shown instead of the connection status while the machine is off. */
  whileOff: ReactNode
}

/** The serial console of a machine: its output, and a keyboard. */
export function ConsolePanel({ instance, whileOff }: ConsolePanelProps) {
  const t = useTranslations('views')
  const { id, name } = instance
  const isRunning = canInstance('console', instance)
  const [pasted, setPasted] = useState<string | null>(null)
  const [isTextOpen, setIsTextOpen] = useState(false)
  const [hasTyped, setHasTyped] = useState(false)
  const { host, terminal } = useTerminal(t('consoleOf', { name }), {
    onPasted: (text) => (isManyLines(text) ? setPasted(text) : paste(text)),
    onKey: () => setHasTyped(true),
  })
  const view = useView(terminal, isRunning, (from, isTakeOver) =>
    paths.api.viewTicket(id, { kind: 'console', from, isTakeOver }),
  )
  const typing = useTyping((text, told) => sendPaced(asTyped(text), (bytes) => terminal?.send(bytes), told))
  useLeavePrompt(hasTyped && isRunning)
  useOldLog(terminal, isRunning ? null : paths.api.consoleLog(id))
  const isOff = view.state.phase === 'open' && isRunning ? null : t('notConnected')

  function paste(text: string) {
    setHasTyped(true)
    // Strip Escape, so that the text cannot contain the end mark of a bracketed paste.
    typing.start(terminal?.isPasteMarked ? `\x1b[200~${text.replaceAll('\x1b', '')}\x1b[201~` : text)
  }
  const press = (keys: string) => {
    setHasTyped(true)
    terminal?.send(new TextEncoder().encode(keys))
    terminal?.focus()
  }
  const fit = () => {
    const size = terminal?.fit()
    if (size) press(`stty rows ${size.rows} cols ${size.columns}\r`)
  }
  const keys = consoleKeys.map(({ label, sends }) => ({ label, press: () => press(sends) }))
  return (
    <ViewPanel
      label={t('consoleOf', { name })}
      hint={t('consoleHint')}
      tools={
        <>
          <KeysMenu keys={keys} disabledReason={isOff} />
          <TypeTextButton isOpen={isTextOpen} onToggle={setIsTextOpen} />
          <Button kind="secondary" title={t('fitHint')} disabledReason={isOff} onClick={fit}>
            {t('fit')}
          </Button>
          <a href={paths.api.consoleLog(id)} download className={buttonClass('secondary')}>
            {t('consoleLog')}
          </a>
        </>
      }
      textForm={
        isTextOpen && (
          <TypeText
            hint={t('consoleTextHint')}
            refuse={() => isOff}
            progress={typing.progress}
            onType={(text) => paste(text)}
            onStop={typing.stop}
          />
        )
      }
      status={isRunning ? <ViewStatus state={view.state} onConnect={view.connect} /> : whileOff}
    >
      {/* Dark in both themes, as programs in a terminal expect. */}
      <div className="bg-bar px-4 py-3">
        <div
          ref={host}
          className="h-102 overflow-hidden bg-bar font-mono text-bar-ink"
          // A phone's keyboard fires input events without keys.
          onInputCapture={() => setHasTyped(true)}
        />
      </div>
      {pasted !== null && (
        <PasteDialog
          text={pasted}
          onDismiss={() => setPasted(null)}
          onPaste={() => {
            setPasted(null)
            paste(pasted)
            terminal?.focus()
          }}
        />
      )}
    </ViewPanel>
  )
}

/** A terminal in an element, as long as the element is there. */
function useTerminal(label: string, told: { onPasted: (text: string) => void; onKey: () => void }) {
  const host = useRef<HTMLDivElement>(null)
  const [terminal, setTerminal] = useState<ConsoleTerminal | null>(null)
  const latest = useRef(told)
  useEffect(() => {
    latest.current = told
  })
  useEffect(() => {
    if (!host.current) return
    let isGone = false
    let mine: ConsoleTerminal | undefined
    const options = {
      label,
      onTyped: (bytes: Uint8Array<ArrayBuffer>) => mine?.send(bytes),
      onPasted: (text: string) => latest.current.onPasted(text),
      // Not onTyped: it also has the terminal's own answers to programs.
      onKey: () => latest.current.onKey(),
    }
    void openTerminal(host.current, options).then((opened) => {
      mine = opened
      if (isGone) opened.dispose()
      else setTerminal(opened)
    })
    return () => {
      isGone = true
      mine?.dispose()
    }
  }, [label])
  return { host, terminal }
}

/** Shows the last serial output of a machine that is off. */
function useOldLog(terminal: ConsoleTerminal | null, url: string | null): void {
  useEffect(() => {
    if (!terminal || url === null) return
    const over = new AbortController()
    fetch(url, { signal: over.signal })
      .then(async (response) => response.ok && terminal.show(new Uint8Array(await response.arrayBuffer())))
      .catch(() => {})
    return () => over.abort()
  }, [terminal, url])
}
