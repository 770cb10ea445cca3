type SelectRowProps = {
  /** The id of the form, and the name of its field. */
  form: string
  name: string
  value: string
  label: string
  isSelected: boolean
  /** `isRange`: with Shift, everything from the row that was clicked before. */
  onToggle: (value: string, isRange: boolean) => void
}

/** The checkbox that selects a row. It is a field of a form, so that it works without scripts, too. */
export function SelectRow({ form, name, value, label, isSelected, onToggle }: SelectRowProps) {
  return (
    // The label makes the target 24 px wide, as large as a finger needs.
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
