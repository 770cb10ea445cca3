'use client'

import { useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from '@/components/ui/button'
import { canInstance } from '@/lib/instances/rules'
import { paths } from '@/lib/paths'
import { isTyped, type Key, screenChords, untypable } from '@/lib/viewers/keys'
import type { ViewedInstance } from './console-panel'
import { LastPicture } from './last-picture'
import { PhoneKeyboard } from './phone-keyboard'
import { openScreen, type ScreenView } from './screen-view'
import { TypeText } from './type-text'
import { useTyping } from './use-typing'
import { useLeavePrompt, useView } from './use-view'
import { KeysMenu, TypeTextButton, ViewPanel } from './view-panel'
import { ViewStatus } from './view-status'

type ScreenPanelProps = {
  instance: ViewedInstance
  /** Shown instead of the connection status while the machine is off. */
  whileOff: ReactNode
}

/** The screen of a machine, with its keyboard and mouse; the last picture while it does not run. */
export function ScreenPanel({ instance, whileOff }: ScreenPanelProps) {
  const t = useTranslations('views')
  const { id, name } = instance
  const isRunning = canInstance('screen', instance)
  const [isTextOpen, setIsTextOpen] = useState(false)
  const [hasTyped, setHasTyped] = useState(false)
  const stage = useRef<HTMLDivElement>(null)
  const phone = useRef<HTMLTextAreaElement>(null)
  const { host, screen } = useScreen(t('screenOf', { name }), isRunning)
  const view = useView(screen, isRunning, (_, isTakeOver) => paths.api.viewTicket(id, { kind: 'screen', isTakeOver }))
  const typing = useTyping(async (text, told) => await screen?.type(text, told))
  useLeavePrompt(hasTyped && isRunning)
  const isOff = view.state.phase === 'open' && isRunning ? null : t('notConnected')

  const press = (keys: Key[]) => {
    setHasTyped(true)
    screen?.press(keys)
  }
  const keys = screenChords.map(({ label, keys }) => ({
    label,
    press: () => {
      press(keys)
      screen?.focus()
    },
  }))
  const refuse = (text: string) => {
    const none = untypable(text)
    return isOff ?? (none.length > 0 ? t('noKeys', { characters: none.slice(0, 10).join(' ') }) : null)
  }
  return (
    <ViewPanel
      label={t('screenOf', { name })}
      hint={t('screenHint')}
      tools={
        <>
          <Button
            kind="secondary"
            disabledReason={isOff}
            onClick={() => {
              setHasTyped(true)
              screen?.sendCtrlAltDel()
              screen?.focus()
            }}
          >
            {t('ctrlAltDel')}
          </Button>
          <KeysMenu keys={keys} disabledReason={isOff} />
          <TypeTextButton isOpen={isTextOpen} onToggle={setIsTextOpen} />
          <Button
            kind="secondary"
            className="pointer-fine:hidden"
            disabledReason={isOff}
            onClick={() => phone.current?.focus()}
          >
            {t('keyboard')}
          </Button>
          <Button kind="secondary" disabledReason={isOff} onClick={() => void fillScreen(stage.current, screen)}>
            {t('fullScreen')}
          </Button>
        </>
      }
      textForm={
        isTextOpen && (
          <TypeText
            hint={t('screenTextHint')}
            refuse={refuse}
            progress={typing.progress}
            onStop={typing.stop}
            onType={(text) => {
              setHasTyped(true)
              typing.start(text)
            }}
          />
        )
      }
      status={isRunning ? <ViewStatus state={view.state} onConnect={view.connect} /> : whileOff}
    >
      <div ref={stage} className="relative bg-bar">
        {isRunning ? (
          <div
            ref={host}
            className="mx-auto aspect-4/3 max-h-[min(75dvh,48rem)] w-full in-[:fullscreen]:max-h-dvh in-[:fullscreen]:h-dvh"
            // Capture: noVNC stops the propagation of key events.
            onKeyDownCapture={(event) => isTyped(event) && setHasTyped(true)}
          />
        ) : (
          <LastPicture url={paths.api.machinePicture(id)} name={name} />
        )}
        <PhoneKeyboard ref={phone} label={t('keyboardOf', { name })} onKeys={press} />
      </div>
    </ViewPanel>
  )
}

/** Opens the screen in an element while the machine runs, and closes it afterwards. */
function useScreen(label: string, isRunning: boolean) {
  const host = useRef<HTMLDivElement>(null)
  const [screen, setScreen] = useState<ScreenView | null>(null)
  useEffect(() => {
    if (!host.current || !isRunning) return
    let isGone = false
    let mine: ScreenView | undefined
    void openScreen(host.current, label).then((opened) => {
      mine = opened
      if (isGone) opened.dispose()
      else setScreen(opened)
    })
    return () => {
      isGone = true
      mine?.dispose()
      setScreen(null)
    }
  }, [label, isRunning])
  return { host, screen }
}

type LockableKeyboard = { lock(): Promise<void> }

/** Makes the screen fullscreen and, where supported, locks keys such as Esc and Alt-Tab to it: holding Esc then leaves. */
async function fillScreen(stage: HTMLElement | null, screen: ScreenView | null): Promise<void> {
  if (!stage) return
  try {
    await stage.requestFullscreen()
    const { keyboard } = navigator as Navigator & { keyboard?: LockableKeyboard }
    await keyboard?.lock()
  } catch {
    // The browser refused: stay as it is.
  }
  screen?.focus()
}
