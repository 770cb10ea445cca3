'use client'

import { LoaderCircle } from 'lucide-react'
import { type ComponentProps, useId } from 'react'
import { type ButtonKind, buttonClass } from './button-class'
import { classNames } from './class-names'

type ButtonProps = Omit<ComponentProps<'button'>, 'disabled' | 'type'> & {
  kind: ButtonKind
  type?: 'button' | 'submit'
  /** Shows its own progress and takes no second click. */
  isPending?: boolean
  /** Why it cannot be used now. The button stays where it is, can be focused and says so. */
  disabledReason?: string | null
}

export function Button({
  kind,
  type = 'button',
  isPending = false,
  disabledReason,
  children,
  className,
  onClick,
  ...rest
}: ButtonProps) {
  const reasonId = useId()
  const isOff = isPending || Boolean(disabledReason)
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={isOff || undefined}
      aria-describedby={disabledReason ? reasonId : rest['aria-describedby']}
      title={disabledReason ?? rest.title}
      className={classNames(buttonClass(kind), className)}
      onClick={(event) => (isOff ? event.preventDefault() : onClick?.(event))}
    >
      {isPending && <LoaderCircle aria-hidden className="size-3.5 animate-spin" />}
      {children}
      {disabledReason && (
        <span id={reasonId} className="sr-only">
          {disabledReason}
        </span>
      )}
    </button>
  )
}
