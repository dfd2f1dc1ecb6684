import { CopyButton } from "./ui/copy-button";

/** A secret that is told once: in full, ready to be copied. */
export function Secret({ label, text }: { label: string; text: string }) {
  return (
    <div
      role="group"
      aria-label={label}
      className="flex items-center gap-2 rounded-md border border-line bg-sunken p-2 pl-3"
    >
      <code className="min-w-0 flex-1 text-[0.92em] break-all select-all">{text}</code>
      <CopyButton text={text} label={`Copy ${label}`} />
    </div>
  );
}
