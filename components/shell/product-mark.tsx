/** The product's logo: one disk lent out of another. */
export function ProductMark({ className }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" className={className} fill="none">
      <circle cx="9.5" cy="13.5" r="7" className="stroke-brand" strokeWidth="2.4" />
      <circle cx="9.5" cy="13.5" r="1.8" className="fill-brand" />
      <path d="M12.5 4.2A7 7 0 0 1 20 13.7" className="stroke-brand" strokeWidth="2.4" strokeLinecap="round" />
    </svg>
  )
}
