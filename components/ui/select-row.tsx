type SelectRowProps = {
  /** The id of the form, and the field's name. */
  form: string
  name: string
  value: string
  label: string
  isSelected: boolean
  /** `isRange`: with Shift, selects from the row clicked before to this one. */
  onToggle: (value: string, isRange: boolean) => void
}

/** The checkbox that selects a row. A field of a form, so that it works without scripts. */
export function SelectRow({ form, name, value, label, isSelected, onToggle }: SelectRowProps) {
  return (
    // The label makes the target 24 px wide, large enough for a finger.
    <label className="-my-1 -ml-1 flex size-6 items-center justify-center">
      <input
        type="checkbox"
        data-select
        form={form}
        name={name}
        value={value}
        aria-label={label}
        checked={isSelected}
        onChange={({ nativeEvent }) => onToggle(value, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
        className="size-4 accent-accent"
      />
    </label>
  )
}
