'use client'

import { LoaderCircle } from 'lucide'
import type { Route } from 'next'
import { type ComponentProps, type MouseEvent, useId } from 'react'
import { type ButtonKind, buttonClass } from './button-class'
import { classNames } from './class-names'
import { Icon } from './icon'

type ButtonProps = Omit<ComponentProps<'button'>, 'disabled' | 'type'> & {
  kind: ButtonKind
  type?: 'button' | 'submit'
  /** Shows progress and ignores clicks. */
  isPending?: boolean
  /** Why it is disabled. The button stays visible and focusable, and shows the reason. */
  disabledReason?: string | null
  /** A page that does the same, opened while there are no scripts. */
  href?: Route
}

export function Button({
  kind,
  type = 'button',
  isPending = false,
  disabledReason,
  children,
  className,
  onClick,
  href,
  ...rest
}: ButtonProps) {
  const reasonId = useId()
  const isOff = isPending || Boolean(disabledReason)
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (isOff || href) event.preventDefault()
    if (!isOff) onClick?.(event)
  }
  const button = (
    <button
      {...rest}
      type={href ? 'submit' : type}
      aria-disabled={isOff || undefined}
      aria-describedby={disabledReason ? reasonId : rest['aria-describedby']}
      title={disabledReason ?? rest.title}
      className={classNames(buttonClass(kind), className)}
      onClick={press}
    >
      {isPending && <Icon of={LoaderCircle} className="size-3.5 animate-spin" />}
      {/* In its own element: browser translation replaces text nodes, and React could not insert siblings afterwards. */}
      <span className="contents">{children}</span>
      {disabledReason && (
        <span id={reasonId} className="sr-only">
          {disabledReason}
        </span>
      )}
    </button>
  )
  if (!href) return button
  return (
    <form action={href} className="contents">
      {button}
    </form>
  )
}
